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

mod rights;

pub use rights::Rights;

/// A link that is gone for less than this, in milliseconds, is being moved or mended: nobody is told that there is none.
const BRIEF_MS: u64 = 2_000;

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

    /// The facts behind the mark on the page.
    pub fn facts(&mut self, status: &Status, now: u64) -> Facts {
        let live = status.link == LinkStatus::Live;
        self.was_up |= live;
        self.settle(status, now);
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
mod tests;
