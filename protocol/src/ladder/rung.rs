//! The four ways in which bytes travel between page and server, from the best to the plainest; not how any of them works.

use std::{fmt, str::FromStr};

/// A transport. Greater is plainer: it works in more places and costs more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// One WebSocket, both directions.
    WebSocket,
    /// A stream of events downwards, POSTs upwards.
    EventStream,
    /// Requests that the server answers when it has something, POSTs upwards.
    LongPoll,
    /// Requests that the server answers at once, now and then; POSTs upwards.
    ShortPoll,
}

impl Rung {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [
        Self::WebSocket,
        Self::EventStream,
        Self::LongPoll,
        Self::ShortPoll,
    ];

    /// The name in metrics, in the page's markup and in what a browser remembers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::EventStream => "event-stream",
            Self::LongPoll => "long-poll",
            Self::ShortPoll => "short-poll",
        }
    }

    /// The next plainer one.
    #[must_use]
    pub fn below(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }

    /// The next better one.
    #[must_use]
    pub fn above(self) -> Option<Self> {
        (self as usize).checked_sub(1).map(|i| Self::ALL[i])
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Rung {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|rung| rung.name() == name)
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_have_an_order_and_names_that_read_back() {
        for rung in Rung::ALL {
            assert_eq!(rung.name().parse(), Ok(rung));
            assert!(rung.below().is_none_or(|below| below > rung));
            assert_eq!(
                rung.below().and_then(Rung::above),
                rung.below().map(|_| rung)
            );
        }
        assert_eq!("telegraph".parse::<Rung>(), Err(()));
    }
}
