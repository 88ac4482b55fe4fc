//! How long things may take on this network, learnt from how long they took; and how often a quiet link must be used so that nothing on the way cuts it.

/// A WebSocket that is not open after this time has something in its way, while nothing is known of the network.
const OPEN_MS: u64 = 2_500;
/// The bounds of the same once the round trip is known.
const OPEN_BOUNDS_MS: (u64, u64) = (1_500, 5_000);
/// A link that ends after having been quiet for less than this was not cut for being quiet.
const QUIET_MS: u64 = 5_000;
/// Links in a row that are cut when quiet before the connection uses them more often.
const MAX_QUIET_CUTS: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Patience {
    rtt: Option<u64>,
    quiet_cuts: u32,
    shortest_quiet: Option<u64>,
}

impl Patience {
    pub(super) fn rtt(&self) -> Option<u64> {
        self.rtt
    }

    pub(super) fn measured(&mut self, rtt: u64) {
        self.rtt = Some(rtt);
    }

    /// How long a WebSocket may take to open before something else is started beside it.
    pub(super) fn opening(&self) -> u64 {
        let (least, most) = OPEN_BOUNDS_MS;
        self.rtt
            .map_or(OPEN_MS, |rtt| (4 * rtt + 500).clamp(least, most))
    }

    /// A link that had lived was lost after `quiet` milliseconds without traffic.
    pub(super) fn lost_quiet(&mut self, quiet: u64) {
        if quiet < QUIET_MS {
            self.quiet_cuts = 0;
            return;
        }
        self.quiet_cuts += 1;
        if self.quiet_cuts >= MAX_QUIET_CUTS {
            self.shortest_quiet = Some(self.shortest_quiet.map_or(quiet, |s| s.min(quiet)));
        }
    }

    /// After so many milliseconds without traffic a link is to be used, if that is known.
    pub(super) fn keep_alive(&self) -> Option<u64> {
        self.shortest_quiet.map(|quiet| quiet / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_is_given_time_by_what_round_trips_take() {
        let mut patience = Patience::default();
        assert_eq!(patience.opening(), 2_500);
        for (rtt, limit) in [(1, 1_500), (500, 2_500), (60_000, 5_000)] {
            patience.measured(rtt);
            assert_eq!(patience.opening(), limit);
        }
    }

    #[test]
    fn links_that_are_cut_when_quiet_are_used_twice_as_often_as_they_are_cut() {
        let mut patience = Patience::default();
        patience.lost_quiet(15_000);
        assert_eq!(patience.keep_alive(), None, "once is chance");
        patience.lost_quiet(200);
        patience.lost_quiet(15_000);
        assert_eq!(patience.keep_alive(), None, "in a row");
        patience.lost_quiet(15_100);
        assert_eq!(patience.keep_alive(), Some(7_550));
        patience.lost_quiet(14_000);
        assert_eq!(patience.keep_alive(), Some(7_000));
    }
}
