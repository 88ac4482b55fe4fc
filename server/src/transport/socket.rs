//! A WebSocket with bounds: messages in, batches out, each within a time; it knows neither frames nor sessions.

use std::time::Duration;

use axum::{
    Error,
    extract::ws::{CloseFrame, Message, OnFailedUpgrade, WebSocket, WebSocketUpgrade},
};
use bytes::Bytes;
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use protocol::session::Ended;
use tokio::time;

/// Writing that makes no progress for this long ends the link: its peer is gone or does not read.
const WRITE: Duration = Duration::from_secs(10);
/// Saying goodbye may take this long.
const GOODBYE: Duration = Duration::from_secs(2);
/// What is read ahead from the kernel for one connection, in bytes. The library's own 128 KiB, allocated at once, would be a
/// gigabyte for ten thousand readers.
const READ_BUFFER: usize = 4 << 10;
/// What is gathered before it is written, in bytes.
const WRITE_BUFFER: usize = 16 << 10;

/// A WebSocket of which every wait is bounded.
pub struct Socket {
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
}

/// What came in.
#[derive(Debug)]
pub enum Incoming {
    /// A binary message.
    Message(Bytes),
    /// A sign of life without content.
    Alive,
    /// The peer closed, or the connection broke.
    Closed,
    /// A message that may not come here, such as text.
    Unexpected,
}

/// Sets the bounds of a WebSocket whose messages have at most `max` bytes.
pub fn bounded(upgrade: WebSocketUpgrade, max: usize) -> WebSocketUpgrade<impl OnFailedUpgrade> {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(max.max(1 << 20) + (2 << 20))
        .max_message_size(max)
        .max_frame_size(max)
        .on_failed_upgrade(|error: Error| tracing::debug!(%error, "a WebSocket upgrade failed"))
}

impl Socket {
    /// Takes over an upgraded connection.
    #[must_use]
    pub fn new(socket: WebSocket) -> Self {
        let (sink, stream) = socket.split();
        Self { sink, stream }
    }

    /// The next message. Cancelling loses nothing.
    pub async fn next(&mut self) -> Incoming {
        match self.stream.next().await {
            Some(Ok(message)) => incoming(message),
            Some(Err(_)) | None => Incoming::Closed,
        }
    }

    /// The next message if it is here already.
    pub fn next_now(&mut self) -> Option<Incoming> {
        self.stream.next().now_or_never().map(|next| match next {
            Some(Ok(message)) => incoming(message),
            Some(Err(_)) | None => Incoming::Closed,
        })
    }

    /// Writes messages with as few writes as possible; false when the peer did not take them in time.
    pub async fn send(&mut self, messages: Vec<Bytes>) -> bool {
        let sink = &mut self.sink;
        let write = async {
            for message in messages {
                sink.feed(Message::Binary(message)).await?;
            }
            sink.flush().await
        };
        matches!(time::timeout(WRITE, write).await, Ok(Ok(())))
    }

    /// Asks for a sign of life; every WebSocket library answers by itself. False when the peer did not take it in time.
    pub async fn ping(&mut self) -> bool {
        matches!(
            time::timeout(WRITE, self.sink.send(Message::Ping(Bytes::new()))).await,
            Ok(Ok(()))
        )
    }

    /// Says why the connection ends, and ends it.
    pub async fn close(mut self, ended: &Ended) {
        let frame = CloseFrame {
            code: ended.code.number(),
            reason: short(&ended.message).into(),
        };
        drop(time::timeout(GOODBYE, self.sink.send(Message::Close(Some(frame)))).await);
    }

    /// Ends the connection because the server stops (code 1012).
    pub async fn restart(mut self) {
        let frame = CloseFrame {
            code: 1012,
            reason: "the server restarts".into(),
        };
        drop(time::timeout(GOODBYE, self.sink.send(Message::Close(Some(frame)))).await);
    }
}

fn incoming(message: Message) -> Incoming {
    match message {
        Message::Binary(bytes) => Incoming::Message(bytes),
        Message::Ping(_) | Message::Pong(_) => Incoming::Alive,
        Message::Close(_) => Incoming::Closed,
        Message::Text(_) => Incoming::Unexpected,
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
