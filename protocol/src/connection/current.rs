//! The link that the session is on: when it has failed, and what that says about its transport.

use bytes::Bytes;

use super::{Connection, Effect, Why, Wire};
use crate::{
    client::OPEN_MS,
    frame::{ErrorCode, ServerFrame},
    ladder::{Reason, Rung, YOUNG_MS},
    replica::Replica,
};

/// What was sent to prove a link must come back within this time.
const PROOF_MS: u64 = 3_000;
/// So many bytes prove a link, both ways: more than one packet of most networks.
pub(super) const PROOF_BYTES: usize = 1_500;
/// While so many bytes come in that time, the proof waits behind them.
const BUSY_BYTES: usize = 8 << 10;

impl Connection {
    pub(super) fn open_current(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if let Some(old) = self.current.take() {
            effects.push(Effect::Close { link: old.id });
        }
        let wire = self.new_wire(now, self.ladder.rung());
        effects.push(Effect::Open {
            link: wire.id,
            rung: wire.rung,
            check: false,
        });
        self.current = Some(wire);
    }

    pub(super) fn current_message(
        &mut self,
        now: u64,
        message: Bytes,
        replica: &Replica,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(nonce) = probed(&message) {
            self.current_probed(now, nonce, effects);
            return;
        }
        if let Some(wire) = self.unheard(&message) {
            // Nothing of ours gets through, and the server says so before our own patience ends.
            self.unanswered(now, &wire, Reason::Silent, effects);
            return;
        }
        if let Some(wire) = &mut self.current {
            wire.came += message.len();
        }
        let was_live = self.client.is_live();
        let told = self.client.message(now, message, replica);
        let live = !was_live && self.client.is_live();
        // The stream or the polls of a link begin before anything more is sent on it.
        if live {
            self.established(now, effects);
        } else if let Some(wire) = &mut self.current
            && wire.rung != Rung::WebSocket
            && wire.answered.is_none()
        {
            wire.refused = true;
            self.ladder.confirmed();
        }
        self.perform(now, told, effects);
        if live {
            self.probe_current(now, PROOF_BYTES, effects);
        }
    }

    /// The WebSocket of which the server says that no first frame came on it, though one was sent.
    fn unheard(&self, message: &Bytes) -> Option<Wire> {
        let waits = |wire: &&Wire| wire.rung == Rung::WebSocket && wire.answered.is_none();
        let wire = self.current.as_ref().filter(waits)?;
        let too_slow = matches!(
            ServerFrame::decode(message),
            Ok(ServerFrame::Error {
                code: ErrorCode::TooSlow,
                ..
            })
        );
        too_slow.then(|| wire.clone())
    }

    pub(super) fn heard(&mut self, now: u64) {
        if let Some(wire) = &mut self.current {
            wire.traffic = now;
        }
    }

    fn established(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let Some(wire) = &mut self.current else {
            return;
        };
        wire.answered = Some(now);
        let (link, rung) = (wire.id, wire.rung);
        let wall = self.wall(now);
        if let Some(memory) = self.ladder.answered(now, rung, wall) {
            effects.push(Effect::Remember(Some(memory)));
        }
        if rung != Rung::WebSocket
            && let Some(authorization) = self.client.authorization()
        {
            effects.push(Effect::Established {
                link,
                authorization: authorization.to_string(),
                hold_s: self.ladder.hold_s(),
            });
        }
    }

    pub(super) fn probe_current(&mut self, now: u64, padding: usize, effects: &mut Vec<Effect>) {
        if self
            .current
            .as_ref()
            .is_none_or(|wire| wire.probe.is_some())
        {
            return;
        }
        let (nonce, message) = self.probe(padding);
        let Some(wire) = &mut self.current else {
            return;
        };
        // Only of these two can one think that they work while they do not: a poll is answered, or fails.
        let must = padding > 0 && matches!(wire.rung, Rung::WebSocket | Rung::EventStream);
        let due = if must { now + PROOF_MS } else { u64::MAX };
        wire.probe = Some((nonce, now, due));
        (wire.came, wire.traffic) = (0, now);
        effects.push(Effect::Send {
            link: wire.id,
            message,
        });
    }

    fn current_probed(&mut self, now: u64, nonce: u64, effects: &mut Vec<Effect>) {
        self.client.alive(now);
        let rtt = self
            .current
            .as_mut()
            .and_then(|wire| wire.probed(nonce, now));
        if let Some(rtt) = rtt {
            self.patience.measured(rtt);
            effects.push(Effect::Status);
        }
    }

    pub(super) fn current_due(&self) -> Option<u64> {
        let wire = self.current.as_ref()?;
        let opening = match (wire.opened, wire.answered) {
            (None, _) if !wire.doubted => Some(wire.since + self.patience.opening()),
            (Some(opened), None) => Some(opened + OPEN_MS),
            _ => None,
        };
        let mut due: Vec<u64> = opening.into_iter().collect();
        if let Some(answered) = wire.answered
            && self.client.is_live()
        {
            due.extend(wire.probe.map(|(_, _, due)| due));
            if !wire.lived {
                due.push(answered + YOUNG_MS);
            }
            if let (None, Some(quiet)) = (wire.probe, self.patience.keep_alive()) {
                due.push(wire.traffic + quiet);
            }
            if !self.hidden && self.candidate.is_none() {
                due.extend(self.ladder.climb_due(wire.rung));
            }
        }
        due.into_iter().min()
    }

    pub(super) fn tick_current(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let Some(wire) = self.current.clone() else {
            return;
        };
        match (wire.opened, wire.answered) {
            (None, _) if !wire.doubted && now >= wire.since + self.patience.opening() => {
                self.doubt_current(now, effects);
            }
            (Some(opened), None) if now >= opened + OPEN_MS => {
                self.unanswered(now, &wire, Reason::Silent, effects);
            }
            (_, Some(answered)) if self.client.is_live() => {
                self.tick_live(now, answered, effects);
            }
            _ => {}
        }
    }

    fn tick_live(&mut self, now: u64, answered: u64, effects: &mut Vec<Effect>) {
        let keep_alive = self.patience.keep_alive();
        let Some(wire) = &mut self.current else {
            return;
        };
        let rung = wire.rung;
        if !wire.lived && now >= answered + YOUNG_MS {
            wire.lived = true;
            if self.ladder.lived(rung) {
                effects.push(Effect::Remember(None));
            }
        }
        let overdue = wire.probe.as_mut().filter(|(_, _, due)| now >= *due);
        if let Some((_, _, due)) = overdue {
            if std::mem::take(&mut wire.came) >= BUSY_BYTES {
                *due = now + PROOF_MS;
            } else {
                wire.probe = None;
                if let Some(next) = self.ladder.stalled(now, rung) {
                    self.drop_candidate(now, effects);
                    self.try_beside(now, next, true, effects);
                    return;
                }
            }
        }
        let quiet = self.current.as_ref().is_some_and(|wire| {
            wire.probe.is_none() && keep_alive.is_some_and(|quiet| now >= wire.traffic + quiet)
        });
        if quiet {
            self.probe_current(now, 0, effects);
        }
        if !self.hidden
            && self.candidate.is_none()
            && let Some(next) = self.ladder.climb(now, rung)
        {
            let straight = self.ladder.is_chosen(next);
            self.try_beside(now, next, straight, effects);
        }
    }

    /// A WebSocket takes suspiciously long to open: something else is opened beside it, and it may still win.
    fn doubt_current(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let Some(mut wire) = self.current.take() else {
            return;
        };
        wire.doubted = true;
        if self
            .ladder
            .unanswered(wire.rung, Reason::Unanswered)
            .is_none()
        {
            self.current = Some(wire);
            return;
        }
        self.open_current(now, effects);
        self.client.reopen(now);
        self.keep_late(wire);
    }

    /// Nothing came back on a link: tries the next transport at once, if that is worth it.
    fn unanswered(&mut self, now: u64, wire: &Wire, reason: Reason, effects: &mut Vec<Effect>) {
        let (rung, refused) = (wire.rung, wire.refused);
        if self.ladder.unanswered(rung, reason).is_some() {
            self.open_current(now, effects);
            self.client.reopen(now);
        } else {
            if !refused {
                self.ladder.unreachable();
            }
            if let Some(wire) = self.current.take() {
                effects.push(Effect::Close { link: wire.id });
            }
            let told = self.client.closed(now);
            self.perform(now, told, effects);
        }
    }

    pub(super) fn current_closed(&mut self, now: u64, why: Why, effects: &mut Vec<Effect>) {
        let Some(wire) = self.current.take() else {
            return;
        };
        if self.client.is_switching() {
            // The server has let the old link go; what the new one brings decides.
            return;
        }
        let Some(answered) = wire.answered else {
            let reason = if wire.opened.is_some() {
                Reason::Silent
            } else {
                Reason::Refused
            };
            self.unanswered(now, &wire, reason, effects);
            return;
        };
        match (wire.rung, why) {
            (Rung::LongPoll, _) => self.ladder.cut(now),
            (_, Why::Stranger | Why::Unreachable) => self.ladder.unreachable(),
            (rung, _) => self.ladder.lost(now, rung, now.saturating_sub(answered)),
        }
        if wire.lived {
            self.patience.lost_quiet(now.saturating_sub(wire.traffic));
        }
        self.drop_candidate(now, effects);
        if self.ladder.rung() > wire.rung {
            // The network is there; only this transport is not.
            self.client.relink(now);
            self.open_current(now, effects);
            effects.push(Effect::Status);
            return;
        }
        let told = self.client.closed(now);
        self.perform(now, told, effects);
    }
}

/// The nonce of a message that answers a probe.
pub(super) fn probed(message: &Bytes) -> Option<u64> {
    if !ServerFrame::is_probed(message) {
        return None;
    }
    match ServerFrame::decode(message) {
        Ok(ServerFrame::Probed { nonce, .. }) => Some(nonce),
        _ => None,
    }
}
