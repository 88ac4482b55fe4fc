//! Whether the machine slept: two clocks compared, of which one stood still; a plain rule.

/// So much more time on the wall than in the page is sleep, in milliseconds: no clock is set by so much without a reason.
const JUMP_MS: u64 = 5_000;

/// The two clocks when they were last looked at, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// The page's own, which never goes back and may stand still while the machine sleeps.
    pub page: u64,
    /// The time of day.
    pub wall: u64,
}

impl Clocks {
    /// Looks again; whether the machine slept since.
    pub fn slept(&mut self, now: Self) -> bool {
        let page = now.page.saturating_sub(self.page);
        let wall = now.wall.saturating_sub(self.wall);
        *self = now;
        wall > page + JUMP_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_ran_ahead_tells_of_sleep_once() {
        let mut clocks = Clocks {
            page: 1_000,
            wall: 50_000,
        };
        let mut slept = |page, wall| clocks.slept(Clocks { page, wall });
        assert!(!slept(61_000, 110_000), "a throttled tab is awake");
        assert!(
            !slept(62_000, 116_000),
            "a clock that is put right a little"
        );
        assert!(slept(63_000, 716_000), "ten minutes with the lid closed");
        assert!(!slept(64_000, 717_000), "it is told once");
        assert!(!slept(65_000, 10_000), "a clock that is set back");
    }
}
