//! The client of a page, configured for the history.

use std::time::Duration;

use room_events::client::{
    BackoffConfig, CatchUpConfig, Client, ClientConfig, ConnectionConfig, DeliveryQueueConfig, WatchdogConfig,
};

use crate::contract;
use crate::options::Options;
use crate::random::Random;
use crate::reader;

pub(crate) fn client(options: &Options, random: &mut Random, now: Duration) -> Client<String> {
    let mut client = Client::new(config(options, random), random.next(), now);
    client.set_interest(contract::interest(&options.wants), now);
    client
}

/// The same with a store. In half of the histories it has no event listeners.
pub(crate) fn client_with_store(options: &Options, random: &mut Random, now: Duration) -> Client<String> {
    let mut config = config(options, random);
    reader::config(&mut config, options, random);
    let mut client = Client::new(config, random.next(), now);
    let interest = if random.one_in(2) {
        contract::no_interest()
    } else {
        contract::interest(&options.wants)
    };
    client.set_interest(interest, now);
    client
}

fn config(options: &Options, random: &mut Random) -> ClientConfig {
    let millis = Duration::from_millis;
    ClientConfig {
        connection: ConnectionConfig {
            backoff: BackoffConfig {
                initial: millis(100),
                ceiling: millis(3_000),
            },
            connect_timeout: millis(3_000),
            stable_after: millis(2_000),
            max_attempts: None,
        },
        watchdog: WatchdogConfig {
            silence: millis(random.between(5_000, 30_000)),
            answer_timeout: millis(random.between(2_000, 10_000)),
            compare_after: millis(options.compare_after.unwrap_or(300_000)),
        },
        catch_up: CatchUpConfig {
            history: options.history,
            window: options.window,
            max_messages: options.max_messages,
            rooms: options.recent_rooms,
            page: options.page,
            concurrency: options.concurrency,
            ..CatchUpConfig::default()
        },
        queue: DeliveryQueueConfig {
            max_frames: if options.small_queue {
                random.between(2, 20) as usize
            } else {
                10_000
            },
            ..DeliveryQueueConfig::default()
        },
        ..ClientConfig::default()
    }
}
