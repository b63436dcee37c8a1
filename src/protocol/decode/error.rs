//! Errors in a text, with their position.

use std::error::Error;
use std::fmt;

use super::MAX_ERRORS;
use crate::protocol::named::named;
use crate::protocol::number::push_number;

/// The approximate length of an error's excerpt, in bytes.
const EXCERPT_BYTES: usize = 80;

named! {
    /// The kinds of errors in a text.
    pub enum DecodeErrorKind as code {
        /// The text is not JSON. Nothing in it is delivered.
        InvalidJson = "invalid-json",
        /// The text ends within a value. Nothing in it is delivered.
        Truncated = "truncated",
        /// Arrays or objects are nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH). Nothing in the text is delivered.
        TooDeep = "too-deep",
        /// The frame is longer than [`MAX_FRAME_BYTES`](super::MAX_FRAME_BYTES), or an object exceeds what is left of
        /// [`MAX_TAPE_BYTES`](super::MAX_TAPE_BYTES).
        TooLarge = "too-large",
        /// The array of a known field has more items than [`MAX_ARRAY_ITEMS`](super::MAX_ARRAY_ITEMS).
        TooLong = "too-long",
        /// The frame has neither `type` nor `eventType`.
        MissingType = "missing-type",
        /// An id is absent or null, or a field that contains the others (`data`, `messages`, `room`).
        MissingField = "missing-field",
        /// A field occurs twice. The first value counts; a frame with two `type`, `eventType` or `data` is rejected.
        DuplicateField = "duplicate-field",
        /// A value has a different JSON type than its field.
        WrongType = "wrong-type",
        /// A number is outside the field's range: an id that is no integer in `0..2^53`, a user id that is no safe
        /// integer, or a number of 10^308 or more.
        OutOfRange = "out-of-range",
    }
}

/// An error in a frame or in a REST response: what is wrong, and where.
///
/// It concerns the whole text, one list entry, or one field that got its neutral value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The kind of error.
    pub kind: DecodeErrorKind,
    /// The path from the root of the text: `$.data.messages[3].messageId`.
    pub path: String,
    /// The position in bytes of UTF-8.
    pub offset: usize,
    /// What was expected there.
    pub expected: &'static str,
    /// About 80 bytes of the text around [`offset`](Self::offset), unchanged.
    pub excerpt: String,
    /// The number of further errors in the same text that were not kept. Only the last of
    /// [`MAX_ERRORS`](super::MAX_ERRORS) has any.
    pub more: u32,
}

impl DecodeError {
    /// The stable name of [`kind`](Self::kind).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The error and its position as a sentence. Not formatted with `fmt`, which takes several times as much code.
    #[must_use]
    pub fn message(&self) -> String {
        let mut text = String::from(match self.kind {
            DecodeErrorKind::InvalidJson => "the text is not JSON",
            DecodeErrorKind::Truncated => "the text is truncated",
            DecodeErrorKind::TooDeep => "the text is nested too deeply",
            DecodeErrorKind::TooLarge => "the text is too large",
            DecodeErrorKind::TooLong => "an array is too long",
            DecodeErrorKind::MissingType => "the text is no event",
            DecodeErrorKind::MissingField => "a field is missing",
            DecodeErrorKind::DuplicateField => "a field is duplicated",
            DecodeErrorKind::WrongType => "a value has the wrong type",
            DecodeErrorKind::OutOfRange => "a number is out of range",
        });
        text.push_str(": ");
        text.push_str(self.expected);
        text.push_str(" expected at ");
        text.push_str(&self.path);
        text.push_str(" (byte ");
        push_number(&mut text, self.offset as u64);
        text.push(')');
        if self.more > 0 {
            text.push_str(" (and ");
            push_number(&mut text, self.more.into());
            text.push_str(" more in this frame)");
        }
        text
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl Error for DecodeError {}

/// A step of a path, recorded as the error propagates.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Key(&'static str),
    Index(usize),
}

/// An error that propagates from nested calls, which add their steps. Boxed to keep the success path cheap.
#[derive(Clone, Debug)]
pub(super) struct Fault(Box<FaultParts>);

#[derive(Clone, Debug)]
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

    pub(super) fn kind(&self) -> DecodeErrorKind {
        self.0.kind
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
                    push_number(&mut path, *index as u64);
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
            more: 0,
        }
    }
}

/// The errors about parts of a text, in the order of the text: the first [`MAX_ERRORS`], and the number of the others.
/// Allocates nothing before the first error.
#[derive(Clone, Debug, Default)]
pub(super) struct PartialErrors(Option<Box<PartialErrorsParts>>);

#[derive(Clone, Debug, Default)]
struct PartialErrorsParts {
    /// Errors in the text being read.
    kept: Vec<Fault>,
    more: u32,
    /// Errors in the text that has been read.
    read: Vec<DecodeError>,
}

/// A state of [`PartialErrors`] to return to.
#[derive(Clone, Copy, Debug)]
pub(super) struct ErrorMark {
    kept: usize,
    more: u32,
}

impl ErrorMark {
    /// The state before the first error.
    pub(super) const START: Self = Self { kept: 0, more: 0 };
}

impl PartialErrors {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// Drops all errors.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    #[inline]
    pub(super) fn mark(&self) -> ErrorMark {
        match &self.0 {
            None => ErrorMark::START,
            Some(errors) => ErrorMark {
                kept: errors.kept.len(),
                more: errors.more,
            },
        }
    }

    /// Drops the errors after a mark.
    pub(super) fn forget_since(&mut self, mark: ErrorMark) {
        if let Some(errors) = &mut self.0 {
            errors.kept.truncate(mark.kept);
            errors.more = mark.more;
        }
    }

    /// Adds a step to the path of each error after a mark.
    #[inline]
    pub(super) fn within(&mut self, mark: ErrorMark, step: Step) {
        if let Some(errors) = &mut self.0 {
            for fault in errors.kept.iter_mut().skip(mark.kept) {
                fault.0.steps.push(step);
            }
        }
    }

    #[cold]
    pub(super) fn add(&mut self, fault: Fault) {
        let errors = self.0.get_or_insert_default();
        if errors.kept.len() < MAX_ERRORS {
            errors.kept.push(fault);
        } else {
            errors.more = errors.more.saturating_add(1);
        }
    }

    /// Resolves the errors after the text has been read, so that they can be taken.
    #[inline]
    pub(super) fn end(&mut self, text: &str) {
        if let Some(errors) = &mut self.0 {
            errors.end(text);
        }
    }

    /// Takes the first error.
    pub(super) fn take_first(&mut self) -> Option<DecodeError> {
        let errors = self.0.as_mut().filter(|errors| !errors.read.is_empty())?;
        Some(errors.read.remove(0))
    }

    /// Takes all errors.
    pub(super) fn take(&mut self) -> Vec<DecodeError> {
        self.0.take().map_or_else(Vec::new, |errors| errors.read)
    }
}

impl PartialErrorsParts {
    #[cold]
    fn end(&mut self, text: &str) {
        self.read = self.kept.drain(..).map(|fault| fault.into_error(text)).collect();
        if let Some(last) = self.read.last_mut() {
            last.more = self.more;
        }
    }
}

/// The text around `offset`, cut at character boundaries. A third of it precedes the offset if possible.
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
    fn the_last_error_kept_says_how_many_more_there_are() {
        let mut errors = PartialErrors::default();
        let add = |errors: &mut PartialErrors, count| {
            for _ in 0..count {
                errors.add(Fault::new(DecodeErrorKind::WrongType, 0, "a string"));
            }
        };
        add(&mut errors, MAX_ERRORS - 1);
        let mark = errors.mark();
        add(&mut errors, 7);
        errors.forget_since(mark);
        add(&mut errors, 3);
        errors.within(mark, Step::Index(4));
        errors.end("text");
        let taken = errors.take();
        assert_eq!(taken.len(), MAX_ERRORS);
        let last = taken.last().expect("an error");
        assert_eq!((last.more, &*last.path, &*taken[0].path), (2, "$[4]", "$"));
        assert!(last.to_string().ends_with("(and 2 more in this frame)"), "{last}");
        assert!(errors.take().is_empty());
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
