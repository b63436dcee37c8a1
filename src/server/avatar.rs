//! Default pictures: the initials on a background colour.

use ab_glyph::{Font, FontRef, InvalidFont, PxScale, ScaleFont, point};
use jpeg_encoder::{ColorType, Encoder, EncodingError};

/// The width and height in pixels.
const SIZE: u16 = 128;

/// The height of a line of text, in pixels: two wide letters still fit.
const TEXT_SIZE: f32 = 64.0;

const QUALITY: u8 = 90;

type Rgb = [u8; 3];

/// Dark enough for white letters: a contrast of at least 4.5 to 1.
const COLOURS: [Rgb; 8] = [
    [0xb7, 0x1c, 0x1c],
    [0x88, 0x0e, 0x4f],
    [0x4a, 0x14, 0x8c],
    [0x1a, 0x23, 0x7e],
    [0x0d, 0x47, 0xa1],
    [0x00, 0x4d, 0x40],
    [0x1b, 0x5e, 0x20],
    [0x5d, 0x40, 0x37],
];

const LETTERS: Rgb = [0xff; 3];

/// Why a picture cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub(super) enum AvatarError {
    /// The built-in font cannot be parsed.
    #[error("the font cannot be read: {0}")]
    Font(#[from] InvalidFont),
    /// The picture cannot be encoded as JPEG.
    #[error("the picture cannot be encoded: {0}")]
    Encode(#[from] EncodingError),
}

impl AvatarError {
    /// A stable name of this error.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Font(_) => "avatar-font",
            Self::Encode(_) => "avatar-encode",
        }
    }
}

/// Draws the initials of a name as a JPEG. Equal arguments give equal bytes.
pub(super) fn draw(name: &str, number: u64) -> Result<Vec<u8>, AvatarError> {
    let font = FontRef::try_from_slice(dejavu::sans::bold())?;
    let colours = COLOURS.len() as u64;
    let background = COLOURS[usize::try_from(number % colours).unwrap_or_default()];
    let pixels = paint(&font, &initials(name), background);
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, QUALITY).encode(&pixels, SIZE, SIZE, ColorType::Rgb)?;
    Ok(jpeg)
}

/// The first letters of the first and the last word; a question mark without any letter or digit.
fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|character| character.is_alphanumeric()));
    let first = words.next();
    let initials: String = first
        .into_iter()
        .chain(words.next_back())
        .flat_map(char::to_uppercase)
        .collect();
    if initials.is_empty() {
        "?".to_owned()
    } else {
        initials
    }
}

/// Draws centred text. Returns rows of pixels, three bytes each.
fn paint(font: &FontRef<'_>, text: &str, background: Rgb) -> Vec<u8> {
    let side = usize::from(SIZE);
    let mut pixels = background.repeat(side * side);
    let font = font.as_scaled(PxScale::from(TEXT_SIZE));
    let width: f32 = text
        .chars()
        .map(|character| font.h_advance(font.glyph_id(character)))
        .sum();
    let mut x = (f32::from(SIZE) - width) / 2.0;
    // The height of capitals is about the ascent minus the depth below the base line.
    let baseline = (f32::from(SIZE) + font.ascent() + font.descent()) / 2.0;
    for character in text.chars() {
        let id = font.glyph_id(character);
        let glyph = id.with_scale_and_position(TEXT_SIZE, point(x, baseline));
        x += font.h_advance(id);
        let Some(outline) = font.outline_glyph(glyph) else {
            continue;
        };
        let bounds = outline.px_bounds();
        outline.draw(|column, row, coverage| {
            let place = |offset: u32, start: f32| {
                let position = f64::from(offset) + f64::from(start);
                (0.0..f64::from(SIZE))
                    .contains(&position)
                    .then_some(position as usize)
            };
            if let (Some(column), Some(row)) = (place(column, bounds.min.x), place(row, bounds.min.y)) {
                let pixel = (row * side + column) * LETTERS.len();
                for (value, letter) in pixels[pixel..].iter_mut().zip(LETTERS) {
                    *value = mix(*value, letter, coverage);
                }
            }
        });
    }
    pixels
}

/// Interpolates between two values; `share` is from 0 to 1.
fn mix(from: u8, to: u8, share: f32) -> u8 {
    (f32::from(from) + (f32::from(to) - f32::from(from)) * share.clamp(0.0, 1.0)).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (name, expected) in [
            ("Bob", "B"),
            ("bob and alice", "BA"),
            ("  Project   Comet ", "PC"),
            ("(new) room", "NR"),
            ("ольга иванова", "ОИ"),
            ("ß", "SS"),
            ("7", "7"),
            ("", "?"),
            ("👋 !", "?"),
        ] {
            assert_eq!(initials(name), expected, "{name:?}");
        }
    }

    #[test]
    fn letters_are_in_the_middle_and_nothing_is_at_the_edges() {
        let font = FontRef::try_from_slice(dejavu::sans::bold()).expect("the font is good");
        for text in ["B", "WW", "ОИ", "ÅÇ"] {
            let pixels = paint(&font, text, COLOURS[0]);
            let side = usize::from(SIZE);
            let lit = |pixel: usize| pixels[pixel * 3..pixel * 3 + 3] != COLOURS[0];
            let columns: Vec<_> = (0..side)
                .filter(|column| (0..side).any(|row| lit(row * side + column)))
                .collect();
            let rows: Vec<_> = (0..side)
                .filter(|row| (0..side).any(|column| lit(row * side + column)))
                .collect();
            for (lit, tolerance) in [(columns, 8), (rows, 16)] {
                let (first, last) = (lit[0], lit[lit.len() - 1]);
                assert!(first > 0 && last < side - 1, "{text} is cut");
                let middle = usize::midpoint(first, last);
                assert!(
                    middle.abs_diff(side / 2) <= tolerance,
                    "{text} is off by {middle}"
                );
            }
        }
    }

    #[test]
    fn a_picture_is_a_jpeg_and_always_the_same() {
        let picture = draw("Bob", 2).expect("is drawn");
        assert_eq!(
            imagesize::image_type(&picture).ok(),
            Some(imagesize::ImageType::Jpeg)
        );
        let size = imagesize::blob_size(&picture).expect("has a size");
        assert_eq!((size.width, size.height), (SIZE.into(), SIZE.into()));
        assert_eq!(draw("Bob", 2).expect("is drawn"), picture);
        assert_ne!(draw("Bob", 3).expect("is drawn"), picture);
        assert_ne!(draw("Alice", 2).expect("is drawn"), picture);
    }
}
