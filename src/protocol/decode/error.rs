//! Why a frame is refused.

use std::error::Error;
use std::fmt;

/// About how many bytes of the frame an error shows.
const EXCERPT_BYTES: usize = 80;

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecodeErrorKind {
    /// The text is not JSON.
    InvalidJson,
    /// The text ends in the middle of a value.
    Truncated,
    /// Arrays or objects are nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    TooDeep,
    /// The frame is longer than [`MAX_FRAME_BYTES`](super::MAX_FRAME_BYTES).
    TooLarge,
    /// An array has more items than [`MAX_ARRAY_ITEMS`](super::MAX_ARRAY_ITEMS).
    TooLong,
    /// The frame has neither `type` nor `eventType`.
    MissingType,
    /// A field that the event cannot do without is absent.
    MissingField,
    /// A field that may be there once is there twice.
    DuplicateField,
    /// A value is of another JSON type than the field's.
    WrongType,
    /// A number is not an integer in `0..2^53`: JavaScript would round it, or it is no id.
    OutOfRange,
}

impl DecodeErrorKind {
    /// The stable name that JavaScript sees.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid-json",
            Self::Truncated => "truncated",
            Self::TooDeep => "too-deep",
            Self::TooLarge => "too-large",
            Self::TooLong => "too-long",
            Self::MissingType => "missing-type",
            Self::MissingField => "missing-field",
            Self::DuplicateField => "duplicate-field",
            Self::WrongType => "wrong-type",
            Self::OutOfRange => "out-of-range",
        }
    }
}

/// A frame that could not be decoded: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// Where, as a path from the frame's root: `$.data.messages[3].messageId`.
    pub path: String,
    /// Where, in bytes of UTF-8 from the frame's beginning.
    pub offset: usize,
    /// What was expected there.
    pub expected: &'static str,
    /// Some 80 bytes of the frame around [`offset`](Self::offset), as they came.
    pub excerpt: String,
}

impl DecodeError {
    /// The stable name of [`kind`](Self::kind).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            path,
            offset,
            expected,
            ..
        } = self;
        match kind {
            DecodeErrorKind::InvalidJson => write!(f, "the frame is not JSON: {expected} expected"),
            DecodeErrorKind::Truncated => write!(f, "the frame ends too early: {expected} expected"),
            DecodeErrorKind::TooDeep => write!(f, "the frame is nested too deeply: {expected} expected"),
            DecodeErrorKind::TooLarge => write!(f, "the frame is too large: {expected} expected"),
            DecodeErrorKind::TooLong => write!(f, "an array is too long: {expected} expected"),
            DecodeErrorKind::MissingType => write!(f, "the frame is no event: {expected} expected"),
            DecodeErrorKind::MissingField => write!(f, "a field is missing: {expected} expected"),
            DecodeErrorKind::DuplicateField => write!(f, "a field is there twice: {expected} expected"),
            DecodeErrorKind::WrongType => write!(f, "a value has the wrong type: {expected} expected"),
            DecodeErrorKind::OutOfRange => write!(f, "a number is out of range: {expected} expected"),
        }?;
        write!(f, " at {path} (byte {offset})")
    }
}

impl Error for DecodeError {}

/// One step of a path, noted while an error travels outward.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Key(&'static str),
    Index(usize),
}

/// An error on its way out of the nested calls, which add their steps to it. Boxed, so that the good case is cheap.
#[derive(Debug)]
pub(super) struct Fault(Box<FaultParts>);

#[derive(Debug)]
struct FaultParts {
    kind: DecodeErrorKind,
    offset: usize,
    expected: &'static str,
    steps: Vec<Step>,
}

impl Fault {
    #[cold]
    pub(super) fn new(kind: DecodeErrorKind, offset: usize, expected: &'static str) -> Self {
        Self(Box::new(FaultParts {
            kind,
            offset,
            expected,
            steps: Vec::new(),
        }))
    }

    #[cold]
    pub(super) fn within(mut self, step: Step) -> Self {
        self.0.steps.push(step);
        self
    }

    pub(super) fn into_error(self, frame: &str) -> DecodeError {
        let FaultParts {
            kind,
            offset,
            expected,
            steps,
        } = *self.0;
        let mut path = String::from("$");
        for step in steps.iter().rev() {
            match step {
                Step::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
                Step::Index(index) => {
                    path.push('[');
                    path.push_str(&index.to_string());
                    path.push(']');
                }
            }
        }
        DecodeError {
            kind,
            path,
            offset,
            expected,
            excerpt: excerpt(frame, offset).to_owned(),
        }
    }
}

/// The surroundings of `offset`, cut where characters begin: a third of them before it where there is that much.
fn excerpt(frame: &str, offset: usize) -> &str {
    let start = offset
        .saturating_sub(EXCERPT_BYTES / 3)
        .min(frame.len().saturating_sub(EXCERPT_BYTES));
    let start = frame.ceil_char_boundary(start);
    let end = frame.floor_char_boundary((start + EXCERPT_BYTES).min(frame.len()));
    frame.get(start..end).unwrap_or_default()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_never_cuts_a_character_and_never_leaves_the_frame() {
        let frame = "é".repeat(100);
        for offset in 0..=frame.len() {
            let shown = excerpt(&frame, offset);
            assert!(
                !shown.is_empty() && shown.len() <= EXCERPT_BYTES,
                "{offset}: {shown}"
            );
        }
        assert_eq!(excerpt("", 0), "");
        assert_eq!(
            excerpt(&frame[..EXCERPT_BYTES], EXCERPT_BYTES),
            &frame[..EXCERPT_BYTES]
        );
        assert_eq!(excerpt("abc", 3), "abc");
    }

    #[test]
    fn a_path_is_written_from_the_root() {
        let error = Fault::new(DecodeErrorKind::WrongType, 7, "a string")
            .within(Step::Key("text"))
            .within(Step::Index(3))
            .within(Step::Key("messages"))
            .into_error("0123456789");
        assert_eq!(error.path, "$.messages[3].text");
        assert_eq!(
            error.to_string(),
            "a value has the wrong type: a string expected at $.messages[3].text (byte 7)"
        );
    }
}
