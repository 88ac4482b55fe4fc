//! What was measured on one lane, as it is shown: how long updates took, what they cost; plain numbers, without a clock.
use protocol::connection::Why;
use std::collections::VecDeque;

/// So many of the newest are kept.
const MOST: usize = 2_000;

/// How long one update took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When it arrived, in milliseconds of the page's clock.
    pub at: f64,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// The newest samples of a run.
#[derive(Debug, Clone, Default)]
pub struct Series(VecDeque<Sample>);

impl Series {
    /// One more.
    pub fn push(&mut self, sample: Sample) {
        self.0.push_back(sample);
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// What they have in common; none before the first.
    #[must_use]
    pub fn spread(&self) -> Option<Spread> {
        let mut sorted: Vec<f64> = self.0.iter().map(|sample| sample.ms).collect();
        sorted.sort_by(f64::total_cmp);
        Some(Spread {
            median: percentile(&sorted, 50)?,
            p95: percentile(&sorted, 95)?,
        })
    }

    /// Those that arrived at a time or later.
    pub fn since(&self, at: f64) -> impl Iterator<Item = Sample> {
        self.0
            .iter()
            .copied()
            .skip_while(move |sample| sample.at < at)
    }
}

/// The value that so many in a hundred do not exceed: the nearest rank.
fn percentile(sorted: &[f64], hundredths: usize) -> Option<f64> {
    let rank = (sorted.len() * hundredths).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// How long updates took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Half took no longer.
    pub median: f64,
    /// Of a hundred, 95 took no longer.
    pub p95: f64,
}

/// How a lane stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was measured yet.
    #[default]
    Idle,
    /// Its two pages are being connected.
    Opening,
    /// For a while nothing has come back.
    Silent,
    /// The browser was told no, or somebody else answered.
    Blocked(Why),
    /// Updates arrive.
    Running,
    /// The run is over; the figures stay.
    Done,
}

/// What is shown of a lane.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// How it stands.
    pub standing: Standing,
    /// From an edit to its text in the other page.
    pub remote: Option<Spread>,
    /// From an edit until it is on the server's disk.
    pub saved: Option<Spread>,
    /// Updates that arrived at the other page.
    pub arrived: usize,
    /// What they cost.
    pub cost: Option<Cost>,
    /// Links that the two pages opened.
    pub links: u64,
    /// The newest samples, as the plot draws them.
    pub plot: String,
}

/// What the updates of a run cost, both pages together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Requests in all.
    pub requests: u64,
    /// Requests for an update.
    pub requests_each: f64,
    /// Bytes to the server for an update.
    pub up_each: f64,
    /// Bytes from the server for an update.
    pub down_each: f64,
}

/// Milliseconds for a person.
#[must_use]
pub fn duration(ms: f64) -> String {
    match ms {
        ..9.95 => format!("{ms:.1} ms"),
        ..999.5 => format!("{ms:.0} ms"),
        _ => format!("{:.2} s", ms / 1_000.0),
    }
}

/// Bytes for a person.
#[must_use]
pub fn bytes(count: f64) -> String {
    if count < 9_999.5 {
        format!("{count:.0} B")
    } else {
        format!("{:.1} kB", count / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(ms: impl IntoIterator<Item = u32>) -> Series {
        let mut series = Series::default();
        for (at, ms) in ms.into_iter().enumerate() {
            series.push(Sample {
                at: at as f64,
                ms: ms.into(),
            });
        }
        series
    }

    fn spread(ms: impl IntoIterator<Item = u32>) -> Option<(f64, f64)> {
        series(ms)
            .spread()
            .map(|spread| (spread.median, spread.p95))
    }

    #[test]
    fn percentiles_are_samples_of_the_nearest_rank() {
        assert_eq!(spread([]), None);
        assert_eq!(spread([7]), Some((7.0, 7.0)));
        assert_eq!(spread([9, 1, 5]), Some((5.0, 9.0)));
        assert_eq!(spread((1..=100).rev()), Some((50.0, 95.0)));
        assert_eq!(spread((1..=20).chain([1_000])), Some((11.0, 20.0)));
    }

    #[test]
    fn a_long_run_keeps_the_newest() {
        let long = series(0..5_000);
        assert_eq!(long.since(0.0).count(), MOST);
        assert_eq!(long.since(4_990.0).count(), 10);
        assert_eq!(long.spread().map(|spread| spread.median), Some(3_999.0));
    }

    #[test]
    fn numbers_are_as_fine_as_they_are_known() {
        let durations = [0.42, 9.94, 9.96, 999.4, 1_250.0].map(duration);
        assert_eq!(durations, ["0.4 ms", "9.9 ms", "10 ms", "999 ms", "1.25 s"]);
        assert_eq!([94.4, 12_345.0].map(bytes), ["94 B", "12.3 kB"]);
    }
}
