//! Whose a client id is while its people are here: who may write and speak under it; it knows no names and keeps nothing on disk.
//!
//! A client id belongs to whoever named it first, in HELLO or in the first presence on a Yjs connection, and may write: readers own
//! none. What others wrote may be brought by anybody, because a page that comes back after a crash brings all that it has. But once
//! an id's owner has told what it has, nobody else can have more of it, and who says so has made it up.

use std::collections::HashMap;

use crate::{id::ClientId, validate::UpdateSummary};

/// The client ids of those who are here.
#[derive(Debug, Default)]
pub struct Claims {
    owners: HashMap<ClientId, Owner>,
}

#[derive(Debug)]
struct Owner {
    author: u64,
    /// The owner has told all it has, so that nobody else can bring more.
    told: bool,
    holding: Holding,
}

/// How an id is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holding {
    /// By a session that its page may not know of.
    Hello,
    /// By a session.
    Session,
    /// By a Yjs connection. It has no secret: the same peer may come back beside it, before it is known to be dead.
    Yjs,
}

impl Claims {
    /// A page says HELLO under the id; `told` when the document has all of this client's. An answer to HELLO may be lost, and
    /// then the page says it once more: so the id is not held until the session is known to its page.
    pub(crate) fn hello(&mut self, client: ClientId, author: u64, told: bool) {
        self.claim(client, author, Holding::Hello, told);
    }

    /// A page speaks in a session under the id; tells whether it is the session's now, for good.
    pub(crate) fn session(&mut self, client: ClientId, author: u64, told: bool) -> bool {
        self.claim(client, author, Holding::Session, told)
    }

    /// A Yjs peer shows itself under the id; tells whether it is the connection's.
    pub(crate) fn yjs(&mut self, client: ClientId, author: u64) -> bool {
        self.claim(client, author, Holding::Yjs, false)
    }

    fn claim(&mut self, client: ClientId, author: u64, holding: Holding, told: bool) -> bool {
        let owner = self.owners.entry(client).or_insert(Owner {
            author,
            told,
            holding,
        });
        if owner.author != author && owner.holding != Holding::Hello {
            return false;
        }
        *owner = Owner {
            author,
            told: told || (owner.author == author && owner.told),
            holding,
        };
        true
    }

    /// Whether the session owns the id.
    #[must_use]
    pub fn is_owner(&self, client: ClientId, author: u64) -> bool {
        self.owners
            .get(&client)
            .is_some_and(|owner| owner.author == author)
    }

    /// Whether another session owns the id.
    #[must_use]
    pub fn is_anothers(&self, client: ClientId, author: u64) -> bool {
        self.owners
            .get(&client)
            .is_some_and(|owner| owner.author != author)
    }

    /// The session is over, or may not write any more: its ids are anybody's.
    pub fn release(&mut self, author: u64) {
        self.owners.retain(|_, owner| owner.author != author);
    }

    /// The session `from` goes on as the session `to`.
    pub fn pass_on(&mut self, from: u64, to: u64) {
        for owner in self.owners.values_mut() {
            if owner.author == from {
                owner.author = to;
            }
        }
    }

    /// Whether an update of `author` has something new under an id of another, who would have told it.
    pub(super) fn forbid(
        &self,
        summary: &UpdateSummary,
        author: u64,
        known: impl Fn(ClientId) -> u32,
    ) -> bool {
        summary.structs.iter().any(|run| {
            run.end > known(run.client)
                && self.owners.get(&run.client).is_some_and(|owner| {
                    owner.author != author
                        && owner.told
                        && (owner.holding != Holding::Yjs || self.holds_any(author))
                })
        })
    }

    fn holds_any(&self, author: u64) -> bool {
        self.owners.values().any(|owner| owner.author == author)
    }

    /// `author` has told its state: all that it has. A single update tells nothing of that: after a crash an owner may have more of
    /// its own to send again, and others have that as well.
    pub(super) fn told_all(&mut self, author: u64) {
        let own = self.owners.values_mut();
        own.filter(|owner| owner.author == author)
            .for_each(|owner| owner.told = true);
    }
}

#[cfg(test)]
mod tests;
