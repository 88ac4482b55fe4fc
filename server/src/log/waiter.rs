//! One caller waiting for its record: calls `done` exactly once, whatever becomes of the queue; not the queue itself.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Done, LogError};

/// Holds a [`Done`] until it is called. Dropped without an answer (a queue or a thread went away), it answers
/// [`LogError::Closed`], so that nobody waits for ever.
pub(super) struct Waiter(Option<Done>);

impl Waiter {
    pub(super) fn new(done: Done) -> Self {
        Self(Some(done))
    }

    /// Answers.
    pub(super) fn finish(mut self, result: Result<u64, LogError>) {
        if let Some(done) = self.0.take() {
            call(done, result);
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            call(done, Err(LogError::Closed));
        }
    }
}

/// A panic in one caller's `done` must not take the thread that serves all the others.
fn call(done: Done, result: Result<u64, LogError>) {
    if catch_unwind(AssertUnwindSafe(|| done(result))).is_err() {
        tracing::error!("a caller of the log panicked when told that its record is done");
    }
}
