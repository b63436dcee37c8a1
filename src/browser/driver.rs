//! Joins the state machine to the browser: reports to it what happens, does what it wants done, and sends what it
//! delivers to the pages, holding no borrow when it does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo::timers::callback::Timeout;
use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;

use super::bridge;
use super::dispatch::{Notice, dispatch, plain};
use super::fetch::{Fetch, Fetched};
use super::frame_text::FrameText;
use super::network::Network;
use super::options::Options;
use super::page_queue::{PageQueue, Port};
use super::socket::{EarlySocket, Socket, SocketEvent};
use crate::client::clock::{Clock, Micros, micros};
use crate::client::connection::SocketId;
use crate::client::delivery::{Delivery, ResyncReason};
use crate::client::machine::{Action, Client};
use crate::client::rest::{Request, RequestId};
use crate::client::session::Authorized;
use crate::client::shared::{self, LOGIN_DECLINED, LOGIN_DONE};
use crate::client::state::{Phase, State};
use crate::client::store::{OutgoingMessage, ViewDiff, ViewId};
use crate::client::tab_views::TabViews;
use crate::client::tabs::{Bounds, Due, Place, Presence, TabId, Tabs, Wants};
use crate::client::topic::Topic;

/// One client.
///
/// It lives until it is closed. Sockets, requests and timers hold it weakly.
pub(super) struct Driver {
    options: Options,
    login: Option<Function>,
    core: RefCell<Core>,
    tabs: RefCell<Tabs<PageQueue>>,
    /// What the pages show of the store.
    pub(super) views: RefCell<TabViews>,
    /// In which version the pages were last told of the messages that are being sent.
    pub(super) told_sending: Cell<u64>,
    /// How much may wait for one page.
    bounds: Bounds,
    /// What the client was last told of the pages.
    presence: Cell<Presence>,
    told: RefCell<State>,
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

    /// What the pages were told last. The client may be ahead of it.
    pub(super) fn state(&self) -> State {
        self.told.borrow().clone()
    }

    /// What `connection` gives, for JavaScript.
    pub(super) fn connection(&self) -> JsValue {
        let state = self.state();
        let retry_at = state.retry_at.map_or(f64::NAN, |at| self.date(at));
        bridge::build_connection(state.attempt, retry_at, &plain(&state.cause))
    }

    /// A moment in whole milliseconds since 1970.
    fn date(&self, moment: Duration) -> f64 {
        let mut core = self.core.borrow_mut();
        if core.dated.0 != moment {
            let wait = moment.as_secs_f64() - core.now().as_secs_f64();
            core.dated = (moment, (bridge::wall_ms() + wait * 1000.0).round());
        }
        core.dated.1
    }

    /// How fresh everything is that is watched: pairs of a room, null for the list of rooms, and its freshness.
    pub(super) fn freshness(&self) -> Array {
        let all = self.core.borrow().client.freshness_of_all();
        all.into_iter()
            .map(|(room, freshness)| {
                let room = room.map_or(JsValue::NULL, |room| (room.get() as f64).into());
                Array::of2(&room, &freshness.as_str().into())
            })
            .collect()
    }

    /// What happened so far, in numbers, for JavaScript.
    pub(super) fn stats(&self) -> JsValue {
        let client = &self.core.borrow().client;
        let stats = client.stats();
        let (queued_frames, queued_bytes) = client.queued();
        let mut totals = [0.0; shared::TOTALS];
        // Exact up to 2^53.
        totals[shared::TOTAL_ATTEMPTS] = stats.attempts as f64;
        totals[shared::TOTAL_CONNECTIONS] = stats.connections as f64;
        totals[shared::TOTAL_FRAMES] = stats.frames as f64;
        totals[shared::TOTAL_BYTES] = stats.bytes as f64;
        totals[shared::TOTAL_RECOVERED] = stats.recovered as f64;
        totals[shared::TOTAL_QUEUED_FRAMES] = queued_frames as f64;
        totals[shared::TOTAL_QUEUED_BYTES] = queued_bytes as f64;
        let delivered = stats.delivered.map(|count| count as f64);
        bridge::build_stats(&totals, &delivered, &plain(&stats.last_close))
    }

    /// A page joins.
    pub(super) fn join(self: &Rc<Self>, port: Port, presence: Presence) -> TabId {
        let tab = self.tabs.borrow_mut().join(PageQueue::new(port), presence);
        self.tell_presence();
        tab
    }

    /// What a page listens to from now on.
    pub(super) fn listen(self: &Rc<Self>, tab: TabId, wants: Wants) {
        self.tabs.borrow_mut().listen(tab, wants);
        self.tell_interest();
    }

    /// A page is shown, hidden, put away or back.
    pub(super) fn set_presence(self: &Rc<Self>, tab: TabId, presence: Presence) {
        self.tabs.borrow_mut().set_presence(tab, presence);
        self.tell_presence();
    }

    /// A page has dealt with a batch.
    pub(super) fn acknowledge(self: &Rc<Self>, tab: TabId) {
        self.tabs.borrow_mut().acknowledge(tab);
        // Within a batch that a page in this thread deals with, the outer run goes on.
        if !self.delivering.get() {
            let now = self.core.borrow_mut().tick();
            self.run(now);
        }
    }

    /// A page leaves. The last one ends the client.
    pub(super) fn leave(self: &Rc<Self>, tab: TabId) {
        if !self.tabs.borrow_mut().leave(tab) {
            return;
        }
        self.close_views(tab);
        if self.tabs.borrow().is_empty() {
            self.close();
        } else {
            self.tell_interest();
            self.tell_presence();
        }
    }

    /// Tells the state machine what the pages listen to.
    fn tell_interest(self: &Rc<Self>) {
        let interest = self.tabs.borrow().interest();
        self.input(|client, now| client.set_interest(interest, now));
    }

    /// Tells the state machine whether any page is seen, and whether any runs.
    fn tell_presence(self: &Rc<Self>) {
        let presence = self.tabs.borrow().presence();
        let before = self.presence.replace(presence);
        if before == presence {
            return;
        }
        self.input(|client, now| {
            if let Presence::Away(reason) = presence {
                return client.handle_suspended(reason, now);
            }
            if let Presence::Away(_) = before {
                client.handle_resumed(now);
            }
            client.handle_visible(presence == Presence::Visible, now);
        });
    }

    fn close(self: &Rc<Self>) {
        self.input(Client::close);
    }

    pub(super) fn reconnect_now(self: &Rc<Self>) {
        self.input(Client::reconnect_now);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.core.borrow().client.state().phase == Phase::Closed
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

    /// Hands out what waits until the turn is over, and sends the batches that are due.
    fn take_turn(self: &Rc<Self>, mut now: Duration) {
        self.delivering.set(true);
        self.core.borrow_mut().client.begin_turn(now);
        let mut first = true;
        while self.tabs.borrow().can_take() {
            let delivery = self.core.borrow_mut().client.poll_delivery(now, first);
            let Some(delivery) = delivery else { break };
            first = false;
            if let Delivery::State(state) = &delivery
                && self.told.replace(state.clone()) == *state
            {
                continue;
            }
            dispatch(delivery, &mut self.tabs.borrow_mut(), self.bounds, |moment| {
                self.date(moment)
            });
            // The clock is dear, a tenth of what a frame costs, and few turns are of more than one.
            let mut core = self.core.borrow_mut();
            if core.client.wants_turn() {
                now = core.tick();
            }
        }
        // Nothing follows once the client is closed: what waits does not wait for its time.
        self.send_batches(if self.is_closed() {
            Micros::MAX
        } else {
            micros(now)
        });
        self.delivering.set(false);
        if self.is_closed() {
            self.core.borrow_mut().network = None;
            self.itself.take();
            return;
        }
        self.plan_turn();
        if !first && !self.turn_planned.get() {
            // The queue is empty again: there may be room for what was left with the server.
            self.core.borrow_mut().client.end_turn(now);
            if self.core.borrow().client.has_actions() {
                return self.run(now);
            }
        }
        self.set_timer(now);
    }

    /// Sends every page what is due for it.
    fn send_batches(&self, now: Micros) {
        loop {
            self.note_news();
            let (tab, batch, sent_before) = {
                let mut tabs = self.tabs.borrow_mut();
                let Some(due) = tabs.send(now) else { return };
                let Due { tab, handle, .. } = due;
                if due.was_dropped {
                    handle.push_value(
                        Topic::Resync,
                        &plain(&Notice::resync(None, ResyncReason::TooFarBehind)),
                    );
                }
                (tab, handle.take(), due.sent_before)
            };
            let views = self.take_views(tab);
            if batch.is_empty() && views.length() == 0 {
                self.tabs.borrow_mut().take_back(tab, sent_before);
            } else {
                batch.post(views);
            }
        }
    }

    /// What is being sent.
    pub(super) fn outgoing(&self) -> Vec<OutgoingMessage> {
        self.core.borrow().client.outgoing()
    }

    /// What was sent last: keys and ids of messages in turn.
    pub(super) fn sent(&self) -> Vec<f64> {
        let core = self.core.borrow();
        let pairs = core.client.sent().iter();
        pairs
            .flat_map(|(key, id)| [*key as f64, id.get() as f64])
            .collect()
    }

    pub(super) fn outgoing_version(&self) -> u64 {
        self.core.borrow().client.outgoing_version()
    }

    pub(super) fn has_news(&self, view: ViewId) -> bool {
        self.core.borrow().client.has_news(view)
    }

    pub(super) fn poll_views(&self, is_wanted: &dyn Fn(ViewId) -> bool) -> Option<ViewDiff> {
        self.core.borrow_mut().client.poll_views(is_wanted)
    }

    /// Sees to it that a page is sent what has changed in its views.
    pub(super) fn note_for(&self, tab: TabId) {
        self.tabs.borrow_mut().note_news(tab);
    }

    pub(super) fn port_of(&self, tab: TabId) -> Option<Port> {
        self.tabs.borrow().handle(tab).map(PageQueue::port)
    }

    /// Sees to it that what waits is delivered, if anything does.
    fn plan_turn(self: &Rc<Self>) {
        let gathers = {
            let client = &self.core.borrow().client;
            if !client.wants_turn() || !self.tabs.borrow().can_take() {
                return;
            }
            client.gathers()
        };
        self.turn_planned.set(true);
        let weak = Rc::downgrade(self);
        // JavaScript calls it once, and with that it is gone.
        let turn = Closure::once_into_js(move || {
            if let Some(driver) = weak.upgrade() {
                driver.turn_planned.set(false);
                let now = driver.core.borrow_mut().now();
                driver.core.borrow_mut().client.end_turn(now);
                driver.act(now);
                driver.take_turn(now);
            }
        });
        if gathers {
            bridge::next_frame(&turn);
        } else {
            bridge::soon(&turn);
        }
    }
}
