//! The plot of a lane: a dot for each update, time to the right, how long it took upwards; the scale is the same for all lanes.
use super::figures::Sample;
use std::fmt::Write;

/// The drawing's width, in units of its own.
pub const WIDTH: f64 = 320.0;
/// The drawing's height.
pub const HEIGHT: f64 = 96.0;
/// So much time it shows, in milliseconds.
pub const SPAN_MS: f64 = 20_000.0;
/// The lowest line: one millisecond. Each further line stands for ten times as much.
const DECADES: f64 = 4.0;

/// How high so many milliseconds are, from the top.
#[must_use]
pub fn height(ms: f64) -> f64 {
    let share = ms.max(1.0).log10() / DECADES;
    HEIGHT * (1.0 - share.clamp(0.0, 1.0))
}

/// The dots, as the data of one path: strokes without length, that a round cap makes visible.
#[must_use]
pub fn path(samples: impl Iterator<Item = Sample>, now: f64) -> String {
    let mut path = String::new();
    for sample in samples {
        let x = WIDTH * (1.0 - (now - sample.at) / SPAN_MS);
        // Writing to a string does not fail.
        _ = write!(path, "M{x:.1} {:.1}h0", height(sample.ms));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_as_long_is_one_line_higher_and_nothing_leaves_the_drawing() {
        let heights = [0.1, 1.0, 10.0, 100.0, 10_000.0, 90_000.0].map(height);
        assert_eq!(heights, [96.0, 96.0, 72.0, 48.0, 0.0, 0.0]);
    }

    #[test]
    fn the_newest_dot_is_at_the_right() {
        let sample = |at, ms| Sample { at, ms };
        let samples = [sample(10_000.0, 10.0), sample(30_000.0, 100.0)];
        assert_eq!(
            path(samples.into_iter(), 30_000.0),
            "M0.0 72.0h0M320.0 48.0h0"
        );
    }
}
