//! The figures as a table for people and as JSON for machines, with the bars that they are to reach; nothing is measured here.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result};
use serde::Serialize;

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    sections: Vec<Section>,
}

/// One table.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    /// What was measured.
    pub(crate) title: String,
    /// What each cell of a row is.
    pub(crate) columns: Vec<&'static str>,
    /// A contender and its figures, medians over the rounds.
    pub(crate) rows: Vec<(String, Vec<f64>)>,
    /// What is to be reached.
    pub(crate) bars: Vec<Bar>,
}

/// A figure that is not to be larger than something.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    /// Which.
    pub(crate) what: String,
    /// The figure.
    pub(crate) value: f64,
    /// The most it may be.
    pub(crate) most: f64,
}

impl Report {
    /// Adds a table and prints it.
    pub(crate) fn add(&mut self, section: Section) {
        println!("{}", section.text());
        self.sections.push(section);
    }

    /// Writes the JSON and says which bars are not reached.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn finish(&self, out: &Path) -> Result<()> {
        fs::write(out, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("cannot write {}", out.display()))?;
        let bars = || self.sections.iter().flat_map(|section| &section.bars);
        let missed = bars().filter(|bar| !bar.is_reached()).count();
        println!(
            "{} of {} bars reached; figures in {}",
            bars().count() - missed,
            bars().count(),
            out.display()
        );
        Ok(())
    }
}

impl Section {
    fn text(&self) -> String {
        let mut text = format!("\n{}\n{:14}", self.title, "");
        let widths: Vec<usize> = self
            .columns
            .iter()
            .map(|column| column.chars().count().max(9) + 2)
            .collect();
        for (column, width) in self.columns.iter().zip(&widths) {
            let _ = write!(text, "{column:>width$}");
        }
        for (name, cells) in &self.rows {
            let _ = write!(text, "\n{name:14}");
            for (cell, width) in cells.iter().zip(&widths) {
                let decimals = if *cell >= 1_000.0 { 0 } else { 2 };
                let _ = write!(text, "{cell:>width$.decimals$}");
            }
        }
        for bar in &self.bars {
            let verdict = if bar.is_reached() {
                "reached"
            } else {
                "NOT REACHED"
            };
            let _ = write!(
                text,
                "\n  {verdict}: {} {:.3}, bar {:.3}",
                bar.what, bar.value, bar.most
            );
        }
        text
    }
}

impl Bar {
    /// Whether the figure is within the bar; one that is no number is not.
    fn is_reached(&self) -> bool {
        self.value <= self.most
    }
}

/// The middle one; of an even count, the mean of the two. No number of none.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => f64::NAN,
        count if count % 2 == 0 => f64::midpoint(figures[middle - 1], figures[middle]),
        _ => figures[middle],
    }
}

/// The figure that `percent` of all are not above; `sorted` is. 0 of none.
pub(crate) fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn a_percentile_is_one_of_the_figures() {
        let sorted: Vec<u32> = (1..=200).collect();
        assert_eq!(
            (percentile(&sorted, 50), percentile(&sorted, 99)),
            (100, 198)
        );
        assert_eq!((percentile(&[7], 99), percentile(&[], 50)), (7, 0));
    }

    #[test]
    fn a_bar_is_reached_at_its_value_and_not_above_or_without_a_figure() {
        let bar = |value| Bar {
            what: String::new(),
            value,
            most: 0.5,
        };
        assert!(bar(0.5).is_reached());
        assert!(!bar(0.501).is_reached() && !bar(f64::NAN).is_reached());
    }
}
