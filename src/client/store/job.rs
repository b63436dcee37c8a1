//! What is to be read of a list, and how far it has come.

use super::list::Messages;
use super::ranges::END;
use crate::client::clock::Micros;
use crate::protocol::ids::MessageId;

/// Why something is read. Lower values are more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// A view is opened, or jumps.
    Open,
    /// Like `Open`, back to the oldest unread message.
    Unread,
    /// Looks for messages whose delivery is unconfirmed. Others wait for them.
    Confirm,
    Older,
    Newer,
    /// Fills the gap below the range with that serial.
    Fill(u32),
    /// Reads the end of the list after a gap.
    End,
    /// Verifies loaded messages after a gap.
    Verify,
    /// Resolves conflicting evidence.
    Look,
}

/// A list or a part of it to be read, possibly over several pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) purpose: Purpose,
    pub(super) way: Way,
    /// The pages left, not counting those above `ceiling` or those that reach `floor`.
    pub(super) pages: u32,
    pub(super) ceiling: MessageId,
    /// For `Purpose::End`: the previous end of the list.
    pub(super) floor: MessageId,
    pub(super) tries: u8,
    /// How often its cursor was refused; for a job that condemns a range, how often it failed.
    pub(super) refusals: u8,
    /// Do not request it before this moment. Set if its cursor was refused, which does not affect other jobs.
    pub(super) retry_at: Micros,
    /// A range whose cursors are all refused. It is dropped if this page succeeds.
    pub(super) condemns: Option<u32>,
    /// When its first page was requested.
    pub(super) began: Option<Micros>,
    /// Whether all entries were readable.
    pub(super) is_clear: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Back from the cursor, or from the newest message, to `until`. `is_listed`: whether the previous page listed
    /// the cursor.
    Back {
        cursor: Option<MessageId>,
        until: MessageId,
        is_listed: bool,
    },
    /// Forward from the cursor.
    Ahead { cursor: MessageId },
    /// Back from a message, or from the cursor below it, then forward so that the message itself is read. Continues
    /// back to `until`.
    Around {
        id: MessageId,
        cursor: MessageId,
        until: Option<MessageId>,
    },
    /// The second half of `Around`: forward from just below the message. `back` is where reading back continues.
    Above {
        id: MessageId,
        cursor: Option<MessageId>,
        until: Option<MessageId>,
        back: Option<MessageId>,
    },
}

impl Job {
    pub(super) const fn new(purpose: Purpose, way: Way, pages: u32) -> Self {
        Self {
            purpose,
            way,
            pages,
            ceiling: END,
            floor: MessageId::ZERO,
            tries: 0,
            refusals: 0,
            retry_at: 0,
            condemns: None,
            began: None,
            is_clear: true,
        }
    }

    /// Reads the newest page, to find out whether the list is readable at all although every cursor of the range is
    /// refused.
    pub(super) const fn condemning(purpose: Purpose, serial: u32) -> Self {
        let mut job = Self::end(purpose, END, 1);
        job.condemns = Some(serial);
        job
    }

    pub(super) const fn is_possible(&self, knows_user: bool) -> bool {
        knows_user || !matches!(self.purpose, Purpose::Unread)
    }

    pub(super) const fn has_cursor(&self) -> bool {
        self.cursor().0.is_some()
    }

    /// Whether the loaded messages that it verifies have been dropped meanwhile.
    pub(super) fn is_beside(&self, messages: &Messages) -> bool {
        let cursor = match self.way {
            Way::Back { cursor, .. } => cursor,
            _ => None,
        };
        let is_lost = |id| messages.ranges.covering(id).is_none();
        self.purpose >= Purpose::End && cursor.is_some_and(is_lost)
    }

    /// The lowest id that a page covers. Jobs that verify do not extend what is loaded.
    pub(super) fn clip(&self, lowest: MessageId, until: MessageId) -> MessageId {
        if self.purpose < Purpose::End {
            lowest
        } else {
            lowest.max(until)
        }
    }

    /// Reads from the newest message back to `old_end` for at most `pages` pages, then on to `until`.
    pub(super) const fn rejoin(old_end: MessageId, until: MessageId, pages: u32) -> Self {
        let mut job = Self::end(Purpose::End, until, pages);
        job.floor = old_end;
        job
    }

    /// Verifies the loaded messages from `until` to `id`.
    pub(super) const fn verify(purpose: Purpose, id: MessageId, until: MessageId) -> Self {
        let way = Way::Around {
            id,
            cursor: id,
            until: Some(until),
        };
        Self::new(purpose, way, u32::MAX)
    }

    /// Reads back from a cursor that a page has listed, or may have.
    pub(super) const fn back(purpose: Purpose, cursor: MessageId, until: MessageId, pages: u32) -> Self {
        let way = Way::Back {
            cursor: Some(cursor),
            until,
            is_listed: false,
        };
        Self::new(purpose, way, pages)
    }

    /// Reads forward from the cursor.
    pub(super) const fn ahead(purpose: Purpose, cursor: MessageId) -> Self {
        Self::new(purpose, Way::Ahead { cursor }, 1)
    }

    /// Reads back from the newest message.
    pub(super) const fn end(purpose: Purpose, until: MessageId, pages: u32) -> Self {
        let way = Way::Back {
            cursor: None,
            until,
            is_listed: false,
        };
        Self::new(purpose, way, pages)
    }

    /// Reads the messages around that one.
    pub(super) const fn around(id: MessageId) -> Self {
        let way = Way::Around {
            id,
            cursor: id,
            until: None,
        };
        Self::new(Purpose::Open, way, 1)
    }

    pub(super) const fn cursor(&self) -> (Option<MessageId>, bool) {
        match self.way {
            Way::Back { cursor, .. } => (cursor, true),
            Way::Around { cursor, .. } => (Some(cursor), true),
            Way::Ahead { cursor } => (Some(cursor), false),
            Way::Above { cursor, .. } => (cursor, false),
        }
    }
}

/// The outcome of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The job continues.
    More(Job),
    /// The job is done, for that purpose. May be followed by another.
    Then(Option<Job>, Purpose),
    /// The job continues at that time.
    Wait(Job, Micros),
    /// The range with that serial can no longer be read.
    Lost(u32),
    /// Unreadable entries hide the rest of the list.
    Blind(Job),
}
