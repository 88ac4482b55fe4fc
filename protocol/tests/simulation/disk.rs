//! The log as a schedule sees it: appends become durable later and in order, a crash keeps only what is durable.

use std::collections::VecDeque;

use bytes::Bytes;
use protocol::replica::stored::StoredDoc;

/// A document on disk.
#[derive(Default)]
pub struct Disk {
    rows: Vec<Bytes>,
    /// The same, applied: what a promise is checked against.
    doc: StoredDoc,
    queued: VecDeque<(u64, Bytes)>,
    /// It refuses everything until the server starts anew.
    pub failed: bool,
}

impl Disk {
    /// Queues entry `n`.
    pub fn append(&mut self, n: u64, update: Bytes) {
        if let Some((last, _)) = self.queued.back() {
            assert_eq!(n, last + 1, "entries reach the log in order");
        }
        self.queued.push_back((n, update));
    }

    /// Makes the oldest `count` entries durable; tells the last one's number.
    pub fn flush(&mut self, count: usize) -> Option<u64> {
        let mut last = None;
        for _ in 0..count {
            let Some((n, update)) = self.queued.pop_front() else {
                break;
            };
            assert_eq!(
                self.doc.apply(&update),
                Ok(true),
                "every row of the log applies whole, after those before it, and is news"
            );
            self.rows.push(update);
            last = Some(n);
        }
        last
    }

    /// How many entries wait.
    pub fn waiting(&self) -> usize {
        self.queued.len()
    }

    /// The process dies.
    pub fn crash(&mut self) {
        self.queued.clear();
        self.failed = false;
    }

    /// All rows become one snapshot.
    pub fn compact(&mut self) {
        if !self.rows.is_empty() {
            self.rows = vec![self.doc.state()];
        }
    }

    /// The rows.
    pub fn rows(&self) -> &[Bytes] {
        &self.rows
    }

    /// Whether an update is durable: applied once more it would change nothing.
    pub fn holds(&mut self, update: &[u8]) -> bool {
        self.doc.apply(update) == Ok(false)
    }
}
