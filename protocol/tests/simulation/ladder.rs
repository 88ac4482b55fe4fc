//! Families of schedules about transports: something stands on the way, and everybody still has one text, once and saved; rows are those of the failure table in docs/protocol.md.

use protocol::ladder::Rung;

use crate::{
    family, nothing_more,
    obstacle::Obstacle,
    plan::{Fault, Plan},
    random::Random,
    world::World,
};

/// Pages with these obstacles, in turn, for as long as the schedule lasts.
fn behind(random: &mut Random, obstacles: &[Option<Obstacle>]) -> Plan {
    let mut plan = Plan::new(random);
    plan.pages = random.range(2, 4) as usize;
    plan.delay = random.pick(&[(1, 120), (20, 400)]);
    plan.obstacles = obstacles.to_vec();
    plan
}

/// Every page has found a transport that passes its obstacle; one without an obstacle is on the best.
fn each_on_a_way_that_works(world: &World) {
    for (i, page) in world.pages.iter().enumerate().filter(|(_, p)| p.here) {
        let rung = page.connection.status().rung.expect("settled means live");
        match page.obstacle {
            Some(obstacle) => assert!(obstacle.lets_pass(rung), "page {i} is on {rung}"),
            None => assert_eq!(rung, Rung::WebSocket, "page {i}"),
        }
    }
}

/// Nothing that a page was given came a second time.
fn once(world: &World) {
    for (i, page) in world.pages.iter().enumerate() {
        assert_eq!(page.twice, 0, "page {i} got something twice");
    }
    let known = world.server.as_ref().map_or(0, |server| server.known_edits);
    assert_eq!(known, 0, "the server got something twice");
}

#[test]
fn row_01_and_02_a_blocked_upgrade_is_got_around() {
    let plan = |random: &mut Random| {
        behind(
            random,
            &[Some(Obstacle::Refused), None, Some(Obstacle::Swallowed)],
        )
    };
    family(10, plan, |world| {
        each_on_a_way_that_works(world);
        once(world);
    });
}

#[test]
fn row_03_a_tunnel_that_carries_nothing_is_got_around() {
    let plan = |random: &mut Random| {
        let dead = |up, down| Some(Obstacle::Dead { up, down });
        behind(
            random,
            &[dead(true, true), dead(true, false), dead(false, true), None],
        )
    };
    family(10, plan, |world| {
        each_on_a_way_that_works(world);
        once(world);
    });
}

#[test]
fn row_04_tunnels_that_are_cut_soon_are_given_up() {
    let plan = |random: &mut Random| {
        let after = random.range(50, 2_000);
        let mut plan = behind(random, &[Some(Obstacle::ShortLived(after)), None]);
        plan.span = 25_000;
        plan
    };
    family(10, plan, nothing_more);
}

#[test]
fn row_05_a_stream_that_is_held_back_is_left_for_polls() {
    let plan = |random: &mut Random| {
        let later = random.range(1, 4) as u32;
        let mut plan = behind(
            random,
            &[
                Some(Obstacle::Buffered),
                Some(Obstacle::BufferedLater(later)),
            ],
        );
        plan.span = 15_000;
        plan.no_websocket = true;
        plan
    };
    family(10, plan, each_on_a_way_that_works);
}

#[test]
fn row_07_answers_of_a_fixed_lifetime_are_asked_for_again() {
    let plan = |random: &mut Random| {
        let after = random.pick(&[4_000, 9_000, 20_000]);
        let mut plan = behind(random, &[Some(Obstacle::Cut(after))]);
        plan.no_websocket = true;
        plan
    };
    family(10, plan, nothing_more);
}

#[test]
fn row_09_posts_late_twice_or_out_of_order_count_once() {
    let plan = |random: &mut Random| {
        let mut plan = behind(random, &[]).with(random, &[Fault::Cut, Fault::Silence]);
        plan.forced = Some(random.pick(&[Rung::EventStream, Rung::LongPoll, Rung::ShortPoll]));
        plan.unordered = true;
        plan.stale_data = true;
        plan
    };
    family(10, plan, nothing_more);
}

#[test]
fn row_11_and_12_lost_answers_and_links_that_linger_double_nothing() {
    let plan = |random: &mut Random| {
        let mut plan = behind(random, &[]).with(random, &[Fault::Cut]);
        plan.forced = Some(random.pick(&[Rung::EventStream, Rung::LongPoll, Rung::ShortPoll]));
        plan.stale_data = random.percent(50);
        plan.keep_session = 120_000;
        plan
    };
    family(10, plan, once);
}

#[test]
fn row_13_a_link_that_dies_while_the_session_moves_to_it_changes_nothing() {
    let plan = |random: &mut Random| {
        let mut plan = behind(random, &[Some(Obstacle::Refused)]).with(random, &[Fault::Obstacle]);
        plan.fault_every = (2_000, 12_000);
        plan.span = 60_000;
        plan.act_every = (200, 2_500);
        plan.short_lived = random.pick(&[40, 80]);
        plan.keep_session = 120_000;
        plan
    };
    family(10, plan, nothing_more);
}

#[test]
fn row_16_and_19_servers_and_networks_fail_on_every_transport() {
    let plan = |random: &mut Random| {
        let mut plan = behind(random, &[]).with(
            random,
            &[Fault::Crash, Fault::Restart, Fault::Offline, Fault::Silence],
        );
        plan.forced = Some(random.pick(&Rung::ALL));
        plan
    };
    family(10, plan, nothing_more);
}

#[test]
fn everything_at_once_ends_in_one_text() {
    let plan = |random: &mut Random| {
        let any = Some(Obstacle::any(random));
        let mut plan = behind(random, &[any, None]).with(
            random,
            &[
                Fault::Obstacle,
                Fault::Obstacle,
                Fault::Attention,
                Fault::Aside,
                Fault::Cut,
                Fault::Silence,
                Fault::Restart,
                Fault::Crash,
            ],
        );
        plan.span = random.range(10_000, 90_000);
        plan
    };
    family(20, plan, nothing_more);
}
