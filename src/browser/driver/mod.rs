//! Joins the state machine to the browser: reports to it what happens, does what it wants done, and sends what it
//! delivers to the pages, holding no borrow when it does.

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
    /// What the pages show of the store.
    views: RefCell<TabViews>,
    /// In which version the pages were last told of the messages that are being sent.
    told_sending: Cell<u64>,
    /// How much may wait for one page.
    bounds: Bounds,
    /// What the client was last told of the pages.
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
    /// The moment that was last put on the wall clock, and where: asked for again, it is the same.
    dated: (Duration, f64),
    socket: Option<(SocketId, Socket)>,
    /// A socket that was opened before there was a client: the first that it wants.
    early: Option<EarlySocket>,
    /// A few at a time: the catch-up sees to that.
    requests: Vec<(RequestId, Fetch)>,
    /// The timer, and when it fires.
    timer: Option<(Duration, Timeout)>,
    network: Option<Network>,
}

impl Core {
    fn now(&mut self) -> Duration {
        self.clock.now(bridge::monotonic(), bridge::wall())
    }

    /// The time, for what comes so often that reading two clocks is felt.
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

    /// Tells the state machine that something happened, and does what follows from it.
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

    /// Does what the state machine wants done, and delivers, now or when the page draws its next frame.
    fn run(self: &Rc<Self>, now: Duration) {
        self.act(now);
        if self.turn_planned.get() || self.delivering.get() {
            // When a callback of a page in this thread makes this run again, the outer run goes on, so that order is kept.
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

    /// Does what the state machine wants done, and sets the timer that it wants next.
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
                    // Where a proxy redirects to a login, its page says nothing of the session.
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

    /// Asks the application to log in again, if it has said how.
    fn authorize(self: &Rc<Self>) {
        let Some(login) = &self.login else { return };
        let weak = Rc::downgrade(self);
        // JavaScript calls it once, whatever becomes of the login, and with that it is gone.
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
        // One that fires too early does no harm, and most are put off again and again.
        if core.timer.as_ref().is_some_and(|(fires, _)| *fires <= at) {
            return;
        }
        // Rounded up, so that the time has come when the timer fires.
        let wait = at.saturating_sub(now);
        let millis = wait.as_secs() * 1000 + u64::from(wait.subsec_micros().div_ceil(1000));
        let weak = Rc::downgrade(self);
        let timer = Timeout::new(millis.min(i32::MAX as u64) as u32, move || {
            if let Some(driver) = weak.upgrade() {
                let fired = driver.core.borrow_mut().timer.take();
                driver.input(Client::handle_timeout);
                // Not before: this runs from within it.
                drop(fired);
            }
        });
        core.timer = Some((at, timer));
    }
}
