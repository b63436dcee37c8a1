//! What goes wrong, and what users do meanwhile.

use std::collections::BTreeSet;

use room_events::client::session::Authorized;
use room_events::client::state::Phase;

use crate::page::{Ailment, Selection};
use crate::truth::Change;
use crate::world::{BUSY, Happening, USERS, World, at};

impl World {
    pub(crate) fn change(&mut self) {
        if self.now >= BUSY {
            return;
        }
        self.totals.changes += 1;
        let user = self.random.pick(&USERS).unwrap_or(USERS[0]);
        let member = self.random.pick(&USERS).unwrap_or(USERS[0]);
        let what = self.random.between(0, 100);
        let rooms = self.truth.rooms();
        let messages = self.truth.messages();
        let room = self.random.pick(&rooms);
        let message = self.random.pick(&messages).map(|(id, _)| id);
        let top_level: Vec<_> = messages
            .iter()
            .filter_map(|(id, parent)| (*parent == 0).then_some(*id))
            .collect();
        let parent = self.random.pick(&top_level);
        let change = match (what, room, message, parent) {
            (0..6, ..) | (_, None, ..) => {
                let mut members: BTreeSet<_> = USERS.into_iter().filter(|_| !self.random.one_in(4)).collect();
                members.insert(user);
                Change::CreateRoom { members }
            }
            (6..8, Some(room), ..) => Change::DeleteRoom { room },
            (8..14, Some(room), ..) => Change::RenameRoom { room },
            (14..18, Some(room), ..) => Change::TogglePin { room },
            (18..26, Some(room), ..) => Change::ToggleMember { room, member },
            (26..40, _, Some(message), _) => Change::Edit { message },
            (40..55, _, Some(message), _) => Change::Read { message },
            (55..65, _, Some(message), _) => Change::Delete { message },
            (65..78, _, _, Some(parent)) => Change::Comment { parent },
            (_, Some(room), ..) => {
                let count = if self.random.one_in(8) {
                    self.random.between(2, 30)
                } else {
                    1
                };
                Change::Send { room, count }
            }
        };
        if self.traced {
            println!("{:>6} user {user} does {change:?}", self.now);
        }
        self.truth.change(user, change, self.now);
        self.tell();
        if self.setting.selective && self.choices.one_in(15) {
            let page = self.choices.between(0, self.pages.len() as u64) as usize;
            let selections = [Selection::All, Selection::Even, Selection::Odd];
            let selection = self.choices.pick(&selections).unwrap_or_default();
            self.plan(0, Happening::Select(page, selection));
        }
        // Bursts and pauses.
        let pause = if self.random.one_in(6) {
            self.random.between(500, 6_000)
        } else {
            self.random.between(0, 300)
        };
        self.plan(pause, Happening::Change);
    }

    pub(crate) fn fault(&mut self) -> Result<(), String> {
        if self.now >= BUSY {
            return Ok(());
        }
        self.totals.faults += 1;
        let page = self.random.between(0, self.pages.len() as u64) as usize;
        let lasts = self.random.between(200, 12_000);
        let what = self.random.between(0, 11);
        if self.traced {
            println!(
                "{:>6} page {page} suffers from fault {what} for {lasts} ms",
                self.now
            );
        }
        match what {
            0 | 1 => {
                let codes = [1000, 1001, 1006, 1011, 1012, 1013, 4001, 4002];
                let code = self.random.pick(&codes).unwrap_or(1006);
                self.break_connection(page, code);
            }
            // A dead network does not say so.
            2 if self.setting.noticed => self.break_connection(page, 1006),
            2 => {
                if let Some(open) = self.pages[page].connection.as_mut() {
                    open.stalled = true;
                }
            }
            3 => {
                if self.setting.noticed {
                    self.break_connection(page, 1006);
                }
                self.ail(page, Ailment::Partition, lasts)?;
            }
            4 => {
                // A machine that sleeps may or may not keep its connection.
                if self.random.one_in(2) {
                    self.break_connection(page, 1006);
                }
                self.ail(page, Ailment::Asleep, lasts)?;
            }
            5 => self.ail(page, Ailment::Offline, lasts)?,
            6 => self.ail(page, Ailment::Hidden, lasts)?,
            7 => self.ail(page, Ailment::Suspended, lasts)?,
            8 => {
                let code = self.random.pick(&[1008, 4401, 4403, 1006]).unwrap_or(1006);
                self.pages[page].ailments.push(Ailment::LoggedOut);
                self.truth.log_out(page);
                self.break_connection(page, code);
                // Somebody notices in the end, even if the client never asks.
                self.plan(lasts + 5_000, Happening::Heal(page, Ailment::LoggedOut));
            }
            9 => self.ail(page, Ailment::RestDown, lasts)?,
            // The server restarts.
            _ => {
                self.truth.restart();
                for page in 0..self.pages.len() {
                    self.break_connection(page, 1001);
                }
            }
        }
        let pause = self.random.between(500, 8_000);
        self.plan(pause, Happening::Fault);
        Ok(())
    }

    fn ail(&mut self, page: usize, ailment: Ailment, lasts: u64) -> Result<(), String> {
        let now = at(self.now);
        let state = &mut self.pages[page];
        if state.has(ailment) || state.has(Ailment::Asleep) {
            return Ok(());
        }
        state.ailments.push(ailment);
        match ailment {
            Ailment::Offline => state.client.handle_online(false, now),
            Ailment::Hidden => state.client.handle_visible(false, now),
            Ailment::Suspended => state.client.handle_suspended("page hidden", now),
            _ => {}
        }
        self.plan(lasts, Happening::Heal(page, ailment));
        self.drain(page)
    }

    pub(crate) fn heal(&mut self, page: usize, ailment: Ailment) -> Result<(), String> {
        let now = at(self.now);
        if ailment != Ailment::Asleep && self.pages[page].has(Ailment::Asleep) {
            self.plan(500, Happening::Heal(page, ailment));
            return Ok(());
        }
        let lost = self.pages[page]
            .connection
            .as_ref()
            .filter(|open| open.stalled)
            .map(|open| open.socket);
        if self.setting.noticed
            && ailment == Ailment::Partition
            && let Some(socket) = lost
        {
            self.plan(1, Happening::Closed(page, socket, 1006));
        }
        let state = &mut self.pages[page];
        state.ailments.retain(|other| *other != ailment);
        if ailment == Ailment::LoggedOut {
            self.truth.log_in(page, state.user);
        }
        match ailment {
            Ailment::Offline => state.client.handle_online(true, now),
            Ailment::Hidden => state.client.handle_visible(true, now),
            Ailment::Suspended => state.client.handle_resumed(now),
            Ailment::LoggedOut if state.client.state().phase == Phase::Unauthorized => {
                if self.random.one_in(2) {
                    state.client.handle_authorized(Authorized::Yes, now);
                } else {
                    state.client.reconnect_now(now);
                }
            }
            Ailment::Asleep => {
                for happening in std::mem::take(&mut state.missed) {
                    self.happen(happening)?;
                }
            }
            _ => {}
        }
        self.drain(page)
    }
}
