//! Properties that a page relies on, after any sequence of steps with all features enabled.

mod page;
mod steps;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use room_events::client::{ClientConfig, ConnectionConfig, ConnectionStatus, Request};

use crate::driver::answer;
use page::Page;
use steps::{Step, config, step};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn keeps_its_contract_after_any_steps(
        config in config(), seed: u64, steps in vec(step(), 0..120), rest in vec(step(), 0..20),
    ) {
        let mut page = Page::new(config, seed);
        for step in steps {
            page.take(step);
        }
        page.drain();
        prop_assert_eq!(page.states.last(), Some(page.client.state()), "the application knows the state");
        // More deliveries may be queued when it closes.
        for step in &rest {
            page.take(step.clone());
        }
        page.client.close(page.now);
        page.act(false);
        page.closed = true;
        page.waiting.clear();
        prop_assert_eq!((page.socket, &*page.requests), (None, &[][..]), "nothing is left open");
        for step in rest {
            page.take(step);
        }
        page.drain();
        let last = page.states.last().map(|state| state.status);
        prop_assert_eq!((last, page.client.state().status), (Some(ConnectionStatus::Closed), ConnectionStatus::Closed));
        let repeated = page.states.windows(2).find(|pair| pair[0] == pair[1] && pair[0].retry_at.is_none());
        prop_assert!(repeated.is_none(), "a state was reported twice: {:?}", repeated);
    }

    /// A server that refuses everything gets exactly the configured number of attempts, even if the user retries by
    /// hand.
    #[test]
    fn stops_after_the_configured_number_of_attempts(
        limit in 1..8_u32, seed: u64, patience in vec(select(vec![0, 1, 2]), 0..20),
    ) {
        let config = ClientConfig {
            connection: ConnectionConfig { max_attempts: Some(limit), ..ConnectionConfig::default() },
            ..ClientConfig::default()
        };
        let mut page = Page::new(config, seed);
        let mut patience = patience.into_iter().cycle();
        for _ in 0..4 * limit {
            if let Some(socket) = page.socket {
                page.lose(socket, 1006);
                page.act(false);
            }
            if let Some((id, request)) = page.requests.pop() {
                prop_assert_eq!(request, Request::Status);
                page.client.handle_reply(id, answer(503, ""), page.now);
                page.act(false);
            }
            page.take(match patience.next() {
                Some(0) => Step::ReconnectNow,
                Some(1) => Step::Visible(true),
                _ => Step::UntilTimer,
            });
        }
        prop_assert_eq!(page.client.state().status, ConnectionStatus::Closed);
        prop_assert_eq!(page.sockets.len(), limit as usize);
    }
}
