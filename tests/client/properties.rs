//! Socket, timers and state stay consistent after any sequence of events. The driver's own assertions also apply.

use std::time::Duration;

use proptest::prelude::*;
use room_events::client::{Authorized, ConnectionConfig, ConnectionStatus};

use crate::driver::Driver;

#[derive(Clone, Debug)]
enum Happening {
    Opened(prop::sample::Index),
    Lost(prop::sample::Index, u16),
    Passes(u64),
    Fires,
    Online(bool),
    Visible(bool),
    Suspended,
    Resumed,
    ReconnectNow,
    Authorized(Authorized),
    Closes,
}

pub(crate) fn outcome() -> impl Strategy<Value = Authorized> {
    prop::sample::select(vec![Authorized::Yes, Authorized::No, Authorized::Failed])
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => any::<prop::sample::Index>().prop_map(Happening::Opened),
        6 => (any::<prop::sample::Index>(), prop::sample::select(vec![1000, 1001, 1006, 1008, 1011, 4401]))
            .prop_map(|(socket, code)| Happening::Lost(socket, code)),
        6 => (0..40_000_u64).prop_map(Happening::Passes),
        6 => Just(Happening::Fires),
        2 => any::<bool>().prop_map(Happening::Online),
        2 => any::<bool>().prop_map(Happening::Visible),
        1 => Just(Happening::Suspended),
        1 => Just(Happening::Resumed),
        2 => Just(Happening::ReconnectNow),
        1 => outcome().prop_map(Happening::Authorized),
        1 => Just(Happening::Closes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn keeps_socket_timers_and_state_consistent(
        seed: u64, statuses in prop::collection::vec(prop::sample::select(vec![200_u16, 401, 404, 503]), 1..4),
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut driver = Driver::new(ConnectionConfig::default(), seed);
        let mut answers = statuses.into_iter().cycle();
        driver.rest = Box::new(move |_| answers.next().map(|status| (status, "{}".to_owned())));
        for happening in happenings {
            match happening {
                Happening::Opened(socket) => driver.report_opened(*socket.get(&driver.sockets.clone())),
                Happening::Lost(socket, code) => driver.report_closed(*socket.get(&driver.sockets.clone()), code),
                Happening::Passes(millis) => driver.pass(Duration::from_millis(millis)),
                Happening::Fires if driver.client.poll_timeout().is_some() => driver.pass_until_timer(),
                Happening::Fires => {}
                Happening::Online(online) => driver.happen(|client, now| client.handle_online(online, now)),
                Happening::Visible(visible) => driver.happen(|client, now| client.handle_visible(visible, now)),
                Happening::Suspended => driver.happen(|client, now| client.handle_suspended("put away", now)),
                Happening::Resumed => driver.happen(|client, now| client.handle_resumed(now)),
                Happening::ReconnectNow => driver.happen(|client, now| client.reconnect_now(now)),
                Happening::Authorized(outcome) => {
                    driver.happen(|client, now| client.handle_authorized(outcome, now));
                }
                Happening::Closes => driver.close(),
            }
            let state = driver.client.state();
            prop_assert_eq!(driver.states.last(), Some(state), "the application knows the state");
            let has_socket = matches!(state.status, ConnectionStatus::Connecting | ConnectionStatus::CatchingUp | ConnectionStatus::Open);
            prop_assert_eq!(driver.socket.is_some(), has_socket, "{:?}", state);
            match state.status {
                // Without a timer, the client would never reconnect.
                ConnectionStatus::Connecting | ConnectionStatus::Waiting => prop_assert!(driver.client.poll_timeout().is_some()),
                ConnectionStatus::Closed => prop_assert_eq!(driver.client.poll_timeout(), None),
                ConnectionStatus::CatchingUp | ConnectionStatus::Open | ConnectionStatus::Offline | ConnectionStatus::Unauthorized => {}
            }
            prop_assert_eq!(state.retry_at.is_some() || state.status == ConnectionStatus::Offline, matches!(state.status, ConnectionStatus::Waiting | ConnectionStatus::Offline));
        }
        let repeated = driver.states.windows(2).any(|pair| pair[0] == pair[1]);
        prop_assert!(!repeated, "no state is reported twice: {:?}", driver.statuses());
    }
}
