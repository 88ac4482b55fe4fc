//! How long a link may take for what, on every transport; no flag sets these, tests do.

use std::time::Duration;

use protocol::session::{HEARTBEAT_MS, yjs::RENEW_MS};

/// The waits of a link, all bounded.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// The first frame must come within this time.
    pub hello: Duration,
    /// After this time without a byte in either direction the client is asked for a sign of life.
    pub heartbeat: Duration,
    /// A link without a byte from its client for this long is dead: it has left three heartbeats unanswered.
    pub silence: Duration,
    /// How often a Yjs client is told everybody's presence again, and asked for a sign of life.
    pub renewal: Duration,
    /// A message must be taken by its peer within this time, and a large one within a time for its size beside that.
    pub write: Duration,
    /// Saying goodbye may take this long.
    pub goodbye: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(5),
            heartbeat: Duration::from_millis(HEARTBEAT_MS),
            silence: Duration::from_millis(3 * HEARTBEAT_MS),
            renewal: Duration::from_millis(RENEW_MS),
            write: Duration::from_secs(10),
            goodbye: Duration::from_secs(2),
        }
    }
}
