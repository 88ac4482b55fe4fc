//! What a browser remembers of the network it is in: the rung that worked where WebSocket did not, and since when; where it is kept is the shell's.

use super::Rung;

/// After this time a browser forgets, in milliseconds: people carry laptops from one network to another.
const FRESH_MS: u64 = 30 * 60_000;

/// A remembered rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// What worked.
    pub rung: Rung,
    /// When, in milliseconds of the wall clock.
    pub at_ms: u64,
}

impl Memory {
    /// As text, for the browser's storage.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{} {}", self.rung, self.at_ms)
    }

    /// Reads what [`Memory::to_text`] wrote; anything else is nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (rung, at_ms) = text.split_once(' ')?;
        Some(Self {
            rung: rung.parse().ok()?,
            at_ms: at_ms.parse().ok()?,
        })
    }

    /// Whether it still counts; a clock that was set back makes it count no longer.
    #[must_use]
    pub fn is_fresh(self, wall_ms: u64) -> bool {
        wall_ms
            .checked_sub(self.at_ms)
            .is_some_and(|age| age < FRESH_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_reads_back_and_fades() {
        let memory = Memory {
            rung: Rung::LongPoll,
            at_ms: 1_000_000_000,
        };
        assert_eq!(Memory::parse(&memory.to_text()), Some(memory));
        assert!(memory.is_fresh(memory.at_ms + FRESH_MS - 1));
        assert!(!memory.is_fresh(memory.at_ms + FRESH_MS));
        assert!(!memory.is_fresh(memory.at_ms - 1));
        for nonsense in ["", "long-poll", "long-poll x", "carrier-pigeon 1", " 1"] {
            assert_eq!(Memory::parse(nonsense), None);
        }
    }
}
