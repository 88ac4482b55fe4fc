//! Bytes by chance against every door of this crate that bytes come in by: a bounded run each time, an hour a door with `MARU_FULL=1`.
//!
//! Access tokens, and names in addresses, are the server's: `server/tests/integration/access/fuzz.rs`. How it is done: `run.rs`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test program: no public surface, and its unwraps are its verdicts"
)]

mod doors;
mod run;
mod seeds;

// Without IO and without a browser, so that it can be tried here as it is.
#[path = "../../../app/src/transport/events.rs"]
#[allow(dead_code, unreachable_pub, reason = "the page uses the rest")]
mod events;

use run::{Home, Mutator};

const HOME: Home = Home {
    regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/regressions"),
    corpus: concat!(env!("CARGO_TARGET_TMPDIR"), "/corpus"),
};

fn run(door: &str, seeds: Vec<Vec<u8>>, target: fn(&[u8]) -> bool) {
    run::run(&HOME, door, seeds, target);
}

#[test]
fn frames_never_panic_and_what_is_read_is_written_the_same() {
    run("frame", seeds::frames(), doors::frame);
}

#[test]
fn pieces_and_packets_never_give_more_than_they_hold() {
    run("packet", seeds::packets(), doors::packet);
}

#[test]
fn sync_messages_never_panic_and_what_is_read_is_written_the_same() {
    run("sync", seeds::messages(), doors::sync);
}

#[test]
fn what_the_validator_lets_through_a_room_applies_and_reads_back() {
    run("update", seeds::updates(), doors::update);
}

#[test]
fn state_vectors_that_pass_are_answered() {
    run("state-vector", seeds::state_vectors(), doors::state_vector);
}

#[test]
fn presence_that_passes_is_an_object_that_a_person_can_be_read_from() {
    run("presence", seeds::presence(), doors::presence);
}

#[test]
fn a_state_is_taken_or_refused_whichever_door_of_presence_it_comes_by() {
    run("state", seeds::states(), doors::state);
}

#[test]
fn event_streams_say_the_same_however_they_are_cut() {
    run("events", seeds::event_streams(), doors::event_stream);
}

#[test]
fn names_and_authorizations_that_pass_have_one_spelling() {
    run("name", seeds::names(), doors::name);
}

#[test]
fn what_a_long_run_let_through_is_where_the_next_one_begins() {
    let corpus = concat!(env!("CARGO_TARGET_TMPDIR"), "/corpus-of-a-test");
    let home = Home { corpus, ..HOME };
    std::fs::remove_dir_all(corpus).ok();
    let seeds = vec![b"seed".to_vec()];
    let mut first = Mutator::new(1, seeds.clone());
    assert_eq!(
        home.corpus("door"),
        Vec::<Vec<u8>>::new(),
        "nothing is kept yet"
    );
    for kept in [&b"let through"[..], b"", &[0, 0xff, b'\n']] {
        first.keep(kept.to_vec());
    }
    home.keep("door", &first);
    assert_eq!(
        home.corpus("door"),
        [&b"let through"[..], b"", &[0, 0xff, b'\n']],
        "without the seeds, which stand in the code"
    );
    assert!(home.corpus("another").is_empty());
    std::fs::remove_dir_all(corpus).unwrap();
}
