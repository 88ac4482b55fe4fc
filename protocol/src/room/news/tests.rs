//! Tests of what counts as new: who tells everything once more is neither tried nor refused for what is known.

use bytes::Bytes;

use crate::{
    id::ClientId,
    replica::{Edit, Replica},
    room::{Admitted, MAX_BLOCKS, Refused, Room, RoomLimits},
};

/// A document of which every second character was deleted: `deletions` ranges.
fn riddled(deletions: u32) -> Replica {
    let mut replica = Replica::new(ClientId::from_random(1), || 0);
    let edit = |from, delete, insert: String| Edit {
        from,
        delete,
        insert,
    };
    replica
        .edit(&[edit(0, 0, "ab".repeat(deletions as usize))])
        .unwrap();
    for at in 0..deletions {
        replica.edit(&[edit(at, 1, String::new())]).unwrap();
    }
    replica
}

fn room_with(replica: &Replica) -> Room {
    let state: Bytes = replica.diff(&[0]).unwrap().into();
    Room::open(7, 1, true, [&state], RoomLimits::default()).unwrap()
}

#[test]
fn a_page_that_tells_all_deletions_of_an_old_document_is_not_tried() {
    let page = riddled(600);
    let mut room = room_with(&page);
    let told: Bytes = page.diff(&room.state_vector()).unwrap().into();
    assert_eq!(room.admit(&told, None, 1), Ok(Admitted::Known { n: 0 }));
    let whole: Bytes = page.diff(&[0]).unwrap().into();
    assert_eq!(room.admit(&whole, None, 1), Ok(Admitted::Known { n: 0 }));
}

#[test]
fn one_new_letter_beside_them_is_one_piece() {
    let mut page = riddled(600);
    let mut room = room_with(&page);
    // As if it had been looked at: a document that was just opened is tried with its first edit.
    room.weight.latent = 0;
    page.edit(&[Edit {
        from: 0,
        delete: 0,
        insert: "x".into(),
    }])
    .unwrap();
    let blocks = room.weight.blocks;
    let told: Bytes = page.diff(&room.state_vector()).unwrap().into();
    assert!(matches!(
        room.admit(&told, None, 1),
        Ok(Admitted::New { n: 1, .. })
    ));
    assert_eq!(room.weight.blocks, blocks + 1);
}

#[test]
fn many_new_deletions_are_tried() {
    let page = riddled(600);
    let mut text = Replica::new(ClientId::from_random(1), || 0);
    text.edit(&[Edit {
        from: 0,
        delete: 0,
        insert: "ab".repeat(600),
    }])
    .unwrap();
    let mut room = room_with(&text);
    let told: Bytes = page.diff(&room.state_vector()).unwrap().into();
    assert_eq!(room.admit(&told, None, 1), Err(Refused::Heavy));
}

#[test]
fn what_is_known_is_not_refused_where_nothing_more_is_taken() {
    let page = riddled(2);
    let told: Bytes = page.diff(&[0]).unwrap().into();
    let mut room = room_with(&page);
    room.weight.exceeded = true;
    assert_eq!(room.admit(&told, None, 1), Ok(Admitted::Known { n: 0 }));
    room.weight.exceeded = false;
    room.weight.blocks = MAX_BLOCKS;
    room.weight.counted = Some(0);
    assert_eq!(room.admit(&told, None, 1), Ok(Admitted::Known { n: 0 }));
    let full = RoomLimits {
        document: 1,
        ..RoomLimits::default()
    };
    let mut room = Room::open(7, 1, true, [&told], full).unwrap();
    assert_eq!(room.admit(&told, None, 1), Ok(Admitted::Known { n: 0 }));
}
