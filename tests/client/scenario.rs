//! The usual starting points of scenarios.

use std::time::Duration;

use room_events::client::{ClientConfig, Interest, Rooms};
use room_events::protocol::ids::RoomId;

use crate::chat::Chat;
use crate::driver::Driver;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MILLI: Duration = Duration::from_millis(1);

/// A configuration without a watchdog.
pub(crate) fn config() -> ClientConfig {
    let mut config = ClientConfig::default();
    config.watchdog.silence = 1_000_000 * SECOND;
    config.watchdog.compare_after = config.watchdog.silence;
    config
}

/// A configuration that delivers existing rooms and messages.
pub(crate) fn with_history() -> ClientConfig {
    let mut config = config();
    config.catch_up.history = true;
    config
}

/// A client whose connection has been open for ten seconds.
pub(crate) fn opened(chat: &Chat, config: ClientConfig) -> Driver {
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    driver.pass(10 * SECOND);
    driver
}

/// The same after its connection was lost, while the next socket is opening.
pub(crate) fn away_from(chat: &Chat, config: ClientConfig) -> Driver {
    let mut driver = opened(chat, config);
    driver.lose_and_reconnect();
    driver
}

pub(crate) fn room(id: u32) -> RoomId {
    RoomId::from(id)
}

/// Interest in messages of these rooms only. They are watched.
pub(crate) fn following(rooms: &[u32]) -> Interest {
    let rooms = Rooms::only(rooms.iter().map(|id| room(*id)));
    Interest {
        messages: rooms.clone(),
        rooms: true,
        watched: rooms,
    }
}

/// Interest in messages of all rooms. All are watched.
pub(crate) fn following_all() -> Interest {
    Interest {
        messages: Rooms::All,
        rooms: true,
        watched: Rooms::All,
    }
}
