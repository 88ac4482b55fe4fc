//! What the inspector knows: the last messages between this page and its server, what each transport carried, and the faults it simulates.
//!
//! It watches and never takes part: the session hands it what passes. Closed, it keeps the last hundred messages as they came
//! and looks into none of them. The panel is `app/editor/src/inspector`, fetched when it is first wanted, and asks through
//! [`crate::editor::inspector`].
pub mod fault;
pub mod read;
pub mod record;
pub mod tally;

use fault::Faults;
use protocol::ladder::Rung;
use read::{Knows, Read};
use record::{Direction, Record, Ring};
use tally::Tally;

/// A message that passed, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place among all, from 0.
    pub number: u64,
    /// When, in milliseconds of the page's clock.
    pub at: u64,
    /// Which way.
    pub direction: Direction,
    /// On what.
    pub rung: Rung,
    /// The link of the page, from 1.
    pub link: u64,
    /// How many bytes.
    pub size: usize,
    /// A simulated fault swallowed it.
    pub lost: bool,
    /// What it says.
    pub read: Read,
}

/// The state of the inspector.
#[derive(Debug, Default)]
pub struct Inspector {
    ring: Ring,
    open: bool,
    /// What each transport carried.
    pub tally: Tally,
    /// The only transport, if one was chosen.
    pub forced: Option<Rung>,
    /// What is simulated.
    pub faults: Faults,
}

impl Inspector {
    /// Whether somebody looks.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Opens or closes it.
    pub fn set_open(&mut self, open: bool) {
        self.open = open;
        self.ring.keep_more(open);
    }

    /// A message passed, or should have.
    pub fn note(&mut self, record: Record) {
        self.tally
            .count(record.rung, record.direction, record.bytes.len());
        self.ring.push(record);
    }

    /// Reads the messages from a number on. Do it at leisure: where an edit stands is known once it is in the text.
    pub fn rows<'a>(
        &'a self,
        from: u64,
        knows: &'a dyn Knows,
    ) -> impl Iterator<Item = Row> + use<'a> {
        self.ring.after(from).map(|(number, record)| Row {
            number,
            at: record.at,
            direction: record.direction,
            rung: record.rung,
            link: record.link,
            size: record.bytes.len(),
            lost: record.lost,
            read: Read::new(record.direction, &record.bytes, knows),
        })
    }

    /// A message as it was, while it is kept. Where it holds the session's secret, that is blotted out: people look at the
    /// inspector together.
    #[must_use]
    pub fn bytes(&self, number: u64) -> Option<Vec<u8>> {
        let (found, record) = self.ring.after(number).next()?;
        let mut bytes = record.bytes.to_vec();
        if let Some(secret) = read::secret(record.direction, &bytes) {
            bytes.get_mut(secret)?.fill(0);
        }
        (found == number).then_some(bytes)
    }
}

#[cfg(test)]
mod tests;
