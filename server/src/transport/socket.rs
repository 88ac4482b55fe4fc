//! A WebSocket with bounds: messages in, batches out, each within a time; it knows neither frames nor sessions.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use axum::{
    Error,
    extract::ws::{CloseFrame, Message, OnFailedUpgrade, WebSocket, WebSocketUpgrade},
};
use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt, poll};
use protocol::session::Ended;
use tokio::time;

use super::{deadlines::Deadlines, gate::Gated};
use crate::rates::Place;

/// The slowest downlink that is not taken for a dead one, in bytes a millisecond. Only a plain Yjs client gets messages so
/// large that this counts.
const SLOWEST: usize = 64;
/// What is read ahead from the kernel for one connection, in bytes. The library's own 128 KiB, allocated at once, would be a
/// gigabyte for ten thousand readers.
const READ_BUFFER: usize = 4 << 10;
/// What is gathered before it is written, in bytes.
const WRITE_BUFFER: usize = 16 << 10;

/// How a connection ends. In a box, so that a task does not keep room for it all the while that the connection lives.
pub type Goodbye = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A WebSocket of which every wait is bounded.
pub struct Socket {
    // Dropped before the connection: who sees its end may open the next.
    _place: Place,
    inner: Gated<WebSocket>,
    deadlines: Deadlines,
}

/// What came in.
#[derive(Debug)]
pub enum Incoming {
    /// A binary message.
    Message(Bytes),
    /// A ping or a pong, of so many bytes.
    Alive(usize),
    /// The peer closed.
    Closed,
    /// The connection broke, or the peer did not keep to the rules of WebSocket or the size of messages.
    Unreadable,
    /// A message that may not come here, such as text, of so many bytes.
    Unexpected(usize),
}

/// Sets the bounds of a WebSocket whose messages come with at most `max` bytes.
///
/// What goes out has no bound here: every message waits until those before it have left, so that the buffer holds one beside
/// [`WRITE_BUFFER`], and a whole document is one message for a plain Yjs client.
pub fn bounded(upgrade: WebSocketUpgrade, max: usize) -> WebSocketUpgrade<impl OnFailedUpgrade> {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(max)
        .max_frame_size(max)
        .on_failed_upgrade(|error: Error| tracing::debug!(%error, "a WebSocket upgrade failed"))
}

impl Socket {
    /// Takes over an upgraded connection, which holds `place` until it ends.
    #[must_use]
    pub fn new(socket: WebSocket, place: Place, deadlines: Deadlines) -> Self {
        Self {
            _place: place,
            inner: Gated::new(socket),
            deadlines,
        }
    }

    /// The next message. Cancelling loses nothing.
    pub async fn next(&mut self) -> Incoming {
        incoming(self.inner.next().await)
    }

    /// The next message if it is here already.
    pub fn next_now(&mut self) -> Option<Incoming> {
        self.inner.next().now_or_never().map(incoming)
    }

    /// Writes messages with as few writes as possible; false when the peer did not take one of them in time.
    pub async fn send(&mut self, messages: Vec<Bytes>) -> bool {
        let mut waiting = 0;
        for message in messages {
            let len = message.len();
            // A peer slower than we takes here what was fed before.
            let patience = self.patience(waiting);
            if !within(patience, self.inner.inner().feed(Message::Binary(message))).await {
                return false;
            }
            waiting = len.max(WRITE_BUFFER);
        }
        within(self.patience(waiting), self.inner.inner().flush()).await
    }

    fn patience(&self, len: usize) -> Duration {
        self.deadlines.write + Duration::from_millis((len / SLOWEST) as u64)
    }

    /// Asks for a sign of life; every WebSocket library answers by itself. False when the peer did not take it in time.
    pub async fn ping(&mut self) -> bool {
        let ping = self.inner.inner().send(Message::Ping(Bytes::new()));
        within(self.deadlines.write, ping).await
    }

    /// Ends a connection that its peer has closed. The library has the answer to a close ready and sends it with what is
    /// written next; without it the peer's goodbye was none (RFC 6455, 7.1.5).
    #[must_use]
    pub fn finish(mut self) -> Goodbye {
        Box::pin(async move {
            drop(time::timeout(self.deadlines.goodbye, self.inner.inner().flush()).await);
        })
    }

    /// Says why the connection ends, and ends it.
    #[must_use]
    pub fn close(self, ended: &Ended) -> Goodbye {
        Box::pin(self.end(CloseFrame {
            code: ended.code.number(),
            reason: short(&ended.message).into(),
        }))
    }

    /// Ends the connection because the server stops (code 1012).
    #[must_use]
    pub fn restart(self) -> Goodbye {
        Box::pin(self.end(CloseFrame {
            code: 1012,
            reason: "the server restarts".into(),
        }))
    }

    /// A connection that is closed while bytes of its peer are unread is reset, and the peer never sees what it was told
    /// last. So they are read, and thrown away, until the peer has closed as well.
    async fn end(mut self, frame: CloseFrame) {
        let goodbye = async {
            if self
                .inner
                .inner()
                .send(Message::Close(Some(frame)))
                .await
                .is_ok()
            {
                while let Some(Ok(_)) = self.inner.next().await {}
            }
        };
        drop(time::timeout(self.deadlines.goodbye, goodbye).await);
    }
}

/// Whether something was sent within `limit`. A timer is made only for a peer that does not take it at once: nearly all do.
async fn within(limit: Duration, sent: impl Future<Output = Result<(), Error>>) -> bool {
    let mut sent = pin!(sent);
    let ended = match poll!(&mut sent) {
        Poll::Ready(ended) => Ok(ended),
        Poll::Pending => time::timeout(limit, sent).await,
    };
    matches!(ended, Ok(Ok(())))
}

fn incoming(next: Option<Result<Message, Error>>) -> Incoming {
    match next {
        Some(Ok(Message::Binary(bytes))) => Incoming::Message(bytes),
        Some(Ok(Message::Ping(bytes) | Message::Pong(bytes))) => Incoming::Alive(bytes.len()),
        Some(Ok(Message::Close(_))) | None => Incoming::Closed,
        Some(Ok(Message::Text(text))) => Incoming::Unexpected(text.len()),
        Some(Err(_)) => Incoming::Unreadable,
    }
}

/// A close reason has at most 123 bytes (RFC 6455, 5.5).
fn short(reason: &str) -> &str {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_reason_fits_and_stays_text() {
        assert_eq!(short("한글"), "한글");
        let long = "한".repeat(100);
        assert!(short(&long).len() <= 123 && short(&long).chars().all(|c| c == '한'));
    }
}
