//! Plain HTTP/1.1 and its event streams by hand, one request a connection; what is asked and answered is the tests' own.

use std::{collections::HashMap, io, net::SocketAddr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use protocol::frame::packet::unpack;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// What the POSTs of a session carry beside their body.
pub(crate) const PACKET: &str = "content-type: application/octet-stream\r\n";

/// A connection with a request on it.
pub(crate) struct Asked(BufReader<TcpStream>);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Bytes,
}

/// Sends a request; `request` is the method and the path, `headers` are whole lines, each with its `\r\n`.
pub(crate) async fn ask(
    addr: SocketAddr,
    request: &str,
    headers: &str,
    body: Option<&[u8]>,
) -> io::Result<Asked> {
    let mut socket = TcpStream::connect(addr).await?;
    let length = body.map_or(String::new(), |body| {
        format!("content-length: {}\r\n", body.len())
    });
    let head = format!("{request} HTTP/1.1\r\nhost: maru.test\r\n{headers}{length}\r\n");
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(body.unwrap_or_default()).await?;
    Ok(Asked::on(socket))
}

impl Asked {
    /// A request that is on its way already.
    pub(crate) fn on(socket: TcpStream) -> Self {
        Self(BufReader::new(socket))
    }

    /// The answer, whole.
    pub(crate) async fn answer(mut self) -> io::Result<Answer> {
        let (status, headers) = self.head().await?;
        self.rest(status, headers).await
    }

    /// The answer if it is a stream; else the refusal.
    pub(crate) async fn stream(mut self) -> io::Result<Result<Events, Answer>> {
        let (status, headers) = self.head().await?;
        if headers.get("content-type").map(String::as_str) != Some("text/event-stream") {
            return Ok(Err(self.rest(status, headers).await?));
        }
        Ok(Ok(Events {
            socket: self.0,
            headers,
            text: String::new(),
            comment: 0,
        }))
    }

    async fn head(&mut self) -> io::Result<(u16, HashMap<String, String>)> {
        let status = line(&mut self.0).await?;
        let status = status.split(' ').nth(1).and_then(|text| text.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        let mut headers = HashMap::new();
        loop {
            let line = line(&mut self.0).await?;
            let Some((name, value)) = line.split_once(": ") else {
                return Ok((status, headers));
            };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
    }

    async fn rest(mut self, status: u16, headers: HashMap<String, String>) -> io::Result<Answer> {
        let length = headers.get("content-length");
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await?;
        Ok(Answer {
            status,
            headers,
            body: body.into(),
        })
    }
}

/// A line without its end.
async fn line(socket: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    socket.read_line(&mut line).await?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// An open event stream.
pub(crate) struct Events {
    socket: BufReader<TcpStream>,
    pub(crate) headers: HashMap<String, String>,
    text: String,
    /// How long its comment was, once it came.
    pub(crate) comment: usize,
}

/// What a stream brings.
#[derive(Debug)]
pub(crate) enum Event {
    /// Messages.
    Packet(Vec<Bytes>),
    /// The stream ends by itself.
    End,
}

impl Events {
    /// The next event; `None` when the stream is over or broken.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if event.starts_with(':') {
                    self.comment = event.len();
                    continue;
                }
                if event.starts_with("event: end\n") {
                    return Some(Event::End);
                }
                let data = event.strip_prefix("data: ").expect("an event of data");
                let packet = URL_SAFE_NO_PAD.decode(data).unwrap().into();
                return Some(Event::Packet(unpack(&packet).unwrap()));
            }
            let chunk = self.chunk().await?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next chunk; `None` at the end, whether it is one or the connection broke.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let length = line(&mut self.socket).await.ok()?;
        let length = usize::from_str_radix(&length, 16).unwrap();
        let mut chunk = vec![0; length + "\r\n".len()];
        self.socket.read_exact(&mut chunk).await.ok()?;
        chunk.truncate(length);
        (length > 0).then_some(chunk)
    }
}
