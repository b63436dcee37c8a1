//! A catch-up that is broken on purpose: the simulation has to notice.

use room_events::client::delivery::Delivery;
use room_events::client::state::Phase;
use room_events::protocol::event::EventType;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// Nothing.
    None,
    /// There is none.
    NoCatchUp,
    /// What was deleted during a gap is not told.
    SkipsDeletions,
    /// Comments that were written during a gap are not told.
    SkipsComments,
    /// What a page brings is taken for all there is.
    ForgetsPaging,
    /// What arrives during a run is dropped instead of held.
    DropsHeldEvents,
    /// What arrives during a run is delivered afterwards as it came, without a look at what is known already.
    OlderOverNewer,
}

impl Mutant {
    /// All that are broken.
    pub(crate) const BROKEN: [Self; 6] = [
        Self::NoCatchUp,
        Self::SkipsDeletions,
        Self::SkipsComments,
        Self::ForgetsPaging,
        Self::DropsHeldEvents,
        Self::OlderOverNewer,
    ];

    /// Whether it swallows a callback.
    pub(crate) fn swallows(self, delivery: &Delivery<String>) -> bool {
        let Delivery::Event {
            event_type,
            payload,
            recovered: true,
        } = delivery
        else {
            return false;
        };
        match self {
            Self::SkipsDeletions => *event_type == EventType::TextMessageDeleted,
            Self::SkipsComments => {
                *event_type == EventType::TextMessagesCreated && !payload.contains(r#""parentMessageId":0"#)
            }
            _ => false,
        }
    }

    /// Whether a frame does not reach the client in that phase.
    pub(crate) fn diverts(self, phase: Phase) -> bool {
        matches!(self, Self::DropsHeldEvents | Self::OlderOverNewer) && phase == Phase::CatchingUp
    }

    /// An answer of the REST API as the client reads it.
    pub(crate) fn read(self, body: String) -> String {
        if self != Self::ForgetsPaging {
            return body;
        }
        match serde_json::from_str::<Page<'_>>(&body) {
            Ok(Page { messages }) => {
                let first = messages.first().map_or("", |message| message.get());
                format!(r#"{{"httpStatusCode":200,"messages":[{first}]}}"#)
            }
            Err(_) => body,
        }
    }
}
