//! From the client's state to what a person is told: which link, which trouble, who is here. Pure, except that it remembers whether there ever was a link.
use crate::colour::{Colour, PALETTE};
use crate::component::people::Person as Shown;
use crate::identity::Identity;
use crate::saved_state::{Facts, Link};
use crate::trouble::Trouble;
use protocol::client::{LinkStatus, Status};
use protocol::frame::{ErrorCode, Role};
use protocol::presence::Person;

/// Remembers what one status alone does not tell.
#[derive(Debug, Default)]
pub struct Reporter {
    was_up: bool,
    failed: bool,
    /// The editor did not start: nothing can be written here.
    pub editor_failed: bool,
}

impl Reporter {
    /// The facts behind the mark on the page.
    pub fn facts(&mut self, status: &Status, now: u64) -> Facts {
        let up = status.link == LinkStatus::Live;
        self.was_up |= up;
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

/// What a refusal means for a person; what the client mends by itself is none.
fn trouble(code: ErrorCode, link: LinkStatus) -> Option<Trouble> {
    match code {
        ErrorCode::NotSaving => Some(Trouble::StorageFailed),
        ErrorCode::TooLarge => Some(Trouble::DocumentFull),
        ErrorCode::OtherGeneration => Some(Trouble::Replaced),
        ErrorCode::ReadOnly => Some(Trouble::NotAllowed),
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

    fn status(link: LinkStatus, unsaved_since: Option<u64>, code: Option<ErrorCode>) -> Status {
        Status {
            link,
            unsaved_since,
            trouble: code.map(|code| (code, String::new())),
            role: Role::Write,
        }
    }

    #[test]
    fn saved_is_claimed_only_on_a_live_link_with_nothing_unsaved() {
        let mut reporter = Reporter::default();
        let mut state = |status: Status| SavedState::from(reporter.facts(&status, 5_000));
        assert_eq!(
            state(status(LinkStatus::Connecting, None, None)),
            SavedState::Connecting
        );
        assert_eq!(
            state(status(LinkStatus::Live, None, None)),
            SavedState::Saved
        );
        assert_eq!(
            state(status(LinkStatus::Live, Some(2_000), None)),
            SavedState::Saving { oldest_ms: 3_000 }
        );
        assert_eq!(
            state(status(LinkStatus::Connecting, None, None)),
            SavedState::Offline { unsaved_ms: None }
        );
        assert_eq!(
            state(status(
                LinkStatus::Waiting { until: 9_000 },
                Some(4_000),
                None
            )),
            SavedState::Offline {
                unsaved_ms: Some(1_000)
            }
        );
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
