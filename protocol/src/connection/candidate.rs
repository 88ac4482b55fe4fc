//! A link that is tried beside the one in use: proven first, then given the session, and only then does the old one end.

use bytes::Bytes;

use super::{
    Connection, Effect, Wire,
    current::{PROOF_BYTES, probed},
};
use crate::{ladder::Rung, replica::Replica};

/// A link that is not open after this time is given up.
const OPEN_MS: u64 = 10_000;
/// How long a proof may take.
const PROOF_MS: u64 = 5_000;
/// How long the session may be in no state to move.
const READY_MS: u64 = 3_000;
/// How often is looked whether it is.
const LOOK_MS: u64 = 200;
/// How long the answer to RESUME may take; below the time after which the client gives a link up.
const RESUME_MS: u64 = 4_000;
/// What may be held back of the old link meanwhile, in bytes.
const MAX_HELD: usize = 4 << 20;

/// How far a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening {
        until: u64,
    },
    /// The probe of its wire is out.
    Proving {
        until: u64,
    },
    /// Proven; the session cannot move yet.
    Ready {
        look: u64,
        until: u64,
    },
    Resuming {
        until: u64,
    },
}

/// A link beside the one in use.
pub(super) struct Candidate {
    pub(super) wire: Wire,
    stage: Stage,
    /// The one in use does not work: the session moves without a proof, and without a way back.
    straight: bool,
    /// What came on the old link since RESUME went out.
    held: Vec<Bytes>,
    held_bytes: usize,
}

impl Connection {
    /// Opens a link beside the one in use. A `straight` one replaces a link that does not work, or follows a person's wish.
    pub(super) fn try_beside(
        &mut self,
        now: u64,
        rung: Rung,
        straight: bool,
        effects: &mut Vec<Effect>,
    ) {
        let wire = self.new_wire(now, rung);
        effects.push(Effect::Open {
            link: wire.id,
            rung,
            check: rung == Rung::EventStream && !straight,
        });
        self.candidate = Some(Candidate::new(wire, now + OPEN_MS, straight));
    }

    /// A WebSocket that is not open yet goes on beside the link that was opened because of that.
    pub(super) fn keep_late(&mut self, wire: Wire) {
        let until = wire.since + OPEN_MS;
        self.candidate = Some(Candidate::new(wire, until, false));
    }

    pub(super) fn candidate_due(&self) -> Option<u64> {
        self.candidate
            .as_ref()
            .map(|candidate| match candidate.stage {
                Stage::Opening { until } | Stage::Proving { until } | Stage::Resuming { until } => {
                    until
                }
                Stage::Ready { look, .. } => look,
            })
    }

    pub(super) fn tick_candidate(
        &mut self,
        now: u64,
        replica: &Replica,
        effects: &mut Vec<Effect>,
    ) {
        let Some(candidate) = &mut self.candidate else {
            return;
        };
        match &mut candidate.stage {
            Stage::Ready { look, until } if now >= *look && now < *until => {
                *look = now + LOOK_MS;
                let until = *until;
                self.move_session(now, until, effects);
            }
            Stage::Ready { until, .. }
            | Stage::Opening { until }
            | Stage::Proving { until }
            | Stage::Resuming { until }
                if now >= *until =>
            {
                effects.push(Effect::Close {
                    link: candidate.wire.id,
                });
                self.candidate_closed(now, replica, effects);
            }
            _ => {}
        }
    }

    pub(super) fn candidate_opened(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let (nonce, message) = self.probe(PROOF_BYTES);
        let Some(candidate) = &mut self.candidate else {
            return;
        };
        candidate.wire.open(now);
        if candidate.straight || candidate.wire.rung != Rung::WebSocket {
            self.move_session(now, now + READY_MS, effects);
            return;
        }
        candidate.wire.probe = Some((nonce, now, now + PROOF_MS));
        candidate.stage = Stage::Proving {
            until: now + PROOF_MS,
        };
        effects.push(Effect::Send {
            link: candidate.wire.id,
            message,
        });
    }

    pub(super) fn candidate_message(
        &mut self,
        now: u64,
        message: Bytes,
        replica: &Replica,
        effects: &mut Vec<Effect>,
    ) {
        let Some(candidate) = &mut self.candidate else {
            return;
        };
        match candidate.stage {
            Stage::Proving { .. } => {
                let answered = probed(&message);
                if let Some(rtt) = answered.and_then(|nonce| candidate.wire.probed(nonce, now)) {
                    self.patience.measured(rtt);
                    self.move_session(now, now + READY_MS, effects);
                }
            }
            Stage::Resuming { .. } => {
                if let Some(candidate) = self.candidate.take() {
                    self.promote(now, candidate.wire, message, replica, effects);
                }
            }
            // Before it was asked anything it has nothing to say.
            _ => {}
        }
    }

    /// The candidate is gone. A session that was being moved to it stays where it was.
    pub(super) fn candidate_closed(
        &mut self,
        now: u64,
        replica: &Replica,
        effects: &mut Vec<Effect>,
    ) {
        let Some(candidate) = self.candidate.take() else {
            return;
        };
        let lost = self.current.is_none();
        if self.client.is_switching() {
            if lost || candidate.straight {
                self.let_go(now, effects);
                return;
            }
            let told = self.client.abandon_switch(now, replica);
            self.perform(now, told, effects);
            for message in candidate.held {
                self.current_message(now, message, replica, effects);
            }
        } else if candidate.straight && !self.ladder.is_chosen(candidate.wire.rung) {
            self.let_go(now, effects);
        }
    }

    /// What came on the old link while the session is being moved; true when it is held back.
    pub(super) fn hold_back(&mut self, message: &Bytes) -> bool {
        match &mut self.candidate {
            Some(candidate) if self.client.is_switching() => {
                candidate.held_bytes += message.len();
                if candidate.held_bytes <= MAX_HELD {
                    candidate.held.push(message.clone());
                } else {
                    // There is no way back any more.
                    candidate.straight = true;
                }
                true
            }
            _ => false,
        }
    }

    pub(super) fn drop_candidate(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if let Some(candidate) = self.candidate.take() {
            effects.push(Effect::Close {
                link: candidate.wire.id,
            });
            if self.client.is_switching() {
                self.let_go(now, effects);
            }
        }
    }

    /// Sends RESUME on the candidate, now or when the session can move.
    fn move_session(&mut self, now: u64, until: u64, effects: &mut Vec<Effect>) {
        let Some(candidate) = &mut self.candidate else {
            return;
        };
        let Some(message) = self.client.begin_switch(now) else {
            candidate.stage = Stage::Ready {
                look: now + LOOK_MS,
                until,
            };
            return;
        };
        candidate.stage = Stage::Resuming {
            until: now + RESUME_MS,
        };
        effects.push(Effect::Send {
            link: candidate.wire.id,
            message,
        });
    }

    /// The candidate has answered RESUME: it is the link in use, and the old one ends.
    fn promote(
        &mut self,
        now: u64,
        wire: Wire,
        message: Bytes,
        replica: &Replica,
        effects: &mut Vec<Effect>,
    ) {
        self.client.complete_switch(now);
        let rung = wire.rung;
        let old = self.current.replace(wire);
        self.current_message(now, message, replica, effects);
        if self.client.is_live() {
            self.ladder.climbed(rung);
        }
        // Last: what the new link needs is under way before a browser is busy with ending the old one.
        if let Some(old) = old {
            effects.push(Effect::Close { link: old.id });
        }
    }

    fn let_go(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if let Some(wire) = self.current.take() {
            effects.push(Effect::Close { link: wire.id });
        }
        let told = self.client.closed(now);
        self.perform(now, told, effects);
    }
}

impl Candidate {
    fn new(wire: Wire, until: u64, straight: bool) -> Self {
        Self {
            wire,
            stage: Stage::Opening { until },
            straight,
            held: Vec::new(),
            held_bytes: 0,
        }
    }
}
