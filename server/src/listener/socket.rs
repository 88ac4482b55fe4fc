//! A connection's socket, which holds the connection's place and counts its bytes; it does not look at them.
//!
//! The place hangs on the socket and not on the task that serves it, because a WebSocket outlives that task: its upgrade takes
//! the socket along.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{Tasks, admission::Place};
use crate::metrics::{Metrics, Raised};

pub(super) struct Socket {
    stream: TcpStream,
    metrics: Arc<Metrics>,
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
    ) -> Self {
        Self {
            stream,
            _open: Raised::new(&metrics.connections_open),
            metrics: Arc::clone(metrics),
            _place: place,
            _token: tasks.token(),
        }
    }

    fn sent(&self, written: io::Result<usize>) -> io::Result<usize> {
        if let Ok(bytes) = written {
            self.metrics.sent_bytes.inc_by(bytes as u64);
        }
        written
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
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        Poll::Ready(self.sent(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, parts));
        Poll::Ready(self.sent(written))
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
