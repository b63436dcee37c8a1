//! Compares the prefilter with the decoder: what it calls unwanted is unwanted.

use room_events::protocol::decode::digest::{EventDigest, digest};
use room_events::protocol::decode::prefilter::unwanted;
use room_events::protocol::decode::tape::Tape;
use room_events::protocol::decode::{Outcome, decode_onto};

/// Looks for each room that has messages in the frame.
///
/// # Panics
/// If the prefilter misses one of them.
pub(crate) fn check(frame: &str) {
    let mut tape = Tape::new();
    let Outcome::Event { event_type, .. } = decode_onto(frame, &mut tape) else {
        return;
    };
    let newest = unwanted(frame, |_| false);
    let EventDigest::Messages(messages) = digest(event_type, &tape) else {
        assert_eq!(newest, None, "{frame}");
        return;
    };
    for message in messages.iter().map(|item| item.digest) {
        assert_eq!(unwanted(frame, |room| room == message.room_id), None, "{frame}");
        assert!(
            newest.is_none_or(|newest| message.message_id <= newest),
            "{frame}: {newest:?}"
        );
    }
}
