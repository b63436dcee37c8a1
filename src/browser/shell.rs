//! Joins the state machine to the browser: reports to it what happens, does what it wants done, and calls the
//! application back, holding no borrow when it does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo::timers::callback::Timeout;
use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::deliver::{deliver, plain};
use super::fetch::{Fetch, Fetched};
use super::glue;
use super::options::Options;
use super::page_lifecycle::{PageEvent, PageLifecycle, is_visible};
use super::payload::FrameText;
use super::socket::{Link, Socket, SocketEvent};
use crate::client::bridge::{self, LOGIN_DECLINED, LOGIN_DONE};
use crate::client::callbacks::{Callback, Callbacks};
use crate::client::clock::Clock;
use crate::client::connection::SocketId;
use crate::client::delivery::Delivery;
use crate::client::interest::{Followed, Interest};
use crate::client::machine::{Action, Client};
use crate::client::rest::{Request, RequestId};
use crate::client::session::Authorized;
use crate::client::state::{Freshness, Phase, State};
use crate::client::topic::Topic;
use crate::protocol::ids::RoomId;

/// One client.
///
/// It lives until it is closed. Sockets, requests and timers hold it weakly.
pub(super) struct Shell {
    options: Options,
    on_unauthorized: Option<Function>,
    core: RefCell<Core>,
    callbacks: Callbacks<Function>,
    /// The rooms that the application follows.
    followed: RefCell<Followed>,
    delivering: Cell<bool>,
    turn_planned: Cell<bool>,
    /// Keeps the client alive until it is closed.
    itself: RefCell<Option<Rc<Shell>>>,
}

struct Core {
    client: Client<FrameText>,
    clock: Clock,
    /// The moment that was last put on the wall clock, and where: asked for again, it is the same.
    dated: (Duration, f64),
    socket: Option<(SocketId, Socket)>,
    /// A socket that was opened before there was a client: the first that it wants.
    early: Option<Link>,
    /// A few at a time: the catch-up sees to that.
    requests: Vec<(RequestId, Fetch)>,
    /// The timer, and when it fires.
    timer: Option<(Duration, Timeout)>,
    page: Option<PageLifecycle>,
}

impl Core {
    fn now(&mut self) -> Duration {
        self.clock.now(glue::monotonic(), glue::wall())
    }

    /// The time, for what comes so often that reading two clocks is felt.
    fn tick(&mut self) -> Duration {
        self.clock.tick(glue::monotonic())
    }

    fn forget_request(&mut self, id: RequestId) {
        self.requests.retain(|(other, _)| *other != id);
    }
}

impl Shell {
    pub(super) fn start(options: &Options, early: Option<Link>, seed: u64) -> Rc<Self> {
        let mut clock = Clock::new(glue::monotonic(), glue::wall());
        let now = clock.now(glue::monotonic(), glue::wall());
        let mut client = Client::new(options.client(), seed, now);
        if !is_visible() {
            client.handle_visible(false, now);
        }
        let shell = Rc::new(Self {
            options: options.clone(),
            on_unauthorized: options.on_unauthorized(),
            core: RefCell::new(Core {
                client,
                clock,
                dated: (Duration::MAX, 0.0),
                socket: None,
                early,
                requests: Vec::new(),
                timer: None,
                page: None,
            }),
            callbacks: Callbacks::default(),
            followed: RefCell::default(),
            delivering: Cell::new(false),
            turn_planned: Cell::new(false),
            itself: RefCell::new(None),
        });
        let weak = Rc::downgrade(&shell);
        let page = PageLifecycle::listen(move |event| {
            if let Some(shell) = weak.upgrade() {
                shell.handle_page_event(event);
            }
        });
        shell.core.borrow_mut().page = Some(page);
        shell.itself.replace(Some(Rc::clone(&shell)));
        shell.run(now);
        shell
    }

    pub(super) fn state(&self) -> State {
        self.core.borrow().client.state().clone()
    }

    /// What `connection` gives, for JavaScript.
    pub(super) fn connection(&self) -> JsValue {
        let state = self.state();
        let retry_at = state.retry_at.map_or(f64::NAN, |at| self.date(at));
        glue::build_connection(state.attempt, retry_at, &plain(&state.cause))
    }

    /// A moment in whole milliseconds since 1970.
    fn date(&self, moment: Duration) -> f64 {
        let mut core = self.core.borrow_mut();
        if core.dated.0 != moment {
            let wait = moment.as_secs_f64() - core.now().as_secs_f64();
            core.dated = (moment, (glue::wall_ms() + wait * 1000.0).round());
        }
        core.dated.1
    }

    pub(super) fn freshness(&self, room: Option<RoomId>) -> Option<Freshness> {
        self.core.borrow().client.freshness(room)
    }

    /// What happened so far, in numbers, for JavaScript.
    pub(super) fn stats(&self) -> JsValue {
        let client = &self.core.borrow().client;
        let stats = client.stats();
        let (queued_frames, queued_bytes) = client.queued();
        let mut totals = [0.0; bridge::TOTALS];
        // Exact up to 2^53.
        totals[bridge::TOTAL_ATTEMPTS] = stats.attempts as f64;
        totals[bridge::TOTAL_CONNECTIONS] = stats.connections as f64;
        totals[bridge::TOTAL_FRAMES] = stats.frames as f64;
        totals[bridge::TOTAL_BYTES] = stats.bytes as f64;
        totals[bridge::TOTAL_RECOVERED] = stats.recovered as f64;
        totals[bridge::TOTAL_QUEUED_FRAMES] = queued_frames as f64;
        totals[bridge::TOTAL_QUEUED_BYTES] = queued_bytes as f64;
        let delivered = stats.delivered.map(|count| count as f64);
        glue::build_stats(&totals, &delivered, &plain(&stats.last_close))
    }

    pub(super) fn subscribe(
        self: &Rc<Self>,
        topic: Topic,
        room: Option<RoomId>,
        function: Function,
    ) -> Rc<Callback<Function>> {
        let callback = self.callbacks.add(topic, room, function);
        if self.is_closed() {
            // Nothing will ever be delivered: hold nothing for it.
            self.callbacks.remove(&callback);
        } else {
            self.tell_interest();
        }
        callback
    }

    /// What the application follows from now on.
    pub(super) fn follow(self: &Rc<Self>, followed: Followed) {
        self.followed.replace(followed);
        self.tell_interest();
    }

    /// Tells the state machine what the application listens to.
    fn tell_interest(self: &Rc<Self>) {
        let of = |event_type| self.callbacks.rooms(Topic::Event(event_type));
        let interest = Interest::of_callbacks(of, &self.callbacks.named_rooms(), &self.followed.borrow());
        self.input(|client, now| client.set_interest(interest, now));
    }

    pub(super) fn unsubscribe(self: &Rc<Self>, callback: &Rc<Callback<Function>>) {
        self.callbacks.remove(callback);
        if !self.is_closed() {
            self.tell_interest();
        }
    }

    pub(super) fn close(self: &Rc<Self>) {
        self.input(Client::close);
    }

    pub(super) fn reconnect_now(self: &Rc<Self>) {
        self.input(Client::reconnect_now);
    }

    fn is_closed(&self) -> bool {
        self.core.borrow().client.state().phase == Phase::Closed
    }

    /// Tells the state machine that something happened, and does what follows from it.
    fn input(self: &Rc<Self>, happened: impl FnOnce(&mut Client<FrameText>, Duration)) {
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

    fn handle_page_event(self: &Rc<Self>, event: PageEvent) {
        self.input(|client, now| match event {
            PageEvent::Online(online) => client.handle_online(online, now),
            PageEvent::Visible(visible) => client.handle_visible(visible, now),
            PageEvent::Suspended(reason) => client.handle_suspended(reason, now),
            PageEvent::Resumed => client.handle_resumed(now),
        });
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

    /// Does what the state machine wants done, and tells the application, now or when the page draws its next picture.
    fn run(self: &Rc<Self>, now: Duration) {
        self.act(now);
        if self.turn_planned.get() || self.delivering.get() {
            // When a callback makes this run again, the outer run goes on, so that order is kept.
            return;
        }
        if self.core.borrow().client.gathers() {
            self.plan_turn();
        } else {
            self.take_turn(now);
        }
    }

    /// Does what the state machine wants done, and sets the timer that it wants next.
    fn act(self: &Rc<Self>, now: Duration) {
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
                    let fetch = Fetch::get(&self.options, &request.path(), redirects, move |fetched| {
                        if let Some(shell) = weak.upgrade() {
                            shell.handle_fetched(id, &fetched);
                        }
                    });
                    self.core.borrow_mut().requests.push((id, fetch));
                }
                Some(Action::Abort(id)) => self.core.borrow_mut().forget_request(id),
                Some(Action::Authorize) => self.authorize(),
                None => break,
            }
        }
        self.set_timer(now);
    }

    fn open(self: &Rc<Self>, id: SocketId) {
        let weak = Rc::downgrade(self);
        let report = move |event| {
            if let Some(shell) = weak.upgrade() {
                shell.handle_socket(id, event);
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
        let Some(hook) = &self.on_unauthorized else { return };
        let weak = Rc::downgrade(self);
        // JavaScript calls it once, whatever becomes of the hook, and with that it is gone.
        let done = Closure::once_into_js(move |outcome: u8| {
            if let Some(shell) = weak.upgrade() {
                let outcome = match outcome {
                    LOGIN_DECLINED => Authorized::No,
                    LOGIN_DONE => Authorized::Yes,
                    _ => Authorized::Failed,
                };
                shell.input(|client, now| client.handle_authorized(outcome, now));
            }
        });
        glue::authorize(hook, &done);
    }

    fn set_timer(self: &Rc<Self>, now: Duration) {
        let mut core = self.core.borrow_mut();
        let Some(at) = core.client.poll_timeout() else {
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
            if let Some(shell) = weak.upgrade() {
                let fired = shell.core.borrow_mut().timer.take();
                shell.input(Client::handle_timeout);
                // Not before: this runs from within it.
                drop(fired);
            }
        });
        core.timer = Some((at, timer));
    }

    /// Makes the calls that wait, until the turn is over.
    fn take_turn(self: &Rc<Self>, mut now: Duration) {
        self.delivering.set(true);
        self.core.borrow_mut().client.begin_turn(now);
        let mut first = true;
        loop {
            let delivery = self.core.borrow_mut().client.poll_delivery(now, first);
            let Some(delivery) = delivery else { break };
            first = false;
            let closes = matches!(&delivery, Delivery::State(state) if state.phase == Phase::Closed);
            deliver(delivery, &self.callbacks, |moment| self.date(moment));
            if closes {
                self.callbacks.clear();
            }
            // The clock is dear, a tenth of what a frame costs, and few turns are of more than one.
            let mut core = self.core.borrow_mut();
            if core.client.wants_turn() {
                now = core.tick();
            }
        }
        self.delivering.set(false);
        if self.is_closed() {
            self.core.borrow_mut().page = None;
            self.itself.take();
            return;
        }
        self.plan_turn();
        if !first && !self.turn_planned.get() {
            // The queue is empty again: there may be room for what was left with the server.
            self.core.borrow_mut().client.end_turn(now);
            if self.core.borrow().client.has_actions() {
                self.run(now);
            }
        }
    }

    /// Sees to it that what waits is delivered, if anything does.
    fn plan_turn(self: &Rc<Self>) {
        let gathers = {
            let client = &self.core.borrow().client;
            if !client.wants_turn() {
                return;
            }
            client.gathers()
        };
        self.turn_planned.set(true);
        let weak = Rc::downgrade(self);
        // JavaScript calls it once, and with that it is gone.
        let turn = Closure::once_into_js(move || {
            if let Some(shell) = weak.upgrade() {
                shell.turn_planned.set(false);
                let now = shell.core.borrow_mut().now();
                shell.core.borrow_mut().client.end_turn(now);
                shell.act(now);
                shell.take_turn(now);
            }
        });
        if gathers {
            glue::next_frame(&turn);
        } else {
            glue::soon(&turn);
        }
    }
}
