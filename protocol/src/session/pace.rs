//! How many blocks one session may bring in how much time; what a single update may cost is the room's affair.

use crate::room::{Admitted, Refused, Room};

/// So many blocks may come at once: two states as large as may be.
const BURST: i64 = 40_000;
/// So many may come in a second for ever. Somebody who types brings some 10.
const PER_SECOND: i64 = 10_000;

/// What a session may still bring.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Blocks that came beyond what the time since has paid for.
    spent: i64,
    since_ms: u64,
}

impl Pace {
    /// Whether anything may come now.
    pub(super) fn allows(&mut self, now_ms: u64) -> bool {
        let passed = now_ms.saturating_sub(self.since_ms).min(3_600_000);
        let paid = i64::try_from(passed).unwrap_or(0) * PER_SECOND / 1_000;
        if paid > 0 {
            self.spent = (self.spent - paid).max(0);
            self.since_ms = now_ms;
        }
        self.spent < BURST
    }

    /// Pays for what a room has said of an update. One that must be tried first is paid for when it was.
    pub(super) fn pay(&mut self, admitted: &Result<Admitted, Refused>, room: &Room) {
        match admitted {
            Err(Refused::Heavy) => {}
            Err(Refused::Costly) => self.exhaust(),
            _ => self.spend(room.pieces()),
        }
    }

    /// What came cost more than it may: nothing more for as long as a whole burst takes.
    fn exhaust(&mut self) {
        self.spent = self.spent.saturating_add(2 * BURST);
    }

    /// So many blocks came.
    fn spend(&mut self, blocks: usize) {
        self.spent = self
            .spent
            .saturating_add(i64::try_from(blocks).unwrap_or(BURST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_pass_and_a_flood_waits_for_its_time() {
        let mut pace = Pace::default();
        assert!(pace.allows(1_000));
        pace.spend(30_000);
        assert!(pace.allows(1_000));
        pace.spend(30_000);
        assert!(!pace.allows(1_000) && !pace.allows(2_999));
        assert!(pace.allows(3_001), "20,000 were too many, which is 2 s");
        assert!(pace.allows(u64::MAX) && pace.spent == 0);
        pace.spend(usize::MAX);
        assert!(!pace.allows(u64::MAX));
    }

    #[test]
    fn what_cost_too_much_is_followed_by_four_seconds_of_nothing() {
        let mut pace = Pace::default();
        assert!(pace.allows(1_000));
        pace.exhaust();
        assert!(!pace.allows(5_000));
        assert!(pace.allows(5_001));
    }
}
