//! Connects the state machine with the browser: reports events to it, performs its actions, and sends its deliveries
//! to the pages. No borrow is held while a batch is sent.

mod pages;
mod turn;
mod views;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo::timers::callback::Timeout;
use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::bridge;
use super::fetch::{Fetch, Fetched};
use super::frame_text::FrameText;
use super::network::Network;
use super::options::Options;
use super::page_queue::PageQueue;
use super::socket::{EarlySocket, Socket, SocketEvent};
use crate::client::shared::{LOGIN_DECLINED, LOGIN_DONE};
use crate::client::tabs::{Bounds, Place, Presence, Tabs};
use crate::client::{
    Action, Authorized, Client, Clock, ConnectionState, ConnectionStatus, Request, RequestId, SocketId,
    TabViews,
};

/// One client.
///
/// It lives until it is closed. Sockets, requests and timers hold it weakly.
pub(super) struct Driver {
    options: Options,
    login: Option<Function>,
    core: RefCell<Core>,
    tabs: RefCell<Tabs<PageQueue>>,
    /// The open views of the pages.
    views: RefCell<TabViews>,
    /// The version of the outgoing messages that the pages were last sent.
    told_sending: Cell<u64>,
    /// The bounds of each page's queue.
    bounds: Bounds,
    /// The presence last reported to the client.
    presence: Cell<Presence>,
    told: RefCell<ConnectionState>,
    delivering: Cell<bool>,
    turn_planned: Cell<bool>,
    /// Keeps the client alive until it is closed.
    itself: RefCell<Option<Rc<Driver>>>,
}

struct Core {
    client: Client<FrameText>,
    clock: Clock,
    /// The last moment converted to wall-clock time, and the result, so that repeated conversions agree.
    dated: (Duration, f64),
    socket: Option<(SocketId, Socket)>,
    /// The socket that was opened before the client existed. The first one to open.
    early: Option<EarlySocket>,
    /// Only a few: the client limits the requests in flight.
    requests: Vec<(RequestId, Fetch)>,
    /// The timer, and when it fires.
    timer: Option<(Duration, Timeout)>,
    network: Option<Network>,
}

impl Core {
    fn now(&mut self) -> Duration {
        self.clock.now(bridge::monotonic(), bridge::wall())
    }

    /// The current time from one clock, for calls frequent enough that reading two is measurable.
    fn tick(&mut self) -> Duration {
        self.clock.tick(bridge::monotonic())
    }

    fn forget_request(&mut self, id: RequestId) {
        self.requests.retain(|(other, _)| *other != id);
    }
}

impl Driver {
    pub(super) fn start(options: &Options, early: Option<EarlySocket>, place: Place, seed: u64) -> Rc<Self> {
        let mut clock = Clock::new(bridge::monotonic(), bridge::wall());
        let now = clock.now(bridge::monotonic(), bridge::wall());
        let config = options.client();
        let client = Client::new(config, seed, now);
        let told = RefCell::new(client.state().clone());
        let driver = Rc::new(Self {
            options: options.clone(),
            login: options.login(),
            core: RefCell::new(Core {
                client,
                clock,
                dated: (Duration::MAX, 0.0),
                socket: None,
                early,
                requests: Vec::new(),
                timer: None,
                network: None,
            }),
            tabs: RefCell::new(Tabs::new(place)),
            views: RefCell::new(TabViews::new()),
            told_sending: Cell::new(0),
            bounds: Bounds {
                max_count: config.queue.max_frames,
                max_bytes: config.queue.max_bytes,
            },
            presence: Cell::new(Presence::Visible),
            told,
            delivering: Cell::new(false),
            turn_planned: Cell::new(false),
            itself: RefCell::new(None),
        });
        let weak = Rc::downgrade(&driver);
        let network = Network::listen(move |online| {
            if let Some(driver) = weak.upgrade() {
                driver.input(|client, now| client.handle_online(online, now));
            }
        });
        driver.core.borrow_mut().network = Some(network);
        driver.itself.replace(Some(Rc::clone(&driver)));
        driver.run(now);
        driver
    }

    fn close(self: &Rc<Self>) {
        self.input(Client::close);
    }

    pub(super) fn reconnect_now(self: &Rc<Self>) {
        self.input(Client::reconnect_now);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.core.borrow().client.state().status == ConnectionStatus::Closed
    }

    /// Reports an event to the state machine, and performs the resulting actions.
    pub(super) fn input(self: &Rc<Self>, happened: impl FnOnce(&mut Client<FrameText>, Duration)) {
        let now = {
            let mut core = self.core.borrow_mut();
            let now = core.now();
            happened(&mut core.client, now);
            now
        };
        self.run(now);
    }

    fn handle_socket(self: &Rc<Self>, id: SocketId, event: SocketEvent) {
        match event {
            SocketEvent::Opened => self.input(|client, now| client.handle_opened(id, now)),
            SocketEvent::Text(frame) => self.handle_text(id, FrameText::new(frame)),
            SocketEvent::Binary => self.input(|client, now| client.handle_binary(id, now)),
            SocketEvent::Closed(cause) => {
                self.core
                    .borrow_mut()
                    .socket
                    .take_if(|(current, _)| *current == id);
                self.input(|client, now| client.handle_closed(id, cause, now));
            }
        }
    }

    fn handle_text(self: &Rc<Self>, id: SocketId, text: FrameText) {
        let now = {
            let mut core = self.core.borrow_mut();
            let now = core.tick();
            if core.client.wants_heads() {
                let length = text.length();
                if text.read_head(|head| core.client.handle_head(id, head, length, now)) {
                    return;
                }
            }
            core.client.handle_frame(id, text, now);
            now
        };
        self.run(now);
    }

    fn handle_fetched(self: &Rc<Self>, id: RequestId, fetched: &Fetched) {
        let reply = fetched.reply();
        if reply.is_some() {
            self.core.borrow_mut().forget_request(id);
        }
        self.input(|client, now| match reply {
            Some(reply) => client.handle_reply(id, reply, now),
            None => client.handle_progress(id, now),
        });
    }

    /// Performs the pending actions, and delivers now or in the next animation frame.
    fn run(self: &Rc<Self>, now: Duration) {
        self.act(now);
        if self.turn_planned.get() || self.delivering.get() {
            // A callback of a page in this thread made this run again: the outer run continues, which keeps the
            // order.
            return;
        }
        let gathers = {
            let client = &self.core.borrow().client;
            client.gathers() && client.wants_turn()
        };
        if gathers {
            self.plan_turn();
        } else {
            self.take_turn(now);
        }
    }

    /// Performs the pending actions, and sets the timer.
    fn act(self: &Rc<Self>, now: Duration) {
        self.tell_sending();
        loop {
            let action = self.core.borrow_mut().client.poll_action();
            match action {
                Some(Action::OpenSocket(id)) => self.open(id),
                Some(Action::CloseSocket { socket, code, reason }) => {
                    let taken = self.core.borrow_mut().socket.take_if(|(id, _)| *id == socket);
                    if let Some((_, socket)) = taken {
                        socket.close(code, reason);
                    }
                }
                Some(Action::Fetch(id, request)) => {
                    let weak = Rc::downgrade(self);
                    // If a proxy redirects to a login page, the response says nothing about the session.
                    let redirects = request != Request::Status;
                    let body = self.core.borrow().client.body_of(id);
                    let fetch = Fetch::send(&self.options, &request, body, redirects, move |fetched| {
                        if let Some(driver) = weak.upgrade() {
                            driver.handle_fetched(id, &fetched);
                        }
                    });
                    self.core.borrow_mut().requests.push((id, fetch));
                }
                Some(Action::Abort(id)) => self.core.borrow_mut().forget_request(id),
                Some(Action::Authorize) => self.authorize(),
                Some(Action::StartOver) => self.options.start_over(),
                None => break,
            }
        }
        self.set_timer(now);
    }

    fn open(self: &Rc<Self>, id: SocketId) {
        let weak = Rc::downgrade(self);
        let report = move |event| {
            if let Some(driver) = weak.upgrade() {
                driver.handle_socket(id, event);
            }
        };
        let early = self.core.borrow_mut().early.take();
        let socket = match early {
            Some(link) => Socket::adopt(link, report),
            None => Socket::open(&self.options, report),
        };
        self.core.borrow_mut().socket = Some((id, socket));
    }

    /// Calls `onUnauthorized`, if given.
    fn authorize(self: &Rc<Self>) {
        let Some(login) = &self.login else { return };
        let weak = Rc::downgrade(self);
        // JavaScript calls it exactly once, which frees it.
        let done = Closure::once_into_js(move |outcome: u8| {
            if let Some(driver) = weak.upgrade() {
                let outcome = match outcome {
                    LOGIN_DECLINED => Authorized::No,
                    LOGIN_DONE => Authorized::Yes,
                    _ => Authorized::Failed,
                };
                driver.input(|client, now| client.handle_authorized(outcome, now));
            }
        });
        bridge::authorize(login, &done);
    }

    fn set_timer(self: &Rc<Self>, now: Duration) {
        let mut core = self.core.borrow_mut();
        let batch = self.tabs.borrow().due_at().map(Duration::from_micros);
        let Some(at) = core.client.poll_timeout().into_iter().chain(batch).min() else {
            core.timer = None;
            return;
        };
        // An early timer does no harm, and most deadlines are postponed repeatedly.
        if core.timer.as_ref().is_some_and(|(fires, _)| *fires <= at) {
            return;
        }
        // Rounded up, so that the deadline has passed when the timer fires.
        let wait = at.saturating_sub(now);
        let millis = wait.as_secs() * 1000 + u64::from(wait.subsec_micros().div_ceil(1000));
        let weak = Rc::downgrade(self);
        let timer = Timeout::new(millis.min(i32::MAX as u64) as u32, move || {
            if let Some(driver) = weak.upgrade() {
                let fired = driver.core.borrow_mut().timer.take();
                driver.input(Client::handle_timeout);
                // Not earlier, as this code is part of the timer's closure.
                drop(fired);
            }
        });
        core.timer = Some((at, timer));
    }
}
