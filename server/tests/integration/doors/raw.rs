//! WebSocket written and read byte by byte, over whatever carries bytes; right and wrong are the tests'.

use std::io;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{PATIENCE, Running};

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// The bit of a frame that is the last of its message.
pub(crate) const FIN: u8 = 0x80;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// How a length is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Shortest,
    In16Bits,
    In64Bits,
}

/// A masked frame; `head` is its first byte.
pub(crate) fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    with_length(head, payload, Length::Shortest)
}

/// The same with a length written in this way.
pub(crate) fn with_length(head: u8, payload: &[u8], length: Length) -> Vec<u8> {
    let mut bytes = header(head, payload.len() as u64, length, 0x80);
    bytes.extend(MASK);
    bytes.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    bytes
}

/// A frame without a mask.
pub(crate) fn unmasked(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(head, payload.len() as u64, Length::Shortest, 0);
    bytes.extend(payload);
    bytes
}

/// The first bytes of a frame that claims to hold so much.
fn header(head: u8, len: u64, length: Length, mask: u8) -> Vec<u8> {
    let mut bytes = vec![head];
    match (length, len) {
        (Length::Shortest, 0..=125) => bytes.push(mask | len as u8),
        (Length::Shortest | Length::In16Bits, 0..=0xffff) => {
            bytes.push(mask | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend(len.to_be_bytes());
        }
    }
    bytes
}

/// The head of a masked frame that claims to hold so much, and the first of it.
pub(crate) fn claim(head: u8, len: u64) -> Vec<u8> {
    let mut bytes = header(head, len, Length::In64Bits, 0x80);
    bytes.extend(MASK);
    bytes.extend([0; 100]);
    bytes
}

/// A frame of the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) head: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The number of a close, if it is one that has a number.
    pub(crate) fn close_code(&self) -> Option<u16> {
        let code = self.payload.first_chunk().copied().map(u16::from_be_bytes);
        code.filter(|_| self.head == FIN | CLOSE)
    }
}

/// A WebSocket.
pub(crate) struct Raw<IO>(pub(crate) IO);

impl Raw<TcpStream> {
    pub(crate) async fn to(server: &Running, path: &str) -> Self {
        Self::with_headers(server, path, "").await
    }

    /// `headers` are whole lines, each with its `\r\n`.
    pub(crate) async fn with_headers(server: &Running, path: &str, headers: &str) -> Self {
        let mut raw = Self(TcpStream::connect(server.addr).await.unwrap());
        raw.upgrade(path, headers).await;
        raw
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Raw<IO> {
    /// Asks for the upgrade and gets it.
    pub(crate) async fn upgrade(&mut self, path: &str, headers: &str) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: maru.test\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        self.write(request.as_bytes()).await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(
                timeout(PATIENCE, self.0.read_u8())
                    .await
                    .expect("in time")
                    .expect("an answer"),
            );
        }
        let answer = String::from_utf8(answer).unwrap().to_lowercase();
        assert!(answer.starts_with("http/1.1 101"), "{answer}");
        // RFC 6455, 1.3: the answer to this very key.
        assert!(answer.contains("s3pplmbitxaq9kygzzhzrbk+xoo="), "{answer}");
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        timeout(PATIENCE, self.0.write_all(bytes))
            .await
            .expect("in time")
            .expect("taken");
    }

    /// Writes to a server that may have closed.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(PATIENCE, self.0.write_all(bytes))
            .await
            .expect("in time")
    }

    /// The next frame; none when the connection has ended.
    pub(crate) async fn read(&mut self) -> Option<Frame> {
        timeout(PATIENCE, self.read_frame())
            .await
            .expect("a frame or the end comes")
            .ok()
    }

    async fn read_frame(&mut self) -> io::Result<Frame> {
        let head = self.0.read_u8().await?;
        let len = match self.0.read_u8().await? {
            126 => u64::from(self.0.read_u16().await?),
            127 => self.0.read_u64().await?,
            len => {
                assert!(len < 126, "a server masks nothing");
                u64::from(len)
            }
        };
        let mut payload = vec![0; usize::try_from(len).unwrap()];
        self.0.read_exact(&mut payload).await?;
        Ok(Frame { head, payload })
    }

    /// How the server closes: the number it says, or none when it says nothing.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        let mut code = None;
        while let Some(frame) = self.read().await {
            if frame.head == FIN | CLOSE {
                code = frame.close_code();
                // The other half of the goodbye, without which the server waits for it.
                self.try_write(&super::raw::frame(FIN | CLOSE, &frame.payload))
                    .await
                    .ok();
            }
        }
        code
    }
}
