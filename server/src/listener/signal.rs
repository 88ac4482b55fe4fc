//! A signal that thousands of tasks wait for beside their work: given once, and cheap for a task that is polled often.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
};

use tokio_util::sync::CancellationToken;

/// A signal; clones share.
///
/// A token alone takes two locks, shared by all who wait, at every poll of each of them: two hundred readers of one room
/// poll it two hundred times a keystroke.
#[derive(Debug, Clone, Default)]
pub struct Signal {
    given: Arc<AtomicBool>,
    token: CancellationToken,
}

impl Signal {
    /// Gives the signal, for good.
    pub fn give(&self) {
        // In this order: whoever is woken by the token must see the flag.
        self.given.store(true, Ordering::Release);
        self.token.cancel();
    }

    /// Whether it was given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.given.load(Ordering::Acquire)
    }

    /// Resolves when the signal is given.
    pub fn wait(&self) -> impl Future<Output = ()> + use<> {
        let signal = self.clone();
        async move {
            let mut token = pin!(signal.token.cancelled());
            let mut known: Option<Waker> = None;
            poll_fn(|context| {
                if signal.is_given() {
                    return Poll::Ready(());
                }
                if known
                    .as_ref()
                    .is_some_and(|known| known.will_wake(context.waker()))
                {
                    return Poll::Pending;
                }
                known = Some(context.waker().clone());
                token.as_mut().poll(context)
            })
            .await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, poll};

    use super::*;

    #[tokio::test]
    async fn it_reaches_those_who_wait_and_those_who_come_later() {
        let signal = Signal::default();
        let waiting = tokio::spawn(signal.wait());
        tokio::task::yield_now().await;
        signal.give();
        waiting.await.expect("woken");
        assert!(signal.is_given());
        assert_eq!(signal.wait().now_or_never(), Some(()));
    }

    #[tokio::test]
    async fn a_wait_that_is_handed_to_another_task_is_woken_there() {
        let signal = Signal::default();
        let mut wait = Box::pin(signal.wait());
        assert!(poll!(&mut wait).is_pending());
        let waiting = tokio::spawn(wait);
        tokio::task::yield_now().await;
        signal.give();
        waiting.await.expect("woken");
    }
}
