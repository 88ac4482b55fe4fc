//! A page's requests as they are on the wire: packets, numbers, authorization; no client's rules.

use std::{future::Future, net::SocketAddr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use protocol::frame::{
    ClientFrame, ErrorCode, ServerFrame, Welcome,
    fragment::{Assembler, split},
    packet::{pack, unpack},
};
use tokio::time::timeout;

pub(crate) use crate::plain::{Answer, Asked, Event, PACKET};
use crate::{plain, support::PATIENCE, wire::hello};

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("it comes")
}

pub(crate) async fn ask(
    addr: SocketAddr,
    request: &str,
    headers: &str,
    body: Option<&[u8]>,
) -> Asked {
    plain::ask(addr, request, headers, body).await.unwrap()
}

pub(crate) async fn answer(asked: Asked) -> Answer {
    soon(asked.answer()).await.expect("a whole answer")
}

impl Answer {
    pub(crate) fn frames(&self) -> Vec<ServerFrame> {
        assert_eq!(self.header("content-type"), "application/octet-stream");
        frames(unpack(&self.body).unwrap())
    }

    /// The status and the code of a refusal.
    pub(crate) fn refused(&self) -> (u16, ErrorCode) {
        match self.frames().last() {
            Some(ServerFrame::Error { code, .. }) => (self.status, *code),
            other => panic!("no refusal: {} {other:?}", self.status),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// The frames of messages that hold whole ones.
pub(crate) fn frames(messages: Vec<Bytes>) -> Vec<ServerFrame> {
    let mut assembler = Assembler::new(64 << 20);
    messages
        .into_iter()
        .filter_map(|message| assembler.push(message).unwrap())
        .map(|frame| ServerFrame::decode(&frame).unwrap())
        .collect()
}

/// The messages of some frames, in pieces where they are large.
pub(crate) fn messages(frames: &[ClientFrame]) -> Vec<Bytes> {
    frames
        .iter()
        .flat_map(|frame| split(frame.encode()))
        .collect()
}

pub(crate) async fn post(
    addr: SocketAddr,
    path: &str,
    headers: &str,
    frames: &[ClientFrame],
) -> Answer {
    let body = pack(&messages(frames));
    answer(ask(addr, &format!("POST {path}"), headers, Some(&body)).await).await
}

/// Opens or resumes a session.
pub(crate) async fn session(addr: SocketAddr, frames: &[ClientFrame]) -> Answer {
    post(addr, "/rt/1/session", PACKET, frames).await
}

/// A link of an open session, with the numbers of its requests.
pub(crate) struct Page {
    pub(crate) addr: SocketAddr,
    pub(crate) welcome: Welcome,
    link: u64,
    posts: u64,
    polls: u64,
    pub(crate) streams: u64,
}

impl Page {
    /// A page with a new session in `doc`.
    pub(crate) async fn greeted(addr: SocketAddr, doc: &str) -> Self {
        let answer = session(addr, &[ClientFrame::Hello(hello(doc))]).await;
        let Some(ServerFrame::Welcome(welcome)) = answer.frames().into_iter().next() else {
            panic!("no WELCOME")
        };
        Self::on(addr, welcome, 0)
    }

    /// A link of a session that is open.
    pub(crate) fn on(addr: SocketAddr, welcome: Welcome, link: u64) -> Self {
        Self {
            addr,
            welcome,
            link,
            posts: 0,
            polls: 0,
            streams: 0,
        }
    }

    /// What resumes this session on link `link`.
    pub(crate) fn resume(&self, link: u64, after: u64) -> ClientFrame {
        ClientFrame::Resume {
            sid: self.welcome.sid,
            key: self.welcome.key,
            link,
            epoch: self.welcome.epoch,
            after,
        }
    }

    /// Goes on with the next link; gives what it is told first.
    pub(crate) async fn resumed(&self, after: u64) -> (Self, Vec<ServerFrame>) {
        let link = self.link + 1;
        let answer = session(self.addr, &[self.resume(link, after)]).await;
        assert_eq!(answer.status, 200);
        let next = Self::on(self.addr, self.welcome.clone(), link);
        (next, answer.frames())
    }

    /// The header that names this link.
    pub(crate) fn authorization(&self) -> String {
        let sid = URL_SAFE_NO_PAD.encode(self.welcome.sid);
        let key = URL_SAFE_NO_PAD.encode(self.welcome.key);
        format!("authorization: RT {sid}.{key}.{}\r\n", self.link)
    }

    /// Says frames with the next POST.
    pub(crate) async fn says(&mut self, frames: &[ClientFrame]) -> Answer {
        self.posts += 1;
        self.says_as(self.posts, frames).await
    }

    pub(crate) async fn says_as(&self, n: u64, frames: &[ClientFrame]) -> Answer {
        let headers = format!("{PACKET}{}", self.authorization());
        post(self.addr, &format!("/rt/1/send?n={n}"), &headers, frames).await
    }

    pub(crate) async fn bye(&self, frames: &[ClientFrame]) -> Answer {
        let headers = format!("{PACKET}{}", self.authorization());
        post(self.addr, "/rt/1/bye", &headers, frames).await
    }

    /// Asks with the next poll; the answer is still to be read.
    pub(crate) async fn asks(&mut self, wait: u64) -> Asked {
        self.polls += 1;
        self.asks_as(self.polls, wait).await
    }

    pub(crate) async fn asks_as(&self, n: u64, wait: u64) -> Asked {
        let path = format!("GET /rt/1/poll?n={n}&wait={wait}");
        ask(self.addr, &path, &self.authorization(), None).await
    }

    /// Polls, and reads the answer.
    pub(crate) async fn polls(&mut self, wait: u64) -> Answer {
        answer(self.asks(wait).await).await
    }

    /// Polls until something wanted is told.
    pub(crate) async fn hears<T>(&mut self, mut wanted: impl FnMut(ServerFrame) -> Option<T>) -> T {
        loop {
            let answer = self.polls(25).await;
            assert_eq!(answer.status, 200);
            if let Some(found) = answer.frames().into_iter().find_map(&mut wanted) {
                return found;
            }
        }
    }

    /// Opens the next stream.
    pub(crate) async fn streams(&mut self) -> Events {
        self.streams += 1;
        self.streams_as(self.streams).await.expect("a stream")
    }

    /// Opens a stream, or is refused.
    pub(crate) async fn streams_as(&self, n: u64) -> Result<Events, Answer> {
        let path = format!("GET /rt/1/stream?n={n}");
        Events::of(ask(self.addr, &path, &self.authorization(), None).await).await
    }
}

/// An open stream, of which everything comes soon.
pub(crate) struct Events(pub(crate) plain::Events);

impl Events {
    pub(crate) async fn of(asked: Asked) -> Result<Self, Answer> {
        soon(asked.stream()).await.unwrap().map(Self)
    }

    /// The next event; `None` when the stream is over or broken.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        soon(self.0.next()).await
    }

    /// Passes over frames to the first that is wanted; `None` when the stream is over or broken before.
    pub(crate) async fn finds<T>(
        &mut self,
        mut wanted: impl FnMut(ServerFrame) -> Option<T>,
    ) -> Option<T> {
        loop {
            let Event::Packet(messages) = self.next().await? else {
                return None;
            };
            if let Some(found) = frames(messages).into_iter().find_map(&mut wanted) {
                return Some(found);
            }
        }
    }

    /// As [`Events::finds`], where it comes.
    pub(crate) async fn hears<T>(&mut self, wanted: impl FnMut(ServerFrame) -> Option<T>) -> T {
        let found = self.finds(wanted).await;
        found.expect("it comes before the end")
    }

    /// Reads what there is, to the end; tells how many bytes of the stream it was.
    pub(crate) async fn drained(&mut self) -> usize {
        let mut bytes = 0;
        while let Some(chunk) = soon(self.0.chunk()).await {
            bytes += chunk.len();
        }
        bytes
    }
}
