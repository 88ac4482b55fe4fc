//! Tests of links that are plain requests, without a socket: what becomes of answers that nobody takes, and of old links.

use std::{pin::Pin, slice::from_ref, time::Duration};

use super::*;
use crate::{
    Config,
    access::{Access, Admission, judge::Mode},
    log::memory::MemoryLog,
    rates::{LinkRates, Visitors},
    rooms::Rooms,
    transport::answer::{delivery, packet},
};
use axum::{body::HttpBody, http::HeaderMap, response::Response};
use bytes::Bytes;
use futures_util::{FutureExt, future::poll_fn};
use protocol::{
    frame::{ClientFrame, Hello, VERSION},
    id::{ClientId, DocId},
    room::RoomLimits,
};

struct World {
    links: Arc<HttpLinks>,
    rooms: Arc<Rooms>,
}

impl World {
    fn new() -> Self {
        let metrics = Arc::new(Metrics::new());
        Self {
            rooms: Rooms::new(
                Arc::new(MemoryLog::new()),
                Arc::new(Access::in_memory(Mode::Open, None).unwrap()),
                Arc::clone(&metrics),
                RoomLimits::default(),
                Duration::from_secs(60),
                10,
            ),
            links: HttpLinks::new(Deadlines::default(), metrics),
        }
    }

    /// A link of a new session.
    async fn open(&self) -> Arc<HttpLink> {
        let hello = Hello {
            version: VERSION,
            doc: DocId::parse("d").unwrap(),
            client: ClientId::from_random(1),
            generation: 0,
            epoch: 0,
            after: 0,
            state_vector: Bytes::from_static(&[0]),
            token: protocol::frame::Token::default(),
        };
        let room = self.rooms.enter(&hello.doc).await.unwrap();
        let (sid, key, wake) = (rand::random(), [7; 32], Arc::new(Notify::new()));
        let admission = Admission::by_name(&hello.doc);
        let author = room
            .open_session(&hello, sid, key, &admission, Arc::clone(&wake))
            .unwrap();
        let link = Link {
            room,
            author,
            sid,
            key,
            number: 0,
            wake,
            rates: unlimited(),
            left: false,
        };
        self.links.open(link, false, Assembler::new(1 << 20))
    }
}

/// The rates of somebody on this machine, to whom no address' limits apply.
fn unlimited() -> LinkRates {
    let visitors = Visitors::new(&Config::default(), &Arc::new(Metrics::new()));
    let guest = Arc::new(visitors).guest([127, 0, 0, 1].into(), &HeaderMap::new());
    guest.opens_link().unwrap()
}

/// Takes the body of an answer as a connection does; its end is where a connection would stop.
async fn taken(response: Response) -> Bytes {
    let mut body = response.into_body();
    let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
    frame.unwrap().unwrap().into_data().unwrap()
}

#[tokio::test]
async fn an_answer_that_no_connection_takes_ends_the_link() {
    let world = World::new();
    let link = world.open().await;
    let news = Bytes::from_static(b"news");
    let bytes = taken(delivery(Arc::clone(&link), from_ref(&news))).await;
    assert_eq!(bytes[1..], news[..]);
    drop(delivery(Arc::clone(&link), &[]));
    drop(packet([&news]));
    assert_eq!(
        world.links.len(),
        1,
        "what was taken, or is nothing, is not lost"
    );
    drop(delivery(Arc::clone(&link), &[news]));
    assert!(world.links.is_empty());
    let late = link.receive(1, Vec::new()).await.unwrap_err();
    assert_eq!(
        late.code,
        ErrorCode::Incomplete,
        "the page is told to resume"
    );
}

#[tokio::test]
async fn a_newer_poll_or_the_end_of_the_link_ends_a_turn() {
    let world = World::new();
    let link = world.open().await;
    let mut first = link.poll(1, LinkKind::RtLongPoll).unwrap();
    assert!(first.over().now_or_never().is_none());
    assert!(link.take(&first, 1).unwrap().is_some());
    let mut second = link.poll(2, LinkKind::RtLongPoll).unwrap();
    first.over().await;
    assert!(
        link.take(&first, 1).unwrap().is_none(),
        "it takes nothing more"
    );
    assert!(link.take(&second, 1).unwrap().is_some());
    link.end(false);
    second.over().await;
    assert!(link.take(&second, 1).unwrap().is_none());
    let refused = link.poll(3, LinkKind::RtLongPoll).err().unwrap();
    assert_eq!(refused.code, ErrorCode::Incomplete);
}

#[tokio::test]
async fn the_end_of_an_old_link_leaves_the_newer_one_alone() {
    let world = World::new();
    let old = world.open().await;
    let (room, sid, key) = (&old.link.room, old.link.sid, old.link.key);
    let wake = Arc::new(Notify::new());
    let epoch = room.read(|room| room.epoch());
    let author = room
        .resume(&sid, &key, 1, epoch, 0, Arc::clone(&wake))
        .unwrap();
    let link = Link {
        room: world.rooms.find(&sid).await.unwrap(),
        author,
        sid,
        key,
        number: 1,
        wake,
        rates: unlimited(),
        left: false,
    };
    let new = world.links.open(link, true, Assembler::new(1 << 20));
    old.end(false);
    assert_eq!(world.links.len(), 1);
    let ping = ClientFrame::Ping { nonce: 1 }.encode();
    assert_eq!(new.receive(1, vec![ping]).await, Ok(()));
    let stale = old.receive(1, Vec::new()).await.unwrap_err();
    assert_eq!(stale.code, ErrorCode::Incomplete);
}
