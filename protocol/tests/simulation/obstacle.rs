//! What stands between one page and the server, and which of its transports that hurts; the rows are those of the failure table that docs/protocol.md names.

use protocol::ladder::Rung;

use crate::random::Random;

/// Something on the way that breaks transports, and not the network as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// WebSockets are refused (row 1).
    Refused,
    /// The upgrade is never answered (row 2).
    Swallowed,
    /// The upgrade is answered, and then nothing passes (row 3): not up, not down, or neither.
    Dead {
        /// Nothing passes up.
        up: bool,
        /// Nothing passes down.
        down: bool,
    },
    /// WebSockets work and are cut soon (row 4), after so many milliseconds.
    ShortLived(u64),
    /// Streams are held back, all of them (row 5).
    Buffered,
    /// Streams are held back after so many messages (row 5).
    BufferedLater(u32),
    /// Answers that take longer than so many milliseconds are cut (rows 6 and 7).
    Cut(u64),
}

impl Obstacle {
    /// Any of them.
    pub fn any(random: &mut Random) -> Self {
        match random.range(0, 6) {
            0 => Self::Refused,
            1 => Self::Swallowed,
            2 => random.pick(&[
                Self::Dead {
                    up: true,
                    down: true,
                },
                Self::Dead {
                    up: true,
                    down: false,
                },
                Self::Dead {
                    up: false,
                    down: true,
                },
            ]),
            3 => Self::ShortLived(random.range(50, 3_000)),
            4 => Self::Buffered,
            5 => Self::BufferedLater(random.range(1, 4) as u32),
            _ => Self::Cut(random.pick(&[4_000, 9_000, 20_000])),
        }
    }

    /// Whether a link of this kind can work behind it.
    pub fn lets_pass(self, rung: Rung) -> bool {
        match self {
            Self::Refused | Self::Swallowed | Self::Dead { .. } | Self::ShortLived(_) => {
                rung != Rung::WebSocket
            }
            Self::Buffered => rung != Rung::EventStream,
            // What is held back later is noticed when something is missed.
            Self::BufferedLater(_) | Self::Cut(_) => true,
        }
    }
}
