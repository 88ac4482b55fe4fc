//! Tests of the rooms: opened once, put away when idle, opened anew when broken.

use protocol::{
    frame::{ClientFrame, Hello, VERSION},
    id::ClientId,
    replica::{Edit, Replica},
    session::Received,
    sync::Message,
};
use tokio::sync::Notify;

use super::*;
use crate::access::{Access, Admission, judge::Mode};
use crate::{room::OpenRoom, rooms::tests::scripted_log::ScriptedLog};

#[path = "../../tests/integration/scripted_log.rs"]
#[allow(dead_code, reason = "the integration tests use the rest")]
mod scripted_log;

struct World {
    rooms: Arc<Rooms>,
    log: Arc<ScriptedLog>,
    metrics: Arc<Metrics>,
    doc: DocId,
}

impl World {
    /// Rooms that are idle at once, with room for two connections each.
    fn new() -> Self {
        let (log, metrics) = (Arc::new(ScriptedLog::default()), Arc::new(Metrics::new()));
        let rooms = Rooms::new(
            log.clone(),
            access(),
            Arc::clone(&metrics),
            RoomLimits::default(),
            Duration::ZERO,
            2,
        );
        Self {
            rooms,
            log,
            metrics,
            doc: DocId::parse("d").unwrap(),
        }
    }

    async fn enter(&self) -> Visit {
        self.rooms.enter(&self.doc).await.unwrap()
    }

    fn open(&self) -> usize {
        lock(&self.rooms.open).len()
    }

    async fn text(&self) -> String {
        let visit = self.rooms.look(&self.doc).await.unwrap();
        visit.read(|room| room.text())
    }
}

fn access() -> Arc<Access> {
    Arc::new(Access::in_memory(Mode::Open, None).unwrap())
}

fn greet(room: &OpenRoom, sid: u8) -> u64 {
    let hello = Hello {
        version: VERSION,
        doc: DocId::parse("d").unwrap(),
        client: ClientId::from_random(u64::from(sid)),
        generation: 0,
        epoch: 0,
        after: 0,
        state_vector: vec![0].into(),
        token: protocol::frame::Token::default(),
    };
    let admission = Admission::by_name(&hello.doc);
    let wake = Arc::new(Notify::new());
    room.open_session(&hello, [sid; 16], [0; 32], &admission, wake)
        .unwrap()
}

/// Writes `text` as the first edit of a session.
async fn write(room: &OpenRoom, author: u64, text: &str) {
    let mut replica = Replica::new(ClientId::from_random(1_000 + author), || 0);
    let insert = text.to_owned();
    let edit = Edit {
        from: 0,
        delete: 0,
        insert,
    };
    replica.edit(&[edit]).unwrap();
    let update = replica.take_updates().remove(0);
    let message = Message::Update(&update).encode().into();
    let received = room
        .receive(author, 0, ClientFrame::Data { seq: 1, message })
        .await;
    assert!(matches!(received, Ok(Received::Append { .. })));
}

#[tokio::test]
async fn fifty_who_arrive_at_once_open_a_document_once() {
    let world = World::new();
    let looks = (0..50).map(|_| world.rooms.look(&world.doc));
    let visits = futures_util::future::join_all(looks).await;
    let mut epochs: Vec<u64> = visits
        .into_iter()
        .map(|visit| visit.unwrap().read(|room| room.epoch()))
        .collect();
    epochs.dedup();
    assert_eq!((world.metrics.loads.get(), epochs.len()), (1, 1));
}

#[tokio::test]
async fn a_page_is_readable_where_nobody_more_may_connect() {
    let world = World::new();
    let (_one, two) = (world.enter().await, world.enter().await);
    let full = world.rooms.enter(&world.doc).await.err().unwrap();
    assert_eq!(full.code, ErrorCode::Rate);
    let look = world.rooms.look(&world.doc).await;
    assert!(look.is_ok(), "reading is no connection");
    drop(two);
    let back = world.rooms.enter(&world.doc).await;
    assert!(back.is_ok(), "and a look takes nobody's place");
}

#[tokio::test]
async fn a_session_comes_back_to_a_full_room_in_place_of_its_old_link() {
    let world = World::new();
    let (one, _two) = (world.enter().await, world.enter().await);
    greet(&one, 1);
    assert!(world.rooms.find(&[1; 16]).await.is_some());
    assert!(world.rooms.find(&[2; 16]).await.is_none());
}

#[tokio::test]
async fn an_idle_document_is_put_away_and_opens_again_as_it_was() {
    let world = World::new();
    let visit = world.enter().await;
    let author = greet(&visit, 1);
    write(&visit, author, "kept").await;
    visit.settled().await;
    world.rooms.sweep().await;
    assert_eq!(world.open(), 1, "somebody is there");
    let before = visit.read(|room| (room.generation(), room.epoch()));
    visit.unlink(author, 0, false);
    drop(visit);
    world.rooms.sweep().await;
    assert_eq!((world.open(), world.metrics.rooms_open.get()), (0, 0));
    assert!(world.rooms.directory().is_empty());

    let stat = world.log.stat(&world.doc).await.unwrap();
    assert_eq!(stat.tail_rows, 0, "what it leaves is one snapshot");
    assert_eq!(world.text().await, "kept");
    let again = world.enter().await;
    let after = again.read(|room| (room.generation(), room.epoch()));
    assert!(before.0 == after.0 && before.1 != after.1);
}

#[tokio::test]
async fn a_document_is_not_put_away_before_its_edits_are_durable() {
    let world = World::new();
    world.log.hold();
    let visit = world.enter().await;
    let author = greet(&visit, 1);
    write(&visit, author, "on its way").await;
    visit.unlink(author, 0, true);
    drop(visit);
    world.rooms.sweep().await;
    assert_eq!(world.open(), 1);
    world.log.release();
    world.rooms.look(&world.doc).await.unwrap().settled().await;
    world.rooms.sweep().await;
    assert_eq!(world.open(), 0);
    assert_eq!(world.text().await, "on its way");
}

#[tokio::test]
async fn a_broken_room_opens_anew_with_every_edit_that_was_accepted() {
    let world = World::new();
    world.log.hold();
    let visit = world.enter().await;
    let author = greet(&visit, 1);
    write(&visit, author, "accepted").await;
    visit.break_now();
    assert_eq!(visit.take(author, 0, 1).unwrap_err().code, ErrorCode::Gone);
    let room = Arc::clone(&visit);
    drop(visit);
    world.rooms.sweep().await;
    let early = world.rooms.enter(&world.doc).await.err().unwrap();
    assert_eq!(
        early.code,
        ErrorCode::Unavailable,
        "the log does not hold the edit yet"
    );
    world.log.release();
    room.settled().await;
    drop(room);
    world.rooms.sweep().await;
    assert_eq!(world.text().await, "accepted");
    assert_eq!(world.metrics.loads.get(), 2);
}

#[tokio::test]
async fn a_broken_room_opens_anew_also_when_nothing_more_can_be_written() {
    let world = World::new();
    let visit = world.enter().await;
    world.log.fail("no space");
    let author = greet(&visit, 1);
    write(&visit, author, "not saved").await;
    visit.settled().await;
    visit.break_now();
    drop(visit);
    world.rooms.sweep().await;
    assert_eq!(
        world.text().await,
        "",
        "readable again; what was not saved is with its author"
    );
}

#[tokio::test]
async fn what_was_not_saved_stays_in_memory_when_nothing_can_be_written() {
    let world = World::new();
    let visit = world.enter().await;
    world.log.fail("no space");
    let author = greet(&visit, 1);
    write(&visit, author, "not saved").await;
    visit.settled().await;
    visit.unlink(author, 0, true);
    drop(visit);
    world.rooms.sweep().await;
    assert_eq!(world.text().await, "not saved");
}

#[tokio::test]
async fn a_document_that_cannot_be_read_leaves_nothing_behind_and_opens_when_it_can_be() {
    let world = World::new();
    world.log.set_unreadable(true);
    let refused = world.rooms.enter(&world.doc).await.err().unwrap();
    assert_eq!(refused.code, ErrorCode::Unavailable);
    world.rooms.sweep().await;
    assert_eq!(world.open(), 0);
    world.log.set_unreadable(false);
    assert_eq!(world.text().await, "");
}

#[tokio::test]
async fn a_session_is_forgotten_in_whichever_way_it_ends() {
    let world = World::new();
    let visit = world.enter().await;
    let (left, lost, kept) = (greet(&visit, 1), greet(&visit, 2), greet(&visit, 3));
    assert_eq!(world.rooms.directory().len(), 3);
    visit.unlink(left, 0, true);
    assert_eq!(world.rooms.directory().len(), 2);
    visit.unlink(lost, 0, false);
    visit.sweep(now_ms());
    assert_eq!(world.rooms.directory().len(), 2, "a lost one is waited for");
    visit.sweep(now_ms() + 1_000_000);
    assert_eq!(world.rooms.directory().len(), 1, "for a while");
    visit.unlink(kept, 0, false);
    drop(visit);
    world.rooms.sweep().await;
    assert!(
        world.rooms.directory().is_empty(),
        "and no longer than its room"
    );
}

#[tokio::test]
async fn opening_and_losing_sessions_costs_bounded_memory() {
    let world = World::new();
    let visit = world.enter().await;
    let kept = greet(&visit, 0);
    for sid in 1..=200 {
        let author = greet(&visit, sid);
        visit.unlink(author, 0, false);
    }
    assert_eq!(world.rooms.directory().len(), 4, "twice the connections");
    assert!(visit.take(kept, 0, 1).is_ok(), "one that is there stays");
    assert!(world.rooms.directory().find(&[200; 16]).is_some());
}

#[tokio::test]
async fn a_tail_that_was_found_counts_towards_the_next_snapshot() {
    let world = World::new();
    let visit = world.enter().await;
    let author = greet(&visit, 1);
    write(&visit, author, "kept").await;
    visit.settled().await;
    drop(visit);
    // A server that is killed here leaves the tail to the next one.
    let next = Rooms::new(
        world.log.clone(),
        access(),
        Arc::clone(&world.metrics),
        RoomLimits::default(),
        Duration::ZERO,
        2,
    );
    next.look(&world.doc).await.unwrap();
    next.sweep().await;
    let stat = world.log.stat(&world.doc).await.unwrap();
    assert_eq!(stat.tail_rows, 0);
}

#[tokio::test]
async fn a_lost_session_is_kept_for_two_minutes_and_its_presence_for_ten_seconds() {
    let world = World::new();
    let room = world.enter().await;
    let author = greet(&room, 1);
    let state = r#"{"name":"Ada"}"#.to_owned();
    room.receive(author, 0, ClientFrame::Presence { state })
        .await
        .unwrap();
    let here = || {
        room.read(|room| {
            room.presence
                .changed_since(0, u64::MAX)
                .any(|c| c.state.is_some())
        })
    };
    let resume = |link| {
        let epoch = room.read(|room| room.epoch());
        room.resume(&[1; 16], &[0; 32], link, epoch, 0, Arc::new(Notify::new()))
    };
    room.unlink(author, 0, false);
    let lost = now_ms();
    room.sweep(lost + 9_000);
    assert!(here(), "a short gap does not make it flicker");
    room.sweep(lost + 10_100);
    assert!(!here());
    room.sweep(lost + 119_000);
    assert!(resume(1).is_ok(), "a tunnel, a short sleep");
    room.unlink(author, 1, false);
    room.sweep(now_ms() + 120_100);
    assert_eq!(resume(2).unwrap_err().code, ErrorCode::Gone);
}

#[tokio::test]
async fn a_name_that_nobody_used_is_soon_out_of_memory() {
    let (log, metrics) = (Arc::new(ScriptedLog::default()), Arc::new(Metrics::new()));
    let minute = Duration::from_secs(60);
    let rooms = Rooms::new(log, access(), metrics, RoomLimits::default(), minute, 2);
    let doc = DocId::parse("d").unwrap();
    let room = rooms.look(&doc).await.unwrap();
    assert_eq!(rooms.patience(&room), BLANK);
    let author = greet(&room, 1);
    assert_eq!(rooms.patience(&room), minute, "somebody is there");
    room.unlink(author, 0, true);
    assert_eq!(rooms.patience(&room), BLANK, "and has left nothing");
    let author = greet(&room, 2);
    write(&room, author, "text").await;
    room.unlink(author, 0, true);
    assert_eq!(rooms.patience(&room), minute);
}
