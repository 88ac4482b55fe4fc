//! The rows of failures that a page has to survive, each a test named by its row: real connection, real server, and the proxy that
//! breaks things between them.
//!
//! They wait for real times, so they run side by side, each with a server of its own; those that keep the machine busy run alone.
//! Each prints what it measured. Rows 18, 21, 22 and 23 need a browser
//! (`end2end/tests/rows.spec.ts`), and so do the browsers' ways with HTTP/2 in row 8.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod downstairs;
mod hostile;
mod ledger;
mod maru;
mod page;
mod patience;
mod requests;
mod returns;
mod rights;
mod scene;
mod slow;
mod switches;
mod transport;

use std::{
    pin::Pin,
    sync::{PoisonError, RwLock},
};

use libtest_mimic::{Arguments, Trial};

type Running = Pin<Box<dyn Future<Output = ()>>>;

/// A row's test.
struct Row {
    name: &'static str,
    company: Company,
    run: fn() -> Running,
}

/// Beside which others a row may run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Company {
    /// It mostly waits and measures nothing that is short: beside every other.
    Any,
    /// It measures: beside those that measure too.
    Measuring,
    /// It keeps the machine busy, or has little time: beside those that wait.
    Alone,
}

macro_rules! rows {
    ($($company:ident: $($module:ident :: $name:ident),* ;)*) => {
        &[$($(Row {
            name: stringify!($name),
            company: Company::$company,
            run: || Box::pin($module::$name()),
        }),*),*]
    };
}

/// Those that are alone come first, while the others that measure wait for them.
const ROWS: &[Row] = rows![
    Alone:
    downstairs::row_04_killed_after_200_ms_each_time,
    returns::row_17_rolling_deploy_of_1000_sessions,
    slow::row_24_slow_reader_in_a_busy_room,
    slow::row_24_reader_that_takes_nothing_in_a_busy_room;
    Any:
    patience::row_06_idle_connections_killed_at_60_s,
    patience::row_06_idle_connections_killed_at_30_s,
    patience::row_06_idle_connections_killed_at_15_s,
    patience::row_07_every_response_lives_30_s,
    patience::row_07_every_response_lives_30_s_without_websocket,
    requests::row_11_poll_cut_by_a_proxy,
    returns::row_19_network_switched_while_idle,
    rights::row_14_token_expires_on_websocket,
    rights::row_14_token_expires_on_event_stream,
    rights::row_14_token_expires_on_long_poll,
    rights::row_14_token_expires_on_short_poll,
    rights::row_15_rights_lost_on_websocket,
    rights::row_15_rights_lost_on_event_stream,
    rights::row_15_rights_lost_on_long_poll,
    rights::row_15_rights_lost_on_short_poll;
    Measuring:
    downstairs::row_01_refused_upgrade_400,
    downstairs::row_01_refused_upgrade_426,
    downstairs::row_01_refused_upgrade_200,
    downstairs::row_02_swallowed_upgrade,
    downstairs::row_03_nothing_passes_after_101,
    downstairs::row_03_nothing_comes_after_101,
    downstairs::row_03_nothing_goes_after_101,
    downstairs::row_05_stream_held_whole,
    downstairs::row_05_stream_held_until_4_kib,
    downstairs::row_05_stream_held_after_the_first_flush,
    requests::row_09_post_sent_twice,
    requests::row_09_post_delayed_10_s,
    requests::row_09_post_overtaken,
    requests::row_09_post_response_lost,
    requests::row_10_body_over_the_limit,
    requests::row_10_too_many_requests,
    requests::row_11_poll_response_lost,
    switches::row_12_zombie_websocket,
    switches::row_12_zombie_stream,
    switches::row_13_websocket_dies_while_the_session_moves,
    switches::back_on_websocket_after_a_block,
    returns::row_16_server_killed_and_restarted,
    returns::row_16_server_killed_and_restarted_without_websocket,
    returns::row_19_network_switched_while_typing,
    returns::row_20_captive_portal_with_a_page,
    returns::row_20_captive_portal_with_a_redirect,
    returns::row_20_server_down,
    hostile::row_25_flipped_bytes_in_a_websocket,
    hostile::row_25_flipped_bytes_in_requests,
    hostile::row_25_flipped_bytes_in_answers,
    hostile::row_25_truncated_frames,
    hostile::row_25_strangers_and_impossible_numbers;
];

/// Held for reading by rows that measure, for writing by one that is alone.
static ROOM: RwLock<()> = RwLock::new(());

fn main() {
    let mut arguments = Arguments::from_args();
    // They mostly wait, however few processors there are.
    arguments.test_threads.get_or_insert(ROWS.len());
    server_files();
    let mut trials: Vec<Trial> = ROWS.iter().map(trial).collect();
    trials.push(Trial::test(
        "a_doubled_or_reordered_edit_is_noticed",
        || {
            ledger::a_doubled_or_reordered_edit_is_noticed();
            Ok(())
        },
    ));
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial(row: &'static Row) -> Trial {
    Trial::test(row.name, || {
        // A row that failed leaves nothing that others could trip over.
        let _alone = (row.company == Company::Alone)
            .then(|| ROOM.write().unwrap_or_else(PoisonError::into_inner));
        let _beside = (row.company == Company::Measuring)
            .then(|| ROOM.read().unwrap_or_else(PoisonError::into_inner));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        runtime.block_on((row.run)());
        // What a fault holds back never ends by itself.
        runtime.shutdown_background();
        Ok(())
    })
}

/// A thousand sessions are more open files than a shell allows by itself.
fn server_files() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::from(u16::MAX)) {
        eprintln!("the limit of open files stays as it is: {error}");
    }
}
