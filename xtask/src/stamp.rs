//! Remembers what a step was last done with, so that a second run costs milliseconds. Knows no step.
use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::files;

/// A step's memory: one small file in target/xtask.
pub(crate) struct Stamp {
    path: PathBuf,
    now: String,
}

impl Stamp {
    /// The step `name`, about to be done with `now` (a hash, a version: whatever the result depends on).
    pub(crate) fn new(name: &str, now: impl Into<String>) -> Self {
        Self {
            path: files::own().join(name).with_extension("stamp"),
            now: now.into(),
        }
    }

    /// Whether the step was done with just this, the last time it was done.
    pub(crate) fn is_fresh(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|then| then == self.now)
    }

    /// To be called once the step has succeeded.
    pub(crate) fn set(&self) -> Result<()> {
        files::write(&self.path, self.now.as_bytes())
    }
}
