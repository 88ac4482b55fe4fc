//! From the client's state to what a person is told: which link, which trouble, who is here. Pure, except that it remembers whether there ever was a link.
use crate::colour::{Colour, PALETTE};
use crate::component::people::Person as Shown;
use crate::identity::Identity;
use crate::note::Note;
use crate::renewal::Renewal;
use crate::saved_state::{Facts, Link};
use crate::trouble::Trouble;
use crate::way::Way;
use protocol::client::LinkStatus;
use protocol::connection::Status;
use protocol::frame::{ErrorCode, Role};
use protocol::presence::Person;

/// A link that is gone for less than this, in milliseconds, is being moved or mended: nobody is told that there is none.
const BRIEF_MS: u64 = 2_000;

/// What the page knows of a person's rights beside what the server says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rights {
    /// A link brought this person here.
    pub has_pass: bool,
    /// The document opens by a link only.
    pub locked: bool,
    /// The link says of itself that it only reads.
    pub seems_to_read: bool,
    /// How its renewal goes.
    pub renewal: Renewal,
}

/// Remembers what one status alone does not tell.
#[derive(Debug, Default)]
pub struct Reporter {
    was_up: bool,
    failed: bool,
    down_since: Option<u64>,
    way: Way,
    /// What is known of this person's rights.
    pub rights: Rights,
    /// The editor did not start: nothing can be written here.
    pub editor_failed: bool,
}

impl Reporter {
    /// A reporter on a page that was never connected.
    #[must_use]
    pub fn new(rights: Rights) -> Self {
        Self {
            rights,
            ..Self::default()
        }
    }

    /// Whether one may write before the server has said so: in a document that is open to everybody, and not when the link says
    /// that it only reads. Nobody is to begin what can never be saved.
    #[must_use]
    pub fn may_write_at_first(&self) -> bool {
        !self.rights.locked && !self.rights.seems_to_read
    }

    /// The facts behind the mark on the page.
    pub fn facts(&mut self, status: &Status, now: u64) -> Facts {
        let live = status.link == LinkStatus::Live;
        self.was_up |= live;
        self.down_since = if live {
            None
        } else {
            self.down_since.or(Some(now))
        };
        // What was saved still is, and what is being saved still waits: neither claim needs a link at this moment.
        let up = live || (status.link != LinkStatus::Refused && self.deadline(now).is_some());
        self.failed |= matches!(status.link, LinkStatus::Waiting { until } if until > 0);
        let link = match () {
            () if up => Link::Up,
            () if self.was_up || self.failed => Link::Down,
            () => Link::First,
        };
        let told = status.trouble.as_ref().and_then(|(code, _)| {
            if code.is_about_token() {
                self.barred(*code)
            } else {
                trouble(*code, status.link)
            }
        });
        let trouble = told
            .or(status.stranded.then_some(Trouble::NotAllowed))
            .or(self.editor_failed.then_some(Trouble::EditorFailed));
        Facts {
            link,
            unsaved_ms: status
                .unsaved_since
                .map(|since| u32::try_from(now.saturating_sub(since)).unwrap_or(u32::MAX)),
            may_write: status.role == Role::Write
                && !(status.link == LinkStatus::Refused && trouble.is_some_and(Trouble::bars))
                && (self.was_up || self.may_write_at_first()),
            trouble,
        }
    }

    /// What this person should know of their rights while nothing is wrong.
    #[must_use]
    pub fn note(&self, facts: &Facts) -> Option<Note> {
        match () {
            () if facts.trouble.is_some() || facts.link != Link::Up => None,
            () if self.rights.renewal.is_late() => Some(Note::RenewalLate),
            () if facts.may_write => None,
            () if self.rights.has_pass => Some(Note::Viewer),
            () => Some(Note::ReadOnly),
        }
    }

    /// What a refusal of the person's token means, by what it was and what came before.
    fn barred(&self, code: ErrorCode) -> Option<Trouble> {
        let open = !self.rights.locked;
        match code {
            ErrorCode::Revoked => Some(Trouble::Revoked { open }),
            // The first try is over in a moment, and nobody need hear of it.
            ErrorCode::Expired => match self.rights.renewal {
                Renewal::Asking(0) => None,
                Renewal::Asking(_) => Some(Trouble::NotRenewed),
                Renewal::Idle | Renewal::Over => Some(Trouble::Expired { open }),
            },
            ErrorCode::NoToken if !self.was_up && self.rights.has_pass => Some(Trouble::BadLink),
            ErrorCode::NoToken if !self.was_up => Some(Trouble::NeedsLink),
            // A token that was good is so no longer: somebody changed the key that made it.
            ErrorCode::NoToken if self.rights.has_pass => Some(Trouble::Revoked { open }),
            ErrorCode::NoToken => Some(Trouble::Closed),
            _ => None,
        }
    }

    /// When a link that is gone is no longer gone for a moment only.
    #[must_use]
    pub fn deadline(&self, now: u64) -> Option<u64> {
        let until = self.down_since? + BRIEF_MS;
        (self.was_up && now < until).then_some(until)
    }

    /// How the page is connected; the last way while a link is gone for a moment only.
    pub fn way(&mut self, status: &Status, now: u64) -> Way {
        let gone = status.link == LinkStatus::Refused || self.deadline(now).is_none();
        if status.link == LinkStatus::Live {
            self.way = Way {
                rung: status.rung,
                reason: status.limited,
                rtt_ms: status.rtt_ms.or(self.way.rtt_ms),
            };
        } else if gone {
            self.way = Way::default();
        }
        self.way
    }
}

/// What a refusal means for a person; what the client mends by itself is none.
fn trouble(code: ErrorCode, link: LinkStatus) -> Option<Trouble> {
    match code {
        ErrorCode::NotSaving => Some(Trouble::StorageFailed),
        ErrorCode::TooLarge => Some(Trouble::DocumentFull),
        ErrorCode::OtherGeneration => Some(Trouble::Replaced),
        ErrorCode::ReadOnly if link == LinkStatus::Refused => Some(Trouble::NotAllowed),
        ErrorCode::Unavailable => Some(Trouble::Unavailable),
        ErrorCode::Rate => Some(Trouble::Crowded),
        ErrorCode::Protocol if link == LinkStatus::Refused => Some(Trouble::Refused),
        ErrorCode::ReadOnly
        | ErrorCode::NoToken
        | ErrorCode::Expired
        | ErrorCode::Revoked
        | ErrorCode::Protocol
        | ErrorCode::TooSlow
        | ErrorCode::Superseded
        | ErrorCode::Gone
        | ErrorCode::Incomplete => None,
    }
}

/// The people to show: tidy names, colours that are colours. Programs without a name are not people.
pub fn shown<'a>(people: impl Iterator<Item = &'a Person>) -> Vec<Shown> {
    people
        .filter_map(|person| {
            Some(Shown {
                name: Identity::tidy_name(&person.name)?,
                colour: colour(person),
            })
        })
        .collect()
}

/// A person's colour; what is none becomes the first of ours.
#[must_use]
pub fn colour(person: &Person) -> Colour {
    Colour::parse(&person.color).unwrap_or(PALETTE[0])
}

#[cfg(test)]
mod tests {
    use super::*;
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
            (Renewal::Asking(3), Some(Trouble::NotRenewed)),
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
        let facts = reporter.facts(&status(LinkStatus::Live, None, None), 2);
        assert_eq!((facts.trouble, facts.may_write), (None, true));
        assert_eq!(reporter.note(&facts), Some(Note::RenewalLate));
    }

    #[test]
    fn a_viewer_is_told_so_and_cannot_write() {
        for (has_pass, expected) in [(true, Note::Viewer), (false, Note::ReadOnly)] {
            let mut reporter = reporter(has_pass, false, true);
            let mut reads = status(LinkStatus::Live, None, None);
            let facts = reporter.facts(&reads, 2);
            assert_eq!(reporter.note(&facts), None);
            reads.role = Role::Read;
            let facts = reporter.facts(&reads, 3);
            assert!(!facts.may_write);
            assert_eq!(reporter.note(&facts), Some(expected));
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
        assert_eq!(reporter.note(&facts), None, "one thing at a time");
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
}
