//! Python's `websockets`, one of the clients that are none of ours, with which a browser test asks the server what it keeps of RFC 6455.
use std::process::{Command, Stdio};

use anyhow::Result;

use super::apt;

/// Debian's Python with that package; no other Python that may come first on the path.
///
/// # Errors
/// Where it is missing and cannot be installed.
pub(crate) fn python() -> Result<()> {
    let there = Command::new("/usr/bin/python3")
        .args(["-c", "import websockets"])
        .stderr(Stdio::null())
        .status();
    if there.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    apt::packages(
        &["python3", "python3-websockets"],
        "the test with a second WebSocket client",
        "15 s",
    )
}
