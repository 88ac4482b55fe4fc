//! How many blocks one session may bring in how much time; what a single update may cost is the room's affair.

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

    /// So many blocks came.
    pub(super) fn spend(&mut self, blocks: usize) {
        self.spent += i64::try_from(blocks).unwrap_or(BURST);
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
}
