//! The inspector: what travels between this page and its server, frame by frame, and switches to try what happens when it does not.
//!
//! It watches and never takes part: the session hands it what passes. Closed, it keeps the last hundred messages as they came
//! and looks into none of them.
pub mod controls;
pub mod export;
pub mod fault;
pub mod filter;
pub mod panel;
pub mod read;
pub mod record;
pub mod rows;
pub mod tally;

use bytes::Bytes;
use fault::{Fault, Faults};
use filter::Filter;
use protocol::ladder::Rung;
use read::{Knows, Read};
use record::{Direction, Record, Ring};
use tally::Tally;

/// What a person may want of the inspector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Open it when it is closed, and the other way round.
    Toggle,
    /// Close it.
    Close,
    /// Let the list stand still, or go on.
    Pause,
    /// Forget what is in the list.
    Clear,
    /// Save the list as a file.
    Export,
    /// Show this and not that.
    Filter(Filter),
    /// Only this transport; none to let the page choose.
    Force(Option<Rung>),
    /// Begin to simulate a fault, or stop.
    Fault(Fault),
    /// Break the connection once.
    Cut,
}

/// A message in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place among all.
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

/// What the panel shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The messages, the newest first.
    pub rows: Vec<Row>,
    /// What is to be added to a time to get the milliseconds since some midnight where the reader is.
    pub midnight: u64,
    /// How many came since the list was let stand still.
    pub waiting: u64,
    /// Whether it stands still.
    pub paused: bool,
    /// What is shown of them.
    pub filter: Filter,
    /// What each transport carried.
    pub tally: Tally,
    /// The only transport, if one was chosen.
    pub forced: Option<Rung>,
    /// What is simulated.
    pub faults: Faults,
}

/// The state of the inspector.
#[derive(Debug, Default)]
pub struct Inspector {
    ring: Ring,
    rows: Vec<Row>,
    open: bool,
    /// The list shows nothing after this message.
    paused_at: Option<u64>,
    /// What is shown.
    pub filter: Filter,
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
        self.paused_at = None;
        self.ring.keep_more(open);
        if !open {
            self.rows = Vec::new();
        }
    }

    /// A message passed, or should have.
    pub fn note(
        &mut self,
        at: u64,
        direction: Direction,
        rung: Rung,
        link: u64,
        bytes: &Bytes,
        lost: bool,
    ) {
        self.tally.count(rung, direction, bytes.len());
        self.ring.push(Record {
            at,
            direction,
            rung,
            link,
            bytes: bytes.clone(),
            lost,
        });
    }

    /// Lets the list stand still, or go on.
    pub fn pause(&mut self) {
        self.paused_at = match self.paused_at {
            None => Some(self.ring.end()),
            Some(_) => None,
        };
    }

    /// Forgets what is in the list.
    pub fn clear(&mut self) {
        self.ring.clear();
        self.rows.clear();
        self.paused_at = self.paused_at.map(|_| self.ring.end());
    }

    /// Reads what came since the last look. Do it at leisure: where an edit stands is known once it is in the text.
    pub fn look(&mut self, midnight: u64, knows: &dyn Knows) -> Shown {
        let next = self.rows.last().map_or(0, |row| row.number + 1);
        for (number, record) in self.ring.after(next) {
            self.rows.push(Row {
                number,
                at: record.at,
                direction: record.direction,
                rung: record.rung,
                link: record.link,
                size: record.bytes.len(),
                lost: record.lost,
                read: Read::new(record.direction, &record.bytes, knows),
            });
        }
        let first = self.ring.first();
        self.rows.retain(|row| row.number >= first);
        let end = self.paused_at.unwrap_or(u64::MAX);
        Shown {
            midnight,
            rows: self
                .rows
                .iter()
                .rev()
                .filter(|row| row.number < end)
                .cloned()
                .collect(),
            waiting: self.paused_at.map_or(0, |end| self.ring.end() - end),
            paused: self.paused_at.is_some(),
            filter: self.filter.clone(),
            tally: self.tally,
            forced: self.forced,
            faults: self.faults,
        }
    }
}

#[cfg(test)]
mod tests;
