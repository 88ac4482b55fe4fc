//! A connection's socket, which holds the connection's place, counts its bytes, and gives up a peer that takes none; it does not look at them.
//!
//! The place hangs on the socket and not on the task that serves it, because a WebSocket outlives that task: its upgrade takes
//! the socket along.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{Tasks, admission::Place, conversation::Activity};
use crate::metrics::{Metrics, Raised};

pub(super) struct Socket {
    stream: TcpStream,
    metrics: Arc<Metrics>,
    activity: Arc<Activity>,
    patience: Duration,
    /// Runs while the peer takes nothing of what is to be written.
    stalled: Option<Pin<Box<Sleep>>>,
    // Dropped after the stream: a place is free when its socket is closed.
    _open: Raised,
    _place: Place,
    _token: TaskTrackerToken,
}

impl Socket {
    pub(super) fn new(
        stream: TcpStream,
        place: Place,
        tasks: &Tasks,
        metrics: &Arc<Metrics>,
        activity: &Arc<Activity>,
        patience: Duration,
    ) -> Self {
        Self {
            stream,
            _open: Raised::new(&metrics.connections_open),
            metrics: Arc::clone(metrics),
            activity: Arc::clone(activity),
            patience,
            stalled: None,
            _place: place,
            _token: tasks.token(),
        }
    }

    /// What became of a write. A peer that keeps its window shut looks alive to the kernel for as long as it likes.
    fn written(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            self.stalled = None;
            if let Ok(bytes) = written {
                self.metrics.sent_bytes.inc_by(bytes as u64);
                self.activity.written();
            }
            return Poll::Ready(written);
        }
        let patience = self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the peer takes nothing",
        )))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        self.metrics
            .received_bytes
            .inc_by((into.filled().len() - before) as u64);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
