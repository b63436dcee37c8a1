//! The callbacks that are registered, by topic.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsValue;

use crate::client::interest::Rooms;
use crate::client::topic::Topic;
use crate::protocol::ids::RoomId;

/// One registration. The same function may be registered more than once.
#[derive(Debug)]
pub(super) struct Callback {
    topic: Topic,
    /// The only room that it is called for; `None` for all.
    room: Option<RoomId>,
    /// Empty once the registration was taken back: whoever still holds the registration holds nothing of the page.
    function: RefCell<Option<Function>>,
}

/// All registrations of a client.
#[derive(Debug, Default)]
pub(super) struct Callbacks {
    by_topic: RefCell<[Vec<Rc<Callback>>; Topic::COUNT]>,
}

impl Callbacks {
    pub(super) fn add(&self, topic: Topic, room: Option<RoomId>, function: Function) -> Rc<Callback> {
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
    pub(super) fn remove(&self, callback: &Rc<Callback>) {
        callback.function.take();
        self.by_topic.borrow_mut()[callback.topic.index()].retain(|other| !Rc::ptr_eq(other, callback));
    }

    pub(super) fn clear(&self) {
        for callback in self.by_topic.take().into_iter().flatten() {
            callback.function.take();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_topic.borrow().iter().all(Vec::is_empty)
    }

    pub(super) fn has(&self, topic: Topic) -> bool {
        !self.by_topic.borrow()[topic.index()].is_empty()
    }

    /// Whether any callback of the topic is for one room alone.
    pub(super) fn has_for_one_room(&self, topic: Topic) -> bool {
        let callbacks = &self.by_topic.borrow()[topic.index()];
        callbacks.iter().any(|callback| callback.room.is_some())
    }

    /// The rooms for which callbacks of the topic are called.
    pub(super) fn rooms(&self, topic: Topic) -> Rooms {
        let callbacks = &self.by_topic.borrow()[topic.index()];
        let rooms: Option<Vec<_>> = callbacks.iter().map(|callback| callback.room).collect();
        rooms.map_or(Rooms::All, Rooms::only)
    }

    /// Calls the callbacks of the topic, in the order of their registration, each by `invoke` with what `make` has for
    /// its room. No borrow is held: a callback may register, unregister and close.
    pub(super) fn call(
        &self,
        topic: Topic,
        make: impl Fn(Option<RoomId>) -> Option<JsValue>,
        invoke: impl Fn(&Function, &JsValue),
    ) {
        let callbacks = self.by_topic.borrow()[topic.index()].clone();
        for callback in callbacks {
            let function = callback.function.borrow().clone();
            if let Some(function) = function
                && let Some(value) = make(callback.room)
            {
                invoke(&function, &value);
            }
        }
    }
}
