//! Who is woken when: each reader has one wake-up, and bursts are gathered into ticks; what a reader then takes is its own affair.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// The wake-ups of a room's readers.
///
/// They have a lock of their own, taken after the room's or without it: whoever is woken runs at once on another core and
/// goes for the room, and would find it locked by the one who is still waking the others.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    readers: Mutex<Readers>,
    presence_published: AtomicU64,
}

#[derive(Debug, Default)]
struct Readers {
    wakes: HashMap<u64, Arc<Notify>>,
    last_entries: Option<Instant>,
    entries_planned: bool,
    presence_planned: bool,
}

impl Wakes {
    pub(super) fn add(&self, reader: u64, wake: Arc<Notify>) {
        self.lock().wakes.insert(reader, wake);
    }

    pub(super) fn remove(&self, reader: u64) {
        self.lock().wakes.remove(&reader);
    }

    pub(super) fn wake(&self, reader: u64) {
        if let Some(wake) = self.lock().wakes.get(&reader) {
            wake.notify_one();
        }
    }

    pub(super) fn wake_all(&self) {
        self.lock().wake_all();
    }

    /// An entry came from `author`, who need not be told. In a quiet room everybody is woken at once; in a busy one, after
    /// the returned time [`Wakes::entries_due`] is to be called.
    pub(super) fn entries(&self, author: u64) -> Option<Duration> {
        let mut readers = self.lock();
        if readers.entries_planned {
            return None;
        }
        let tick = readers.entries_tick();
        let since = readers.last_entries.map_or(tick, |last| last.elapsed());
        if since >= tick {
            readers.last_entries = Some(Instant::now());
            readers
                .wakes
                .iter()
                .filter(|(reader, _)| **reader != author)
                .for_each(|(_, wake)| wake.notify_one());
            return None;
        }
        readers.entries_planned = true;
        Some(tick - since)
    }

    pub(super) fn entries_due(&self) {
        let mut readers = self.lock();
        readers.entries_planned = false;
        readers.last_entries = Some(Instant::now());
        readers.wake_all();
    }

    /// Presence changed: after the returned time [`Wakes::presence_due`] is to be called.
    pub(super) fn presence(&self) -> Option<Duration> {
        let mut readers = self.lock();
        (!std::mem::replace(&mut readers.presence_planned, true)).then(|| readers.presence_tick())
    }

    pub(super) fn presence_due(&self) {
        let mut readers = self.lock();
        readers.presence_planned = false;
        self.presence_published.fetch_add(1, Ordering::Release);
        readers.wake_all();
    }

    /// Counts the presence ticks.
    pub(super) fn presence_published(&self) -> u64 {
        self.presence_published.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Readers> {
        // Nothing under this lock can leave it half-changed.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Readers {
    fn wake_all(&self) {
        self.wakes.values().for_each(|wake| wake.notify_one());
    }

    /// Entries closer together than this leave in one write: a quarter of a frame on a screen while few read, and nearly four
    /// frames when one keystroke means hundreds of writes, each a system call. A lone entry goes at once in any room.
    fn entries_tick(&self) -> Duration {
        Duration::from_millis(match self.wakes.len() {
            ..=8 => 4,
            9..=50 => 8,
            51..=100 => 16,
            _ => 60,
        })
    }

    fn presence_tick(&self) -> Duration {
        Duration::from_millis(match self.wakes.len() {
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
        let wakes = Wakes::default();
        wakes.add(1, Arc::default());
        wakes.add(2, Arc::default());
        assert_eq!(wakes.entries(1), None, "a quiet room: at once");
        let later = wakes.entries(1).expect("the second of a burst waits");
        assert!(later <= wakes.lock().entries_tick());
        assert_eq!(wakes.entries(1), None, "and the third waits with it");
        wakes.entries_due();
        assert!(!wakes.lock().entries_planned);
    }

    #[test]
    fn the_more_read_the_more_is_gathered() {
        let wakes = Wakes::default();
        let mut ticks = Vec::new();
        for reader in 0..=200 {
            wakes.add(reader, Arc::default());
            let readers = wakes.lock();
            let tick = (readers.entries_tick(), readers.presence_tick());
            drop(readers);
            if ticks.last().is_none_or(|(_, last)| *last != tick) {
                ticks.push((reader + 1, tick));
            }
        }
        let ms = Duration::from_millis;
        assert_eq!(
            ticks,
            [
                (1, (ms(4), ms(50))),
                (9, (ms(8), ms(50))),
                (51, (ms(16), ms(100))),
                (101, (ms(60), ms(100))),
                (201, (ms(60), ms(250))),
            ]
        );
    }

    #[test]
    fn presence_waits_for_its_tick_once() {
        let wakes = Wakes::default();
        assert!(wakes.presence().is_some());
        assert_eq!(wakes.presence(), None);
        wakes.presence_due();
        assert_eq!(wakes.presence_published(), 1);
        assert!(wakes.presence().is_some());
    }
}
