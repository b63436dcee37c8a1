//! A position in a frame, and a parser of the JSON grammar (RFC 8259).

use std::borrow::Cow;

use super::super::ids;
use super::bytes;
use super::error::{DecodeErrorKind, Fault};
use super::escape::unescape;
use super::fast_path::{Place, Text};
use super::{MAX_ARRAY_ITEMS, MAX_DEPTH};

/// A position to return to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    here: Place,
    depth: usize,
}

/// Parses JSON. Each method expects the cursor at the start of its subject and leaves it after the end.
pub(super) struct Cursor<'a> {
    frame: &'a str,
    bytes: &'a [u8],
    /// The current position, visible to the fast path, which reads without the cursor.
    pub(super) here: Place,
    depth: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(frame: &'a str) -> Self {
        Self {
            frame,
            bytes: frame.as_bytes(),
            here: Place::default(),
            depth: 0,
        }
    }

    /// A cursor at a position that another one on the same frame has marked. Offsets and limits count from the start of
    /// the frame.
    pub(super) fn resume(frame: &'a str, mark: Mark) -> Self {
        Self {
            frame,
            bytes: frame.as_bytes(),
            here: mark.here,
            depth: mark.depth,
        }
    }

    /// The current position and depth.
    #[inline]
    pub(super) const fn mark(&self) -> Mark {
        Mark {
            here: self.here,
            depth: self.depth,
        }
    }

    /// Returns to a marked position in the same frame.
    pub(super) fn back_to(&mut self, mark: Mark) {
        self.here = mark.here;
        self.depth = mark.depth;
    }

    /// The whole frame.
    #[inline]
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The position in bytes from the start of the frame.
    pub(super) const fn position(&self) -> usize {
        self.here.at
    }

    /// The position in UTF-16 code units.
    pub(super) fn unit(&self) -> usize {
        self.here.unit()
    }

    /// The bytes of a string, still escaped.
    pub(super) fn raw(&self, text: Text) -> &'a [u8] {
        self.bytes.get(text.start..text.end).unwrap_or_default()
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.frame.get(start..end).unwrap_or_default()
    }

    /// The byte at the current position; 0 at the end.
    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.here.byte(self.bytes)
    }

    /// Skips white space and returns the next byte; 0 at the end of the frame (a NUL is never valid JSON).
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        while let Some(&byte) = self.bytes.get(self.here.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return byte;
            }
            self.here.at += 1;
        }
        0
    }

    /// The error for text that the grammar does not allow here.
    #[cold]
    pub(super) fn syntax(&self, expected: &'static str) -> Fault {
        let kind = if self.here.at >= self.bytes.len() {
            DecodeErrorKind::Truncated
        } else {
            DecodeErrorKind::InvalidJson
        };
        Fault::new(kind, self.here.at, expected)
    }

    /// The error for a value of the wrong type, or for a syntax error in it.
    #[cold]
    pub(super) fn mismatch(&mut self, expected: &'static str) -> Fault {
        let start = self.here.at;
        match self.skip_value() {
            Ok(()) => Fault::new(DecodeErrorKind::WrongType, start, expected),
            Err(fault) => fault,
        }
    }

    #[inline]
    fn eat(&mut self, byte: u8, expected: &'static str) -> Result<(), Fault> {
        if self.peek() == byte {
            self.here.at += 1;
            Ok(())
        } else {
            Err(self.syntax(expected))
        }
    }

    /// Expects the end of the frame.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        self.peek();
        if self.here.at == self.bytes.len() {
            Ok(())
        } else {
            Err(self.syntax("the end of the frame"))
        }
    }

    /// Consumes a colon.
    pub(super) fn colon(&mut self) -> Result<(), Fault> {
        self.eat(b':', "a colon")
    }

    /// Consumes a comma. Returns whether there was one.
    #[inline]
    pub(super) fn comma(&mut self) -> bool {
        let is_one = self.peek() == b',';
        self.here.at += usize::from(is_one);
        is_one
    }

    /// Parses a string. Lone surrogates in escapes are valid JSON.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Text, Fault> {
        self.eat(b'"', "a string")?;
        let start = self.here;
        let mut escaped = false;
        loop {
            let plain = bytes::plain(self.bytes.get(self.here.at..).unwrap_or_default());
            self.here.at += plain.bytes;
            self.here.surplus += plain.surplus;
            match self.bytes.get(self.here.at) {
                Some(b'"') => {
                    let text = Text::between(start, self.here, escaped);
                    self.here.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.here.at += 1;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.syntax("a string without control characters")),
                Some(&byte) => {
                    self.here.at += 1;
                    self.here.surplus += bytes::surplus(byte);
                }
                None => return Err(self.syntax("the end of a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.bytes.get(self.here.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.here.at += 1,
            Some(b'u') => {
                self.here.at += 1;
                for _ in 0..4 {
                    if !self.bytes.get(self.here.at).is_some_and(u8::is_ascii_hexdigit) {
                        return Err(self.syntax("four hexadecimal digits"));
                    }
                    self.here.at += 1;
                }
            }
            _ => return Err(self.syntax("an escape sequence")),
        }
        Ok(())
    }

    /// Unescapes a string. Lone surrogates, which Rust's strings cannot represent, become U+FFFD.
    pub(super) fn unescape(&self, text: Text) -> Cow<'a, str> {
        if text.escaped {
            Cow::Owned(unescape(self.raw(text)))
        } else {
            Cow::Borrowed(self.slice(text.start, text.end))
        }
    }

    /// Parses a number.
    pub(super) fn number(&mut self) -> Result<(), Fault> {
        if self.bytes.get(self.here.at) == Some(&b'-') {
            self.here.at += 1;
        }
        match self.bytes.get(self.here.at) {
            Some(b'0') => self.here.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.syntax("a digit")),
        }
        if self.bytes.get(self.here.at) == Some(&b'.') {
            self.here.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.here.at), Some(b'e' | b'E')) {
            self.here.at += 1;
            if matches!(self.bytes.get(self.here.at), Some(b'+' | b'-')) {
                self.here.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.here.at;
        while self.bytes.get(self.here.at).is_some_and(u8::is_ascii_digit) {
            self.here.at += 1;
        }
        if self.here.at == start {
            Err(self.syntax("a digit"))
        } else {
            Ok(())
        }
    }

    /// Parses an integer in `0..2^53` that consists only of digits. Otherwise the cursor does not move.
    pub(super) fn integer(&mut self) -> Option<u64> {
        let digits = self.bytes.get(self.here.at..)?;
        let mut value = 0_u64;
        let mut count = 0;
        while let Some(digit @ 0..=9) = digits.get(count).map(|byte| byte.wrapping_sub(b'0')) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        // Up to 16 digits cannot overflow, and 2^53 has 16.
        let is_plain = matches!(count, 1..=16) && !matches!(digits.get(count), Some(b'.' | b'e' | b'E'));
        if !is_plain || (digits.first() == Some(&b'0') && count > 1) || value >= ids::LIMIT {
            return None;
        }
        self.here.at += count;
        Some(value)
    }

    /// Parses `true`, `false` or `null`.
    pub(super) fn literal(&mut self, word: &'static str) -> Result<(), Fault> {
        self.peek();
        let rest = self.bytes.get(self.here.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.here.at += word.len();
            return Ok(());
        }
        if word.as_bytes().starts_with(rest) {
            self.here.at = self.bytes.len();
        }
        Err(self.syntax(word))
    }

    /// Skips any value after checking its syntax. Arrays may have any length.
    pub(super) fn skip_value(&mut self) -> Result<(), Fault> {
        match self.peek() {
            b'{' => self.object(|cursor, _| cursor.skip_value()),
            b'[' => self.items(usize::MAX, |cursor, _| cursor.skip_value()),
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => Err(self.syntax("a value")),
        }
    }

    /// Parses an object. Calls `entry` after the colon of each key to parse the value.
    pub(super) fn object(
        &mut self,
        mut entry: impl FnMut(&mut Self, Text) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.enter_object()?;
        if self.peek() != b'}' {
            loop {
                let key = self.string()?;
                self.colon()?;
                entry(self, key)?;
                if !self.comma() {
                    break;
                }
            }
        }
        self.leave_object()
    }

    /// Enters an object.
    #[inline]
    pub(super) fn enter_object(&mut self) -> Result<(), Fault> {
        self.enter(b'{', "an object")
    }

    /// Leaves an object after its last member.
    #[inline]
    pub(super) fn leave_object(&mut self) -> Result<(), Fault> {
        self.depth -= 1;
        self.eat(b'}', "a comma or the end of an object")
    }

    /// Parses an array of at most [`MAX_ARRAY_ITEMS`] items. Calls `item` with the index of each value to parse it.
    pub(super) fn array(
        &mut self,
        item: impl FnMut(&mut Self, usize) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.items(MAX_ARRAY_ITEMS, item)
    }

    fn items(
        &mut self,
        most: usize,
        mut item: impl FnMut(&mut Self, usize) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.enter(b'[', "an array")?;
        if self.peek() != b']' {
            let mut index = 0;
            loop {
                item(self, index)?;
                if !self.comma() {
                    break;
                }
                index += 1;
                if index == most {
                    return Err(self.too_long());
                }
            }
        }
        self.depth -= 1;
        self.eat(b']', "a comma or the end of an array")
    }

    #[cold]
    fn too_long(&self) -> Fault {
        Fault::new(DecodeErrorKind::TooLong, self.here.at, "at most 100,000 items")
    }

    fn enter(&mut self, open: u8, expected: &'static str) -> Result<(), Fault> {
        self.eat(open, expected)?;
        if self.depth == MAX_DEPTH {
            return Err(Fault::new(
                DecodeErrorKind::TooDeep,
                self.here.at - 1,
                "at most 128 levels",
            ));
        }
        self.depth += 1;
        Ok(())
    }
}

/// Passes the unescaped string to `read`, in UTF-8.
#[inline]
pub(super) fn characters<T>(cursor: &Cursor<'_>, text: Text, read: impl Fn(&[u8]) -> T) -> T {
    if text.escaped {
        read(cursor.unescape(text).as_bytes())
    } else {
        read(cursor.raw(text))
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accepts(text: &str) -> bool {
        let mut cursor = Cursor::new(text);
        cursor.skip_value().and_then(|()| cursor.end()).is_ok()
    }

    #[test]
    fn the_grammar_is_that_of_json() {
        for good in [
            "0",
            "-0.5e+7",
            "[]",
            "{}",
            " [ 1 , \"a\\u00e9\\n\" ] ",
            "{\"a\":{\"b\":[true,false,null]}}",
        ] {
            assert!(accepts(good), "{good}");
        }
        for bad in [
            "",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "tru",
            "nulll",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "'a'",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"a\nb\"",
            "[1 2]",
            "{\"a\" 1}",
            "[",
            "{\"a\":",
            "1 2",
            "NaN",
            "\u{feff}1",
            "[1]]",
        ] {
            assert!(!accepts(bad), "{bad}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(accepts(&nested(MAX_DEPTH)));
        assert!(!accepts(&nested(MAX_DEPTH + 1)));
        assert!(!accepts(&"[".repeat(1_000_000)));
    }

    #[test]
    fn the_length_of_an_array_is_limited_unless_it_is_skipped() {
        let array = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        let reads = |text: &str| Cursor::new(text).array(|cursor, _| cursor.skip_value()).is_ok();
        assert!(reads(&array(MAX_ARRAY_ITEMS)));
        assert!(!reads(&array(MAX_ARRAY_ITEMS + 1)));
        assert!(accepts(&array(MAX_ARRAY_ITEMS + 1)));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::hash_map(".*", inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_writes_is_accepted_and_what_is_cut_off_is_not(value in json(), cut in any::<prop::sample::Index>()) {
            let text = value.to_string();
            prop_assert!(accepts(&text));
            if value.is_object() || value.is_array() || value.is_string() {
                let cut = text.floor_char_boundary(cut.index(text.len()));
                prop_assert!(!accepts(&text[..cut]));
            }
        }

        #[test]
        fn it_accepts_what_serde_accepts(text in r#"[\[\]{}",:\\ntrue0-9.eE+u \-falsé]{0,24}"#) {
            prop_assert_eq!(accepts(&text), serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
        }

        #[test]
        fn unescaping_gives_what_was_escaped(text in any::<String>()) {
            let json = serde_json::to_string(&text).expect("serialises");
            let mut cursor = Cursor::new(&json);
            let read = cursor.string().expect("is a string");
            prop_assert_eq!(cursor.unescape(read), text);
        }
    }
}
