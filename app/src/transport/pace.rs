//! How long a page that polls waits between two polls: a plain rule of numbers, without a timer. Times are in milliseconds.

/// After something was sent: its answer is near.
const AFTER_SENDING: u64 = 150;
/// While there is news.
const NEWS: u64 = 1_000;
/// When nothing happens: at most one request in five seconds.
const IDLE: u64 = 6_000;
/// While nobody looks.
const HIDDEN: u64 = 20_000;

/// When to poll next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    due: u64,
    step: u64,
}

impl Pace {
    /// The first poll is due at once.
    #[must_use]
    pub fn new(now: u64) -> Self {
        Self {
            due: now,
            step: NEWS,
        }
    }

    /// When the next poll is due.
    #[must_use]
    pub fn due(self) -> u64 {
        self.due
    }

    /// Something was sent.
    pub fn sent(&mut self, now: u64) {
        self.step = NEWS;
        self.due = self.due.min(now + AFTER_SENDING);
    }

    /// A poll was answered, with news or without.
    pub fn answered(&mut self, now: u64, news: bool, hidden: bool) {
        self.step = if news {
            NEWS
        } else {
            (self.step * 8 / 5).min(IDLE)
        };
        self.due = now + if hidden { HIDDEN } else { self.step };
    }

    /// Somebody looks again: what came meanwhile is wanted now.
    pub fn shown(&mut self, now: u64) {
        self.step = NEWS;
        self.due = self.due.min(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waiting times of polls that bring nothing.
    fn idle(pace: &mut Pace, now: &mut u64, polls: usize, hidden: bool) -> Vec<u64> {
        (0..polls)
            .map(|_| {
                pace.answered(*now, false, hidden);
                let wait = pace.due() - *now;
                *now = pace.due();
                wait
            })
            .collect()
    }

    #[test]
    fn polls_grow_rare_when_nothing_happens_and_frequent_with_news() {
        let (mut pace, mut now) = (Pace::new(5), 5);
        assert_eq!(pace.due(), 5);
        assert_eq!(
            idle(&mut pace, &mut now, 6, false),
            [1_600, 2_560, 4_096, 6_000, 6_000, 6_000]
        );
        pace.answered(now, true, false);
        assert_eq!(pace.due(), now + NEWS);
    }

    #[test]
    fn an_idle_page_polls_at_most_once_in_five_seconds_and_a_hidden_one_less() {
        let (mut pace, mut now) = (Pace::new(0), 0);
        idle(&mut pace, &mut now, 10, false);
        assert!(
            idle(&mut pace, &mut now, 50, false)
                .iter()
                .all(|wait| *wait >= 5_000)
        );
        assert!(
            idle(&mut pace, &mut now, 5, true)
                .iter()
                .all(|wait| *wait == HIDDEN)
        );
    }

    #[test]
    fn what_was_sent_is_asked_about_soon_also_while_hidden() {
        let mut pace = Pace::new(0);
        pace.answered(0, false, true);
        pace.sent(100);
        assert_eq!(pace.due(), 250);
        pace.sent(200);
        assert_eq!(pace.due(), 250, "more to send does not put it off");
        pace.answered(250, true, false);
        assert_eq!(pace.due(), 1_250);
        pace.shown(300);
        assert_eq!(pace.due(), 300);
    }
}
