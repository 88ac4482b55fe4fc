//! `/rt/1/stream`: what a session is told, as one `text/event-stream`; what the page says comes by [`super::post`].
//!
//! An event is the base64url of a packet. A stream that ends with the event `end` has told everything that it took from the
//! session; after any other end the page resumes on a new link, since something may be lost.

use std::{
    convert::Infallible, future::Future, net::SocketAddr, pin::Pin, sync::Arc, time::Duration,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Query, State, rejection::QueryRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::stream;
use protocol::{
    frame::{ErrorCode, ServerFrame, packet::pack},
    session::Ended,
};
use serde::Deserialize;
use tokio::time::{self, Instant, Sleep};

use super::{
    admit,
    answer::refusal,
    authorization::authorization,
    go_away,
    http_link::{HttpLink, Turn},
    unasked,
};
use crate::http::AppState;

/// Bytes of frames in one event, unless a single frame is larger. Together with what the connection buffers this is all that a
/// page costs which does not read.
const EVENT: usize = 4 << 10;
/// Bytes of a packet that are encoded at once: a multiple of three, so that the pieces join to one base64 text.
const PIECE: usize = 3 << 10;
/// A comment that fills the buffers of proxies which hold back the first few KiB of an answer.
const PADDING: usize = 4 << 10;
static PRELUDE: [u8; PADDING + 3] = prelude();
/// The last event of a stream that lost nothing.
const END: Bytes = Bytes::from_static(b"event: end\ndata: \n\n");
/// Between the two events of a check. A buffer that holds the first one back brings both at once.
const APART: Duration = Duration::from_millis(400);

const fn prelude() -> [u8; PADDING + 3] {
    let mut comment = [b' '; PADDING + 3];
    comment[0] = b':';
    comment[PADDING + 1] = b'\n';
    comment[PADDING + 2] = b'\n';
    comment
}

/// The query.
#[derive(Deserialize)]
pub struct Asked {
    /// The stream's number on its link, from 1.
    n: Option<u64>,
    /// Only whether streams pass is asked, without a session.
    check: Option<String>,
}

/// Opens a stream.
pub async fn stream(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = admit(&state, peer, &headers) {
        return refusal;
    }
    let opened = match asked {
        Ok(Query(Asked { check: Some(_), .. })) => Ok(check()),
        Ok(Query(Asked { n: Some(n), .. })) => open(&state, n, &headers).await,
        Ok(_) => Err(Ended::new(
            ErrorCode::Protocol,
            "the stream has no number (n=)",
        )),
        Err(rejection) => Err(unasked(&rejection)),
    };
    opened.unwrap_or_else(|ended| refusal(&[], &ended))
}

async fn open(state: &AppState, n: u64, headers: &HeaderMap) -> Result<Response, Ended> {
    let whose = authorization(headers)?;
    let link = state.http_links.find(state, &whose).await?;
    let turn = link.stream(n)?;
    let reading = Reading::new(state, link, turn);
    Ok(answer(stream::unfold(reading, |mut reading| async move {
        let bytes = reading.next().await?;
        Some((Ok(bytes), reading))
    })))
}

/// Two events, one a while after the other, as a session's would come.
fn check() -> Response {
    answer(stream::unfold(0, |told| async move {
        let bytes = match told {
            0 => Bytes::from_static(&PRELUDE),
            1 => Event::new(Bytes::new()).next()?,
            2 => {
                time::sleep(APART).await;
                Event::new(Bytes::new()).next()?
            }
            _ => return None,
        };
        Some((Ok(bytes), told + 1))
    }))
}

fn answer(
    events: impl stream::Stream<Item = Result<Bytes, Infallible>> + Send + 'static,
) -> Response {
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(events),
    )
        .into_response()
}

/// A stream that is open. Dropping it before its end ends the link: what it took may be lost.
struct Reading {
    link: Arc<HttpLink>,
    turn: Turn,
    outgoing: Event,
    begun: bool,
    /// Nothing follows what is outgoing.
    last: bool,
    sent: u64,
    most: u64,
    until: Instant,
    alarm: Pin<Box<Sleep>>,
    stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Reading {
    fn new(state: &AppState, link: Arc<HttpLink>, turn: Turn) -> Self {
        let deadlines = &state.config.deadlines;
        // A fifth more or less, so that those that began together do not end together.
        let share = 0.8 + 0.4 * rand::random::<f64>();
        let until = Instant::now() + deadlines.stream.mul_f64(share);
        let alarm = Box::pin(time::sleep_until(until.min(link.due())));
        Self {
            turn,
            outgoing: Event::plain(Bytes::from_static(&PRELUDE)),
            begun: false,
            last: false,
            sent: 0,
            most: (deadlines.stream_bytes as f64 * share) as u64,
            until,
            alarm,
            stopped: Box::pin(state.tasks.stopping().wait()),
            link,
        }
    }

    /// The next bytes of the stream. They are asked for when the connection has room, and not before is anything taken from
    /// the session.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.outgoing.next() {
                self.sent += bytes.len() as u64;
                self.link.sent(bytes.len());
                return Some(bytes);
            }
            if self.last {
                return None;
            }
            if self.sent >= self.most || self.until <= Instant::now() {
                self.outgoing = Event::plain(END);
                self.last = true;
                self.link.stream_ended();
                continue;
            }
            match self.link.take(&self.turn, EVENT) {
                // The first event comes at once, also when there is nothing to tell: the page sees that the stream passes.
                Ok(Some(taken)) if !taken.messages.is_empty() || !self.begun => {
                    self.begun = true;
                    self.outgoing = Event::new(pack(&taken.messages));
                    continue;
                }
                Ok(Some(_)) => {}
                Ok(None) => {
                    self.last = true;
                    return None;
                }
                Err(ended) => {
                    self.say_last(&ended.frame());
                    continue;
                }
            }
            tokio::select! {
                biased;
                () = &mut self.stopped => self.say_last(&go_away().0),
                () = self.turn.over() => {}
                () = self.link.wake().notified() => {}
                () = &mut self.alarm => self.beat(),
            }
        }
    }

    /// Asks the page for a sign of life when it is time to; a dead one is not waited for.
    fn beat(&mut self) {
        if self.link.due() <= Instant::now() {
            if self.link.beat() {
                self.outgoing = Event::new(pack(&[ServerFrame::Pong { nonce: 0 }.encode()]));
            } else {
                self.link.end(false);
            }
        }
        let next = self.until.min(self.link.due());
        self.alarm.as_mut().reset(next);
    }

    fn say_last(&mut self, frame: &Bytes) {
        self.outgoing = Event::new(pack([frame]));
        self.last = true;
        self.link.end(false);
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if !self.last {
            self.link.end(false);
        }
    }
}

/// One event on its way out, encoded piece by piece as the connection takes it.
enum Event {
    /// The rest of a packet, and whether its event has begun.
    Packet(Bytes, bool),
    /// Bytes that go out as they are.
    Plain(Bytes),
    /// All of it is out.
    Out,
}

impl Event {
    fn new(packet: Bytes) -> Self {
        Self::Packet(packet, false)
    }

    fn plain(bytes: Bytes) -> Self {
        Self::Plain(bytes)
    }

    fn next(&mut self) -> Option<Bytes> {
        match std::mem::replace(self, Self::Out) {
            Self::Out => None,
            Self::Plain(bytes) => Some(bytes),
            Self::Packet(mut rest, begun) => {
                let piece = rest.split_to(rest.len().min(PIECE));
                let mut text = String::with_capacity(piece.len() / 3 * 4 + 12);
                if !begun {
                    text.push_str("data: ");
                }
                URL_SAFE_NO_PAD.encode_string(&piece, &mut text);
                if rest.is_empty() {
                    text.push_str("\n\n");
                } else {
                    *self = Self::Packet(rest, true);
                }
                Some(text.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_of_an_event_join_to_one_text() {
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 10 * PIECE] {
            let packet: Bytes = (0..len).map(|i| (i % 251) as u8).collect();
            let mut event = Event::new(packet.clone());
            let text: Vec<u8> = std::iter::from_fn(|| event.next()).flatten().collect();
            let text = String::from_utf8(text).unwrap();
            let data = text.strip_prefix("data: ").unwrap();
            let data = data.strip_suffix("\n\n").unwrap();
            assert_eq!(URL_SAFE_NO_PAD.decode(data).unwrap(), packet, "{len}");
        }
    }

    #[test]
    fn a_stream_begins_with_a_comment_of_4_kib() {
        let text = std::str::from_utf8(&PRELUDE).unwrap();
        let comment = text.strip_suffix("\n\n").unwrap();
        assert!(comment.starts_with(':') && !comment.contains('\n'));
        assert!(comment.len() > 4 << 10);
    }
}
