//! Tests of the replica: own edits, edits of others, undo, anchors, and what must be refused.

use super::*;

fn replica(client: u64) -> Replica {
    Replica::new(ClientId::from_random(client), || 0)
}

fn insert(replica: &mut Replica, from: u32, text: &str) -> Vec<Bytes> {
    replica
        .edit(&[Edit {
            from,
            delete: 0,
            insert: text.into(),
        }])
        .unwrap();
    replica.take_updates()
}

fn deliver(updates: &[Bytes], to: &mut Replica) {
    to.apply(updates.iter().map(|update| &update[..])).unwrap();
}

#[test]
fn own_edits_go_to_the_network_and_not_back_to_the_editor() {
    let mut a = replica(1);
    let updates = insert(&mut a, 0, "안녕");
    assert_eq!(updates.len(), 1);
    assert!(a.take_ops().is_empty());
    let mut b = replica(2);
    deliver(&updates, &mut b);
    assert_eq!(b.take_ops(), [[Op::Insert("안녕".into())]]);
    assert!(b.take_updates().is_empty());
    assert_eq!(b.text(), "안녕");
}

#[test]
fn one_flush_is_one_update_however_many_ranges_it_has() {
    let mut a = replica(1);
    insert(&mut a, 0, "one two");
    a.edit(&[
        Edit {
            from: 0,
            delete: 3,
            insert: "1".into(),
        },
        Edit {
            from: 2,
            delete: 3,
            insert: "2".into(),
        },
    ])
    .unwrap();
    assert_eq!(a.take_updates().len(), 1);
    assert_eq!(a.text(), "1 2");
}

#[test]
fn an_edit_beyond_the_text_is_refused_and_changes_nothing() {
    let mut a = replica(1);
    insert(&mut a, 0, "ab");
    for (from, delete) in [(3, 0), (1, 2), (u32::MAX, 2)] {
        assert!(
            a.edit(&[Edit {
                from,
                delete,
                insert: "x".into()
            }])
            .is_err()
        );
    }
    assert_eq!(a.text(), "ab");
}

#[test]
fn undo_takes_back_only_ones_own() {
    let (mut a, mut b) = (replica(1), replica(2));
    let first = insert(&mut a, 0, "hello");
    deliver(&first, &mut b);
    let inside = insert(&mut b, 2, "XY");
    deliver(&inside, &mut a);
    a.take_ops();
    assert!(a.undo());
    assert_eq!(a.text(), "XY");
    assert_eq!(
        a.take_ops().concat(),
        [Op::Delete(2), Op::Retain(2), Op::Delete(3)]
    );
    deliver(&a.take_updates(), &mut b);
    assert_eq!(b.text(), "XY");
    assert!(a.redo());
    assert_eq!(a.text(), "heXYllo");
    assert!(!a.redo());
}

#[test]
fn an_anchor_stays_with_its_text_while_others_write_before_it() {
    let (mut a, mut b) = (replica(1), replica(2));
    let first = insert(&mut a, 0, "hello");
    deliver(&first, &mut b);
    let anchor = a.anchor(3);
    let end = a.anchor(5);
    let before = insert(&mut b, 0, "ab");
    deliver(&before, &mut a);
    assert_eq!(a.offset(&anchor), Some(5));
    assert_eq!(b.offset(&anchor), Some(5));
    assert_eq!(b.offset(&end), Some(7));
    assert_eq!(
        replica(3).offset(&anchor),
        None,
        "text that has not arrived has no offset"
    );
    assert_eq!(
        replica(3).offset(&replica(4).anchor(0)),
        Some(0),
        "an empty text has one position"
    );
    for nonsense in [
        Value::Null,
        Value::from(3),
        serde_json::json!({"item": {"client": "x"}}),
    ] {
        assert_eq!(a.offset(&nonsense), None);
    }
}

use serde_json::Value;

#[test]
fn two_replicas_with_a_state_vector_exchange_hold_the_same() {
    let (mut a, mut b) = (replica(1), replica(2));
    insert(&mut a, 0, "from a ");
    insert(&mut b, 0, "from b ");
    let to_b = a.diff(&b.state_vector()).unwrap();
    let to_a = b.diff(&a.state_vector()).unwrap();
    a.apply([&to_a[..]]).unwrap();
    b.apply([&to_b[..]]).unwrap();
    assert_eq!(a.text(), b.text());
    assert_eq!(a.state_vector(), b.state_vector());
}

#[test]
fn a_stored_document_tells_what_is_new_and_keeps_nothing_incomplete() {
    use super::stored::{ApplyError, Snapshot, StoredDoc};
    let mut a = replica(1);
    let first = insert(&mut a, 0, "one");
    let second = insert(&mut a, 3, " two");
    let mut doc = StoredDoc::new();
    assert_eq!(doc.apply(&first[0]), Ok(true));
    assert_eq!(
        doc.apply(&first[0]),
        Ok(false),
        "the same again changes nothing"
    );
    assert!(Snapshot::of(&doc, doc.state()).is_whole());
    let before = doc.state();
    assert_eq!(doc.apply(&second[0]), Ok(true));
    assert!(
        !Snapshot::of(&doc, before).is_whole(),
        "an older state is not the whole"
    );
    let mut other = StoredDoc::new();
    assert_eq!(other.apply(&second[0]), Err(ApplyError::Incomplete));
    assert_eq!((other.len(), other.text()), (0, String::new()));
}
