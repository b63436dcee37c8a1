//! Unescapes JSON strings.

/// Unescapes a string. Lone surrogates, which Rust's strings cannot represent, become U+FFFD.
#[cold]
pub(super) fn unescape(raw: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(raw.len());
    unescape_onto(raw, &mut bytes);
    // The input is UTF-8 and so is each replacement, so this never fails.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Appends the unescaped string to `bytes`. The escapes must be well-formed.
pub(super) fn unescape_onto(raw: &[u8], bytes: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (plain, escape) = rest.split_at(at);
        bytes.extend_from_slice(plain);
        let (&[_, letter], behind) = escape.split_first_chunk().unwrap_or((&[0; 2], &[]));
        rest = behind;
        let byte = match letter {
            b'u' => {
                let (character, length) = character(behind);
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = behind.get(length..).unwrap_or_default();
                continue;
            }
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            itself => itself,
        };
        bytes.push(byte);
    }
    bytes.extend_from_slice(rest);
}

/// The character after `\u`, and the length of its notation: a surrogate pair takes two escapes.
fn character(digits: &[u8]) -> (char, usize) {
    let first = unit(digits);
    if let 0xd800..=0xdbff = first
        && let Some([b'\\', b'u', digits @ ..]) = digits.get(4..)
        && let second @ 0xdc00..=0xdfff = unit(digits)
    {
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}

/// The value of four hexadecimal digits.
fn unit(digits: &[u8]) -> u32 {
    digits.iter().take(4).fold(0, |unit, digit| {
        (unit << 4) | char::from(*digit).to_digit(16).unwrap_or_default()
    })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_character_are_joined_and_lone_ones_replaced() {
        for (raw, text) in [
            (r"a\u00e9b", "a\u{e9}b"),
            (r"\ud83d\ude00!", "\u{1f600}!"),
            (r"\ud83d", "\u{fffd}"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
            (r"\ud83dx\ude00", "\u{fffd}x\u{fffd}"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            ("", ""),
        ] {
            assert_eq!(unescape(raw.as_bytes()), text, "{raw}");
        }
    }
}
