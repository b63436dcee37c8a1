//! The metrics of the hub.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::CloseReason;

/// How a connection ended, for the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was lost, or was cut without a close frame.
    Lost,
    /// The client closed it.
    ByClient,
    /// The server closed it.
    ByServer(CloseReason),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClosedLabels {
    reason: &'static str,
    code: u16,
}

impl From<Ending> for ClosedLabels {
    fn from(ending: Ending) -> Self {
        let (reason, code) = match ending {
            // The code that browsers report without a close frame.
            Ending::Lost => ("lost", 1006),
            Ending::ByClient => ("client", 1000),
            Ending::ByServer(reason) => (reason.text(), reason.code()),
        };
        Self { reason, code }
    }
}

/// The metrics of the hub. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct HubMetrics {
    pub(super) connections: Gauge,
    pub(super) opened: Counter,
    events: Counter,
    deliveries: Counter,
    bytes: Counter,
    overruns: Counter,
    closed: Family<ClosedLabels, Counter>,
}

impl HubMetrics {
    /// Counts an event of `bytes` bytes that reached `reached` connections and overran the queues of others.
    pub(super) fn published(&self, reached: u64, bytes: usize, overruns: usize) {
        self.events.inc();
        self.deliveries.inc_by(reached);
        self.bytes
            .inc_by(reached.saturating_mul(u64::try_from(bytes).unwrap_or(u64::MAX)));
        self.overruns.inc_by(u64::try_from(overruns).unwrap_or(u64::MAX));
    }

    /// Counts a connection that ended.
    pub(super) fn ended(&self, ending: Ending) {
        self.closed.get_or_create(&ending.into()).inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "connections",
            "Connections that events go to",
            self.connections.clone(),
        );
        registry.register(
            "connections_opened",
            "Connections that were taken",
            self.opened.clone(),
        );
        registry.register(
            "connections_closed",
            "Connections that ended, by reason and close code",
            self.closed.clone(),
        );
        registry.register(
            "events_published",
            "Events, each counted once for those who get the same bytes",
            self.events.clone(),
        );
        registry.register(
            "deliveries",
            "Events put into the queues of connections",
            self.deliveries.clone(),
        );
        registry.register(
            "delivered_bytes",
            "Bytes of events put into the queues of connections",
            self.bytes.clone(),
        );
        registry.register(
            "queue_overruns",
            "Connections that were closed because their queue was full",
            self.overruns.clone(),
        );
    }
}
