//! How many tests passed and failed, from what test runners print or write. Runs nothing.
use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context, Result};

/// A sum of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Tally {
    /// One check that passed.
    pub(crate) fn one_passed() -> Self {
        Self {
            passed: 1,
            ..Self::default()
        }
    }

    /// A runner that fails though no test of its did (it could not start, or crashed) counts as one failure.
    pub(crate) fn with_status(mut self, success: bool) -> Self {
        if !success && self.failed == 0 {
            self.failed = 1;
        }
        self
    }

    /// Adds a line of `cargo test`, if it is a sum: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub(crate) fn add_cargo_line(&mut self, line: &str) {
        let Some((_, sums)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for sum in sums.split("; ") {
            let Some((number, what)) = sum.split_once(' ') else {
                continue;
            };
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Adds a line of `node --test`, if it is a sum: `# pass 3` to a file, `ℹ pass 3` to a person.
    pub(crate) fn add_node_line(&mut self, line: &str) {
        let Some(sum) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) else {
            return;
        };
        let Some((what, number)) = sum.split_once(' ') else {
            return;
        };
        let number = number.trim().parse().unwrap_or(0);
        match what {
            "pass" => self.passed += number,
            "fail" | "cancelled" => self.failed += number,
            "skipped" | "todo" => self.skipped += number,
            _ => {}
        }
    }

    /// The sums of a Playwright JSON report. A test that passed only when tried again counts as failed.
    pub(crate) fn from_playwright(report: &[u8]) -> Result<Self> {
        let report: serde_json::Value =
            serde_json::from_slice(report).context("Playwright's report is no JSON")?;
        let number = |key: &str| {
            report["stats"][key]
                .as_u64()
                .with_context(|| format!("Playwright's report has no stats.{key}"))
        };
        Ok(Self {
            passed: number("expected")?,
            failed: number("unexpected")? + number("flaky")?,
            skipped: number("skipped")?,
        })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(formatter, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
        Tally {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn sums_of_cargo_are_added_and_other_lines_are_not() {
        let mut sum = Tally::default();
        for line in [
            "test a ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "9 passed; 9 failed",
        ] {
            sum.add_cargo_line(line);
        }
        assert_eq!(sum, tally(4, 2, 1));
    }

    #[test]
    fn sums_of_node_are_read_in_both_shapes() {
        let mut sum = Tally::default();
        for line in [
            "# tests 4",
            "# pass 3",
            "# fail 1",
            "# cancelled 0",
            "# skipped 2",
            "ℹ pass 5",
            "ℹ duration_ms 57.2",
        ] {
            sum.add_node_line(line);
        }
        assert_eq!(sum, tally(8, 1, 2));
    }

    #[test]
    fn playwright_s_flaky_tests_fail() {
        let report = br#"{"stats":{"expected":5,"unexpected":1,"flaky":2,"skipped":3}}"#;
        assert_eq!(Tally::from_playwright(report).unwrap(), tally(5, 3, 3));
        assert!(Tally::from_playwright(b"{\"stats\":{}}").is_err());
    }

    #[test]
    fn a_runner_that_crashes_fails_once() {
        assert_eq!(tally(3, 0, 0).with_status(false), tally(3, 1, 0));
        assert_eq!(tally(3, 2, 0).with_status(false), tally(3, 2, 0));
        assert_eq!(tally(3, 0, 0).with_status(true), tally(3, 0, 0));
    }

    #[test]
    fn the_last_line_has_one_form() {
        assert_eq!(tally(3, 0, 0).to_string(), "3 passed, 0 failed");
        assert_eq!(tally(3, 1, 2).to_string(), "3 passed, 1 failed, 2 skipped");
    }
}
