//! The metrics of the store.

use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds in seconds, from SQLite in memory to a failing disk.
const BUCKETS: [f64; 12] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0,
];

/// The metrics of the store. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct StoreMetrics {
    pub(super) wait: Histogram,
    pub(super) job: Histogram,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        Self {
            wait: Histogram::new(BUCKETS),
            job: Histogram::new(BUCKETS),
        }
    }
}

impl StoreMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "store_wait",
            "How long a job waited for the database",
            Unit::Seconds,
            self.wait.clone(),
        );
        registry.register_with_unit(
            "store_job",
            "How long a job had the database to itself",
            Unit::Seconds,
            self.job.clone(),
        );
    }
}
