//! Tests of the ladder: each sign and what it means, one test a row of the table in docs/protocol.md.

use super::*;

const WALL: u64 = 1_700_000_000_000;

fn ladder() -> Ladder {
    Ladder::new(None, WALL, 5)
}

/// A ladder whose session lives on an event stream, because WebSocket was refused.
fn on_a_stream(now: u64) -> Ladder {
    let mut ladder = ladder();
    ladder.unanswered(Rung::WebSocket, Reason::Refused);
    ladder.answered(now, Rung::EventStream, WALL);
    ladder
}

#[test]
fn a_refused_upgrade_leads_to_a_stream_and_is_remembered_when_that_works() {
    let mut ladder = ladder();
    assert_eq!(ladder.rung(), Rung::WebSocket);
    let next = ladder.unanswered(Rung::WebSocket, Reason::Refused);
    assert_eq!(next, Some(Rung::EventStream));
    let memory = ladder.answered(100, Rung::EventStream, WALL);
    assert_eq!(
        memory,
        Some(Memory {
            rung: Rung::EventStream,
            at_ms: WALL
        })
    );
    assert_eq!(ladder.reason(), Some(Reason::Refused));
    assert_eq!(
        ladder.answered(200, Rung::EventStream, WALL),
        None,
        "told once"
    );
}

#[test]
fn a_server_that_is_down_counts_against_no_transport() {
    let mut ladder = ladder();
    for _ in 0..20 {
        assert_eq!(
            ladder.unanswered(Rung::WebSocket, Reason::Refused),
            Some(Rung::EventStream)
        );
        assert_eq!(
            ladder.unanswered(Rung::EventStream, Reason::Silent),
            None,
            "without HTTP there is nothing to fall to"
        );
        ladder.unreachable();
        assert_eq!(
            (ladder.rung(), ladder.reason()),
            (Rung::WebSocket, None),
            "the next try begins at the top"
        );
    }
    ladder.lost(0, Rung::WebSocket, 10);
    ladder.lost(0, Rung::WebSocket, 10);
    ladder.unreachable();
    ladder.lost(0, Rung::WebSocket, 10);
    assert_eq!(
        ladder.rung(),
        Rung::WebSocket,
        "strikes of a server that dies are forgotten"
    );
}

#[test]
fn links_that_die_young_three_times_are_given_up() {
    let mut ladder = ladder();
    ladder.answered(0, Rung::WebSocket, WALL);
    ladder.lost(1, Rung::WebSocket, 200);
    ladder.lost(2, Rung::WebSocket, YOUNG_MS);
    ladder.lost(3, Rung::WebSocket, 200);
    assert_eq!(ladder.rung(), Rung::WebSocket);
    ladder.lost(4, Rung::WebSocket, 200);
    assert_eq!(
        (ladder.rung(), ladder.reason()),
        (Rung::EventStream, Some(Reason::ShortLived))
    );
}

#[test]
fn a_link_that_lives_makes_up_for_those_that_did_not() {
    let mut ladder = ladder();
    ladder.answered(0, Rung::WebSocket, WALL);
    for _ in 0..5 {
        ladder.lost(1, Rung::WebSocket, 200);
        ladder.lost(2, Rung::WebSocket, 200);
        ladder.lived(Rung::WebSocket);
    }
    assert_eq!(ladder.rung(), Rung::WebSocket);
}

#[test]
fn a_climb_that_ends_soon_is_tried_less_and_less_often() {
    let mut ladder = on_a_stream(0);
    let (mut now, mut waits) = (0, Vec::new());
    for _ in 0..8 {
        let due = ladder.climb_due(Rung::EventStream).unwrap();
        waits.push(due - now);
        now = due;
        assert_eq!(ladder.climb(now, Rung::EventStream), Some(Rung::WebSocket));
        ladder.answered(now, Rung::WebSocket, WALL);
        ladder.climbed(Rung::WebSocket);
        ladder.lost(now, Rung::WebSocket, 200);
        assert_eq!(
            ladder.rung(),
            Rung::EventStream,
            "one is enough: the stream worked"
        );
        ladder.answered(now, Rung::EventStream, WALL);
    }
    assert!(waits[0] <= 33_000, "{waits:?}");
    assert!(waits[3] > 2 * waits[1], "{waits:?}");
    assert!(waits[7] <= LONGEST_CLIMB_MS * 11 / 10, "{waits:?}");
}

#[test]
fn websocket_is_tried_again_within_35_seconds_for_ever() {
    let mut ladder = on_a_stream(0);
    let mut now = 0;
    for _ in 0..100 {
        let due = ladder.climb_due(Rung::EventStream).unwrap();
        assert!((27_000..=33_000).contains(&(due - now)), "{}", due - now);
        now = due;
        assert_eq!(ladder.climb(now, Rung::EventStream), Some(Rung::WebSocket));
    }
    ladder.hope(now + 1);
    assert_eq!(
        ladder.climb(now + 1, Rung::EventStream),
        Some(Rung::WebSocket),
        "at once when the network may be another one"
    );
}

#[test]
fn a_page_whose_websocket_has_lived_tries_it_again_as_soon_as_the_server_answers() {
    let mut ladder = ladder();
    ladder.answered(0, Rung::WebSocket, WALL);
    ladder.lived(Rung::WebSocket);
    ladder.lost(60_000, Rung::WebSocket, 60_000);
    // The server was away for the WebSocket, and back for the try over HTTP.
    ladder.unanswered(Rung::WebSocket, Reason::Refused);
    ladder.answered(60_100, Rung::EventStream, WALL);
    assert_eq!(ladder.climb_due(Rung::EventStream), Some(60_100));
    assert_eq!(
        ladder.climb(60_100, Rung::EventStream),
        Some(Rung::WebSocket)
    );
    let next = ladder.climb_due(Rung::EventStream).unwrap();
    assert!(next >= 60_100 + 27_000, "and once only: {next}");
}

#[test]
fn a_stream_that_is_held_back_leads_to_polls_and_is_tried_again_later() {
    let mut ladder = on_a_stream(0);
    assert_eq!(
        ladder.stalled(1_000, Rung::EventStream),
        Some(Rung::LongPoll)
    );
    ladder.answered(1_100, Rung::LongPoll, WALL);
    assert_eq!(ladder.reason(), Some(Reason::Buffered));
    let better = 1_000 + BETTER_MS;
    ladder.climb(better, Rung::LongPoll);
    assert_eq!(
        ladder.climb(better, Rung::LongPoll),
        Some(Rung::EventStream)
    );
    ladder.climbed(Rung::EventStream);
    assert_eq!(ladder.rung(), Rung::EventStream);
}

#[test]
fn a_stream_that_falls_silent_twice_is_left() {
    let mut ladder = on_a_stream(0);
    ladder.silent(1, Rung::EventStream);
    assert_eq!(ladder.rung(), Rung::EventStream);
    ladder.silent(2, Rung::EventStream);
    assert_eq!(ladder.rung(), Rung::LongPoll);
}

#[test]
fn a_stream_is_left_also_when_its_first_bytes_come_every_time() {
    let mut ladder = on_a_stream(0);
    // It lives, because it is waited for as long as any silence is borne.
    ladder.lived(Rung::EventStream);
    ladder.silent(45_000, Rung::EventStream);
    ladder.lived(Rung::EventStream);
    ladder.silent(91_000, Rung::EventStream);
    assert_eq!(ladder.rung(), Rung::LongPoll);
}

#[test]
fn silences_far_from_each_other_leave_a_stream_as_it_is() {
    let mut ladder = on_a_stream(0);
    ladder.silent(1, Rung::EventStream);
    ladder.lost(700_000, Rung::EventStream, 600_000);
    ladder.silent(800_000, Rung::EventStream);
    assert_eq!(ladder.rung(), Rung::EventStream);
}

#[test]
fn polls_that_are_cut_are_held_for_less_and_then_not_at_all() {
    let mut ladder = on_a_stream(0);
    ladder.stalled(0, Rung::EventStream);
    ladder.answered(0, Rung::LongPoll, WALL);
    let mut holds = Vec::new();
    while ladder.rung() == Rung::LongPoll {
        holds.push(ladder.hold_s());
        ladder.cut(1);
    }
    assert_eq!(holds, [25, 25, 12, 12, 6, 6]);
    assert_eq!(
        (ladder.rung(), ladder.reason()),
        (Rung::ShortPoll, Some(Reason::Cut))
    );
}

#[test]
fn polls_that_a_person_chose_are_held_for_less_too() {
    let mut ladder = on_a_stream(0);
    ladder.choose(0, Some(Rung::LongPoll));
    for _ in 0..20 {
        ladder.cut(1);
    }
    assert_eq!((ladder.rung(), ladder.hold_s()), (Rung::LongPoll, 6));
}

#[test]
fn polls_that_are_cut_now_and_then_stay_as_they_are() {
    let mut ladder = on_a_stream(0);
    ladder.stalled(0, Rung::EventStream);
    for _ in 0..10 {
        ladder.cut(1);
        ladder.held();
    }
    assert_eq!(ladder.hold_s(), 25);
}

#[test]
fn what_a_browser_remembers_is_where_it_begins_and_what_it_doubts() {
    let memory = Memory {
        rung: Rung::LongPoll,
        at_ms: WALL,
    };
    let mut ladder = Ladder::new(Some(memory), WALL + 60_000, 1);
    assert_eq!(
        (ladder.rung(), ladder.reason()),
        (Rung::LongPoll, Some(Reason::Remembered))
    );
    assert_eq!(ladder.climb(0, Rung::LongPoll), Some(Rung::WebSocket));
    assert_eq!(
        Ladder::new(Some(memory), WALL + 31 * 60_000, 1).rung(),
        Rung::WebSocket,
        "for half an hour"
    );
}

#[test]
fn nothing_is_remembered_where_a_websocket_has_lived() {
    let mut ladder = ladder();
    ladder.answered(0, Rung::WebSocket, WALL);
    assert!(
        ladder.lived(Rung::WebSocket),
        "and what was remembered is forgotten"
    );
    ladder.unanswered(Rung::WebSocket, Reason::Refused);
    assert_eq!(ladder.answered(1, Rung::EventStream, WALL), None);
}

#[test]
fn a_person_who_chooses_is_obeyed_until_the_choice_is_taken_back() {
    let mut ladder = ladder();
    ladder.choose(0, Some(Rung::LongPoll));
    assert_eq!(
        (ladder.rung(), ladder.reason()),
        (Rung::LongPoll, Some(Reason::Chosen))
    );
    assert_eq!(ladder.unanswered(Rung::WebSocket, Reason::Refused), None);
    assert_eq!(ladder.climb(0, Rung::WebSocket), Some(Rung::LongPoll));
    assert_eq!(
        ladder.climb(1, Rung::WebSocket),
        None,
        "not more often than every few seconds"
    );
    for now in 0..10 {
        ladder.lost(now, Rung::LongPoll, 1);
        ladder.cut(now);
    }
    assert_eq!(ladder.rung(), Rung::LongPoll);
    ladder.choose(9, None);
    assert_eq!((ladder.rung(), ladder.reason()), (Rung::WebSocket, None));
}

#[test]
fn tabs_that_find_all_streams_taken_poll_until_one_is_free() {
    let mut ladder = on_a_stream(0);
    ladder.limit(10, Some(Rung::ShortPoll));
    assert_eq!(
        (ladder.rung(), ladder.reason()),
        (Rung::ShortPoll, Some(Reason::Crowded))
    );
    assert_eq!(ladder.climb(10, Rung::EventStream), Some(Rung::ShortPoll));
    ladder.climbed(Rung::ShortPoll);
    ladder.limit(20, None);
    assert_eq!(ladder.climb(20, Rung::ShortPoll), Some(Rung::EventStream));
    assert_eq!(
        ladder.rung(),
        Rung::EventStream,
        "nothing was wrong with streams"
    );
}
