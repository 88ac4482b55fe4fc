//! What is kept of what passed, and for how long.
use super::read::{Kind, What};
use super::*;
use protocol::frame::{ClientFrame, Role, ServerFrame, Welcome};
use protocol::id::ClientId;

struct Nobody;

impl Knows for Nobody {
    fn place(&self, _: ClientId, _: u32) -> Option<u32> {
        None
    }

    fn name(&self, _: ClientId) -> Option<String> {
        None
    }
}

fn ping(inspector: &mut Inspector, nonce: u64) {
    inspector.note(Record {
        at: nonce,
        direction: Direction::Out,
        rung: Rung::WebSocket,
        link: 1,
        bytes: ClientFrame::Ping { nonce }.encode(),
        lost: false,
    });
}

fn saved(inspector: &mut Inspector, seq: u64) {
    inspector.note(Record {
        at: seq,
        direction: Direction::In,
        rung: Rung::LongPoll,
        link: 2,
        bytes: ServerFrame::Saved { seq }.encode(),
        lost: true,
    });
}

fn numbers(inspector: &Inspector, from: u64) -> Vec<u64> {
    inspector
        .rows(from, &Nobody)
        .map(|row| row.number)
        .collect()
}

#[test]
fn what_came_before_it_was_opened_is_there_and_what_comes_is_read_once() {
    let mut inspector = Inspector::default();
    (0..150).for_each(|nonce| ping(&mut inspector, nonce));
    inspector.set_open(true);
    let before = numbers(&inspector, 0);
    assert!(before.into_iter().eq(50..150));
    saved(&mut inspector, 4);
    let rows: Vec<Row> = inspector.rows(150, &Nobody).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].number, rows[0].link, rows[0].lost), (150, 2, true));
    assert_eq!(rows[0].read.kind, Kind::Saved);
    assert_eq!(rows[0].read.what, What::Upto(4));
    assert_eq!(
        inspector.tally.of(Rung::WebSocket).out,
        150,
        "counted all the time"
    );
}

#[test]
fn the_list_stays_bounded_while_it_is_looked_at_and_shrinks_when_it_is_not() {
    let mut inspector = Inspector::default();
    inspector.set_open(true);
    (0..2_000).for_each(|nonce| ping(&mut inspector, nonce));
    assert_eq!(numbers(&inspector, 0).len(), 500);
    inspector.set_open(false);
    inspector.set_open(true);
    assert!(numbers(&inspector, 0).into_iter().eq(1_900..2_000));
}

#[test]
fn the_bytes_of_a_message_are_there_while_it_is_kept() {
    let mut inspector = Inspector::default();
    (0..101).for_each(|nonce| ping(&mut inspector, nonce));
    let last = ClientFrame::Ping { nonce: 100 }.encode().to_vec();
    assert_eq!(inspector.bytes(100), Some(last));
    assert_eq!(inspector.bytes(0), None, "gone");
    assert_eq!(inspector.bytes(101), None, "not come yet");
}

#[test]
fn the_secret_of_the_session_is_in_no_bytes_that_are_shown() {
    let (sid, key) = ([3; 16], [7; 32]);
    let resume = ClientFrame::Resume {
        sid,
        key,
        link: 2,
        epoch: 5,
        after: 6,
    };
    let welcome = ServerFrame::Welcome(Welcome {
        sid,
        key,
        epoch: 5,
        generation: 1,
        after: None,
        role: Role::Write,
        heartbeat_ms: 20_000,
        max_update: 1 << 20,
        expires_in_ms: None,
    });
    let mut inspector = Inspector::default();
    for (direction, bytes) in [
        (Direction::Out, resume.encode()),
        (Direction::In, welcome.encode()),
    ] {
        inspector.note(Record {
            at: 0,
            direction,
            rung: Rung::EventStream,
            link: 1,
            bytes,
            lost: false,
        });
    }
    for number in [0, 1] {
        let bytes = inspector.bytes(number).unwrap();
        assert!(!bytes.contains(&7), "{bytes:?}");
        assert_eq!(bytes.iter().filter(|byte| **byte == 3).count(), 16);
    }
}
