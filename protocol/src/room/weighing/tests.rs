//! Tests of trials: what is tried, what a trial changes, and that a costly update leaves the document as it was.

use std::cell::Cell;

use super::*;
use crate::{
    replica::{Edit, Replica},
    room::RoomLimits,
};

fn room() -> Room {
    Room::open(7, 1, true, [], RoomLimits::default()).unwrap()
}

/// An update of `blocks` blocks: each written before all others.
fn many(client: u64, blocks: usize) -> Bytes {
    let mut replica = Replica::new(ClientId::from_random(client), || 0);
    let edit = || Edit {
        from: 0,
        delete: 0,
        insert: "x".into(),
    };
    for _ in 0..blocks {
        replica.edit(&[edit()]).unwrap();
    }
    replica.diff(&[0]).unwrap().into()
}

fn offer(room: &mut Room, update: &Bytes, author: u64, cost_us: u64) -> Result<Admitted, Refused> {
    match room.admit(update, None, author) {
        Err(Refused::Heavy) => {}
        other => return other,
    }
    let spent = Cell::new(0);
    let weighed = room.trial(update.clone(), author).run(|| {
        spent.set(spent.get() + cost_us);
        spent.get()
    });
    room.weighed(Some(weighed));
    let admitted = room.admit(update, None, author);
    room.weighed(None);
    admitted
}

#[test]
fn what_is_small_for_its_document_is_not_tried() {
    let mut room = room();
    assert!(matches!(
        room.admit(&many(1, 300), None, 1),
        Ok(Admitted::New { n: 1, .. })
    ));
    let heavy = many(2, 400);
    assert_eq!(room.admit(&heavy, None, 1), Err(Refused::Heavy));
    assert_eq!(room.head(), 1, "nothing has happened");
    assert!(matches!(
        offer(&mut room, &heavy, 1, 1),
        Ok(Admitted::New { n: 2, .. })
    ));
    assert_eq!(room.text().len(), 700);
    assert_eq!(offer(&mut room, &heavy, 1, 1), Ok(Admitted::Known { n: 2 }));
}

#[test]
fn what_costs_too_much_changes_nothing_and_the_next_is_taken() {
    let mut room = room();
    let before = room.state();
    let costly = offer(&mut room, &many(1, 5_000), 1, 1_000_000);
    assert_eq!(costly, Err(Refused::Costly));
    assert_eq!((room.head(), room.state()), (0, before));
    assert!(offer(&mut room, &many(1, 5_000), 1, 10).is_ok());
}

#[test]
fn what_others_write_during_a_trial_is_in_what_comes_out() {
    let mut room = room();
    let heavy = many(1, 5_000);
    assert_eq!(room.admit(&heavy, None, 1), Err(Refused::Heavy));
    let trial = room.trial(heavy.clone(), 1);
    room.admit(&many(2, 3), None, 2).unwrap();
    let weighed = trial.run(|| 0);
    room.admit(&many(3, 4), None, 3).unwrap();
    room.weighed(Some(weighed));
    assert!(matches!(
        room.admit(&heavy, None, 1),
        Ok(Admitted::New { n: 3, .. })
    ));
    assert_eq!(room.text().len(), 5_007);
    let mut other = StoredDoc::new();
    other.apply(&room.state()).unwrap();
    assert_eq!(other.text(), room.text());
    assert!(
        room.weighed(None).is_some(),
        "the old document waits to be dropped"
    );
}

#[test]
fn much_that_others_write_is_taken_into_the_copy_before_the_room_is_asked() {
    let mut room = room();
    let heavy = many(1, 5_000);
    let mut weighed = room.trial(heavy.clone(), 1).run(|| 0);
    for author in 2..2 + LAST_ENTRIES + 1 {
        room.admit(&many(author, 1), None, author).unwrap();
    }
    let later = room.taken_since(&weighed).unwrap();
    assert_eq!(later.len() as u64, LAST_ENTRIES + 1);
    weighed.follow(&later);
    room.weighed(Some(weighed));
    assert!(room.admit(&heavy, None, 1).is_ok());
    assert_eq!(room.text().len() as u64, 5_000 + LAST_ENTRIES + 1);
}

#[test]
fn who_brings_the_same_ids_during_a_trial_is_first_as_in_the_log() {
    let mut room = room();
    let heavy = many(1, 5_000);
    let weighed = room.trial(heavy.clone(), 1).run(|| 0);
    // Another page, or a liar, says other things of the same characters.
    let mut other = Replica::new(ClientId::from_random(1), || 0);
    other
        .edit(&[Edit {
            from: 0,
            delete: 0,
            insert: "other".into(),
        }])
        .unwrap();
    let first: Bytes = other.diff(&[0]).unwrap().into();
    room.admit(&first, None, 2).unwrap();
    room.weighed(Some(weighed));
    assert_eq!(
        room.admit(&heavy, None, 1),
        Err(Refused::Heavy),
        "once more"
    );
    let Ok(Admitted::New { n: 2, update }) = offer(&mut room, &heavy, 1, 0) else {
        panic!("it was tried on what the room holds now");
    };
    let mut from_log = StoredDoc::new();
    from_log.apply(&first).unwrap();
    from_log.apply(&update).unwrap();
    assert_eq!(from_log.text(), room.text());
}

#[test]
fn what_was_claimed_during_a_trial_is_not_taken_from_another() {
    let mut room = room();
    let heavy = many(1, 5_000);
    let weighed = room.trial(heavy.clone(), 1).run(|| 0);
    room.claims.hello(ClientId::from_random(1), 2, true);
    room.weighed(Some(weighed));
    assert_eq!(room.admit(&heavy, None, 1), Err(Refused::Foreign));
    assert_eq!(room.head(), 0);
}

#[test]
fn what_was_tried_is_paid_for_like_the_rest() {
    let mut room = room();
    offer(&mut room, &many(1, 5_000), 1, 0).unwrap();
    assert_eq!(room.pieces(), 5_000);
}

#[test]
fn a_trial_that_did_not_follow_is_made_again() {
    let mut room = room();
    let heavy = many(1, 5_000);
    let weighed = room.trial(heavy.clone(), 1).run(|| 0);
    for author in 2..2 + LAST_ENTRIES + 1 {
        room.admit(&many(author, 1), None, author).unwrap();
    }
    room.weighed(Some(weighed));
    assert_eq!(room.admit(&heavy, None, 1), Err(Refused::Heavy));
}

#[test]
fn a_trial_that_came_back_too_late_is_made_again() {
    let limits = RoomLimits {
        tail_entries: 2,
        ..RoomLimits::default()
    };
    let mut room = Room::open(7, 1, true, [], limits).unwrap();
    let heavy = many(1, 5_000);
    let weighed = room.trial(heavy.clone(), 1).run(|| 0);
    for author in 2..6 {
        room.admit(&many(author, 1), None, author).unwrap();
    }
    room.weighed(Some(weighed));
    assert_eq!(room.admit(&heavy, None, 1), Err(Refused::Heavy));
    assert!(matches!(
        offer(&mut room, &heavy, 1, 0),
        Ok(Admitted::New { n: 5, .. })
    ));
}

#[test]
fn a_trial_counts_only_for_its_update_and_its_author() {
    let mut room = room();
    let heavy = many(1, 5_000);
    let weighed = room.trial(heavy.clone(), 1).run(|| 0);
    room.weighed(Some(weighed));
    assert_eq!(room.admit(&heavy, None, 2), Err(Refused::Heavy));
    assert_eq!(room.admit(&many(2, 5_000), None, 1), Err(Refused::Heavy));
    assert!(room.admit(&heavy, None, 1).is_ok());
}

#[test]
fn a_document_has_a_greatest_number_of_blocks() {
    let mut room = room();
    room.weight.blocks = MAX_BLOCKS;
    room.admit(&many(1, 300), None, 1).unwrap();
    assert!(room.weight.blocks < 1_000, "counted anew");
    room.weight.blocks = MAX_BLOCKS;
    room.weight.counted = Some(room.head());
    assert_eq!(
        room.admit(&many(2, 1), None, 1),
        Err(Refused::Crowded { max: MAX_BLOCKS })
    );
}

#[test]
fn a_document_that_grew_unseen_is_tried_as_a_whole_and_closed_if_it_costs_too_much() {
    let mut room = room();
    room.admit(&many(1, 300), None, 1).unwrap();
    room.weight.latent = LATENT + 1;
    assert!(offer(&mut room, &many(2, 1), 1, 1).is_ok());
    assert!(room.weight.latent < LATENT, "it was looked at");
    room.weight.latent = LATENT + 1;
    assert_eq!(
        offer(&mut room, &many(3, 1), 1, 1_000_000),
        Err(Refused::Costly)
    );
    assert_eq!(room.admit(&many(4, 1), None, 1), Err(Refused::Costly));
    assert_eq!(room.text().len(), 301, "and stays readable");
    let stored = [many(1, 2_000)];
    let mut opened = Room::open(8, 1, true, &stored, RoomLimits::default()).unwrap();
    assert_eq!(opened.admit(&many(2, 1), None, 1), Err(Refused::Heavy));
}

#[test]
fn one_costly_update_does_not_close_a_document_that_is_none() {
    let mut room = room();
    room.admit(&many(1, 300), None, 1).unwrap();
    room.weight.latent = LATENT + 1;
    let costly = many(2, 5_000);
    assert_eq!(room.admit(&costly, None, 1), Err(Refused::Heavy));
    // The document alone is one slice, and takes no time; then the update does.
    let asked = Cell::new(0);
    let weighed = room.trial(costly.clone(), 1).run(|| {
        asked.set(asked.get() + 1);
        if asked.get() > 3 { 10_000_000 } else { 0 }
    });
    room.weighed(Some(weighed));
    assert_eq!(room.admit(&costly, None, 1), Err(Refused::Costly));
    assert!(!room.weight.exceeded && room.weight.latent <= LATENT);
    assert!(room.admit(&many(3, 1), None, 1).is_ok());
}
