//! The tasks of one server, and how they end.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of one server. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    aborted: CancellationToken,
}

impl Tasks {
    /// Runs a task until it is done, or until all are cut off.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let aborted = self.aborted.clone();
        self.tracker.spawn(async move {
            aborted.run_until_cancelled(task).await;
        });
    }

    /// Asks all tasks to come to an end.
    pub(super) fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits until all tasks are asked to come to an end.
    pub(super) async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// Waits until no task is left. To be called after [`stop`](Self::stop) or [`abort`](Self::abort).
    pub(super) async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Cuts all tasks off.
    pub(super) fn abort(&self) {
        self.stopping.cancel();
        self.aborted.cancel();
    }
}
