//! The class that serves pages: one connection, whatever their number. `pkg/src/host.js` speaks with them and calls this.

use std::rc::Rc;

use js_sys::Math;
use wasm_bindgen::prelude::*;

use super::driver::Driver;
use super::frame_text;
use super::options::Options;
use super::page_queue::Port;
use super::socket::EarlySocket;
use crate::client::shared::{FOLLOW_ALL, FOLLOW_ONLY, PRESENCE_FROZEN, PRESENCE_HIDDEN, PRESENCE_LEFT};
use crate::client::tabs::{Place, Presence, Wants};
use crate::client::{Followed, Rooms, Topic};
use crate::protocol::ids::RoomId;

/// A connection to the Events API that keeps itself alive, until it is closed or the last page has left.
#[wasm_bindgen(skip_typescript)]
pub struct Engine {
    driver: Rc<Driver>,
}

#[wasm_bindgen]
impl Engine {
    /// Begins to live on a socket that was opened before with the same options, or opens one. `local` says that its page
    /// is in the same thread.
    #[must_use]
    #[wasm_bindgen(constructor, skip_typescript)]
    pub fn new(options: &Options, link: Option<EarlySocket>, local: bool) -> Self {
        frame_text::prepare();
        // Two draws of 32 bits: a double cannot carry 64.
        let half = || (Math::random() * f64::from(u32::MAX)) as u64;
        let seed = (half() << 32) | half();
        let place = if local { Place::Local } else { Place::Remote };
        Self {
            driver: Driver::start(options, link, place, seed),
        }
    }

    /// A page joins, in that presence (`PRESENCE_…`). Gives its number.
    #[wasm_bindgen(skip_typescript)]
    pub fn join(&self, port: Port, presence: u8) -> u32 {
        self.driver.join(port, read_presence(presence))
    }

    /// What a page listens to from now on: pairs of a topic's number and a room, -1 for all, and the rooms that it follows
    /// (`FOLLOW_…`).
    #[wasm_bindgen(skip_typescript)]
    pub fn listen(&self, tab: u32, registered: &[f64], follow: u8, rooms: &[f64]) {
        let pairs = registered.chunks_exact(2).filter_map(|pair| {
            let index = pair[0] as usize;
            (index < Topic::COUNT).then(|| (Topic::from_index(index), room(pair[1])))
        });
        let followed = match follow {
            FOLLOW_ALL => Followed::All,
            FOLLOW_ONLY => Followed::Only(Rooms::only(rooms.iter().filter_map(|id| room(*id)))),
            _ => Followed::Unrestricted,
        };
        self.driver
            .listen(tab, Wants::new(&pairs.collect::<Vec<_>>(), &followed));
    }

    /// A page is shown, hidden, put away or back (`PRESENCE_…`).
    #[wasm_bindgen(js_name = setPresence, skip_typescript)]
    pub fn set_presence(&self, tab: u32, presence: u8) {
        self.driver.set_presence(tab, read_presence(presence));
    }

    /// A page has dealt with one of its batches.
    #[wasm_bindgen(skip_typescript)]
    pub fn acknowledge(&self, tab: u32) {
        self.driver.acknowledge(tab);
    }

    /// A page asks something of the store (`SHOW_…`), of a message with its text.
    #[wasm_bindgen(skip_typescript)]
    pub fn show(&self, tab: u32, what: u8, args: &[f64], text: &str) {
        if cfg!(feature = "store") {
            self.driver.show(tab, what, args, text);
        }
    }

    /// A page leaves.
    #[wasm_bindgen(skip_typescript)]
    pub fn leave(&self, tab: u32) {
        self.driver.leave(tab);
    }

    /// How current everything is that is watched: pairs of a room, null for the list of rooms, and its freshness.
    #[must_use]
    #[wasm_bindgen(skip_typescript)]
    pub fn freshness(&self) -> JsValue {
        self.driver.freshness().into()
    }

    /// What the connection does now.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn status(&self) -> String {
        self.driver.state().status.as_str().into()
    }

    /// The attempt, the next one and the cause that go with the status.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn connection(&self) -> JsValue {
        self.driver.connection()
    }

    /// What happened so far, in numbers.
    #[wasm_bindgen(skip_typescript)]
    pub fn stats(&self) -> JsValue {
        self.driver.stats()
    }

    /// Tries again at once, instead of after the delay, or after a new login.
    #[wasm_bindgen(js_name = reconnectNow, skip_typescript)]
    pub fn reconnect_now(&self) {
        self.driver.reconnect_now();
    }
}

const fn read_presence(presence: u8) -> Presence {
    match presence {
        PRESENCE_HIDDEN => Presence::Hidden,
        PRESENCE_LEFT => Presence::Away("the page was left"),
        PRESENCE_FROZEN => Presence::Away("the page was frozen"),
        _ => Presence::Visible,
    }
}

/// A room's id, of a number that was found to be one; `None` of a negative one.
fn room(id: f64) -> Option<RoomId> {
    (id >= 0.0).then(|| RoomId::new(id as u64)).flatten()
}
