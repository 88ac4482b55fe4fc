//! From the client's state to what a person is told: which link, which trouble, who is here. Pure, except that it remembers whether there ever was a link.
use crate::colour::{Colour, PALETTE};
use crate::component::people::Person as Shown;
use crate::identity::Identity;
use crate::saved_state::{Facts, Link};
use crate::trouble::Trouble;
use crate::way::Way;
use protocol::client::LinkStatus;
use protocol::connection::Status;
use protocol::frame::{ErrorCode, Role};
use protocol::presence::Person;

/// A link that is gone for less than this, in milliseconds, is being moved or mended: nobody is told that there is none.
const BRIEF_MS: u64 = 2_000;

/// Remembers what one status alone does not tell.
#[derive(Debug, Default)]
pub struct Reporter {
    was_up: bool,
    failed: bool,
    down_since: Option<u64>,
    way: Way,
    /// The editor did not start: nothing can be written here.
    pub editor_failed: bool,
}

impl Reporter {
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
        Facts {
            link,
            unsaved_ms: status
                .unsaved_since
                .map(|since| u32::try_from(now.saturating_sub(since)).unwrap_or(u32::MAX)),
            may_write: status.role == Role::Write,
            trouble: status
                .trouble
                .as_ref()
                .and_then(|(code, _)| trouble(*code, status.link))
                .or(self.editor_failed.then_some(Trouble::EditorFailed)),
        }
    }
}

impl Reporter {
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
        ErrorCode::ReadOnly | ErrorCode::NoToken | ErrorCode::Expired | ErrorCode::Revoked => {
            Some(Trouble::NotAllowed)
        }
        ErrorCode::Unavailable => Some(Trouble::Unavailable),
        ErrorCode::Rate => Some(Trouble::Crowded),
        ErrorCode::Protocol if link == LinkStatus::Refused => Some(Trouble::Refused),
        ErrorCode::Protocol
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
