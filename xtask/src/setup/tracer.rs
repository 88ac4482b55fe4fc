//! The system call tracer with which one test sees that an edit is synced to disk before it counts as saved.
use std::path::Path;

use anyhow::Result;

use super::apt;

/// Debian's strace.
///
/// # Errors
/// Where it is missing and cannot be installed.
pub(crate) fn tracer() -> Result<()> {
    if Path::new("/usr/bin/strace").exists() {
        return Ok(());
    }
    apt::packages(&["strace"], "the test that counts syncs of the disk", "5 s")
}
