//! One page's way to its server: the session's client on whichever link the ladder chose, and a better link tried beside it; it opens nothing itself.
//!
//! The shell is told which links to open and what to send on them, and tells what happens on each. Every method takes
//! the time, in milliseconds of a monotonic clock, and returns [`Effect`]s to be performed in order.

use bytes::Bytes;

use crate::{
    client::{Client, Status as Standing},
    frame::{ClientFrame, Token},
    ladder::{Ladder, Memory, Reason, Rung},
    replica::Replica,
};

mod candidate;
mod current;
mod effect;
mod patience;
mod wire;

pub use effect::{Effect, LinkId, Status, Why};

use candidate::Candidate;
use patience::Patience;
use wire::Wire;

/// The way of one page to its server.
pub struct Connection {
    client: Client,
    ladder: Ladder,
    /// The link that the session is on, or is being opened on.
    current: Option<Wire>,
    /// A better link that is being tried beside it.
    candidate: Option<Candidate>,
    patience: Patience,
    next_link: u64,
    next_nonce: u64,
    hidden: bool,
    wall_ms: u64,
    began: u64,
}

impl Connection {
    /// A way that is not open yet. `memory` is what this browser remembers, `wall_ms` the time of day at `now`, in
    /// milliseconds since 1970, and `seed` spreads what many pages do.
    #[must_use]
    pub fn new(client: Client, memory: Option<Memory>, now: u64, wall_ms: u64, seed: u64) -> Self {
        Self {
            client,
            ladder: Ladder::new(memory, wall_ms, seed),
            current: None,
            candidate: None,
            patience: Patience::default(),
            next_link: 1,
            next_nonce: 1,
            hidden: false,
            wall_ms,
            began: now,
        }
    }

    /// How things stand.
    #[must_use]
    pub fn status(&self) -> Status {
        let Standing {
            link,
            unsaved_since,
            trouble,
            role,
            expires_at,
            stranded,
        } = self.client.status();
        let rung = self
            .current
            .as_ref()
            .filter(|_| self.client.is_live() || self.client.is_switching())
            .map(|wire| wire.rung);
        Status {
            // A session that moves from link to link is as live as before.
            link: if self.client.is_switching() {
                crate::client::LinkStatus::Live
            } else {
                link
            },
            unsaved_since,
            trouble,
            role,
            expires_at,
            stranded,
            rung,
            limited: self.ladder.reason().filter(|reason| {
                rung.is_some_and(|rung| rung != Rung::WebSocket) || *reason == Reason::Chosen
            }),
            rtt_ms: self.patience.rtt(),
        }
    }

    /// The document's generation; 0 before the first session.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.client.generation()
    }

    /// When [`Connection::tick`] wants to be called next, at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.client
            .deadline()
            .into_iter()
            .chain(self.current_due())
            .chain(self.candidate_due())
            .min()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: u64, replica: &Replica) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.tick_candidate(now, replica, &mut effects);
        self.tick_current(now, &mut effects);
        let live = self.client.is_live();
        let rung = self.current.as_ref().map(|wire| wire.rung);
        let told = self.client.tick(now);
        if let (true, false, Some(rung)) = (live, self.client.is_live(), rung) {
            // It gave its link up because nothing came any more.
            self.ladder.silent(now, rung);
        }
        self.perform(now, told, &mut effects);
        effects
    }

    /// A link is open. One over HTTP has nothing to open: it is told at once.
    pub fn opened(&mut self, now: u64, link: LinkId, replica: &Replica) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.is_current(link) {
            if let Some(wire) = &mut self.current {
                wire.open(now);
            }
            let told = self.client.opened(now, replica);
            self.perform(now, told, &mut effects);
        } else if self.is_candidate(link) {
            self.candidate_opened(now, &mut effects);
        }
        effects
    }

    /// A message came on a link.
    pub fn message(
        &mut self,
        now: u64,
        link: LinkId,
        message: Bytes,
        replica: &Replica,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.is_current(link) {
            self.heard(now);
            if self.hold_back(&message) {
                return effects;
            }
            self.current_message(now, message, replica, &mut effects);
        } else if self.is_candidate(link) {
            self.candidate_message(now, message, replica, &mut effects);
        }
        effects
    }

    /// A byte came on a link that is no message: an empty answer, a comment in a stream.
    pub fn alive(&mut self, now: u64, link: LinkId) -> Vec<Effect> {
        if self.is_current(link) {
            self.heard(now);
            self.client.alive(now);
            self.ladder.held();
        }
        Vec::new()
    }

    /// A link is gone.
    pub fn closed(&mut self, now: u64, link: LinkId, why: Why, replica: &Replica) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.is_current(link) {
            self.current_closed(now, why, &mut effects);
        } else if self.is_candidate(link) {
            self.candidate_closed(now, replica, &mut effects);
        }
        effects
    }

    /// The replica made an update of this person.
    pub fn local(&mut self, now: u64, update: &[u8]) -> Vec<Effect> {
        let told = self.client.local(now, update);
        self.performed(now, told)
    }

    /// This person's presence changed.
    pub fn presence(&mut self, now: u64, state: String) -> Vec<Effect> {
        let told = self.client.presence(state);
        self.performed(now, told)
    }

    /// The replica found that something is missing in what it was given.
    pub fn incomplete(&mut self, now: u64, replica: &Replica) -> Vec<Effect> {
        let told = self.client.incomplete(now, replica);
        self.performed(now, told)
    }

    /// Keeps what [`Effect::Remote`] brought while the editor is not ready for it; a server that asks is told of it as well.
    pub fn hold(&mut self, updates: Vec<Bytes>) {
        self.client.hold(updates);
    }

    /// What was held, to be given to the replica now.
    #[must_use]
    pub fn take_held(&mut self) -> Vec<Bytes> {
        self.client.take_held()
    }

    /// Whether anything is held.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.client.holds()
    }

    /// The browser says that there is a network again, or the page was woken.
    pub fn wake(&mut self, now: u64) -> Vec<Effect> {
        self.ladder.hope(now);
        let told = self.client.wake(now);
        self.performed(now, told)
    }

    /// The person wants another try.
    pub fn retry(&mut self, now: u64) -> Vec<Effect> {
        self.ladder.hope(now);
        let told = self.client.retry(now);
        self.performed(now, told)
    }

    /// Another token for this session, or for the next ones.
    pub fn token(&mut self, now: u64, token: Token) -> Vec<Effect> {
        let told = self.client.token(now, token);
        self.performed(now, told)
    }

    /// Who speaks, as the value of `Authorization` in requests of HTTP beside the session; `None` without one.
    #[must_use]
    pub fn authorization(&self) -> Option<String> {
        Some(self.client.authorization()?.to_string())
    }

    /// Somebody can see the page, or nobody can: a hidden page tries nothing and is given more time.
    pub fn visible(&mut self, now: u64, visible: bool) -> Vec<Effect> {
        self.hidden = !visible;
        self.client.hide(self.hidden);
        if visible { self.wake(now) } else { Vec::new() }
    }

    /// Only this rung from now on; `None` lets the ladder choose again.
    pub fn force(&mut self, now: u64, rung: Option<Rung>) -> Vec<Effect> {
        self.ladder.choose(now, rung);
        self.client.hasten();
        let mut effects = Vec::new();
        self.drop_candidate(now, &mut effects);
        let other = self
            .current
            .as_ref()
            .is_some_and(|wire| wire.rung != self.ladder.rung());
        if other && self.client.is_opening() {
            self.open_current(now, &mut effects);
            self.client.reopen(now);
        }
        effects.push(Effect::Status);
        effects
    }

    /// Of the rungs of HTTP none better than this may be used, since other tabs hold the browser's few connections.
    pub fn ceiling(&mut self, now: u64, rung: Option<Rung>) {
        self.ladder.limit(now, rung);
    }

    /// Measures the round trip once; [`Status::rtt_ms`] follows.
    pub fn measure(&mut self, now: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.client.is_live() && !self.client.is_switching() {
            self.probe_current(now, 0, &mut effects);
        }
        effects
    }

    /// The page is left for good.
    pub fn leave(&mut self, now: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.client.is_switching() {
            // Nobody knows which of the two the server listens to by now.
            let candidate = self.candidate.as_ref().map(|candidate| &candidate.wire);
            for wire in self.current.iter().chain(candidate) {
                effects.push(Effect::Send {
                    link: wire.id,
                    message: ClientFrame::Bye.encode(),
                });
            }
        }
        self.drop_candidate(now, &mut effects);
        let told = self.client.leave();
        self.perform(now, told, &mut effects);
        effects
    }

    /// What a page that is being left sends by a request that outlives it: the value of `Authorization`, and the body.
    #[must_use]
    pub fn farewell(&mut self, replica: &Replica) -> Option<(String, Bytes)> {
        Some((
            self.client.last_authorization()?.to_string(),
            self.client.farewell(replica),
        ))
    }

    /// The same without the goodbye, for a page that may be left any moment now; `None` when everything is saved.
    #[must_use]
    pub fn unsaved(&mut self, replica: &Replica) -> Option<(String, Bytes)> {
        Some((
            self.client.last_authorization()?.to_string(),
            self.client.unsaved(replica)?,
        ))
    }

    fn wall(&self, now: u64) -> u64 {
        self.wall_ms + now.saturating_sub(self.began)
    }

    fn is_current(&self, link: LinkId) -> bool {
        self.current.as_ref().is_some_and(|wire| wire.id == link)
    }

    fn is_candidate(&self, link: LinkId) -> bool {
        self.candidate
            .as_ref()
            .is_some_and(|candidate| candidate.wire.id == link)
    }

    fn new_wire(&mut self, now: u64, rung: Rung) -> Wire {
        let id = LinkId(self.next_link);
        self.next_link += 1;
        Wire::new(id, rung, now)
    }

    fn probe(&mut self, padding: usize) -> (u64, Bytes) {
        let nonce = self.next_nonce;
        self.next_nonce += 1;
        let padding = Bytes::from(vec![0; padding]);
        (nonce, ClientFrame::Probe { nonce, padding }.encode())
    }

    fn performed(&mut self, now: u64, told: Vec<crate::client::Effect>) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.perform(now, told, &mut effects);
        effects
    }

    /// What the client asks for, on the link that it is on.
    fn perform(&mut self, now: u64, told: Vec<crate::client::Effect>, effects: &mut Vec<Effect>) {
        use crate::client::Effect as Told;
        for effect in told {
            match effect {
                Told::Connect => self.open_current(now, effects),
                Told::Send(message) => {
                    if let Some(wire) = &self.current {
                        effects.push(Effect::Send {
                            link: wire.id,
                            message,
                        });
                    }
                }
                Told::Close => {
                    if let Some(wire) = self.current.take() {
                        effects.push(Effect::Close { link: wire.id });
                    }
                    self.drop_candidate(now, effects);
                }
                Told::Remote(updates) => effects.push(Effect::Remote(updates)),
                Told::Presence(changed) => effects.push(Effect::Presence(changed)),
                Told::PresenceReset => effects.push(Effect::PresenceReset),
                Told::Renew { within_ms } => effects.push(Effect::Renew { within_ms }),
                Told::Status => effects.push(Effect::Status),
            }
        }
    }
}

#[cfg(test)]
mod tests;
