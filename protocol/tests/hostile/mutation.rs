//! Real updates, a few bytes changed: whatever the validator lets through, yrs must take without a panic.
//!
//! `MARU_SEED` replays a run, `MARU_FUZZ_CASES` sets its length.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::corpus::{Session, sessions};
use crate::subject::{Fate, document, edit, offer, read_back, watch};

/// A small xorshift generator: the same numbers for the same seed on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from((self.next() >> 16) % end.max(1) as u64).unwrap()
    }
}

/// How often a document is made anew: after so many offers it holds enough to go wrong in.
const OFFERS: usize = 12;

fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    match random.below(8) {
        0 => bytes.truncate(random.below(bytes.len())),
        1 => {
            let (at, from) = (random.below(bytes.len()), random.below(other.len()));
            bytes.splice(at.., other[from..].iter().copied());
        }
        2 => {
            let at = random.below(bytes.len());
            bytes.insert(at, 0);
        }
        3 => {
            let at = random.below(bytes.len());
            bytes.remove(at);
        }
        _ => {
            for _ in 0..=random.below(3) {
                let at = random.below(bytes.len());
                // Small numbers, flags and neighbours find more than random bytes do.
                bytes[at] = match random.below(5) {
                    0 => u8::try_from(random.below(12)).unwrap(),
                    1 => [
                        0x84, 0xc4, 0x44, 0x04, 0x81, 0xc1, 0x86, 0xc6, 0x0a, 0x00, 0x7f, 0xff,
                    ][random.below(12)],
                    2 => bytes[at].wrapping_add(1),
                    3 => bytes[at].wrapping_sub(1),
                    _ => random.next().to_le_bytes()[0],
                };
            }
        }
    }
}

#[derive(Default, Debug)]
struct Tally {
    refused: usize,
    gaps: usize,
    applied: usize,
}

/// One document's life: a session's updates, some of them mutated, each perhaps offered twice; then all is read back.
fn life(random: &mut Random, sessions: &[Session], tally: &mut Tally, left: usize) -> usize {
    let session = &sessions[random.below(sessions.len())];
    let doc = document();
    let _seen = watch(&doc);
    let start = random.below(session.len());
    for bytes in &session[..start] {
        offer(&doc, bytes);
    }
    let cases = OFFERS.min(left);
    for case in 0..cases {
        let mut bytes = session[(start + case / 2) % session.len()].clone();
        let other = &sessions[random.below(sessions.len())];
        let other = &other[random.below(other.len())];
        mutate(random, &mut bytes, other);
        match offer(&doc, &bytes) {
            Fate::Refused(_) => tally.refused += 1,
            Fate::Gap(_) => tally.gaps += 1,
            Fate::Applied => tally.applied += 1,
        }
        if case % 2 == 1 {
            offer(&doc, &session[(start + case / 2) % session.len()]);
        }
    }
    edit(&doc);
    // The texts may differ: neighbours that no editor would name make yrs, as Yjs, place blocks by order of arrival.
    read_back(&doc);
    cases
}

#[test]
fn what_the_validator_lets_through_never_panics_in_yrs() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|value| value.parse::<u64>().expect(name))
    };
    let seed = number("MARU_SEED").unwrap_or(20_260_821);
    let cases = usize::try_from(number("MARU_FUZZ_CASES").unwrap_or(200_000)).unwrap();
    println!("MARU_SEED={seed} MARU_FUZZ_CASES={cases}");
    let sessions = sessions();
    let mut tally = Tally::default();
    let (mut done, mut life_seed) = (0, seed);
    while done < cases {
        let result = catch_unwind(AssertUnwindSafe(|| {
            life(
                &mut Random::new(life_seed),
                &sessions,
                &mut tally,
                cases - done,
            )
        }));
        let Ok(count) = result else {
            panic!("after {done} cases; replay with MARU_SEED={life_seed} MARU_FUZZ_CASES={OFFERS}")
        };
        done += count;
        life_seed += 1;
    }
    println!("{tally:?}");
    assert!(
        tally.applied * 20 > cases,
        "too few mutants pass to prove anything: {tally:?}"
    );
}
