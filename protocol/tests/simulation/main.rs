//! A seeded simulation of whole conversations: real clients and replicas against a real room and real sessions, with a clock, a disk and a network that are only numbers.
//!
//! Each test is a family of schedules: a seed decides who types what and when, how long messages travel, and what goes
//! wrong. A failing schedule prints its seed and its story; to see it again:
//!
//! ```text
//! MARU_SIM_SEED=17 cargo test -p protocol --test simulation a_server_crash
//! ```
//!
//! `MARU_SIM_SCHEDULES` sets how many schedules run in all families together (10,000 unless told).

#![expect(
    unreachable_pub,
    reason = "within a test binary nothing is reachable, and `pub(crate)` everywhere would say no more"
)]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use protocol::room::RoomLimits;

mod disk;
mod ladder;
mod link;
mod obstacle;
mod oracle;
mod page;
mod peer;
mod plan;
mod random;
mod rights;
mod server;
mod text;
mod world;

use plan::{Fault, Lie, Plan};
use random::Random;
use world::World;

/// Runs a family: `share` is its part of all schedules in a hundred; `also` looks at each world after the rest held.
fn family(share: u64, plan: impl Fn(&mut Random) -> Plan, also: impl Fn(&World)) {
    let schedules = std::env::var("MARU_SIM_SCHEDULES").map_or(10_000, |count| {
        count.parse().expect("a number of schedules")
    });
    let seeds = match std::env::var("MARU_SIM_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("a seed");
            seed..seed + 1
        }
        Err(_) => 0..(schedules * share / 100).max(1),
    };
    let (start, count) = (Instant::now(), seeds.end - seeds.start);
    for seed in seeds {
        let run = |tell: bool, story: &mut String| {
            let mut random = Random::new(seed);
            let plan = plan(&mut random);
            let mut world = World::new(plan, random, tell);
            let result = catch_unwind(AssertUnwindSafe(|| {
                world.run();
                also(&world);
            }));
            *story = world.story.take().unwrap_or_default();
            result.is_ok()
        };
        let mut story = String::new();
        if !run(false, &mut story) {
            run(true, &mut story);
            let lines: Vec<&str> = story.lines().collect();
            let last = lines.len().saturating_sub(400);
            panic!(
                "{}\nthe schedule of seed {seed} failed; see it again with MARU_SIM_SEED={seed}",
                lines[last..].join("\n")
            );
        }
    }
    eprintln!(
        "{count} schedules, {:.0} a second",
        count as f64 / start.elapsed().as_secs_f64()
    );
}

fn nothing_more(_: &World) {}

/// A tail so short that readers fall out of it.
fn short_tail(random: &mut Random) -> RoomLimits {
    RoomLimits {
        tail_entries: random.range(1, 6) as usize,
        ..RoomLimits::default()
    }
}

#[test]
fn loss_and_delay_lose_nothing() {
    let plan = |random: &mut Random| {
        Plan::new(random).with(random, &[Fault::Silence, Fault::Cut, Fault::Aside])
    };
    family(20, plan, nothing_more);
}

#[test]
fn links_cut_and_resumed_double_nothing() {
    let plan = |random: &mut Random| {
        let mut plan = Plan::new(random).with(random, &[Fault::Cut, Fault::Aside]);
        plan.keep_session = 120_000;
        plan
    };
    family(10, plan, |world| {
        let known = world.server.as_ref().map_or(0, |server| server.known_edits);
        assert_eq!(known, 0, "what is sent again is told apart by its number");
        for page in &world.pages {
            assert_eq!(page.twice, 0, "a resume goes on where the page was");
        }
    });
}

#[test]
fn a_server_crash_keeps_everything_saved() {
    let plan = |random: &mut Random| {
        Plan::new(random).with(
            random,
            &[
                Fault::Crash,
                Fault::CrashAndLeave,
                Fault::Restart,
                Fault::Cut,
                Fault::Join,
                Fault::Aside,
            ],
        )
    };
    family(20, plan, nothing_more);
}

#[test]
fn a_long_absence_ends_in_one_text() {
    let plan = |random: &mut Random| {
        Plan::new(random).with(
            random,
            &[
                Fault::Offline,
                Fault::Join,
                Fault::Leave,
                Fault::Restart,
                Fault::Aside,
            ],
        )
    };
    family(10, plan, nothing_more);
}

#[test]
fn a_lost_cursor_is_repaired_by_state() {
    let plan = |random: &mut Random| {
        let mut plan = Plan::new(random).with(
            random,
            &[Fault::Silence, Fault::Cut, Fault::Offline, Fault::Aside],
        );
        plan.limits = short_tail(random);
        plan.window = random.range(1, 3) as usize;
        plan
    };
    family(10, plan, nothing_more);
}

#[test]
fn duplicated_and_reordered_data_is_harmless() {
    let plan = |random: &mut Random| {
        let mut plan = Plan::new(random).with(random, &[Fault::Cut, Fault::Silence]);
        plan.unordered = true;
        plan.stale_data = true;
        plan
    };
    family(10, plan, nothing_more);
}

#[test]
fn row_14_and_15_rights_that_come_and_go_lose_nothing() {
    let plan = |random: &mut Random| {
        let faults = [
            Fault::Rights,
            Fault::Rights,
            Fault::Rights,
            Fault::Cut,
            Fault::Silence,
            Fault::Crash,
            Fault::Restart,
        ];
        let mut plan = Plan::new(random).with(random, &faults);
        plan.fault_every = (100, 2_500);
        if random.percent(30) {
            plan.limits = short_tail(random);
        }
        plan
    };
    family(10, plan, nothing_more);
}

#[test]
fn a_failed_disk_saves_nothing_and_loses_nothing() {
    let plan = |random: &mut Random| {
        Plan::new(random).with(random, &[Fault::Disk, Fault::Cut, Fault::Cut])
    };
    family(5, plan, nothing_more);
}

#[test]
fn yjs_peers_and_sessions_share_one_text() {
    let plan = |random: &mut Random| {
        let mut plan = Plan::new(random).with(random, &[Fault::Cut, Fault::Silence, Fault::Crash]);
        plan.peers = random.range(1, 2) as usize;
        if random.percent(30) {
            plan.limits = short_tail(random);
        }
        plan
    };
    family(15, plan, nothing_more);
}

/// The oracle must be able to fail: each lie of the harness is noticed in many schedules.
fn noticed(lie: Lie, at_least: u32) {
    let mut noticed = 0;
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let mut plan = Plan::new(&mut random);
        plan.pages = 3;
        plan.disk = (200, 3_000);
        plan.lie = lie;
        let mut world = World::new(plan, random, false);
        noticed += u32::from(catch_unwind(AssertUnwindSafe(|| world.run())).is_err());
    }
    assert!(
        noticed >= at_least,
        "{lie:?} was noticed in {noticed} of 100"
    );
}

#[test]
fn saved_before_durable_is_noticed() {
    noticed(Lie::SavedEarly, 80);
}

#[test]
fn an_edit_that_never_arrived_is_noticed() {
    noticed(Lie::EmptiedEdit, 80);
}

#[test]
fn a_batch_that_never_arrived_is_noticed() {
    // Often a later edit builds on what was lost, and the page finds the hole and mends it.
    noticed(Lie::LostBatch, 20);
}
