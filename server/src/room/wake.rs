//! Who is woken when: each reader has one wake-up, and bursts are gathered into ticks; what a reader then takes is its own affair.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// The wake-ups of a room's readers.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    readers: HashMap<u64, Arc<Notify>>,
    last_entries: Option<Instant>,
    entries_planned: bool,
    presence_planned: bool,
    presence_published: u64,
}

impl Wakes {
    pub(super) fn add(&mut self, reader: u64, wake: Arc<Notify>) {
        self.readers.insert(reader, wake);
    }

    pub(super) fn remove(&mut self, reader: u64) {
        self.readers.remove(&reader);
    }

    pub(super) fn wake(&self, reader: u64) {
        if let Some(wake) = self.readers.get(&reader) {
            wake.notify_one();
        }
    }

    pub(super) fn wake_all(&self) {
        self.readers.values().for_each(|wake| wake.notify_one());
    }

    /// An entry came from `author`, who need not be told. In a quiet room everybody is woken at once; in a busy one, after
    /// the returned time [`Wakes::entries_due`] is to be called.
    pub(super) fn entries(&mut self, author: u64) -> Option<Duration> {
        if self.entries_planned {
            return None;
        }
        let tick = self.entries_tick();
        let since = self.last_entries.map_or(tick, |last| last.elapsed());
        if since >= tick {
            self.last_entries = Some(Instant::now());
            self.readers
                .iter()
                .filter(|(reader, _)| **reader != author)
                .for_each(|(_, wake)| wake.notify_one());
            return None;
        }
        self.entries_planned = true;
        Some(tick - since)
    }

    pub(super) fn entries_due(&mut self) {
        self.entries_planned = false;
        self.last_entries = Some(Instant::now());
        self.wake_all();
    }

    /// Presence changed: after the returned time [`Wakes::presence_due`] is to be called.
    pub(super) fn presence(&mut self) -> Option<Duration> {
        (!std::mem::replace(&mut self.presence_planned, true)).then(|| self.presence_tick())
    }

    pub(super) fn presence_due(&mut self) {
        self.presence_planned = false;
        self.presence_published += 1;
        self.wake_all();
    }

    /// Counts the presence ticks.
    pub(super) fn presence_published(&self) -> u64 {
        self.presence_published
    }

    /// Entries closer together than this leave in one write: a quarter of a frame on a screen while few read, more when
    /// one keystroke means hundreds of writes.
    fn entries_tick(&self) -> Duration {
        Duration::from_millis(match self.readers.len() {
            ..=8 => 4,
            9..=50 => 8,
            51..=200 => 12,
            _ => 33,
        })
    }

    fn presence_tick(&self) -> Duration {
        Duration::from_millis(match self.readers.len() {
            ..=50 => 50,
            51..=200 => 100,
            _ => 250,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_gathered_and_a_lone_entry_goes_at_once() {
        let mut wakes = Wakes::default();
        wakes.add(1, Arc::default());
        wakes.add(2, Arc::default());
        assert_eq!(wakes.entries(1), None, "a quiet room: at once");
        let later = wakes.entries(1).expect("the second of a burst waits");
        assert!(later <= wakes.entries_tick());
        assert_eq!(wakes.entries(1), None, "and the third waits with it");
        wakes.entries_due();
        assert!(!wakes.entries_planned);
    }

    #[test]
    fn presence_waits_for_its_tick_once() {
        let mut wakes = Wakes::default();
        assert!(wakes.presence().is_some());
        assert_eq!(wakes.presence(), None);
        wakes.presence_due();
        assert_eq!(wakes.presence_published(), 1);
        assert!(wakes.presence().is_some());
    }
}
