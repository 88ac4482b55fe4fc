//! Which updates are under way and since when: each is a line that begins with its number, so that whoever reads it knows which it is.
use std::collections::BTreeMap;

/// Digits of a number; the shortest update is these and a line end.
const DIGITS: usize = 6;

/// The updates of one lane.
#[derive(Debug, Default)]
pub struct Ledger {
    written: u64,
    travelling: BTreeMap<u64, f64>,
    unsaved: BTreeMap<u64, f64>,
}

impl Ledger {
    /// The text of the next update, so many bytes long.
    pub fn write(&mut self, now: f64, size: usize) -> String {
        self.written += 1;
        self.travelling.insert(self.written, now);
        let filler = "m".repeat(size.saturating_sub(DIGITS + 1));
        format!("{:0DIGITS$}{filler}\n", self.written)
    }

    /// It was sent as the session's message `seq`.
    pub fn sent(&mut self, seq: u64, now: f64) {
        self.unsaved.entry(seq).or_insert(now);
    }

    /// Text came at the other page: how long each update in it took, in milliseconds. One that comes twice counts once.
    pub fn arrived(&mut self, text: &str, now: f64) -> Vec<f64> {
        text.lines()
            .filter_map(|line| line.get(..DIGITS)?.parse().ok())
            .filter_map(|number| self.travelling.remove(&number))
            .map(|since| now - since)
            .collect()
    }

    /// Everything up to `seq` is on the server's disk: how long each took.
    pub fn saved(&mut self, seq: u64, now: f64) -> Vec<f64> {
        let later = self.unsaved.split_off(&(seq + 1));
        let done = std::mem::replace(&mut self.unsaved, later);
        done.into_values().map(|since| now - since).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_as_long_as_asked_and_told_apart() {
        let mut ledger = Ledger::default();
        let (first, second) = (ledger.write(10.0, 30), ledger.write(20.0, 300));
        assert_eq!((first.len(), second.len()), (30, 300));
        assert_eq!(ledger.arrived(&second, 27.0), [7.0]);
        assert_eq!(ledger.arrived(&format!("{first}{second}"), 30.0), [20.0]);
        assert!(ledger.arrived("hello\n마루마루\n", 40.0).is_empty());
    }

    #[test]
    fn updates_that_come_together_count_each() {
        let mut ledger = Ledger::default();
        let text = ledger.write(0.0, 10) + &ledger.write(5.0, 10);
        assert_eq!(ledger.arrived(&text, 9.0), [9.0, 4.0]);
    }

    #[test]
    fn saved_covers_what_was_sent_before_and_nothing_after() {
        let mut ledger = Ledger::default();
        for seq in 3..=5 {
            ledger.sent(seq, seq as f64);
        }
        // Sent again on another link: the first time counts.
        ledger.sent(3, 90.0);
        assert_eq!(ledger.saved(4, 100.0), [97.0, 96.0]);
        assert_eq!(ledger.saved(4, 110.0), [0.0; 0]);
        assert_eq!(ledger.saved(9, 110.0), [105.0]);
    }
}
