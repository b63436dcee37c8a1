//! What passes between pages and server.

use room_events::client::connection::SocketId;
use room_events::client::delivery::Delivery;
use room_events::client::machine::{Action, Client};
use room_events::client::rest::{Reply, Request, RequestId};
use room_events::client::state::{Cause, Phase};

use crate::app::Load;
use crate::mutant::Mutant;
use crate::page::{Ailment, Connection};
use crate::world::{BUSY, Happening, World, at, is_to_be_told};

impl World {
    fn latency(&mut self) -> u64 {
        // What is learnt silently is trusted when events have had a quarter of a second to come.
        let slowest = if self.setting.loads { 240 } else { 900 };
        if self.random.one_in(10) {
            self.random.between(50, slowest)
        } else {
            self.random.between(1, 40)
        }
    }

    /// Something reaches a page that is awake.
    pub(crate) fn reach(&mut self, page: usize, happening: Happening) -> Result<(), String> {
        let now = at(self.now);
        let user = self.pages[page].user;
        let state = &mut self.pages[page];
        match happening {
            Happening::Opened(_, socket) if state.on(socket).is_some() => {
                state.client.handle_opened(socket, now);
            }
            Happening::Frame(_, socket, text) if state.on(socket).is_some() => {
                if self.mutant.diverts(state.client.state().phase) {
                    state.diverted.push(text);
                } else {
                    state.client.handle_frame(socket, text, now);
                }
            }
            Happening::Closed(_, socket, code) => {
                state.connection.take_if(|open| open.socket == socket);
                let cause = Cause::closed(code, "", code != 1006);
                state.client.handle_closed(socket, cause, now);
            }
            Happening::Answered(_, id, answer) => {
                let reply = match &answer {
                    Some((status, body)) => Reply::Answer {
                        status: *status,
                        body,
                        retry_after: None,
                    },
                    None => Reply::Failed,
                };
                state.client.handle_reply(id, reply, now);
            }
            Happening::Loaded(_, load, view) => {
                if self.traced {
                    println!("{:>6} page {page} has loaded {load:?}", self.now);
                }
                let connection = open_connection(&state.client);
                return state
                    .app
                    .loaded(load, &view, connection)
                    .map_err(|what| format!("user {user} at {} ms: {what}", self.now));
            }
            Happening::Select(_, selection) => {
                if self.traced {
                    println!("{:>6} page {page} wants {selection:?}", self.now);
                }
                state.app.select(selection);
                state.client.set_interest(selection.interest(), now);
            }
            Happening::Turn(_) => {
                state.turn_planned = false;
                state.client.begin_turn(now);
                let delivery = state.client.poll_delivery(now, true);
                self.call(page, delivery)?;
                self.pages[page].client.end_turn(now);
            }
            _ => {}
        }
        Ok(())
    }

    fn call(&mut self, page: usize, delivery: Option<Delivery<String>>) -> Result<(), String> {
        let Some(delivery) = delivery else { return Ok(()) };
        if self.mutant.swallows(&delivery) {
            return Ok(());
        }
        if self.traced {
            println!("{:>6} page {page} is told {delivery:?}", self.now);
        }
        let phase = match &delivery {
            Delivery::State(state) => Some(state.phase),
            _ => None,
        };
        if phase == Some(Phase::Unauthorized) && !self.pages[page].has(Ailment::LoggedOut) {
            // The refusal came late: the application has logged in again already, and has to say so.
            self.plan(300, Happening::Heal(page, Ailment::LoggedOut));
        }
        let state = &mut self.pages[page];
        let mut called = state.app.call(delivery, state.client.knowledge());
        if phase == Some(Phase::Open) {
            // A mutant's own way with what came during the run.
            for text in std::mem::take(&mut state.diverted) {
                if self.mutant == Mutant::OlderOverNewer && called.is_ok() {
                    called = state.app.told(&text);
                }
            }
        }
        let user = state.user;
        called.map_err(|what| format!("user {user} at {} ms: {what}", self.now))
    }

    /// Does what a client wants done, and makes its callbacks.
    pub(crate) fn drain(&mut self, page: usize) -> Result<(), String> {
        while let Some(action) = self.pages[page].client.poll_action() {
            let latency = self.latency();
            match action {
                Action::OpenSocket(socket) => {
                    self.totals.sockets += 1;
                    self.pages[page].connection = Some(Connection {
                        socket,
                        accepted: false,
                        stalled: false,
                        last_arrival: self.now,
                    });
                    self.plan(latency, Happening::Upgrade(page, socket));
                }
                Action::CloseSocket { socket, .. } => {
                    self.pages[page].connection.take_if(|open| open.socket == socket);
                }
                Action::Fetch(id, request) => self.plan(latency, Happening::Asked(page, id, request)),
                Action::Abort(_) => {}
                Action::Authorize => {
                    // The application logs in again after a while.
                    let after = self.random.between(100, 3_000);
                    self.plan(after, Happening::Heal(page, Ailment::LoggedOut));
                }
            }
        }
        self.take_turn(page)?;
        for load in std::mem::take(&mut self.pages[page].app.wanted) {
            let latency = self.latency();
            self.plan(latency, Happening::LoadAsked(page, load));
        }
        Ok(())
    }

    fn take_turn(&mut self, page: usize) -> Result<(), String> {
        let now = at(self.now);
        if self.pages[page].slow {
            if self.pages[page].client.wants_turn() && !self.pages[page].turn_planned {
                self.pages[page].turn_planned = true;
                self.plan(3, Happening::Turn(page));
            }
            return Ok(());
        }
        let mut turns = 0;
        while self.pages[page].client.wants_turn() {
            self.pages[page].client.begin_turn(now);
            while let Some(delivery) = self.pages[page].client.poll_delivery(now, true) {
                self.call(page, Some(delivery))?;
            }
            self.pages[page].client.end_turn(now);
            turns += 1;
        }
        if turns > 0 && self.pages[page].client.has_actions() {
            return self.drain(page);
        }
        Ok(())
    }

    /// An upgrade reaches the server.
    pub(crate) fn upgrade(&mut self, page: usize, socket: SocketId) {
        let state = &mut self.pages[page];
        let (user, is_cut) = (state.user, state.has(Ailment::Partition));
        let Some(open) = state.on(socket).filter(|_| !is_cut) else {
            return;
        };
        let is_refused = self.now < BUSY && self.random.one_in(15);
        if is_refused || !self.truth.connect(page, user) {
            let latency = self.latency();
            return self.plan(latency, Happening::Closed(page, socket, 1006));
        }
        // From here on the server sends events into this connection.
        open.accepted = true;
        self.send(page, Happening::Opened);
    }

    /// The server sends something: it arrives behind all that was sent before.
    fn send(&mut self, page: usize, happening: impl FnOnce(usize, SocketId) -> Happening) {
        let latency = self.latency();
        let partition = self.pages[page].has(Ailment::Partition);
        let now = self.now;
        let Some(open) = self.pages[page]
            .connection
            .as_mut()
            .filter(|open| open.accepted && !open.stalled)
        else {
            return;
        };
        if partition {
            // What is lost now is never made good: the connection stalls.
            open.stalled = true;
            return;
        }
        open.last_arrival = open.last_arrival.max(now + latency);
        let (time, socket) = (open.last_arrival, open.socket);
        self.plan_at(time, happening(page, socket));
    }

    /// The server sends its events.
    pub(crate) fn tell(&mut self) {
        for (page, text) in self.truth.take_events() {
            // Now and then an event is silently dropped.
            if !self.setting.noticed && self.now < BUSY && self.random.one_in(200) {
                self.totals.faults += 1;
                continue;
            }
            if self.traced {
                println!("{:>6} page {page} is sent {text}", self.now);
            }
            self.send(page, |page, socket| Happening::Frame(page, socket, text));
        }
    }

    /// The connection breaks, behind what is on its way.
    pub(crate) fn break_connection(&mut self, page: usize, code: u16) {
        let Some(open) = self.pages[page].connection.as_mut() else {
            return;
        };
        if open.accepted {
            self.send(page, |page, socket| Happening::Closed(page, socket, code));
        } else {
            let socket = open.socket;
            let latency = self.latency();
            self.plan(latency, Happening::Closed(page, socket, 1006));
        }
        if let Some(open) = self.pages[page].connection.as_mut() {
            open.accepted = true;
            open.stalled = true;
        }
    }

    /// A REST request reaches the server.
    pub(crate) fn ask(&mut self, page: usize, id: RequestId, request: Request) {
        let state = &self.pages[page];
        let answer = if state.has(Ailment::Partition) {
            return;
        } else if state.has(Ailment::RestDown) && request != Request::Status {
            Some((503, "<h1>Service Unavailable</h1>".to_owned()))
        } else if self.now < BUSY && self.random.one_in(25) {
            None
        } else {
            let (status, body) = self.truth.answer(page, self.pages[page].user, request);
            Some((status, self.mutant.read(body)))
        };
        if self.traced {
            println!("{:>6} page {page} asked {request:?}: {answer:?}", self.now);
        }
        let latency = self.latency();
        self.plan(latency, Happening::Answered(page, id, answer));
    }

    /// An application loads what it does not get from its client. It tries until it succeeds, while its client says that
    /// there is a connection: of what it had loaded during a gap, and went before the end of the gap, its client would
    /// never have heard. It asks its client, too: while events wait, what it was told last is behind.
    pub(crate) fn load(&mut self, page: usize, mut load: Load) {
        let state = &self.pages[page];
        load.connection = open_connection(&state.client);
        let is_down =
            [Ailment::Partition, Ailment::LoggedOut, Ailment::RestDown].map(|ailment| state.has(ailment));
        // Of what a connection that is half open keeps back nobody could know that it went again.
        let is_half_open = state.connection.as_ref().is_some_and(|open| open.stalled);
        let is_soon_noticed = is_half_open && !self.setting.keeps_back();
        let is_connected = match state.app.phase {
            Some(Phase::Open) => load.told || load.connection.is_some(),
            Some(Phase::CatchingUp) => load.told,
            _ => false,
        };
        if is_down.contains(&true) || is_soon_noticed || !is_connected {
            return self.plan(300, Happening::LoadAsked(page, load));
        }
        let mut view = Box::new(self.truth.view(state.user));
        if is_half_open {
            // It is left for the client to tell.
            let knowledge = state.client.knowledge();
            view.messages
                .retain(|id, text| !is_to_be_told(knowledge, *id, text));
        }
        let latency = self.latency();
        self.plan(latency, Happening::Loaded(page, load, view));
    }
}

/// The number of the connection that a client has and that is open.
fn open_connection(client: &Client<String>) -> Option<u64> {
    (client.state().phase == Phase::Open).then_some(client.stats().connections)
}
