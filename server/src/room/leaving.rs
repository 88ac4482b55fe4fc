//! Who leaves a room, and how long one who was lost is waited for; how links end is the transport's.

use std::time::Instant;

use super::{Core, Linked, OpenRoom};
use crate::rooms::now_ms;

/// A session without a link is kept for this long, so that its client finds it again after a tunnel or a short sleep.
const KEEP_SESSION_MS: u64 = 120_000;
/// Its presence is kept for this long, so that a short gap does not make it flicker.
const KEEP_PRESENCE_MS: u64 = 10_000;

impl OpenRoom {
    /// A link is gone. A session whose client left is forgotten, another is kept for a while.
    pub fn unlink(&self, author: u64, link: u64, left: bool) {
        let mut core = self.lock();
        core.last_used = Instant::now();
        let Some(linked) = core
            .sessions
            .get_mut(&author)
            .filter(|linked| linked.link == Some(link))
        else {
            return;
        };
        linked.link = None;
        linked.since_ms = now_ms();
        self.wakes.remove(author);
        if left {
            core.sessions.remove(&author);
            if core.room.presence.leave(author, now_ms()) {
                self.presence_changed();
            }
        }
    }

    /// Forgets what was lost too long ago.
    pub fn sweep(&self, now_ms: u64) {
        let mut core = self.lock();
        let lost = |linked: &Linked, for_ms: u64| {
            linked.link.is_none() && now_ms.saturating_sub(linked.since_ms) >= for_ms
        };
        let absent: Vec<u64> = core
            .sessions
            .iter()
            .filter(|(_, linked)| lost(linked, KEEP_PRESENCE_MS))
            .map(|(author, _)| *author)
            .collect();
        let mut changed = false;
        for author in absent {
            changed |= core.room.presence.leave(author, now_ms);
        }
        core.room.presence.sweep(now_ms);
        if changed {
            self.presence_changed();
        }
        core.sessions
            .retain(|_, linked| !lost(linked, KEEP_SESSION_MS));
    }

    /// Before one more session opens: when there are too many, the one lost longest ago is forgotten. Its client opens a
    /// new one and loses nothing.
    pub(super) fn make_place(&self, core: &mut Core) {
        if core.sessions.len() < self.max_sessions {
            return;
        }
        let longest_lost = core
            .sessions
            .iter()
            .filter(|(_, linked)| linked.link.is_none())
            .min_by_key(|(_, linked)| linked.since_ms)
            .map(|(author, _)| *author);
        if let Some(author) = longest_lost {
            core.sessions.remove(&author);
            if core.room.presence.leave(author, now_ms()) {
                self.presence_changed();
            }
        }
    }
}
