//! Waiting times between tries to connect: full jitter, doubling; not the decision when to try.

/// The first waiting time is drawn from 0 to this, in milliseconds.
const FIRST_MS: u64 = 500;
/// No waiting time is longer, in milliseconds.
const LONGEST_MS: u64 = 20_000;

/// The waiting times of one client.
///
/// Full jitter (any time between nothing and the limit, which doubles) spreads the return of many clients after a
/// restart of the server best.
#[derive(Debug, Clone)]
pub struct Backoff {
    tries: u32,
    random: u64,
}

impl Backoff {
    /// Starts at the shortest times; clients with different seeds wait differently.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // xorshift never leaves zero.
        Self {
            tries: 0,
            random: seed | 1,
        }
    }

    /// The next waiting time in milliseconds.
    pub fn draw(&mut self) -> u64 {
        let limit = FIRST_MS
            .saturating_mul(1 << self.tries.min(16))
            .min(LONGEST_MS);
        self.tries += 1;
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % (limit + 1)
    }

    /// The link was healthy: start over.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_double_to_a_limit_and_differ_between_clients() {
        let mut a = Backoff::new(2);
        let mut b = Backoff::new(1 << 40);
        let (mut longest, mut different) = (0, false);
        for round in 0..200_u32 {
            let (x, y) = (a.draw(), b.draw());
            assert!(x <= (FIRST_MS << round.min(10)).min(LONGEST_MS));
            longest = longest.max(x);
            different |= x != y;
        }
        assert!(longest > LONGEST_MS / 2 && different);
        a.reset();
        assert!(a.draw() <= FIRST_MS);
    }
}
