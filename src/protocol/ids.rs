//! Identifiers and times: integers that a JavaScript number holds exactly.

use std::fmt;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One more than the largest integer on the wire: 2^53. From here on a JavaScript number would be rounded.
pub const LIMIT: u64 = 1 << 53;

/// An integer in `0..2^53`. Anything else (negative, fractional, too large, text) is refused, never rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeInt(u64);

impl SafeInt {
    /// Zero: "none" for a parent message, "never" for a time.
    pub const ZERO: Self = Self(0);
    /// The largest there is: 2^53 - 1.
    pub const MAX: Self = Self(LIMIT - 1);

    /// Takes `value` if it is below [`LIMIT`].
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        if value < LIMIT { Some(Self(value)) } else { None }
    }

    /// The next one; the largest stays what it is.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 < LIMIT - 1 {
            Self(self.0 + 1)
        } else {
            self
        }
    }

    /// The one before; zero stays what it is.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<u32> for SafeInt {
    fn from(value: u32) -> Self {
        Self(u64::from(value))
    }
}

impl From<SafeInt> for u64 {
    fn from(value: SafeInt) -> Self {
        value.0
    }
}

impl fmt::Display for SafeInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for SafeInt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for SafeInt {
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

        deserializer.deserialize_u64(IntegerVisitor)
    }
}

/// Identifies a user.
pub type UserId = SafeInt;
/// Identifies a room.
pub type RoomId = SafeInt;
/// Identifies a message. Ids grow: a newer message has the larger id.
pub type MessageId = SafeInt;
/// Identifies an attachment.
pub type AttachmentId = SafeInt;
/// A time in milliseconds since 1970-01-01 UTC; 0 if it is not known or never happened.
pub type UnixMillis = SafeInt;

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
