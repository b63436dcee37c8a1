//! What a simulated network needs of a chat server.

use std::collections::{BTreeMap, BTreeSet};

use room_events::client::rest::Request;

pub(crate) type Id = u64;

/// What one user may see: rooms and messages by their ids, as JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct View {
    pub(crate) rooms: BTreeMap<Id, String>,
    pub(crate) messages: BTreeMap<Id, String>,
}

/// Something that a user does.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    CreateRoom {
        members: BTreeSet<Id>,
    },
    DeleteRoom {
        room: Id,
    },
    RenameRoom {
        room: Id,
    },
    TogglePin {
        room: Id,
    },
    /// Adds the other user to a room, or removes it.
    ToggleMember {
        room: Id,
        member: Id,
    },
    Send {
        room: Id,
        count: u64,
    },
    Comment {
        parent: Id,
    },
    Edit {
        message: Id,
    },
    Read {
        message: Id,
    },
    Delete {
        message: Id,
    },
}

/// A chat server: rooms, members, messages, comments, receipts, and who is told what.
pub(crate) trait Truth {
    /// A user does something, if it may.
    fn change(&mut self, user: Id, change: Change, now: u64);
    /// From here on a page gets the user's events, unless its session has ended.
    fn connect(&mut self, page: usize, user: Id) -> bool;
    /// The server restarts: it lets go of all connections.
    fn restart(&mut self);
    /// A page's session ends, and its connection with it.
    fn log_out(&mut self, page: usize);
    /// A page has a session again.
    fn log_in(&mut self, page: usize, user: Id);
    /// The events since the last call, each with the page that it goes to.
    fn take_events(&mut self) -> Vec<(usize, String)>;
    /// Answers a page's request to the REST API.
    fn answer(&mut self, page: usize, user: Id, request: Request) -> (u16, String);
    /// All that a user may see.
    fn view(&mut self, user: Id) -> View;
    /// The rooms there are.
    fn rooms(&mut self) -> Vec<Id>;
    /// The messages there are, each with the message that it comments on, or 0.
    fn messages(&mut self) -> Vec<(Id, Id)>;
}
