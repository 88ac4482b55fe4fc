//! What a connection knows of one link: its age and what has come back on it; the messages are the client's.

use super::LinkId;
use crate::ladder::Rung;

/// A link. Times are milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub(super) id: LinkId,
    pub(super) rung: Rung,
    pub(super) since: u64,
    pub(super) opened: Option<u64>,
    /// When the session was opened on it.
    pub(super) answered: Option<u64>,
    /// The probe that is out: its nonce, when it left, and when its answer is overdue.
    pub(super) probe: Option<(u64, u64, u64)>,
    /// It has lived long enough not to have died young.
    pub(super) lived: bool,
    /// Our server has spoken on it, and not opened the session.
    pub(super) refused: bool,
    /// It takes suspiciously long, and what follows from that has been done.
    pub(super) doubted: bool,
    /// Bytes of messages that came since the probe left.
    pub(super) came: usize,
    /// When something last went or came.
    pub(super) traffic: u64,
}

impl Wire {
    pub(super) fn new(id: LinkId, rung: Rung, now: u64) -> Self {
        Self {
            id,
            rung,
            since: now,
            opened: None,
            answered: None,
            probe: None,
            lived: false,
            refused: false,
            doubted: false,
            came: 0,
            traffic: now,
        }
    }

    pub(super) fn open(&mut self, now: u64) {
        self.opened = Some(now);
        self.traffic = now;
    }

    /// The answer to a probe; how long it took.
    pub(super) fn probed(&mut self, nonce: u64, now: u64) -> Option<u64> {
        let (_, left, _) = self.probe.take_if(|(asked, _, _)| *asked == nonce)?;
        Some(now.saturating_sub(left))
    }
}
