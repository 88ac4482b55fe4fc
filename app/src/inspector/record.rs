//! The last messages that passed, as they were, in a ring of bounded number and size; not what they say.
use bytes::Bytes;
use protocol::ladder::Rung;
use std::collections::VecDeque;

/// So many are kept while somebody looks.
const MOST: usize = 500;
/// So many are kept for whoever opens the inspector later.
const BEFORE: usize = 100;
/// So many bytes are kept at most: a large document in pieces is not held twice.
const MOST_BYTES: usize = 4 << 20;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the page to the server.
    Out,
    /// From the server to the page.
    In,
}

/// A message that passed.
#[derive(Debug, Clone)]
pub struct Record {
    /// When, in milliseconds of the page's clock.
    pub at: u64,
    /// Which way.
    pub direction: Direction,
    /// On what.
    pub rung: Rung,
    /// On which of the page's links.
    pub link: u64,
    /// The whole message; shared with whoever handles it.
    pub bytes: Bytes,
    /// A simulated fault swallowed it.
    pub lost: bool,
}

/// The last messages, numbered from 0 as long as the page lives.
#[derive(Debug, Default)]
pub struct Ring {
    records: VecDeque<Record>,
    first: u64,
    bytes: usize,
    more: bool,
}

impl Ring {
    /// Keeps many, for somebody looks; or few.
    pub fn keep_more(&mut self, more: bool) {
        self.more = more;
        self.trim();
    }

    /// One more.
    pub fn push(&mut self, record: Record) {
        self.bytes += record.bytes.len();
        self.records.push_back(record);
        self.trim();
    }

    /// Those from a number on, with their numbers.
    pub fn after(&self, number: u64) -> impl Iterator<Item = (u64, &Record)> {
        let skipped = number.saturating_sub(self.first) as usize;
        (self.first..).zip(&self.records).skip(skipped)
    }

    fn trim(&mut self) {
        let most = if self.more { MOST } else { BEFORE };
        while self.records.len() > most || (self.bytes > MOST_BYTES && self.records.len() > 1) {
            if let Some(record) = self.records.pop_front() {
                self.bytes -= record.bytes.len();
                self.first += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(size: usize) -> Record {
        Record {
            at: 0,
            direction: Direction::In,
            rung: Rung::WebSocket,
            link: 1,
            bytes: vec![0; size].into(),
            lost: false,
        }
    }

    #[test]
    fn a_hundred_are_kept_for_later_and_five_hundred_while_somebody_looks() {
        let mut ring = Ring::default();
        (0..300).for_each(|_| ring.push(record(1)));
        let kept = |ring: &Ring| ring.after(0).map(|(number, _)| number).collect::<Vec<_>>();
        assert!(kept(&ring).into_iter().eq(200..300));
        ring.keep_more(true);
        (0..600).for_each(|_| ring.push(record(1)));
        assert!(kept(&ring).into_iter().eq(400..900));
        ring.keep_more(false);
        assert!(kept(&ring).into_iter().eq(800..900));
        let numbers: Vec<u64> = ring.after(897).map(|(number, _)| number).collect();
        assert_eq!(numbers, [897, 898, 899]);
        assert_eq!(ring.after(5).count(), 100, "what is gone is gone");
    }

    #[test]
    fn large_messages_cost_bounded_memory() {
        let mut ring = Ring::default();
        ring.keep_more(true);
        (0..400).for_each(|_| ring.push(record(64 << 10)));
        assert_eq!(ring.after(0).count(), MOST_BYTES / (64 << 10));
        ring.push(record(2 * MOST_BYTES));
        assert_eq!(ring.after(0).count(), 1, "the newest is always there");
    }
}
