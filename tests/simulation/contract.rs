//! The parts of the client's interface that the simulation uses. Only this file depends on its signatures.

use std::time::Duration;

use room_events::client::{
    Authorized, Client, ConnectionState, Delivery, Freshness, Interest, Reply, Request, RequestId,
    ResyncReason, Rooms,
};
use room_events::protocol::event::EventType;
use room_events::protocol::ids::{MessageId, RoomId};

use crate::options::Wants;
use crate::truth::Id;

/// A request to the REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Status,
    Rooms,
    /// A POST of a message or a comment to this list.
    Post(List),
    List {
        list: List,
        cursor: Option<Id>,
        limit: usize,
        is_backward: bool,
    },
}

/// A list of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum List {
    Messages(Id),
    Comments(Id),
}

/// The resource of a request, regardless of the page. The server counts requests by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Path {
    Status,
    Rooms,
    List(List),
    Post(List),
}

impl Ask {
    pub(crate) fn of(request: &Request) -> Self {
        let list = |list, cursor: Option<MessageId>, limit: u32, is_backward| Self::List {
            list,
            cursor: cursor.map(MessageId::get),
            limit: limit as usize,
            is_backward,
        };
        match *request {
            Request::Status => Self::Status,
            Request::Rooms => Self::Rooms,
            Request::Send { room_id, parent } if parent == MessageId::ZERO => {
                Self::Post(List::Messages(room_id.get()))
            }
            Request::Send { parent, .. } => Self::Post(List::Comments(parent.get())),
            Request::Messages {
                room_id,
                cursor,
                limit,
            } => list(List::Messages(room_id.get()), cursor, limit, true),
            Request::MessagesAfter {
                room_id,
                cursor,
                limit,
            } => list(List::Messages(room_id.get()), cursor, limit, false),
            Request::Comments {
                message_id,
                cursor,
                limit,
            } => list(List::Comments(message_id.get()), cursor, limit, true),
            Request::CommentsAfter {
                message_id,
                cursor,
                limit,
            } => list(List::Comments(message_id.get()), cursor, limit, false),
        }
    }

    pub(crate) const fn path(&self) -> Path {
        match self {
            Self::Status => Path::Status,
            Self::Rooms => Path::Rooms,
            Self::Post(list) => Path::Post(*list),
            Self::List { list, .. } => Path::List(*list),
        }
    }
}

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Http {
        status: u16,
        body: String,
        /// In milliseconds.
        retry_after: Option<u64>,
    },
    TooLarge,
    Failed,
}

pub(crate) fn reply(client: &mut Client<String>, id: RequestId, answer: &Answer, now: Duration) {
    let reply = match answer {
        Answer::Http {
            status,
            body,
            retry_after,
        } => Reply::Answer {
            status: *status,
            body,
            retry_after: retry_after.map(Duration::from_millis),
        },
        Answer::TooLarge => Reply::TooLarge,
        Answer::Failed => Reply::Failed,
    };
    client.handle_reply(id, reply, now);
}

pub(crate) fn progress(client: &mut Client<String>, id: RequestId, now: Duration) {
    client.handle_progress(id, now);
}

pub(crate) fn interest(wants: &Wants) -> Interest {
    let only = |rooms: &[Id]| Rooms::only(rooms.iter().map(|room| RoomId::new(*room).unwrap_or_default()));
    let (messages, watched) = match wants {
        Wants::Only(rooms) => (only(rooms), only(rooms)),
        Wants::All(rooms) => (Rooms::All, only(rooms)),
        Wants::Everything => (Rooms::All, Rooms::All),
    };
    Interest {
        messages,
        watched,
        rooms: true,
    }
}

/// The interest of an application without callbacks.
pub(crate) fn no_interest() -> Interest {
    Interest {
        messages: Rooms::none(),
        watched: Rooms::none(),
        rooms: false,
    }
}

/// A delivery to the application.
#[derive(Debug)]
pub(crate) enum Told {
    Event {
        event_type: EventType,
        payload: String,
        recovered: bool,
    },
    Malformed,
    /// A frame that the server never sends was delivered.
    Strange(String),
    Resync(Option<Id>, Resync),
    /// Whether the list of rooms, or a room, is live.
    Freshness(Option<Id>, bool),
    State(ConnectionState),
}

/// Why a room has to be reloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resync {
    TooFarBehind,
    NothingKnown,
    Unreadable,
}

impl Told {
    pub(crate) fn of(delivery: Delivery<String>) -> Self {
        match delivery {
            Delivery::Event {
                event_type,
                payload,
                recovered,
            } => Self::Event {
                event_type,
                payload,
                recovered,
            },
            Delivery::Malformed(_) => Self::Malformed,
            Delivery::ResyncRequired { room_id, reason } => Self::Resync(
                room_id.map(RoomId::get),
                match reason {
                    ResyncReason::TooFarBehind => Resync::TooFarBehind,
                    ResyncReason::NothingKnown => Resync::NothingKnown,
                    ResyncReason::Unreadable => Resync::Unreadable,
                },
            ),
            Delivery::State(state) => Self::State(state),
            Delivery::Freshness {
                room_id, freshness, ..
            } => Self::Freshness(room_id.map(RoomId::get), freshness == Freshness::Live),
            other => Self::Strange(format!("{other:?}")),
        }
    }
}

pub(crate) fn authorized(client: &mut Client<String>, now: Duration) {
    client.handle_authorized(Authorized::Yes, now);
}
