//! Polls a source only when it has asked to be polled: for tasks that wait for several things, of which one is dear to ask.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::{Stream, StreamExt, task::AtomicWaker};

/// A stream behind a gate.
///
/// A link's task is woken whenever there is something to write, two hundred times as often as its client says something in
/// a room of two hundred. Asking the socket each time whether it has something to read is a system call beside that of the write.
pub(super) struct Gated<S> {
    inner: S,
    bell: Arc<Bell>,
    waker: Waker,
}

struct Bell {
    rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl<S: Stream + Unpin> Gated<S> {
    pub(super) fn new(inner: S) -> Self {
        let bell = Arc::new(Bell {
            // Nobody has been asked to ring yet.
            rung: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        let waker = Waker::from(Arc::clone(&bell));
        Self { inner, bell, waker }
    }

    /// The source itself, for everything but reading. What is written needs no gate.
    pub(super) fn inner(&mut self) -> &mut S {
        &mut self.inner
    }
}

impl<S: Stream + Unpin> Stream for Gated<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.get_mut();
        this.bell.task.register(context.waker());
        if !this.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let next = this
            .inner
            .poll_next_unpin(&mut Context::from_waker(&this.waker));
        if next.is_ready() {
            // There may be more, and nobody has been asked to ring for it.
            this.bell.rung.store(true, Ordering::Release);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, poll, stream};
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_source_is_asked_only_after_it_rang_and_misses_nothing() {
        let (sender, mut receiver) = mpsc::unbounded_channel::<u32>();
        let mut asked = 0;
        let source = stream::poll_fn(move |context| {
            asked += 1;
            receiver.poll_recv(context).map(|n| n.map(|n| (n, asked)))
        });
        let mut gated = Gated::new(source);
        for _ in 0..5 {
            assert!(gated.next().now_or_never().is_none());
        }
        sender.send(7).expect("open");
        sender.send(8).expect("open");
        assert_eq!(
            gated.next().await,
            Some((7, 2)),
            "once before, and once now"
        );
        assert_eq!(gated.next().await, Some((8, 3)));
        let reading = tokio::spawn(async move { gated.next().await });
        tokio::task::yield_now().await;
        sender.send(9).expect("open");
        assert_eq!(reading.await.expect("woken").map(|(n, _)| n), Some(9));
    }

    #[tokio::test]
    async fn a_reader_that_moved_to_another_task_is_woken_there() {
        let (sender, mut receiver) = mpsc::unbounded_channel::<u32>();
        let mut gated = Gated::new(stream::poll_fn(move |context| receiver.poll_recv(context)));
        assert!(poll!(gated.next()).is_pending());
        let reading = tokio::spawn(async move { gated.next().await });
        tokio::task::yield_now().await;
        sender.send(1).expect("open");
        assert_eq!(reading.await.expect("woken"), Some(1));
    }
}
