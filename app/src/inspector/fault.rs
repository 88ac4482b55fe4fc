//! The faults that a person may simulate in this page, and what each does to which link; performed by the session.
use protocol::ladder::Rung;

/// How much later everything comes with [`Fault::Delay`], each way, in milliseconds.
pub const DELAY_MS: u64 = 500;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No WebSocket can be opened, as where a proxy strips the upgrade.
    BlockWebSocket,
    /// Nothing comes in on what stays open: WebSocket and event stream, as where something swallows or buffers.
    Swallow,
    /// Everything takes half a second longer, each way.
    Delay,
    /// Half of what is sent does not arrive.
    Lose,
}

impl Fault {
    /// All of them, in the order in which the panel names them.
    pub const ALL: [Self; 4] = [Self::BlockWebSocket, Self::Swallow, Self::Delay, Self::Lose];
}

/// Which are simulated now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults([bool; 4]);

impl Faults {
    /// Whether this one is.
    #[must_use]
    pub fn has(self, fault: Fault) -> bool {
        self.0[fault as usize]
    }

    /// Begins or ends one.
    pub fn toggle(&mut self, fault: Fault) {
        self.0[fault as usize] ^= true;
    }

    /// One bit each, the first the lowest.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
            .iter()
            .rev()
            .fold(0, |bits, on| bits << 1 | u32::from(*on))
    }

    /// Whether a link of this kind cannot be.
    #[must_use]
    pub fn block(self, rung: Rung) -> bool {
        rung == Rung::WebSocket && self.has(Fault::BlockWebSocket)
    }

    /// Whether what comes in on such a link is swallowed.
    #[must_use]
    pub fn swallow(self, rung: Rung) -> bool {
        matches!(rung, Rung::WebSocket | Rung::EventStream) && self.has(Fault::Swallow)
    }

    /// Whether a message to the server is lost; `random` decides.
    #[must_use]
    pub fn lose(self, random: u64) -> bool {
        self.has(Fault::Lose) && random.is_multiple_of(2)
    }
}

/// One direction of a link under [`Fault::Delay`]: nothing overtakes what was put off before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Late {
    until: u64,
}

impl Late {
    /// How long what comes now is put off, in milliseconds; 0 when it passes at once.
    pub fn by(&mut self, now: u64, faults: Faults) -> u64 {
        let due = if faults.has(Fault::Delay) {
            now + DELAY_MS
        } else {
            now
        };
        // Timers of one moment run in the order in which they were set.
        self.until = self.until.max(due);
        self.until - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(fault: Fault) -> Faults {
        let mut faults = Faults::default();
        faults.toggle(fault);
        faults
    }

    #[test]
    fn a_switch_is_for_one_fault_and_goes_off_again() {
        for fault in Fault::ALL {
            let mut faults = only(fault);
            assert!(
                Fault::ALL
                    .into_iter()
                    .all(|other| faults.has(other) == (other == fault))
            );
            assert_eq!(faults.bits(), 1 << fault as u32);
            faults.toggle(fault);
            assert_eq!(faults, Faults::default());
        }
    }

    #[test]
    fn each_fault_hits_the_links_it_is_for() {
        for rung in Rung::ALL {
            assert_eq!(
                only(Fault::BlockWebSocket).block(rung),
                rung == Rung::WebSocket
            );
            assert_eq!(
                only(Fault::Swallow).swallow(rung),
                rung <= Rung::EventStream
            );
            assert!(!only(Fault::Delay).block(rung) && !only(Fault::Lose).swallow(rung));
        }
        let lost = (0..100)
            .filter(|random| only(Fault::Lose).lose(*random))
            .count();
        assert_eq!(lost, 50);
        assert!(!Faults::default().lose(2));
    }

    #[test]
    fn what_comes_after_the_delay_is_lifted_does_not_overtake() {
        let (mut late, on, off) = (Late::default(), only(Fault::Delay), Faults::default());
        assert_eq!(late.by(1_000, off), 0);
        assert_eq!(late.by(1_000, on), 500);
        assert_eq!(late.by(1_200, off), 300);
        assert_eq!(late.by(1_600, off), 0);
    }
}
