//! A person's rights in words: whether they may write before the server has spoken, what they should know, what a refusal means.
use super::Reporter;
use crate::note::Note;
use crate::renewal::Renewal;
use crate::saved_state::{Facts, Link};
use crate::trouble::Trouble;
use protocol::client::LinkStatus;
use protocol::connection::Status;
use protocol::frame::ErrorCode;

/// Rights that end within this time, in milliseconds, are told of; from here on the server asks for a new token.
const SOON_MS: u64 = 60_000;
/// What is told in passing stands for so long, in milliseconds.
const PASSING_MS: u64 = 30_000;

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
    /// Something that happened, and until when it is told.
    pub passing: Option<(Note, u64)>,
}

impl Rights {
    /// Tells of something that happened at `now`, for a while.
    pub fn tell(&mut self, note: Note, now: u64) {
        self.passing = Some((note, now + PASSING_MS));
    }
}

impl Reporter {
    /// Whether one may write before the server has said so: in a document that is open to everybody, and not when the link says
    /// that it only reads. Nobody is to begin what can never be saved.
    #[must_use]
    pub fn may_write_at_first(&self) -> bool {
        !self.rights.locked && !self.rights.seems_to_read
    }

    /// What this person should know of their rights while nothing is wrong.
    #[must_use]
    pub fn note(&self, facts: &Facts, status: &Status, now: u64) -> Option<Note> {
        let passing = self.rights.passing.filter(|(_, until)| now < *until);
        match () {
            () if facts.trouble.is_some() => None,
            () if passing.is_some() => passing.map(|(note, _)| note),
            () if facts.link != Link::Up => None,
            () if self.rights.renewal.is_late() => Some(Note::RenewalLate),
            () if ends_soon(status, now) && !self.rights.renewal.is_first() => Some(Note::EndsSoon),
            () if facts.may_write => None,
            () if self.rights.has_pass => Some(Note::Viewer),
            () => Some(Note::ReadOnly),
        }
    }

    /// A session that is live, and not soon over, is what a renewal was for.
    pub(super) fn settle(&mut self, status: &Status, now: u64) {
        if status.link == LinkStatus::Live && !ends_soon(status, now) {
            self.rights.renewal.settled();
        }
    }

    /// What a refusal of the person's token means, by what it was and what came before.
    pub(super) fn barred(&self, code: ErrorCode) -> Option<Trouble> {
        let open = !self.rights.locked;
        match code {
            ErrorCode::Revoked => Some(Trouble::Revoked { open }),
            // The first try is over in a moment, and nobody need hear of it.
            ErrorCode::Expired => match self.rights.renewal {
                Renewal::Asking(0) | Renewal::Given(0) => None,
                Renewal::Asking(_) | Renewal::Given(_) => Some(Trouble::NotRenewed),
                Renewal::Idle | Renewal::Over => Some(Trouble::Expired { open }),
            },
            ErrorCode::NoToken if !self.was_up && self.rights.has_pass => Some(Trouble::BadLink),
            // A page that came with its text may hold edits: somebody closed the document behind it.
            ErrorCode::NoToken if !self.was_up && !open => Some(Trouble::NeedsLink),
            // A token that was good is so no longer: somebody changed the key that made it.
            ErrorCode::NoToken if self.rights.has_pass => Some(Trouble::Revoked { open }),
            ErrorCode::NoToken => Some(Trouble::Closed),
            _ => None,
        }
    }
}

fn ends_soon(status: &Status, now: u64) -> bool {
    status
        .expires_at
        .is_some_and(|end| end.saturating_sub(now) <= SOON_MS)
}
