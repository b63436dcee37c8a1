//! The tasks of a server, and their end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of a server. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    running: Arc<Mutex<Running>>,
}

/// Aborts tasks from outside, so that they do not have to check for it themselves at each poll.
#[derive(Default)]
struct Running {
    /// `None` for a task that is being spawned.
    handles: HashMap<u64, Option<AbortHandle>>,
    next: u64,
    aborted: bool,
}

impl Tasks {
    /// Runs a task until it ends or all tasks are aborted.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let number = {
            let mut running = self.running();
            if running.aborted {
                return;
            }
            running.next += 1;
            let number = running.next;
            running.handles.insert(number, None);
            number
        };
        let entry = Entry {
            running: Arc::clone(&self.running),
            number,
        };
        // Without the lock: a runtime that is shutting down drops the task, and its entry, at once.
        let task = self.tracker.spawn(async move {
            let _entry = entry;
            task.await;
        });
        let mut running = self.running();
        if running.aborted {
            drop(running);
            task.abort();
        } else if let Some(handle) = running.handles.get_mut(&number) {
            *handle = Some(task.abort_handle());
        }
    }

    /// Asks all tasks to end.
    pub(super) fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits until all tasks are asked to end.
    pub(super) async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// Waits until no task is left. Call this after [`stop`](Self::stop) or [`abort`](Self::abort).
    pub(super) async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Aborts all tasks.
    pub(super) fn abort(&self) {
        self.stopping.cancel();
        let handles = {
            let mut running = self.running();
            running.aborted = true;
            std::mem::take(&mut running.handles)
        };
        for handle in handles.into_values().flatten() {
            handle.abort();
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        lock(&self.running)
    }
}

/// The entry of a running task.
struct Entry {
    running: Arc<Mutex<Running>>,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.running).handles.remove(&self.number);
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    // No panic leaves the tasks inconsistent.
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn tasks_that_never_end_are_cut_off_and_others_are_forgotten() {
        let tasks = Tasks::default();
        tasks.spawn(async {});
        tasks.spawn(pending());
        while tasks.running().handles.len() > 1 {
            tokio::task::yield_now().await;
        }
        tasks.abort();
        tasks.ended().await;
        tasks.spawn(pending());
        tasks.ended().await;
        assert!(tasks.running().handles.is_empty());
    }

    #[tokio::test]
    async fn a_task_that_panics_is_forgotten_too() {
        let tasks = Tasks::default();
        tasks.spawn(async { panic!("on purpose") });
        tasks.stop();
        tasks.ended().await;
        assert!(tasks.running().handles.is_empty());
    }
}
