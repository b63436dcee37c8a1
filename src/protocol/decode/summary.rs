//! Reads a few members of a stored message, or of a REST response, without building the rest.
//!
//! The JSON of a message is that of an entry that the decoder accepted. Values that are absent or of the wrong type are
//! neutral.

use std::borrow::Cow;

use super::super::ids::{SafeInt, UserId};
use super::cursor::Cursor;
use super::error::Fault;

/// A summary of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageSummary<'a> {
    /// The author; 0 if there is none.
    pub user_id: UserId,
    /// The text.
    pub text: Cow<'a, str>,
    /// Whether the reader has a read receipt on it.
    pub is_read: bool,
}

/// Summarizes a message for a reader.
#[must_use]
pub fn message(json: &str, reader: Option<UserId>) -> MessageSummary<'_> {
    let mut summary = MessageSummary::default();
    walk(json, &mut |cursor, key| {
        match key {
            "userId" => summary.user_id = integer(cursor)?.cast(),
            "text" if cursor.peek() == b'"' => {
                let text = cursor.string()?;
                summary.text = cursor.unescape(text);
            }
            "readTimestamps" if cursor.peek() == b'[' => cursor.array(|cursor, _| {
                if cursor.peek() != b'{' {
                    return cursor.skip_value();
                }
                cursor.object(|cursor, key| {
                    if cursor.unescape(key) != "userId" {
                        return cursor.skip_value();
                    }
                    let user_id = integer(cursor)?;
                    summary.is_read |= reader == Some(user_id.cast());
                    Ok(())
                })
            })?,
            _ => cursor.skip_value()?,
        }
        Ok(())
    });
    summary
}

/// Whether a response is a success of this API: an object whose `httpStatusCode` is 200. A login page, for example, is
/// not.
#[must_use]
pub fn is_success(body: &str) -> bool {
    member(body, "httpStatusCode").get() == 200
}

/// The user in the response of `GET /status`; 0 if there is none.
#[must_use]
pub fn user_of_status(body: &str) -> UserId {
    member(body, "userId").cast()
}

/// An integer member of an object; 0 if it is no integer or the text is no object.
fn member(body: &str, name: &str) -> SafeInt {
    let mut value = SafeInt::ZERO;
    let is_whole = walk(body, &mut |cursor, key| {
        if key == name {
            value = integer(cursor)?;
            return Ok(());
        }
        cursor.skip_value()
    });
    if is_whole { value } else { SafeInt::ZERO }
}

/// Reads the members of an object. Returns whether the text is exactly one object.
fn walk<'a>(json: &'a str, read: &mut dyn FnMut(&mut Cursor<'a>, &str) -> Result<(), Fault>) -> bool {
    let mut cursor = Cursor::new(json);
    if cursor.peek() != b'{' {
        return false;
    }
    let walked = cursor.object(|cursor, key| {
        let key = cursor.unescape(key);
        read(cursor, &key)
    });
    walked.is_ok() && cursor.end().is_ok()
}

fn integer(cursor: &mut Cursor<'_>) -> Result<SafeInt, Fault> {
    cursor.peek();
    let value = cursor.integer().and_then(SafeInt::new);
    if value.is_none() {
        cursor.skip_value()?;
    }
    Ok(value.unwrap_or_default())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    const USER: UserId = UserId::MAX;

    #[test]
    fn summarizes_a_message() {
        let json = r#"{"messageId":1,"userId":7,"text":"a\nb","readTimestamps":[{"userId":9007199254740991,"readUtc":1}]}"#;
        let summary = message(json, Some(USER));
        assert_eq!((summary.user_id.get(), &*summary.text), (7, "a\nb"));
        assert!(summary.is_read);
        assert!(!message(json, UserId::new(8)).is_read);
        assert!(!message(json, None).is_read);
    }

    #[test]
    fn takes_odd_members_for_neutral() {
        let json = r#"{"userId":-1,"text":null,"readTimestamps":[null,{"userId":"x"}],"isPinned":1}"#;
        assert_eq!(message(json, Some(USER)), MessageSummary::default());
    }

    #[test]
    fn tells_a_success_from_other_answers() {
        assert!(is_success(r#"{"httpStatusCode":200}"#));
        for other in [
            "",
            "{}",
            "<html>",
            r#"{"httpStatusCode":500}"#,
            r#"{"httpStatusCode":200"#,
        ] {
            assert!(!is_success(other), "{other}");
        }
        assert_eq!(user_of_status(r#"{"httpStatusCode":200,"userId":4}"#).get(), 4);
    }
}
