//! The class that serves pages over one connection. `pkg/src/host.js` communicates with the pages and calls this
//! class.

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

/// A connection to the Events API that reconnects until it is closed or the last page leaves.
#[wasm_bindgen(skip_typescript)]
pub struct Engine {
    driver: Rc<Driver>,
}

#[wasm_bindgen]
impl Engine {
    /// Starts with a socket that was opened with the same options, or opens one. `local`: whether the page is in the
    /// same thread.
    #[must_use]
    #[wasm_bindgen(constructor, skip_typescript)]
    pub fn new(options: &Options, link: Option<EarlySocket>, local: bool) -> Self {
        frame_text::prepare();
        // Two draws of 32 bits, as a double cannot hold 64.
        let half = || (Math::random() * f64::from(u32::MAX)) as u64;
        let seed = (half() << 32) | half();
        let place = if local { Place::Local } else { Place::Remote };
        Self {
            driver: Driver::start(options, link, place, seed),
        }
    }

    /// Adds a page with that presence (`PRESENCE_…`). Returns its number.
    #[wasm_bindgen(skip_typescript)]
    pub fn join(&self, port: Port, presence: u8) -> u32 {
        self.driver.join(port, read_presence(presence))
    }

    /// Sets what a page listens to, as pairs of a topic and a room (-1 for all), and the rooms that it follows
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

    /// Reports that a page was shown, hidden, suspended or resumed (`PRESENCE_…`).
    #[wasm_bindgen(js_name = setPresence, skip_typescript)]
    pub fn set_presence(&self, tab: u32, presence: u8) {
        self.driver.set_presence(tab, read_presence(presence));
    }

    /// Reports that a page has processed a batch.
    #[wasm_bindgen(skip_typescript)]
    pub fn acknowledge(&self, tab: u32) {
        self.driver.acknowledge(tab);
    }

    /// Handles a request of a page to the store (`SHOW_…`). `text` is the text of a message to send.
    #[wasm_bindgen(skip_typescript)]
    pub fn show(&self, tab: u32, what: u8, args: &[f64], text: &str) {
        if cfg!(feature = "store") {
            self.driver.show(tab, what, args, text);
        }
    }

    /// Removes a page.
    #[wasm_bindgen(skip_typescript)]
    pub fn leave(&self, tab: u32) {
        self.driver.leave(tab);
    }

    /// The freshness of everything watched: pairs of a room (null for the list of rooms) and its freshness.
    #[must_use]
    #[wasm_bindgen(skip_typescript)]
    pub fn freshness(&self) -> JsValue {
        self.driver.freshness().into()
    }

    /// The status of the connection.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn status(&self) -> String {
        self.driver.state().status.as_str().into()
    }

    /// The details of the status.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn connection(&self) -> JsValue {
        self.driver.connection()
    }

    /// Counters of what happened so far.
    #[wasm_bindgen(skip_typescript)]
    pub fn stats(&self) -> JsValue {
        self.driver.stats()
    }

    /// Reconnects immediately instead of after the delay, or after a new login.
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

/// The room with that id; `None` if the id is negative.
fn room(id: f64) -> Option<RoomId> {
    (id >= 0.0).then(|| RoomId::new(id as u64)).flatten()
}
