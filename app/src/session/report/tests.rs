//! The rules of what a person is told of connection, saving and rights.
use super::*;
use crate::note::Note;
use crate::renewal::Renewal;
use crate::saved_state::SavedState;
use protocol::ladder::{Reason, Rung};

fn status(link: LinkStatus, unsaved_since: Option<u64>, code: Option<ErrorCode>) -> Status {
    Status {
        link,
        unsaved_since,
        trouble: code.map(|code| (code, String::new())),
        role: Role::Write,
        expires_at: None,
        stranded: false,
        rung: (link == LinkStatus::Live).then_some(Rung::EventStream),
        limited: Some(Reason::Refused),
        rtt_ms: Some(12),
    }
}

#[test]
fn saved_is_claimed_only_on_a_live_link_with_nothing_unsaved() {
    let mut reporter = Reporter::default();
    let mut state = |now, status: Status| SavedState::from(reporter.facts(&status, now));
    assert_eq!(
        state(5_000, status(LinkStatus::Connecting, None, None)),
        SavedState::Connecting
    );
    assert_eq!(
        state(5_000, status(LinkStatus::Live, None, None)),
        SavedState::Saved
    );
    assert_eq!(
        state(5_000, status(LinkStatus::Live, Some(2_000), None)),
        SavedState::Saving { oldest_ms: 3_000 }
    );
    state(5_000, status(LinkStatus::Connecting, None, None));
    assert_eq!(
        state(7_000, status(LinkStatus::Connecting, None, None)),
        SavedState::Offline { unsaved_ms: None }
    );
    let waiting = status(LinkStatus::Waiting { until: 9_000 }, Some(4_000), None);
    assert_eq!(
        state(7_000, waiting),
        SavedState::Offline {
            unsaved_ms: Some(3_000)
        }
    );
}

#[test]
fn a_link_that_is_gone_for_a_moment_changes_neither_the_mark_nor_the_badge() {
    let mut reporter = Reporter::default();
    let live = status(LinkStatus::Live, None, None);
    let gone = status(LinkStatus::Connecting, None, None);
    let unsaved = status(LinkStatus::Connecting, Some(9_900), None);
    reporter.facts(&live, 9_000);
    let way = reporter.way(&live, 9_000);
    assert_eq!(way.rung, Some(Rung::EventStream));
    for (now, status, state) in [
        (10_000, &gone, SavedState::Saved),
        (11_000, &unsaved, SavedState::Saving { oldest_ms: 1_100 }),
        (11_999, &gone, SavedState::Saved),
    ] {
        assert_eq!(SavedState::from(reporter.facts(status, now)), state);
        assert_eq!(reporter.deadline(now), Some(12_000));
        assert_eq!(reporter.way(status, now), way);
    }
    let late = reporter.facts(&gone, 12_000);
    assert_eq!(
        SavedState::from(late),
        SavedState::Offline { unsaved_ms: None }
    );
    assert_eq!(reporter.way(&gone, 12_000), Way::default());
    assert_eq!(reporter.deadline(12_000), None);
    reporter.facts(&live, 13_000);
    let refused = status_of_refusal();
    assert_eq!(
        SavedState::from(reporter.facts(&refused, 13_001)),
        SavedState::Offline { unsaved_ms: None },
        "a refusal is no moment"
    );
}

fn status_of_refusal() -> Status {
    status(LinkStatus::Refused, None, None)
}

#[test]
fn a_failed_disk_is_told_while_the_link_is_up() {
    let facts = Reporter::default().facts(
        &status(LinkStatus::Live, Some(0), Some(ErrorCode::NotSaving)),
        1,
    );
    assert_eq!(
        SavedState::from(facts),
        SavedState::CannotSave {
            reason: Trouble::StorageFailed
        }
    );
}

#[test]
fn what_the_client_mends_by_itself_is_no_trouble() {
    let facts = Reporter::default().facts(
        &status(
            LinkStatus::Waiting { until: 1 },
            None,
            Some(ErrorCode::Protocol),
        ),
        1,
    );
    assert_eq!(facts.trouble, None);
}

fn refused(code: ErrorCode) -> Status {
    status(LinkStatus::Refused, None, Some(code))
}

fn reporter(has_pass: bool, locked: bool, was_up: bool) -> Reporter {
    let mut reporter = Reporter::new(Rights {
        has_pass,
        locked,
        ..Rights::default()
    });
    if was_up {
        reporter.facts(&status(LinkStatus::Live, None, None), 1);
    }
    reporter
}

#[test]
fn a_refusal_is_told_by_what_came_before_it() {
    let (open, no_token) = (true, ErrorCode::NoToken);
    for (has_pass, locked, was_up, code, expected) in [
        (false, true, false, no_token, Trouble::NeedsLink),
        (true, true, false, no_token, Trouble::BadLink),
        (false, false, true, no_token, Trouble::Closed),
        // It came with its text, and somebody may have begun to write.
        (false, false, false, no_token, Trouble::Closed),
        (true, true, true, no_token, Trouble::Revoked { open: false }),
        (
            true,
            false,
            true,
            ErrorCode::Revoked,
            Trouble::Revoked { open },
        ),
        (
            true,
            true,
            false,
            ErrorCode::Revoked,
            Trouble::Revoked { open: false },
        ),
        (
            true,
            false,
            true,
            ErrorCode::Expired,
            Trouble::Expired { open },
        ),
    ] {
        let facts = reporter(has_pass, locked, was_up).facts(&refused(code), 2);
        assert_eq!(facts.trouble, Some(expected));
        assert!(!facts.may_write, "{expected:?}");
    }
}

#[test]
fn an_operator_who_cannot_be_reached_has_not_ended_anything() {
    let mut reporter = reporter(true, true, true);
    let expired = refused(ErrorCode::Expired);
    for (renewal, expected) in [
        (Renewal::Asking(0), None),
        (Renewal::Given(0), None),
        (Renewal::Asking(3), Some(Trouble::NotRenewed)),
        (Renewal::Given(3), Some(Trouble::NotRenewed)),
        (Renewal::Over, Some(Trouble::Expired { open: false })),
    ] {
        reporter.rights.renewal = renewal;
        assert_eq!(reporter.facts(&expired, 2).trouble, expected);
    }
}

#[test]
fn a_late_renewal_is_a_note_and_no_trouble_while_the_session_goes_on() {
    let mut reporter = reporter(true, true, true);
    reporter.rights.renewal = Renewal::Asking(1);
    let mut live = status(LinkStatus::Live, None, None);
    live.expires_at = Some(30_000);
    let facts = reporter.facts(&live, 2);
    assert_eq!((facts.trouble, facts.may_write), (None, true));
    assert_eq!(reporter.note(&facts, &live, 2), Some(Note::RenewalLate));
}

#[test]
fn an_end_that_is_near_is_told_of_unless_it_is_being_put_off() {
    let mut reporter = reporter(true, true, true);
    let mut live = status(LinkStatus::Live, None, None);
    live.expires_at = Some(100_000);
    let facts = reporter.facts(&live, 39_999);
    assert_eq!(reporter.note(&facts, &live, 39_999), None);
    assert_eq!(reporter.note(&facts, &live, 40_000), Some(Note::EndsSoon));
    reporter.rights.renewal = Renewal::Asking(0);
    assert_eq!(reporter.note(&facts, &live, 40_000), None);
    live.expires_at = None;
    assert_eq!(reporter.note(&facts, &live, 40_000), None);
}

#[test]
fn a_renewal_has_worked_once_a_session_is_live_that_does_not_end_soon() {
    let mut reporter = reporter(true, true, true);
    let mut live = status(LinkStatus::Live, None, None);
    live.expires_at = Some(30_000);
    reporter.rights.renewal = Renewal::Given(2);
    reporter.facts(&live, 2);
    assert_eq!(reporter.rights.renewal, Renewal::Given(2));
    reporter.facts(&refused(ErrorCode::Expired), 3);
    assert_eq!(reporter.rights.renewal, Renewal::Given(2));
    live.expires_at = Some(3_600_000);
    reporter.facts(&live, 4);
    assert_eq!(reporter.rights.renewal, Renewal::Idle);
}

#[test]
fn what_is_told_in_passing_passes_and_is_told_without_a_link_too() {
    let mut reporter = reporter(false, false, true);
    reporter.rights.tell(Note::WithoutLink, 1_000);
    for link in [LinkStatus::Live, LinkStatus::Connecting] {
        let status = status(link, None, None);
        let facts = reporter.facts(&status, 2_000);
        let note = |now| reporter.note(&facts, &status, now);
        assert_eq!(note(30_999), Some(Note::WithoutLink));
        assert_eq!(note(31_000), None);
    }
    let barred = refused(ErrorCode::NoToken);
    let facts = reporter.facts(&barred, 2_000);
    assert_eq!(reporter.note(&facts, &barred, 2_000), None, "one at a time");
}

#[test]
fn a_viewer_is_told_so_and_cannot_write() {
    for (has_pass, expected) in [(true, Note::Viewer), (false, Note::ReadOnly)] {
        let mut reporter = reporter(has_pass, false, true);
        let mut reads = status(LinkStatus::Live, None, None);
        let facts = reporter.facts(&reads, 2);
        assert_eq!(reporter.note(&facts, &reads, 2), None);
        reads.role = Role::Read;
        let facts = reporter.facts(&reads, 3);
        assert!(!facts.may_write);
        assert_eq!(reporter.note(&facts, &reads, 3), Some(expected));
    }
}

#[test]
fn edits_that_may_not_be_sent_are_a_trouble_and_keep_their_age() {
    let mut reporter = reporter(true, false, true);
    let mut reads = status(LinkStatus::Live, Some(1), None);
    (reads.role, reads.stranded) = (Role::Read, true);
    let facts = reporter.facts(&reads, 5);
    assert_eq!(facts.trouble, Some(Trouble::NotAllowed));
    assert_eq!(facts.unsaved_ms, Some(4));
    assert_eq!(reporter.note(&facts, &reads, 5), None, "one at a time");
}

#[test]
fn nobody_begins_to_write_what_can_never_be_saved() {
    let rights = Rights::default();
    for (locked, seems_to_read, at_first) in [
        (false, false, true),
        (true, false, false),
        (false, true, false),
    ] {
        let mut reporter = Reporter::new(Rights {
            locked,
            seems_to_read,
            ..rights
        });
        assert_eq!(reporter.may_write_at_first(), at_first);
        let connecting = status(LinkStatus::Connecting, None, None);
        assert_eq!(reporter.facts(&connecting, 1).may_write, at_first);
        let live = status(LinkStatus::Live, None, None);
        assert!(reporter.facts(&live, 2).may_write, "the server decides");
    }
}

#[test]
fn strangers_become_harmless() {
    let person = |name: &str, color: &str| Person {
        name: name.into(),
        color: color.into(),
        cursor: None,
    };
    let people = [
        person("김 하늘", "#123456"),
        person(" ", "#000"),
        person("x", "url(evil)"),
    ];
    let shown = shown(people.iter());
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[1].colour, PALETTE[0]);
}
