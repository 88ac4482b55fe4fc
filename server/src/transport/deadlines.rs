//! How long a link may take for what, on every transport, and how much a stream may carry; no flag sets these, tests do.

use std::time::Duration;

use protocol::session::{HEARTBEAT_MS, yjs::RENEW_MS};

/// The bounds of a link.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// The first frame must come within this time, whatever is probed before it.
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
    /// A connection of any kind whose peer takes not a single byte for this long is cut.
    pub stall: Duration,
    /// An HTTP/2 connection on which nothing was written for this long ends: whatever is open there would have said something.
    pub idle: Duration,
    /// The body of a POST must be here within this time.
    pub body: Duration,
    /// A poll waits at most so long for news, whatever it asks for.
    pub hold: Duration,
    /// An HTTP link of which nothing was heard for this long is dead: longer than [`Deadlines::silence`], since a hidden page
    /// may send a request only once a minute.
    pub unheard: Duration,
    /// The first request on an HTTP link that was opened must come within this time.
    pub unused: Duration,
    /// A stream ends by itself after about this time (a fifth more or less), so that what it leaves in a browser stays small.
    pub stream: Duration,
    /// A stream ends by itself after about so many bytes (a fifth more or less), for the same reason.
    pub stream_bytes: u64,
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
            stall: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            body: Duration::from_secs(30),
            hold: Duration::from_secs(25),
            unheard: Duration::from_secs(90),
            unused: Duration::from_secs(15),
            stream: Duration::from_secs(600),
            stream_bytes: 4 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_comes_before_the_most_impatient_proxies_cut() {
        let deadlines = Deadlines::default();
        assert_eq!(deadlines.heartbeat, Duration::from_secs(20));
        assert_eq!(deadlines.silence, Duration::from_secs(60));
        assert_eq!(deadlines.renewal, Duration::from_secs(15));
    }
}
