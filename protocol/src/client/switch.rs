//! Moving a live session to another link without letting go of the one it is on; which link, and when, is the ladder's affair.
//!
//! From the moment RESUME goes out on the new link nothing of the old one counts: the caller holds it back. The answer on
//! the new link tells it again, from the same place. If no answer comes, the old link goes on as if nothing had happened.

use bytes::Bytes;

use super::{Client, Effect, Link, MAX_ASSEMBLED};
use crate::{
    frame::{ClientFrame, fragment::Assembler},
    replica::Replica,
};

/// What the old link is left with.
pub(super) struct Switch {
    since: u64,
    assembler: Assembler,
    ping: Option<(u64, u64)>,
    exchanging: bool,
}

impl Client {
    /// The link is gone, and another is opened at once: the network is there.
    pub fn relink(&mut self, now: u64) {
        if self.is_live() {
            self.closed(now);
            self.link = Link::Connecting { since: now };
        }
    }

    /// Another link takes the place of the one that was being opened.
    pub fn reopen(&mut self, now: u64) {
        if self.is_opening() {
            self.link = Link::Connecting { since: now };
        }
    }

    /// The message to send first on the new link; `None` while the session is not in a state to move.
    pub fn begin_switch(&mut self, now: u64) -> Option<Bytes> {
        let Link::Live { since } = self.link else {
            return None;
        };
        let session = self.session.as_mut()?;
        session.link += 1;
        self.switch = Some(Switch {
            since,
            assembler: std::mem::replace(&mut self.assembler, Assembler::new(MAX_ASSEMBLED)),
            ping: self.ping.take(),
            // What was asked for on the old link is asked for anew on the new one.
            exchanging: self.exchanging,
        });
        self.link = Link::Opening {
            since: now,
            resuming: true,
        };
        Some(session.resume(self.epoch, self.after).encode())
    }

    /// The new link has answered: it is the one in use from now on.
    pub fn complete_switch(&mut self, now: u64) {
        if self.switch.take().is_some() {
            self.last_byte = now;
            if let Some(session) = &mut self.session {
                session.in_use = session.link;
            }
        }
    }

    /// The new link brought no answer: the old one goes on with what was written meanwhile.
    pub fn abandon_switch(&mut self, now: u64, replica: &Replica) -> Vec<Effect> {
        let Some(switch) = self.switch.take() else {
            return Vec::new();
        };
        self.link = Link::Live {
            since: switch.since,
        };
        self.assembler = switch.assembler;
        self.ping = switch.ping;
        self.exchanging = switch.exchanging;
        let mut effects = Vec::new();
        if let Some(state) = self.presence.clone() {
            effects.push(self.send(&ClientFrame::Presence { state }));
        }
        self.show_again(&mut effects);
        // While states are exchanged, the answer will hold what was written, and bring what is missing.
        self.catch_up(now, replica, &mut effects);
        effects.push(Effect::Status);
        effects
    }

    /// Whether RESUME is out on a new link and unanswered.
    #[must_use]
    pub fn is_switching(&self) -> bool {
        self.switch.is_some()
    }
}
