//! What the panel shows of what passed.
use super::read::{Group, Kind, What};
use super::*;
use protocol::frame::{ClientFrame, ServerFrame};
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
    let bytes = ClientFrame::Ping { nonce }.encode();
    inspector.note(nonce, Direction::Out, Rung::WebSocket, 1, &bytes, false);
}

fn saved(inspector: &mut Inspector, seq: u64) {
    let bytes = ServerFrame::Saved { seq }.encode();
    inspector.note(seq, Direction::In, Rung::LongPoll, 2, &bytes, false);
}

fn numbers(shown: &Shown) -> Vec<u64> {
    shown.rows.iter().map(|row| row.number).collect()
}

#[test]
fn what_came_before_it_was_opened_is_there_and_the_newest_is_first() {
    let mut inspector = Inspector::default();
    (0..150).for_each(|nonce| ping(&mut inspector, nonce));
    inspector.set_open(true);
    saved(&mut inspector, 4);
    let shown = inspector.look(0, &Nobody);
    assert_eq!(shown.rows.len(), 101);
    assert_eq!((shown.rows[0].number, shown.rows[100].number), (150, 50));
    assert_eq!(shown.rows[0].read.kind, Kind::Saved);
    assert_eq!(shown.rows[0].read.what, What::Upto(4));
    assert_eq!(
        shown.tally.of(Rung::WebSocket).out,
        150,
        "counted all the time"
    );
}

#[test]
fn a_list_that_stands_still_counts_what_waits_and_shows_it_afterwards() {
    let mut inspector = Inspector::default();
    inspector.set_open(true);
    ping(&mut inspector, 0);
    inspector.pause();
    ping(&mut inspector, 1);
    saved(&mut inspector, 2);
    let shown = inspector.look(0, &Nobody);
    assert!(shown.paused);
    assert_eq!((numbers(&shown), shown.waiting), (vec![0], 2));
    inspector.pause();
    let shown = inspector.look(0, &Nobody);
    assert_eq!((numbers(&shown), shown.waiting), (vec![2, 1, 0], 0));
}

#[test]
fn what_is_cleared_is_gone_and_the_rest_keeps_its_numbers() {
    let mut inspector = Inspector::default();
    inspector.set_open(true);
    (0..5).for_each(|nonce| ping(&mut inspector, nonce));
    inspector.look(0, &Nobody);
    inspector.clear();
    assert!(inspector.look(0, &Nobody).rows.is_empty());
    ping(&mut inspector, 5);
    assert_eq!(numbers(&inspector.look(0, &Nobody)), [5]);
}

#[test]
fn the_list_stays_bounded_while_it_is_looked_at() {
    let mut inspector = Inspector::default();
    inspector.set_open(true);
    for nonce in 0..2_000 {
        ping(&mut inspector, nonce);
        if nonce % 100 == 0 {
            inspector.look(0, &Nobody);
        }
    }
    assert_eq!(inspector.look(0, &Nobody).rows.len(), 500);
    inspector.set_open(false);
    inspector.set_open(true);
    assert_eq!(inspector.look(0, &Nobody).rows.len(), 100);
}

#[test]
fn a_filter_shows_kinds_directions_and_words_and_says_how_many_more_fit() {
    let mut inspector = Inspector::default();
    inspector.set_open(true);
    (0..300).for_each(|nonce| ping(&mut inspector, nonce));
    saved(&mut inspector, 9);
    let shown = inspector.look(0, &Nobody);
    let say = |row: &Row| format!("words of {}", row.number);
    let picked = |filter: &Filter| {
        let (rows, more) = filter.pick(&shown, say);
        (rows.len(), more)
    };
    assert_eq!(picked(&Filter::default()), (200, 101));
    let without_pulse = Filter::default().toggled(Group::Pulse);
    assert_eq!(picked(&without_pulse), (1, 0));
    assert_eq!(picked(&without_pulse.toggled(Group::Pulse)), (200, 101));
    let only_in = Filter::default().towards(Direction::In);
    assert_eq!(picked(&only_in), (1, 0));
    assert_eq!(picked(&only_in.towards(Direction::In)), (200, 101));
    let words = |words: &str| Filter {
        words: words.to_owned(),
        ..Filter::default()
    };
    assert_eq!(picked(&words("  Long-POLL ")), (1, 0));
    assert_eq!(picked(&words("saved")), (1, 0));
    assert_eq!(
        picked(&words("of 299")),
        (1, 0),
        "also beyond what is drawn"
    );
    assert_eq!(picked(&words("ping")), (200, 100));
    assert_eq!(picked(&words("nothing of this")), (0, 0));
}
