//! Bytes by chance against every door that bytes come in by: a bounded run each time, an hour a door with `MARU_FULL=1`.
//!
//! What once broke something stands in `regressions/` (`<door>-<what>.hex`) and is tried first. `MARU_FUZZ_SEED` begins somewhere
//! else, `MARU_FUZZ_SECONDS` sets the time for each door.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test program: no public surface, and its unwraps are its verdicts"
)]

mod doors;
mod mutator;
mod seeds;

// Without IO and without a browser, so that it can be tried here as it is.
#[path = "../../../app/src/transport/events.rs"]
#[allow(dead_code, unreachable_pub, reason = "the page uses the rest")]
mod events;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use mutator::Mutator;

/// Each door gets so much of an ordinary run; eight of them are half a minute.
const SECONDS: u64 = 4;
const FULL_SECONDS: u64 = 3_600;

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().expect(name))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .collect();
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap())
        .collect()
}

/// Tries a door with what broke it once, with its seeds as they are, and with mutants of them. A door tells whether the bytes
/// passed, so that mutants of those may come next.
fn run(door: &str, seeds: Vec<Vec<u8>>, target: fn(&[u8]) -> bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/regressions");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(&format!("{door}-")) {
            target(&bytes(&std::fs::read_to_string(path).unwrap()));
        }
    }
    for seed in &seeds {
        assert!(target(seed), "{door}: a seed is let through: {}", hex(seed));
    }
    let full = std::env::var_os("MARU_FULL").is_some_and(|value| value == "1");
    let seconds = number("MARU_FUZZ_SECONDS").unwrap_or(if full { FULL_SECONDS } else { SECONDS });
    let seed = number("MARU_FUZZ_SEED").unwrap_or(1);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut mutator = Mutator::new(seed, seeds);
    let (mut tried, mut passed) = (0u64, 0u64);
    while tried % 64 != 0 || Instant::now() < until {
        let bytes = mutator.next();
        match catch_unwind(AssertUnwindSafe(|| target(&bytes))) {
            Ok(true) => {
                passed += 1;
                mutator.keep(bytes);
            }
            Ok(false) => {}
            Err(_) => panic!(
                "{door} broke; keep this in protocol/tests/fuzz/regressions/{door}-….hex:\n{}",
                hex(&bytes)
            ),
        }
        tried += 1;
    }
    println!("{door}: {tried} tried, {passed} let through, seed {seed}");
    assert!(tried > 1_000, "{door}: {tried} are too few");
    assert!(
        passed * 200 > tried,
        "{door}: {passed} of {tried} prove little"
    );
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
fn event_streams_say_the_same_however_they_are_cut() {
    run("events", seeds::event_streams(), doors::event_stream);
}

#[test]
fn names_and_authorizations_that_pass_have_one_spelling() {
    run("name", seeds::names(), doors::name);
}
