//! Alternative interpretations of the API.

use clap::ValueEnum;

/// An interpretation of the API that differs from the server's default. The documentation is ambiguous in these points,
/// so production may do either: test a client against both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Quirk {
    /// A page begins after the message of its cursor instead of with it
    ExclusiveCursors,
    /// A cursor that is no message of the list gets 404
    StrictCursors,
    /// Lists of a room's messages include comments
    CommentsInRooms,
    /// Comments can have comments
    NestedComments,
    /// Creating or deleting a comment sends no TextMessagesUpdated for its parent
    SilentParents,
    /// `lastMessage` has the author's `userId`
    LastMessageUserId,
    /// A room without messages lacks `lastMessage`, instead of having null
    AbsentLastMessage,
    /// Rooms have only `displayName` in REST responses and only `name` in events
    SplitRoomNames,
    /// RoomUpdated lacks the recipient's own fields (`unreadMessageCount`, `isModerator`, `isPinned`), and is not sent
    /// if nothing else changed
    ImpersonalRooms,
    /// Adding a member sends no RoomCreated, and removing one no RoomDeleted
    SilentMembership,
    /// Messages that are sent at once get one TextMessagesCreated each
    SingleMessageEvents,
    /// Events have their type in the field `eventType`
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
    /// The response of `GET /attachments/{id}` lacks `httpStatusCode`
    BareAttachments,
    /// `fileChecksum` is SHA-256 instead of SHA-1
    Sha256Checksums,
    /// Users and rooms without a picture get one with their initials, instead of 404
    InitialsAvatars,
    /// Only authors edit messages and attach files; administrators and moderators can still delete
    AuthorsAlone,
    /// The upgrade of `/events` accepts only the cookie, no token
    CookieUpgrades,
    /// Logging out leaves the session's connections open
    OpenAfterLogout,
    /// Logging out closes the session's connections with code 1008
    LogoutCode1008,
    /// The texts of 401 for missing and for expired credentials are swapped
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

impl Quirk {
    /// All quirks.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Its name for `--quirk`.
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
