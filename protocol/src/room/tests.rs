//! Tests of the room: numbers, the tail, what is shared, and what is refused.

use super::*;
use crate::sync::Message;
use crate::{
    frame::ServerFrame,
    replica::{Edit, Replica},
};

/// Updates of one person typing these words at the start.
fn typed(client: u64, words: &[&str]) -> Vec<Bytes> {
    let mut replica = Replica::new(ClientId::from_random(client), || 0);
    for word in words {
        let edit = Edit {
            from: 0,
            delete: 0,
            insert: (*word).into(),
        };
        replica.edit(&[edit]).unwrap();
    }
    replica.take_updates()
}

fn room(limits: RoomLimits) -> Room {
    Room::open(7, 1, true, [], limits).unwrap()
}

fn admit(room: &mut Room, update: &Bytes, author: u64) -> Result<Admitted, Refused> {
    let message = Bytes::from(Message::Update(update).encode());
    room.admit(update, Some(&message), author)
}

/// What a reader gets, as the numbers of its batches and how many messages each has.
fn batches(room: &mut Room, mut cursor: u64, reader: u64) -> Vec<(u64, usize)> {
    let mut got = Vec::new();
    loop {
        match room.next_batch(cursor, reader) {
            Next::Nothing => return got,
            Next::Lost => panic!("lost at {cursor}"),
            Next::Batch { upto, frame } => {
                let count = frame.map_or(0, |frame| match ServerFrame::decode(&frame) {
                    Ok(ServerFrame::Batch { messages, .. }) => messages.len(),
                    other => panic!("{other:?}"),
                });
                got.push((upto, count));
                cursor = upto;
            }
        }
    }
}

#[test]
fn entries_are_numbered_from_one_and_known_ones_are_not_numbered_again() {
    let mut room = room(RoomLimits::default());
    let updates = typed(1, &["a", "b"]);
    for (update, n) in updates.iter().zip(1..) {
        let admitted = admit(&mut room, update, 9).unwrap();
        assert_eq!(
            admitted,
            Admitted::New {
                n,
                update: update.clone()
            },
            "the bytes go to the log as they came"
        );
    }
    assert_eq!(
        admit(&mut room, &updates[0], 9),
        Ok(Admitted::Known { n: 2 })
    );
    assert_eq!((room.head(), room.durable()), (2, 0));
    room.committed(2);
    room.committed(1);
    assert_eq!(room.durable(), 2, "durable only grows");
}

#[test]
fn what_builds_on_something_missing_changes_nothing() {
    let mut room = room(RoomLimits::default());
    let updates = typed(1, &["a", "b"]);
    assert_eq!(admit(&mut room, &updates[1], 9), Err(Refused::Incomplete));
    assert_eq!((room.head(), room.text()), (0, String::new()));
    admit(&mut room, &updates[0], 9).unwrap();
    admit(&mut room, &updates[1], 9).unwrap();
    assert_eq!(room.text(), "ba");
}

#[test]
fn bytes_that_are_no_update_are_refused() {
    let mut room = room(RoomLimits::default());
    for bad in [&[][..], &[1], &[0, 0, 0], &[255; 40]] {
        let refused = admit(&mut room, &Bytes::copy_from_slice(bad), 1);
        assert!(matches!(refused, Err(Refused::Invalid(_))), "{bad:?}");
    }
}

#[test]
fn the_tail_keeps_so_many_entries_and_bytes_and_a_reader_before_it_is_lost() {
    let mut few = room(RoomLimits {
        tail_entries: 3,
        ..RoomLimits::default()
    });
    let mut small = room(RoomLimits {
        tail_bytes: 1,
        ..RoomLimits::default()
    });
    for update in typed(1, &["a", "b", "c", "d", "e"]) {
        admit(&mut few, &update, 1).unwrap();
        admit(&mut small, &update, 1).unwrap();
    }
    for (room, first) in [(&mut few, 2), (&mut small, 4)] {
        for cursor in 0..=6 {
            assert_eq!(room.reaches(cursor), (first..=5).contains(&cursor));
        }
        assert_eq!(room.next_batch(first - 1, 2), Next::Lost);
        assert!(matches!(room.next_batch(first, 2), Next::Batch { .. }));
        assert_eq!(room.next_batch(5, 2), Next::Nothing);
        assert_eq!(room.next_batch(6, 2), Next::Lost, "a cursor from elsewhere");
    }
}

#[test]
fn readers_at_one_place_share_one_frame_and_nobody_gets_his_own() {
    let mut room = room(RoomLimits::default());
    for (update, author) in typed(1, &["a", "b", "c"]).iter().zip([1, 2, 1]) {
        admit(&mut room, update, author).unwrap();
    }
    let frame = |room: &mut Room, reader| match room.next_batch(0, reader) {
        Next::Batch {
            frame: Some(frame), ..
        } => frame,
        other => panic!("{other:?}"),
    };
    let (third, fourth) = (frame(&mut room, 3), frame(&mut room, 4));
    assert_eq!(
        third.as_ptr(),
        fourth.as_ptr(),
        "the same memory, not a copy"
    );
    assert_eq!(batches(&mut room, 0, 3), [(3, 3)]);
    assert_eq!(batches(&mut room, 0, 1), [(3, 1)]);
    assert_eq!(
        batches(&mut room, 2, 1),
        [(3, 0)],
        "only the cursor moves over one's own"
    );
    assert_eq!(room.messages_after(0, 1).count(), 1);
    assert_eq!(room.messages_after(9, 1).count(), 0);
}

#[test]
fn a_batch_fits_one_frame_unless_one_entry_does_not() {
    let mut room = room(RoomLimits::default());
    let large = "x".repeat(30 << 10);
    for update in typed(1, &[&large, &large, "a", "b", &"y".repeat(100 << 10)]) {
        admit(&mut room, &update, 1).unwrap();
    }
    assert_eq!(batches(&mut room, 0, 2), [(1, 1), (4, 3), (5, 1)]);
}

#[test]
fn an_update_and_a_document_have_their_limits() {
    let mut room = room(RoomLimits {
        update: 200,
        document: 1_000,
        ..RoomLimits::default()
    });
    let large = typed(1, &[&"x".repeat(300)]).remove(0);
    assert!(matches!(
        admit(&mut room, &large, 1),
        Err(Refused::TooLarge { max: 200, .. })
    ));
    // The first exchange of states brings what was written without a network.
    assert!(matches!(
        room.admit(&large, None, 1),
        Ok(Admitted::New { n: 1, .. })
    ));
    let mut refused = None;
    for update in typed(2, &[&*"y".repeat(150); 10]) {
        refused = admit(&mut room, &update, 1).err();
        if refused.is_some() {
            break;
        }
    }
    assert_eq!(refused, Some(Refused::Full { max: 1_000 }));
    assert!(room.text().len() > 600 && room.state().len() <= 1_000);
}

#[test]
fn a_damaged_document_opens_with_what_is_left_and_refuses_edits() {
    let updates = typed(1, &["a", "b", "c"]);
    let torn = [updates[0].clone(), updates[2].clone()];
    let error = Room::open(7, 1, true, &torn, RoomLimits::default()).err();
    assert_eq!(
        error,
        Some(OpenError {
            index: 1,
            error: ApplyError::Incomplete
        })
    );
    let mut room = Room::open(7, 1, false, &torn, RoomLimits::default()).unwrap();
    assert_eq!(room.text(), "a");
    assert_eq!(admit(&mut room, &updates[1], 1), Err(Refused::Damaged));
}

#[test]
fn a_room_opened_from_the_log_holds_what_was_appended() {
    let mut first = room(RoomLimits::default());
    let log = typed(1, &["a", "b", "c"]);
    for update in &log {
        admit(&mut first, update, 1).unwrap();
    }
    let snapshot = first.snapshot();
    assert!(snapshot.is_whole());
    for stored in [log, vec![snapshot.bytes]] {
        let mut again = Room::open(8, 1, true, &stored, RoomLimits::default()).unwrap();
        assert_eq!((again.text(), again.head()), (first.text(), 0));
        assert_eq!(again.diff(&first.state_vector()).unwrap()[..], [0, 0]);
        assert_eq!(again.diff(&[0]).unwrap(), again.state());
        assert_eq!(again.diff(&[9, 9]), None);
    }
}

#[test]
fn the_first_failure_is_the_one_that_is_told() {
    let mut room = room(RoomLimits::default());
    assert_eq!(room.failure(), None);
    room.fail("the disk is full".into());
    room.fail("and then some".into());
    assert_eq!(room.failure(), Some("the disk is full"));
}
