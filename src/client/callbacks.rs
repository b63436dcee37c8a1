//! The callbacks that are registered, by topic, and which of them gets what.

use std::cell::RefCell;
use std::rc::Rc;

use super::interest::Rooms;
use super::topic::Topic;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

/// One registration. The same function may be registered more than once.
#[derive(Debug)]
pub struct Callback<F> {
    topic: Topic,
    /// The only room that it is called for; `None` for all.
    room: Option<RoomId>,
    /// Empty once the registration was taken back: whoever still holds the registration holds nothing of the page.
    function: RefCell<Option<F>>,
}

/// What a callback is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of it.
    Whole,
    /// What the event says about this room.
    Room(RoomId),
}

impl Share {
    /// What of an event about these rooms is for a callback that wants that one; `None` if nothing is.
    fn of(wanted: Option<RoomId>, rooms: &[RoomId]) -> Option<Self> {
        let Some(wanted) = wanted else {
            return Some(Self::Whole);
        };
        if !rooms.contains(&wanted) {
            None
        } else if rooms.iter().all(|room_id| *room_id == wanted) {
            Some(Self::Whole)
        } else {
            Some(Self::Room(wanted))
        }
    }
}

/// All registrations of a client.
#[derive(Debug)]
pub struct Callbacks<F> {
    by_topic: RefCell<[Vec<Rc<Callback<F>>>; Topic::COUNT]>,
}

impl<F> Default for Callbacks<F> {
    fn default() -> Self {
        Self {
            by_topic: RefCell::default(),
        }
    }
}

impl<F: Clone> Callbacks<F> {
    /// Registers a function, for one room or for all.
    pub fn add(&self, topic: Topic, room: Option<RoomId>, function: F) -> Rc<Callback<F>> {
        let callback = Rc::new(Callback {
            topic,
            room,
            function: RefCell::new(Some(function)),
        });
        self.by_topic.borrow_mut()[topic.index()].push(Rc::clone(&callback));
        callback
    }

    /// Takes a registration back. Once it is back, the callback is not called again, not even for an event that is
    /// being delivered.
    pub fn remove(&self, callback: &Rc<Callback<F>>) {
        callback.function.take();
        self.by_topic.borrow_mut()[callback.topic.index()].retain(|other| !Rc::ptr_eq(other, callback));
    }

    /// Takes all registrations back.
    pub fn clear(&self) {
        for callback in self.by_topic.take().into_iter().flatten() {
            callback.function.take();
        }
    }

    /// Whether nothing is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_topic.borrow().iter().all(Vec::is_empty)
    }

    /// Whether anything is registered for the topic.
    #[must_use]
    pub fn has(&self, topic: Topic) -> bool {
        !self.by_topic.borrow()[topic.index()].is_empty()
    }

    /// Whether any callback of the topic is for one room alone: if none is, nobody needs to know an event's rooms.
    #[must_use]
    pub fn has_for_one_room(&self, topic: Topic) -> bool {
        let callbacks = &self.by_topic.borrow()[topic.index()];
        callbacks.iter().any(|callback| callback.room.is_some())
    }

    /// Whether any callback of the topic is called for an event about these rooms.
    #[must_use]
    pub fn wants(&self, topic: Topic, rooms: &[RoomId]) -> bool {
        let callbacks = &self.by_topic.borrow()[topic.index()];
        callbacks
            .iter()
            .any(|callback| Share::of(callback.room, rooms).is_some())
    }

    /// The rooms for which callbacks of the topic are called.
    #[must_use]
    pub fn rooms(&self, topic: Topic) -> Rooms {
        let callbacks = &self.by_topic.borrow()[topic.index()];
        let rooms: Option<Vec<_>> = callbacks.iter().map(|callback| callback.room).collect();
        rooms.map_or(Rooms::All, Rooms::only)
    }

    /// The rooms for which single callbacks get messages, whether or not others get those of all rooms.
    #[must_use]
    pub fn named_rooms(&self) -> Rooms {
        let mut rooms = Vec::new();
        for event_type in EventType::ALL {
            if event_type.is_of_message() {
                let callbacks = &self.by_topic.borrow()[Topic::Event(event_type).index()];
                rooms.extend(callbacks.iter().filter_map(|callback| callback.room));
            }
        }
        Rooms::only(rooms)
    }

    /// Has the callbacks of the topic called by `call`, in the order of their registration, each with its share of an
    /// event about these rooms; without rooms the whole goes to each. No borrow is held: a callback may register,
    /// unregister and close. One that is registered meanwhile is not called.
    pub fn call(&self, topic: Topic, rooms: Option<&[RoomId]>, call: impl Fn(&F, Share)) {
        self.call_each(topic, rooms, &call);
    }

    /// The same, there once and not for each that calls.
    fn call_each(&self, topic: Topic, rooms: Option<&[RoomId]>, call: &dyn Fn(&F, Share)) {
        let callbacks = self.by_topic.borrow()[topic.index()].clone();
        for callback in callbacks {
            let share = rooms.map_or(Some(Share::Whole), |rooms| Share::of(callback.room, rooms));
            let function = callback.function.borrow().clone();
            if let Some(function) = function
                && let Some(share) = share
            {
                call(&function, share);
            }
        }
    }
}
