//! One door's run: what broke it once, its seeds, what a long run has kept, and mutants of all those; knows no door.
//!
//! A run takes four seconds a door, or an hour with `MARU_FULL=1`; `MARU_FUZZ_SECONDS` sets the time, `MARU_FUZZ_SEED` begins
//! somewhere else. What once broke something stands in a folder `regressions/` (`<door>-<what>.hex`) and is tried first. What a
//! long run let through is kept in the target folder, and the next long run begins with it; short ones do not, so that they are
//! everywhere the same.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

#[path = "mutator.rs"]
mod mutator;

pub(crate) use mutator::Mutator;

/// Each door gets so much of an ordinary run; nine of them are less than half a minute on two cores.
const SECONDS: u64 = 4;
const FULL_SECONDS: u64 = 3_600;

/// Where a test program keeps what is not in its code.
pub(crate) struct Home {
    pub(crate) regressions: &'static str,
    pub(crate) corpus: &'static str,
}

impl Home {
    fn regressions(&self, door: &str) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        for file in fs::read_dir(self.regressions).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with(&format!("{door}-")) {
                let lines = fs::read_to_string(path).unwrap();
                let digits: String = lines
                    .lines()
                    .filter(|line| !line.starts_with('#'))
                    .flat_map(str::split_whitespace)
                    .collect();
                found.push(bytes(&digits));
            }
        }
        found
    }

    /// What long runs have let through so far.
    pub(crate) fn corpus(&self, door: &str) -> Vec<Vec<u8>> {
        let text = fs::read_to_string(self.corpus_of(door)).unwrap_or_default();
        text.lines().map(bytes).collect()
    }

    /// Keeps what this run let through.
    pub(crate) fn keep(&self, door: &str, mutator: &Mutator) {
        let lines: String = mutator
            .kept()
            .iter()
            .map(|bytes| format!("{}\n", hex(bytes)))
            .collect();
        fs::create_dir_all(self.corpus).unwrap();
        // Whole or not at all: a run may be stopped at any time.
        let path = self.corpus_of(door);
        let new = path.with_extension("new");
        fs::write(&new, lines).unwrap();
        fs::rename(new, path).unwrap();
    }

    fn corpus_of(&self, door: &str) -> PathBuf {
        Path::new(self.corpus).join(format!("{door}.hex"))
    }
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().expect(name))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

/// Tries a door with what broke it once, with its seeds as they are, and with mutants of them. A door tells whether the bytes
/// passed, so that mutants of those may come next.
pub(crate) fn run(home: &Home, door: &str, seeds: Vec<Vec<u8>>, target: fn(&[u8]) -> bool) {
    for broke in home.regressions(door) {
        target(&broke);
    }
    for seed in &seeds {
        assert!(target(seed), "{door}: a seed is let through: {}", hex(seed));
    }
    let full = std::env::var_os("MARU_FULL").is_some_and(|value| value == "1");
    let seconds = number("MARU_FUZZ_SECONDS").unwrap_or(if full { FULL_SECONDS } else { SECONDS });
    let seed = number("MARU_FUZZ_SEED").unwrap_or(1);
    let mut mutator = Mutator::new(seed, seeds);
    if full {
        for kept in home.corpus(door) {
            // The door may have changed since.
            if target(&kept) {
                mutator.keep(kept);
            }
        }
    }
    let until = Instant::now() + Duration::from_secs(seconds);
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
                "{door} broke; keep this in {}/{door}-….hex:\n{}",
                home.regressions,
                hex(&bytes)
            ),
        }
        tried += 1;
    }
    if full {
        home.keep(door, &mutator);
    }
    println!("{door}: {tried} tried, {passed} let through, seed {seed}");
    assert!(tried > 1_000, "{door}: {tried} are too few");
    assert!(
        passed * 200 > tried,
        "{door}: {passed} of {tried} prove little"
    );
}
