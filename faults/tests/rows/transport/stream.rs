//! What a link of HTTP is told by a stream of events.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{Response, body::Incoming, header};
use protocol::{
    connection::{LinkId, Why},
    frame::packet::unpack,
};
use tokio::time;

use super::{
    Opened,
    request::{self, Answer},
};
use crate::page::Shared;

/// Two events of a check that come closer together than this came out of a buffer.
const APART: Duration = Duration::from_millis(200);

/// Whether streams come through unbuffered.
pub(super) async fn check(server: SocketAddr) -> Result<(), Why> {
    let response = request::send(server, "GET", "/rt/1/stream?check", None, Bytes::new()).await;
    let mut events =
        Events::of(response.ok_or(Why::Unreachable)?).map_err(|refused| why(&refused))?;
    let mut came = Vec::new();
    while let Some(event) = events.next().await {
        if let Event::Packet(_) = event {
            came.push(Instant::now());
        }
    }
    match came[..] {
        [first, second] if second - first >= APART => Ok(()),
        _ => Err(Why::Lost),
    }
}

/// Reads streams until the link ends.
pub(super) async fn read(shared: &Arc<Shared>, link: LinkId, opened: &Opened) -> Why {
    let mut number = 1;
    loop {
        let path = format!("/rt/1/stream?n={number}");
        let authorization = Some(opened.authorization.as_str());
        let response = request::send(shared.server, "GET", &path, authorization, Bytes::new());
        let Some(response) = response.await else {
            return Why::Lost;
        };
        let mut events = match Events::of(response) {
            Ok(events) => events,
            Err(Refused::Later(wait)) => {
                time::sleep(wait).await;
                continue;
            }
            Err(Refused::Ours(response)) => {
                if let Answer::Ours(messages, _) = request::packet(Some(*response)).await {
                    for message in messages {
                        shared.message(link, message);
                    }
                }
                return Why::Lost;
            }
            Err(refused) => return why(&refused),
        };
        loop {
            match events.next().await {
                Some(Event::Packet(packet)) => {
                    let Ok(messages) = unpack(&packet) else {
                        return Why::Lost;
                    };
                    if messages.is_empty() {
                        shared.alive(link);
                    }
                    for message in messages {
                        shared.message(link, message);
                    }
                }
                Some(Event::Comment) => shared.alive(link),
                Some(Event::End) => break,
                Some(Event::Nonsense) | None => return Why::Lost,
            }
        }
        number += 1;
    }
}

/// What came instead of a stream.
enum Refused {
    Ours(Box<Response<Incoming>>),
    Later(Duration),
    Other(Why),
}

fn why(refused: &Refused) -> Why {
    match refused {
        Refused::Other(why) => *why,
        Refused::Ours(_) | Refused::Later(_) => Why::Lost,
    }
}

enum Event {
    Packet(Bytes),
    Comment,
    End,
    Nonsense,
}

/// The events of an answer.
struct Events {
    body: Incoming,
    buffer: Vec<u8>,
    name: String,
    data: String,
}

impl Events {
    fn of(response: Response<Incoming>) -> Result<Self, Refused> {
        let kind = response.headers().get(header::CONTENT_TYPE);
        if request::is(kind, request::PACKET) {
            return Err(Refused::Ours(response.into()));
        }
        if !request::is(kind, "text/event-stream") {
            return Err(match request::stranger(&response) {
                Answer::Later(wait) => Refused::Later(wait),
                Answer::Other(why) => Refused::Other(why),
                _ => Refused::Other(Why::Stranger),
            });
        }
        Ok(Self {
            body: response.into_body(),
            buffer: Vec::new(),
            name: String::new(),
            data: String::new(),
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                if let Some(event) = self.line(line.trim_end()) {
                    return Some(event);
                }
            }
            let frame = self.body.frame().await?.ok()?;
            self.buffer.extend(frame.into_data().ok()?);
        }
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.starts_with(':') {
            return Some(Event::Comment);
        }
        if let Some(name) = line.strip_prefix("event:") {
            self.name = name.trim().to_owned();
            return None;
        }
        if let Some(data) = line.strip_prefix("data:") {
            self.data = data.trim().to_owned();
            return None;
        }
        if !line.is_empty() {
            return Some(Event::Nonsense);
        }
        let (name, data) = (
            std::mem::take(&mut self.name),
            std::mem::take(&mut self.data),
        );
        if name == "end" {
            return Some(Event::End);
        }
        let packet = BASE64_URL_SAFE_NO_PAD.decode(data);
        Some(packet.map_or(Event::Nonsense, |packet| Event::Packet(packet.into())))
    }
}
