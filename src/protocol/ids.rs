//! Identifiers and times: integers that a JavaScript number holds exactly.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The first integer too large for the wire: 2^53. From there on, JavaScript numbers are rounded.
pub const LIMIT: u64 = 1 << 53;

/// An integer in `0..2^53` that identifies a `T`. Ids of different kinds do not mix:
///
/// ```compile_fail
/// use room_events::protocol::ids::{MessageId, RoomId};
///
/// let room_id: RoomId = MessageId::from(7);
/// ```
///
/// All other values on the wire (negative, fractional, too large, strings) are rejected, never rounded.
pub struct Id<T>(u64, PhantomData<fn() -> T>);

/// The marker of user ids.
#[derive(Clone, Copy, Debug)]
pub enum User {}
/// The marker of room ids.
#[derive(Clone, Copy, Debug)]
pub enum Room {}
/// The marker of message ids.
#[derive(Clone, Copy, Debug)]
pub enum Message {}
/// The marker of attachment ids.
#[derive(Clone, Copy, Debug)]
pub enum Attachment {}
/// The marker of integers that are not ids.
#[derive(Clone, Copy, Debug)]
pub enum Number {}

/// The id of a user.
pub type UserId = Id<User>;
/// The id of a room.
pub type RoomId = Id<Room>;
/// The id of a message. Newer messages have larger ids.
pub type MessageId = Id<Message>;
/// The id of an attachment.
pub type AttachmentId = Id<Attachment>;
/// A count or size, such as comments, bytes or pixels.
pub type SafeInt = Id<Number>;
/// A time in milliseconds since 1970-01-01 UTC; 0 means unknown or never.
pub type UnixMillis = SafeInt;

impl<T> Id<T> {
    /// Zero: "none" for a parent message, "never" for a time.
    pub const ZERO: Self = Self(0, PhantomData);
    /// The largest value: 2^53 - 1.
    pub const MAX: Self = Self(LIMIT - 1, PhantomData);

    /// Wraps `value` if it is below [`LIMIT`].
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        if value < LIMIT {
            Some(Self(value, PhantomData))
        } else {
            None
        }
    }

    /// The next value; [`MAX`](Self::MAX) stays the same.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 < LIMIT - 1 {
            Self(self.0 + 1, PhantomData)
        } else {
            self
        }
    }

    /// The previous value; zero stays the same.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1), PhantomData)
    }

    /// The value as an integer.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Converts to another kind, for lists with ids of several kinds.
    #[must_use]
    pub const fn cast<U>(self) -> Id<U> {
        Id(self.0, PhantomData)
    }
}

// Deriving these would require the same traits of `T`.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Default for Id<T> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> From<u32> for Id<T> {
    fn from(value: u32) -> Self {
        Self(u64::from(value), PhantomData)
    }
}

impl<T> From<Id<T>> for u64 {
    fn from(value: Id<T>) -> Self {
        value.0
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntegerVisitor;

        impl Visitor<'_> for IntegerVisitor {
            type Value = SafeInt;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer from 0 to 2^53 - 1")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<SafeInt, E> {
                SafeInt::new(value).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<SafeInt, E> {
                u64::try_from(value)
                    .ok()
                    .and_then(SafeInt::new)
                    .ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<SafeInt, E> {
                Err(E::invalid_value(Unexpected::Float(value), &self))
            }
        }

        deserializer.deserialize_u64(IntegerVisitor).map(SafeInt::cast)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_whole_range_and_nothing_beyond() {
        for good in ["0", "1", "9007199254740991"] {
            let value: SafeInt = serde_json::from_str(good).expect(good);
            assert_eq!(serde_json::to_string(&value).expect("serialises"), good);
        }
        for bad in [
            "9007199254740992",
            "-1",
            "1.0",
            "1e3",
            "\"1\"",
            "null",
            "18446744073709551616",
        ] {
            assert!(
                serde_json::from_str::<SafeInt>(bad).is_err(),
                "{bad} was accepted"
            );
        }
    }
}
