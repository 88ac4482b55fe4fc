//! A link of a stream of events downwards and POSTs upwards; it asks for the next stream when the server says that one ends.
use super::events::Events;
use super::request::{Answer, Line};
use super::traffic::Watch;
use super::uplink::Uplink;
use super::{LinkEvent, Listener};
use crate::browser;
use bytes::Bytes;
use protocol::connection::Why;
use protocol::frame::packet::unpack;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Two events that the server sends 400 ms apart came through unheld when so much lies between them, in milliseconds.
const APART_MS: u64 = 200;

/// A link whose downward half is a stream of events.
pub struct EventStream {
    line: Rc<Line>,
    uplink: Rc<Uplink>,
}

impl EventStream {
    /// A link on which nothing is asked yet; `None` when the browser lacks what it takes.
    #[must_use]
    pub fn new(listener: Listener, watch: Option<Watch>) -> Option<Self> {
        let line = Rc::new(Line::new(listener, watch)?);
        let uplink = Uplink::new(Rc::clone(&line), || ());
        Some(Self { line, uplink })
    }

    /// Hands a message to the next POST.
    pub fn send(&self, message: &Bytes) {
        self.uplink.send(message);
    }

    /// The session is open: the stream starts.
    pub fn established(&self, authorization: &str) {
        self.uplink.established(authorization);
        let line = Rc::clone(&self.line);
        spawn_local(async move {
            let mut number = 1_u64;
            while read(&line, number).await {
                number += 1;
            }
        });
    }

    /// Finds out, without a session, whether streams come through unheld: tells [`LinkEvent::Opened`] if so, and that the link
    /// is gone if not.
    pub fn check(&self) {
        let line = Rc::clone(&self.line);
        spawn_local(async move {
            if passes(&line).await {
                line.tell(LinkEvent::Opened);
            } else {
                line.gone(Why::Lost);
            }
        });
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.line.end();
    }
}

/// Reads a stream to its end; true when the server goes on in another.
async fn read(line: &Line, number: u64) -> bool {
    let pieces = match line.stream(&format!("/rt/1/stream?n={number}")).await {
        Ok(pieces) => pieces,
        Err(answer) => {
            refused(line, answer);
            return false;
        }
    };
    let mut events = Events::default();
    while let Some(piece) = pieces.next().await {
        if line.is_over() {
            return false;
        }
        let Ok(events) = events.push(&piece) else {
            break;
        };
        let mut messages = Vec::new();
        for event in events {
            if event.name == b"end" {
                line.heard(messages);
                return !line.is_over();
            }
            let text = String::from_utf8(event.data).unwrap_or_default();
            let packet = browser::from_base64(&text).map(Bytes::from);
            let Some(Ok(new)) = packet.map(|packet| unpack(&packet)) else {
                line.gone(Why::Stranger);
                return false;
            };
            messages.extend(new);
        }
        line.heard(messages);
    }
    line.gone(Why::Lost);
    false
}

/// A request that should bring news brought something else.
pub(super) fn refused(line: &Line, answer: Answer) {
    let why = match answer {
        Answer::Packet { status, messages } => {
            line.heard(messages);
            Why::Status(status)
        }
        Answer::Stranger {
            status: 200..300, ..
        } => Why::Stranger,
        Answer::Stranger { status, .. } => Why::Status(status),
        Answer::Failed => Why::Lost,
    };
    line.gone(why);
}

async fn passes(line: &Line) -> bool {
    let Ok(pieces) = line.stream("/rt/1/stream?check").await else {
        return false;
    };
    let (mut events, mut first) = (Events::default(), None);
    while let Some(piece) = pieces.next().await {
        let Ok(events) = events.push(&piece) else {
            return false;
        };
        for _ in events {
            let now = browser::now();
            match first {
                None => first = Some(now),
                Some(first) => return now >= first + APART_MS,
            }
        }
    }
    false
}
