//! What a session may do, and how it is told that this changed or is over; who may do what is judged elsewhere.

use super::{Ended, Session};
use crate::{
    frame::{Role, ServerFrame},
    room::Room,
};

/// What a token, or its absence, lets somebody do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// Read, or read and write.
    pub role: Role,
    /// Milliseconds until that ends by itself; `None` when it does not.
    pub expires_in_ms: Option<u64>,
}

impl Rights {
    /// To write, without an end.
    pub const WRITE: Self = Self {
        role: Role::Write,
        expires_in_ms: None,
    };
}

impl Session {
    /// Its rights are these from now on; the client is told with the next frames. The caller wakes whoever writes them.
    pub fn set_rights(&mut self, rights: Rights, room: &mut Room) {
        self.role = rights.role;
        if rights.role == Role::Read {
            self.own(room);
        } else if !room.claims.is_owner(self.client, self.author) {
            // For good with its next frame: whether the page knows this session is not sure.
            room.claims.hello(self.client, self.author, self.told);
        }
        // One that waits is outdated.
        self.replies
            .retain(|reply| !matches!(reply, ServerFrame::Rights { .. }));
        self.replies.push_back(ServerFrame::Rights {
            role: self.role_in(room),
            expires_in_ms: rights.expires_in_ms,
        });
    }

    /// The client is to renew its token.
    pub fn ends_soon(&mut self, within_ms: u64) {
        self.replies
            .retain(|reply| !matches!(reply, ServerFrame::AuthSoon { .. }));
        self.replies.push_back(ServerFrame::AuthSoon { within_ms });
    }

    /// Its rights are over: nothing more is taken from it or told to it but why. The caller wakes whoever tells it.
    pub fn end(&mut self, why: Ended) {
        self.replies.clear();
        self.ended = Some(why);
    }

    /// Whether its rights are over.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Who may write owns the client id. A reader does not: naming another's, it would have that one's edits refused.
    pub(super) fn own(&mut self, room: &mut Room) {
        if self.role == Role::Write {
            self.claimed = self.claimed || room.claims.session(self.client, self.author, self.told);
        } else if room.claims.is_owner(self.client, self.author) {
            room.claims.release(self.author);
            self.claimed = false;
        }
    }

    /// Who has the id speaks under it; a reader while nobody has it.
    pub(super) fn speaks(&self, room: &Room) -> bool {
        match self.role {
            Role::Write => self.claimed,
            Role::Read => !room.claims.is_anothers(self.client, self.author),
        }
    }

    pub(super) fn not_ended(&self) -> Result<(), Ended> {
        self.ended.clone().map_or(Ok(()), Err)
    }

    pub(super) fn role_in(&self, room: &Room) -> Role {
        if room.writable() {
            self.role
        } else {
            Role::Read
        }
    }
}
