//! `kill -9` at random points: every acknowledged update is there exactly once after the restart.

use std::{
    collections::{HashMap, HashSet},
    io::{BufRead, BufReader},
    process::Stdio,
};

use server::log::{
    Log,
    sqlite::{Options, SqliteLog},
};

use crate::child::{command, doc, runtime, said};

const ROUNDS: usize = 30;
/// Where the random points come from; printed, so that a failure can be tried again with `MARU_SEED`.
const SEED: u64 = 0x6d61_7275;

#[test]
fn every_acknowledged_update_is_there_once_after_kill_9() {
    let seed = std::env::var("MARU_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(SEED);
    println!("MARU_SEED={seed}");
    let mut random = seed;
    let dir = tempfile::tempdir().unwrap();
    let mut acked = HashSet::new();
    let mut rounds_with_acks = 0;
    for round in 0..ROUNDS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let kill_after = (random >> 33) % 400;
        let before = acked.len();

        let mut child = command(&[], "storm", dir.path(), round)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let mut acks =
            lines.filter_map(|line| Some(said(&line)?.strip_prefix("acked ")?.to_owned()));
        acked.extend(acks.by_ref().take(usize::try_from(kill_after).unwrap()));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        // What it had said before it died counts as well.
        acked.extend(acks);
        rounds_with_acks += usize::from(acked.len() > before);

        let log = SqliteLog::open(dir.path(), &Options::default()).unwrap();
        let mut found: HashMap<String, usize> = HashMap::new();
        for n in 0..4 {
            let loaded = runtime()
                .block_on(log.load(&doc(&format!("doc{n}"))))
                .unwrap();
            assert_eq!(loaded.damage, None, "round {round}");
            for names in loaded.snapshot.iter().chain(&loaded.tail) {
                for name in std::str::from_utf8(names).unwrap().lines() {
                    *found.entry(name.to_owned()).or_default() += 1;
                }
            }
        }
        let missing: Vec<_> = acked
            .iter()
            .filter(|name| !found.contains_key(*name))
            .collect();
        let doubled: Vec<_> = found.iter().filter(|(_, times)| **times > 1).collect();
        assert!(
            missing.is_empty(),
            "round {round}: acknowledged and lost: {missing:?}"
        );
        assert!(doubled.is_empty(), "round {round}: doubled: {doubled:?}");
    }
    assert!(
        rounds_with_acks >= ROUNDS / 2,
        "the children did write: {rounds_with_acks} rounds, {} updates",
        acked.len()
    );
    println!("{} acknowledged updates over {ROUNDS} kills", acked.len());
}
