//! Other readings of the API than this server's defaults.

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::session::SessionError;

/// A reading of the API that differs from the server's default. The documentation leaves these points open, so production may do
/// either: try a client against both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Quirk {
    /// A page begins after the message that its cursor names, not with it
    ExclusiveCursors,
    /// A cursor that names no message of the list is answered with 404
    StrictCursors,
    /// Lists of a room's messages include comments
    CommentsInRooms,
    /// Comments can be commented on
    NestedComments,
    /// A comment that is created or deleted sends no TextMessagesUpdated for its parent
    SilentParents,
    /// `lastMessage` has the author's `userId`
    LastMessageUserId,
    /// A room without messages lacks `lastMessage`, instead of having null
    AbsentLastMessage,
    /// Rooms have `displayName` alone in REST answers, and `name` alone in events
    SplitRoomNames,
    /// RoomUpdated lacks the recipient's own fields (`unreadMessageCount`, `isModerator`, `isPinned`), and is not sent if nothing else changed
    ImpersonalRooms,
    /// Adding a member sends no RoomCreated, and removing one no RoomDeleted
    SilentMembership,
    /// Messages that are sent at once are one TextMessagesCreated each
    SingleMessageEvents,
    /// Events name their type in the field `eventType`
    EventTypeField,
    /// Reading one's own message leaves no receipt
    NoOwnReceipts,
    /// A read receipt does not change `lastModifiedUtc`
    UnmodifiedByReceipts,
    /// `lastEditedUtc` is 0 until the text is edited
    ZeroUntilEdited,
    /// `hasThumbnail` is false for pictures
    NoThumbnails,
    /// Attachments lack `size`
    NoPictureSizes,
    /// `createdUtc` of attachments is 0
    ZeroAttachmentTimes,
    /// `GET /attachments/{id}` is answered without `httpStatusCode`
    BareAttachments,
    /// `fileChecksum` is SHA-256 instead of SHA-1
    Sha256Checksums,
    /// Users and rooms without a picture are shown with their initials, instead of 404
    InitialsAvatars,
    /// Only authors edit messages and attach files; administrators and moderators can still delete
    AuthorsAlone,
    /// The upgrade of `/events` takes the cookie alone, no token
    CookieUpgrades,
    /// Logging out leaves the session's connections open
    OpenAfterLogout,
    /// Logging out closes the session's connections with code 1008
    LogoutCode1008,
    /// The two texts of 401 are swapped: which one comes for missing and which for expired credentials
    SwappedUnauthorized,
    /// Ids of a new database begin at 2^52, beyond 32 bits
    LargeIds,
}

/// A set of [quirks](Quirk).
///
/// ```
/// use room_events::server::{Quirk, Quirks};
///
/// let quirks: Quirks = [Quirk::ExclusiveCursors].into_iter().collect();
/// assert!(quirks.contains(Quirk::ExclusiveCursors) && !quirks.contains(Quirk::NestedComments));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks(u32);

/// Those that change how answers and events are written.
const WRITTEN: [Quirk; 10] = [
    Quirk::AbsentLastMessage,
    Quirk::SplitRoomNames,
    Quirk::ImpersonalRooms,
    Quirk::EventTypeField,
    Quirk::ZeroUntilEdited,
    Quirk::NoThumbnails,
    Quirk::NoPictureSizes,
    Quirk::ZeroAttachmentTimes,
    Quirk::BareAttachments,
    Quirk::SwappedUnauthorized,
];

/// Where rooms are called by which of their two names.
const NAME: &str = "name";
const DISPLAY_NAME: &str = "displayName";

impl Quirk {
    /// Every quirk.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Its name, as `--quirk` takes it.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl FromIterator<Quirk> for Quirks {
    fn from_iter<I: IntoIterator<Item = Quirk>>(quirks: I) -> Self {
        Self(quirks.into_iter().fold(0, |bits, quirk| bits | quirk.bit()))
    }
}

impl Quirks {
    /// Whether the set contains a quirk.
    #[must_use]
    pub const fn contains(self, quirk: Quirk) -> bool {
        self.0 & quirk.bit() != 0
    }

    /// Whether answers and events have to be rewritten.
    pub(super) fn rewrites(self) -> bool {
        WRITTEN.into_iter().any(|quirk| self.contains(quirk))
    }

    /// Rewrites the body of a REST answer.
    pub(super) fn rewrite_answer(self, body: &mut Value) {
        if let Some(fields) = body.as_object_mut() {
            if self.contains(Quirk::BareAttachments) && is_attachment(fields) {
                fields.remove("httpStatusCode");
            }
            if self.contains(Quirk::SwappedUnauthorized)
                && let Some(text) = fields.get_mut("errorText")
            {
                let texts = [SessionError::Missing, SessionError::Invalid].map(|error| error.to_string());
                if let Some(at) = texts.iter().position(|known| text == known) {
                    *text = texts[1 - at].as_str().into();
                }
            }
        }
        self.rewrite(body, NAME);
    }

    /// Rewrites an event.
    pub(super) fn rewrite_event(self, event: &mut Value) {
        if self.contains(Quirk::ImpersonalRooms)
            && event["type"] == "RoomUpdated"
            && let Some(room) = event["data"]["room"].as_object_mut()
        {
            for field in ["unreadMessageCount", "isModerator", "isPinned"] {
                room.remove(field);
            }
        }
        self.rewrite(event, DISPLAY_NAME);
        if self.contains(Quirk::EventTypeField)
            && let Some(fields) = event.as_object_mut()
            && let Some(event_type) = fields.remove("type")
        {
            fields.insert("eventType".to_owned(), event_type);
        }
    }

    /// Rewrites what is in a value. `other_name` is the name that rooms do not have there.
    fn rewrite(self, value: &mut Value, other_name: &str) {
        match value {
            Value::Array(values) => values
                .iter_mut()
                .for_each(|value| self.rewrite(value, other_name)),
            Value::Object(fields) => {
                self.rewrite_fields(fields, other_name);
                fields
                    .values_mut()
                    .for_each(|value| self.rewrite(value, other_name));
            }
            _ => {}
        }
    }

    fn rewrite_fields(self, fields: &mut Map<String, Value>, other_name: &str) {
        if fields.get("roomType").is_some_and(Value::is_string) {
            if self.contains(Quirk::AbsentLastMessage)
                && fields.get("lastMessage").is_some_and(Value::is_null)
            {
                fields.remove("lastMessage");
            }
            if self.contains(Quirk::SplitRoomNames) {
                fields.remove(other_name);
            }
        } else if is_attachment(fields) {
            if self.contains(Quirk::NoThumbnails) {
                fields.insert("hasThumbnail".to_owned(), false.into());
            }
            if self.contains(Quirk::NoPictureSizes) {
                fields.remove("size");
            }
            if self.contains(Quirk::ZeroAttachmentTimes) {
                fields.insert("createdUtc".to_owned(), 0.into());
            }
        } else if self.contains(Quirk::ZeroUntilEdited)
            && fields.get("lastEditedUtc").is_some_and(Value::is_number)
            && fields.get("lastEditedUtc") == fields.get("createdUtc")
        {
            fields.insert("lastEditedUtc".to_owned(), 0.into());
        }
    }
}

fn is_attachment(fields: &Map<String, Value>) -> bool {
    fields.get("attachmentId").is_some_and(Value::is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quirk_has_a_bit_and_a_name_of_its_own() {
        let mut quirks = Quirks::default();
        for (index, quirk) in Quirk::all().iter().enumerate() {
            assert!(!quirks.contains(*quirk) && !quirk.name().is_empty());
            quirks = Quirk::all()[..=index].iter().copied().collect();
            assert!(quirks.contains(*quirk));
        }
    }
}
