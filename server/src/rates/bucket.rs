//! A token bucket: so much at once, so much in a time; who fills it and what happens when it is empty, is the caller's.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

/// What may be taken at once, and how fast that comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Taken at once after a long quiet, in units.
    pub burst: u64,
    /// Units that come back within [`Rate::per`].
    pub refill: u64,
    /// The time of [`Rate::refill`].
    pub per: Duration,
}

impl Rate {
    /// `refill` a second, and `burst` at once.
    #[must_use]
    pub const fn per_second(refill: u64, burst: u64) -> Self {
        Self {
            burst,
            refill,
            per: Duration::from_secs(1),
        }
    }

    /// `refill` a minute, and `burst` at once.
    #[must_use]
    pub const fn per_minute(refill: u64, burst: u64) -> Self {
        Self {
            burst,
            refill,
            per: Duration::from_secs(60),
        }
    }

    /// The time in which one unit comes back, in nanoseconds.
    fn unit(self) -> u64 {
        u64::try_from(self.per.as_nanos() / u128::from(self.refill.max(1))).unwrap_or(u64::MAX)
    }
}

/// A bucket. One number says all: the time at which it will be full again.
#[derive(Debug)]
pub struct Bucket {
    unit: u64,
    depth: u64,
    begun: Instant,
    /// In nanoseconds after `begun`.
    full_at: AtomicU64,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            unit: rate.unit(),
            depth: rate.unit().saturating_mul(rate.burst),
            begun: Instant::now(),
            full_at: AtomicU64::new(0),
        }
    }

    /// Takes `units` if they are there, and else nothing. Wait-free but for others who take at the same moment.
    #[must_use]
    pub fn take(&self, units: u64) -> bool {
        let now = self.now();
        let cost = self.unit.saturating_mul(units);
        let taken = |full_at: u64| {
            let next = full_at.max(now).saturating_add(cost);
            (next - now <= self.depth).then_some(next)
        };
        self.full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken)
            .is_ok()
    }

    /// Whether nothing is missing: a new one would be the same.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full_at.load(Ordering::Relaxed) <= self.now()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_so_much_in_a_time() {
        let bucket = Bucket::new(Rate::per_second(10, 5));
        let passed = (0..100).filter(|_| bucket.take(1)).count();
        assert_eq!(passed, 5);
        time::advance(Duration::from_secs(1)).await;
        let passed = (0..100).filter(|_| bucket.take(1)).count();
        assert_eq!(passed, 5, "what nobody takes is not saved beyond the burst");
        time::advance(Duration::from_millis(300)).await;
        assert!(bucket.take(3) && !bucket.take(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_steady_stream_below_the_rate_never_ends() {
        let bucket = Bucket::new(Rate::per_minute(600, 1));
        for _ in 0..1_000 {
            assert!(bucket.take(1));
            time::advance(Duration::from_millis(100)).await;
        }
        assert!(bucket.is_full());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_costs_nothing() {
        let bucket = Bucket::new(Rate::per_second(1, 4));
        assert!(!bucket.take(5) && bucket.take(4) && !bucket.is_full());
        assert!(!bucket.take(u64::MAX));
        time::advance(Duration::from_secs(4)).await;
        assert!(bucket.is_full() && bucket.take(4));
    }
}
