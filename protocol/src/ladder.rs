//! Which transport is used: what failed on which rung and how, what that means, and when a better one is tried again; it opens no link and knows no session.
//!
//! Three rules stand above the rest. A transport is judged by frames that came back, never by "it opened". A fault of the
//! server, of a token or of the whole network counts against no transport. And what is given up is tried again by itself.

mod memory;
mod rung;

pub use memory::Memory;
pub use rung::Rung;

/// Links in a row that may die young before their rung is given up.
const MAX_STRIKES: u32 = 3;
/// Streams in a row that may fall silent.
const MAX_SILENCES: u32 = 2;
/// A link that lived this long did not die young, in milliseconds.
pub const YOUNG_MS: u64 = 10_000;
/// A stream that ended at this age and had not fallen silent before was sound: longer than any silence is borne, in milliseconds.
const SOUND_MS: u64 = 2 * 60_000;
/// How often WebSocket is tried again, give or take a tenth, in milliseconds.
const CLIMB_MS: u64 = 30_000;
/// Where WebSocket opens and dies young after a climb, the time between two climbs doubles up to this.
const LONGEST_CLIMB_MS: u64 = 10 * 60_000;
/// How long after it was given up a better rung of HTTP is tried again.
const BETTER_MS: u64 = 2 * 60_000;
/// How often a rung that a person chose is tried again.
const CHOSEN_MS: u64 = 3_000;
/// How long a poll is held, in seconds, from the first to the last try.
const HOLDS_S: [u64; 3] = [25, 12, 6];
/// Polls in a row that may be cut before they are held for a shorter time.
const MAX_CUTS: u32 = 2;

/// Why the best transport is not in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// WebSocket was refused.
    Refused,
    /// A WebSocket was asked for, and no answer came.
    Unanswered,
    /// A WebSocket opened, and no frame came through.
    Silent,
    /// Links die soon after they opened.
    ShortLived,
    /// Streams are held back by something on the way.
    Buffered,
    /// Long answers are cut off on the way.
    Cut,
    /// It was so in this network a short while ago.
    Remembered,
    /// Too many tabs of this browser hold a stream.
    Crowded,
    /// A person chose so.
    Chosen,
}

/// The state of the decision. Times are milliseconds of a monotonic clock.
#[derive(Debug, Clone)]
pub struct Ladder {
    /// Where the next link begins.
    level: Rung,
    /// The level that is known to be right. What was concluded since counts only when HTTP turns out to work.
    known: Rung,
    reason: Option<Reason>,
    known_reason: Option<Reason>,
    chosen: Option<Rung>,
    ceiling: Option<Rung>,
    strikes: [u32; 4],
    /// Streams in a row that fell silent. One that is held back after its first bytes lives for as long as it is waited for, so
    /// that its age says nothing.
    silences: u32,
    cuts: u32,
    hold: usize,
    /// A WebSocket of this page has lived: whatever fails now is not the network as such.
    healthy: bool,
    climb_at: u64,
    /// The WebSocket in use came by a climb and has not lived yet.
    trial: bool,
    /// Climbs in a row that ended so.
    flaps: u32,
    better_at: u64,
    random: u64,
}

impl Ladder {
    /// At the top, or where the `memory` of this browser says. `seed` spreads the climbs of many pages.
    #[must_use]
    pub fn new(memory: Option<Memory>, wall_ms: u64, seed: u64) -> Self {
        let remembered = memory.filter(|memory| memory.is_fresh(wall_ms));
        let level = remembered.map_or(Rung::WebSocket, |memory| memory.rung);
        let reason = (level != Rung::WebSocket).then_some(Reason::Remembered);
        Self {
            level,
            known: level,
            reason,
            known_reason: reason,
            chosen: None,
            ceiling: None,
            strikes: [0; 4],
            silences: 0,
            cuts: 0,
            hold: 0,
            healthy: false,
            // A memory is doubted at once.
            climb_at: 0,
            trial: false,
            flaps: 0,
            better_at: BETTER_MS,
            random: seed | 1,
        }
    }

    /// Where the next link begins.
    #[must_use]
    pub fn rung(&self) -> Rung {
        self.chosen.unwrap_or_else(|| self.allowed(self.level))
    }

    /// Why that is not the best.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        if self.chosen.is_some() {
            return Some(Reason::Chosen);
        }
        if self.allowed(self.level) != self.level && self.reason.is_some() {
            return Some(Reason::Crowded);
        }
        self.reason
    }

    /// How long the server may hold a poll, in seconds.
    #[must_use]
    pub fn hold_s(&self) -> u64 {
        HOLDS_S[self.hold]
    }

    /// Only this rung from now on; `None` lets the ladder choose again, from the top.
    pub fn choose(&mut self, now: u64, rung: Option<Rung>) {
        self.chosen = rung;
        self.climb_at = now;
        if rung.is_none() {
            (self.level, self.reason) = (self.known, self.known_reason);
        }
    }

    /// Whether a person chose this rung.
    #[must_use]
    pub fn is_chosen(&self, rung: Rung) -> bool {
        self.chosen == Some(rung)
    }

    /// Of the rungs of HTTP none better than this may be used: the browser has few connections for many tabs.
    pub fn limit(&mut self, now: u64, ceiling: Option<Rung>) {
        self.ceiling = ceiling;
        self.better_at = self.better_at.min(now);
    }

    /// A link of `rung` is not open, or had no answer; the rung to try at once, if that is worth it.
    ///
    /// Only a WebSocket can fail like this without the server being at fault: that is what the try finds out.
    pub fn unanswered(&mut self, rung: Rung, reason: Reason) -> Option<Rung> {
        if self.chosen.is_some() || rung != Rung::WebSocket {
            return None;
        }
        self.level = Rung::EventStream;
        self.reason = Some(reason);
        Some(self.rung())
    }

    /// The session lives on a link of `rung`: what was concluded on the way here was right.
    ///
    /// Gives what the browser is to remember, if anything.
    pub fn answered(&mut self, now: u64, rung: Rung, wall_ms: u64) -> Option<Memory> {
        if self.chosen.is_some() {
            return None;
        }
        if rung == Rung::WebSocket {
            self.level = rung;
            self.reason = None;
        }
        if rung != Rung::WebSocket && self.known == Rung::WebSocket {
            self.plan_climb(now);
            if self.healthy && self.reason != Some(Reason::ShortLived) {
                // More likely the server came back in between, or the network did, than that WebSocket is blocked from now on.
                self.climb_at = now;
            }
        }
        let news = self.known != self.level;
        (self.known, self.known_reason) = (self.level, self.reason);
        (news && !self.healthy && rung != Rung::WebSocket).then_some(Memory {
            rung: self.level,
            at_ms: wall_ms,
        })
    }

    /// Something of our server came on the way that was chosen, if only a refusal: what was concluded was right.
    pub fn confirmed(&mut self) {
        (self.known, self.known_reason) = (self.level, self.reason);
    }

    /// The server cannot be reached by HTTP either, or somebody else answers: no transport is at fault.
    pub fn unreachable(&mut self) {
        (self.level, self.reason) = (self.known, self.known_reason);
        self.strikes = [0; 4];
        (self.silences, self.cuts) = (0, 0);
    }

    /// A link of `rung` was lost at the age of `age` milliseconds.
    pub fn lost(&mut self, now: u64, rung: Rung, age: u64) {
        if rung == Rung::EventStream && age >= SOUND_MS {
            self.silences = 0;
        }
        if self.chosen.is_some() || age >= YOUNG_MS || rung == Rung::ShortPoll {
            return;
        }
        let trial = rung == Rung::WebSocket && (self.trial || self.flaps > 0);
        let strikes = &mut self.strikes[rung as usize];
        *strikes += 1;
        if trial {
            self.flaps += 1;
        }
        if *strikes >= MAX_STRIKES || trial {
            self.descend(now, rung, Reason::ShortLived);
        }
    }

    /// Nothing came any more on a link of `rung`, though its requests went through or nobody noticed that they did not.
    pub fn silent(&mut self, now: u64, rung: Rung) {
        if self.chosen.is_some() || rung != Rung::EventStream {
            return;
        }
        self.silences += 1;
        if self.silences >= MAX_SILENCES {
            self.descend(now, rung, Reason::Buffered);
        }
    }

    /// A poll was cut off on its way.
    pub fn cut(&mut self, now: u64) {
        self.cuts += 1;
        if self.cuts < MAX_CUTS {
            return;
        }
        self.cuts = 0;
        if self.hold + 1 < HOLDS_S.len() {
            // Also where a person chose to poll: how long is not what was chosen.
            self.hold += 1;
        } else if self.chosen.is_none() {
            self.descend(now, Rung::LongPoll, Reason::Cut);
        }
    }

    /// A poll was held as long as asked.
    pub fn held(&mut self) {
        self.cuts = 0;
    }

    /// What was sent on a link of `rung` never came back, though the server took it: the rung to move to, if any.
    pub fn stalled(&mut self, now: u64, rung: Rung) -> Option<Rung> {
        if self.chosen.is_some() {
            return None;
        }
        let reason = if rung == Rung::WebSocket {
            Reason::Silent
        } else {
            Reason::Buffered
        };
        self.descend(now, rung, reason);
        (self.rung() > rung).then(|| self.rung())
    }

    /// A link of `rung` has lived: it did not die young. True when the browser may forget what it remembered.
    pub fn lived(&mut self, rung: Rung) -> bool {
        self.strikes[rung as usize] = 0;
        if rung != Rung::WebSocket {
            return false;
        }
        (self.trial, self.flaps) = (false, 0);
        !std::mem::replace(&mut self.healthy, true)
    }

    /// The network may be another one, or the page is looked at again: try the best at once.
    pub fn hope(&mut self, now: u64) {
        self.climb_at = now;
    }

    /// When [`Ladder::climb`] is to be asked next; `current` is the rung in use.
    #[must_use]
    pub fn climb_due(&self, current: Rung) -> Option<u64> {
        if let Some(chosen) = self.chosen {
            return (chosen != current).then_some(self.climb_at);
        }
        let better = self.better(current).map(|_| self.better_at);
        let top = (current != Rung::WebSocket).then_some(self.climb_at);
        better.into_iter().chain(top).min()
    }

    /// Which rung is to be tried beside the `current` one now.
    pub fn climb(&mut self, now: u64, current: Rung) -> Option<Rung> {
        if let Some(chosen) = self.chosen {
            let due = chosen != current && now >= self.climb_at;
            self.climb_at = if due { now + CHOSEN_MS } else { self.climb_at };
            return due.then_some(chosen);
        }
        if current != Rung::WebSocket && now >= self.climb_at {
            self.plan_climb(now);
            return Some(Rung::WebSocket);
        }
        if now >= self.better_at {
            self.better_at = now + BETTER_MS;
            return self.better(current);
        }
        None
    }

    /// The session has moved up to `rung`.
    pub fn climbed(&mut self, rung: Rung) {
        if self.chosen.is_none() {
            if rung < self.level && rung != Rung::WebSocket {
                (self.level, self.known) = (rung, rung);
                (self.hold, self.cuts) = (0, 0);
            }
            self.trial = rung == Rung::WebSocket;
        }
    }

    /// The rung of HTTP to try instead of `current`: the one that is due, or the next better one.
    fn better(&self, current: Rung) -> Option<Rung> {
        if current == Rung::WebSocket {
            return None;
        }
        let due = self.allowed(self.level.max(Rung::EventStream));
        if due != current {
            return Some(due);
        }
        current
            .above()
            .filter(|above| *above != Rung::WebSocket && self.allowed(*above) == *above)
    }

    fn allowed(&self, rung: Rung) -> Rung {
        match self.ceiling {
            Some(ceiling) if rung != Rung::WebSocket => rung.max(ceiling),
            _ => rung,
        }
    }

    fn descend(&mut self, now: u64, rung: Rung, reason: Reason) {
        self.strikes[rung as usize] = 0;
        self.silences = 0;
        if let Some(below) = rung.below() {
            self.level = self.level.max(below);
            self.reason = Some(reason);
            self.better_at = now + BETTER_MS;
            if rung == Rung::WebSocket {
                self.plan_climb(now);
            }
        }
    }

    fn plan_climb(&mut self, now: u64) {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let every = (CLIMB_MS << self.flaps.min(8)).min(LONGEST_CLIMB_MS);
        let spread = every / 5;
        self.climb_at = now + every - spread / 2 + self.random % (spread + 1);
    }
}

#[cfg(test)]
mod tests;
