//! The server's running connections and links: told to end together, waited for together, cut together; what they do is theirs.

use std::{future::Future, time::Duration};

use tokio::time;
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

use super::signal::Signal;

/// How long cut tasks get to drop what they hold; none of them waits for anything any more.
const CUT_TIME: Duration = Duration::from_secs(1);

/// A handle on all of them; clones share.
#[derive(Debug, Clone)]
pub struct Tasks {
    stopping: Signal,
    cut: Signal,
    tracker: TaskTracker,
}

impl Tasks {
    /// None yet.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "a second, unrelated set of tasks by default would never be drained"
    )]
    pub fn new() -> Self {
        Self {
            stopping: Signal::default(),
            cut: Signal::default(),
            tracker: TaskTracker::new(),
        }
    }

    /// Given when the server begins to drain: a link then says goodbye and closes.
    #[must_use]
    pub fn stopping(&self) -> Signal {
        self.stopping.clone()
    }

    /// Runs `task` on its own until it ends or the drain is over.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.run(task));
    }

    /// Wraps a task that somebody else spawns, such as the callback of a WebSocket upgrade: the drain waits for it, and it is
    /// dropped when the drain is over.
    pub fn run<F: Future<Output = ()>>(&self, task: F) -> impl Future<Output = ()> + use<F> {
        let (cut, token) = (self.cut.clone(), self.tracker.token());
        async move {
            let _token = token;
            tokio::select! { () = task => {}, () = cut.wait() => {} }
        }
    }

    /// Makes the drain wait until the token is dropped.
    pub(super) fn token(&self) -> TaskTrackerToken {
        self.tracker.token()
    }

    /// Tells all to end, waits up to `limit` for them, then cuts the rest.
    pub async fn drain(&self, limit: Duration) {
        self.stopping.give();
        self.tracker.close();
        tracing::info!(
            open = self.tracker.len(),
            "draining for at most {} s",
            limit.as_secs()
        );
        if time::timeout(limit, self.tracker.wait()).await.is_ok() {
            tracing::info!("drained");
            return;
        }
        tracing::warn!(
            open = self.tracker.len(),
            "the time to drain is over; cutting what is open"
        );
        self.cut.give();
        drop(time::timeout(CUT_TIME, self.tracker.wait()).await);
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_drain_waits_for_a_task_that_ends_when_told() {
        let tasks = Tasks::new();
        let stopping = tasks.stopping();
        tasks.spawn(async move {
            stopping.wait().await;
            time::sleep(Duration::from_secs(3)).await;
        });
        let begun = time::Instant::now();
        tasks.drain(Duration::from_secs(20)).await;
        assert_eq!(begun.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_end_is_cut_when_the_time_is_over() {
        struct SaysWhenDropped(Signal);
        impl Drop for SaysWhenDropped {
            fn drop(&mut self) {
                self.0.give();
            }
        }
        let (tasks, dropped) = (Tasks::new(), Signal::default());
        let witness = SaysWhenDropped(dropped.clone());
        tasks.spawn(async move {
            let _witness = witness;
            pending::<()>().await;
        });
        let begun = time::Instant::now();
        tasks.drain(Duration::from_secs(20)).await;
        assert_eq!((begun.elapsed().as_secs(), dropped.is_given()), (20, true));
    }
}
