//! Who leaves a room, and how long one who was lost is waited for; how links end is the transport's.

use std::time::Instant;

use protocol::{
    frame::{ClientFrame, ErrorCode, SessionId, SessionKey},
    session::{Ended, Received},
};

use super::{Core, Linked, OpenRoom, gone, named, superseded};
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

    /// Takes the last words of a session, whether the connection of its newest link is still open or not: a page that goes
    /// says them beside it, and may not know which link that is. An edit that is not due is left out, since the one before
    /// it may be lost with that connection; so is everything after a goodbye.
    ///
    /// # Errors
    /// [`Ended`] when the session is not known by this key, when it has gone on with a link newer than `link` and a frame is
    /// no edit, or when a frame is refused. What came before that frame counts.
    pub fn last_words(
        &self,
        sid: &SessionId,
        key: &SessionKey,
        link: u64,
        frames: Vec<ClientFrame>,
    ) -> Result<Received, Ended> {
        for frame in frames {
            let mut core = self.lock();
            let Core { room, sessions, .. } = &mut *core;
            let linked = named(sessions, sid, key)?;
            // Edits have their number on whatever link; a goodbye must not end what came after it.
            let edit = matches!(frame, ClientFrame::Data { .. });
            if linked.session.link() > link && !edit {
                return Err(superseded());
            }
            let (author, client) = (linked.session.author(), linked.session.client());
            let received = linked.session.receive(frame, room, now_ms());
            match self.after(core, author, client, true, received) {
                Ok(Received::Left) => {
                    self.forget(author, link);
                    return Ok(Received::Left);
                }
                Ok(_) => {}
                Err(ended) if ended.code == ErrorCode::Incomplete => {}
                Err(ended) => return Err(ended),
            }
        }
        Ok(Received::Nothing)
    }

    /// A session's client has left: nobody waits for it, and a connection it may still have finds itself without a session.
    fn forget(&self, author: u64, link: u64) {
        let mut core = self.lock();
        core.last_used = Instant::now();
        let linked = core.sessions.get(&author);
        if linked.is_none_or(|linked| linked.session.link() > link) {
            return;
        }
        core.sessions.remove(&author);
        let changed = core.room.presence.leave(author, now_ms());
        drop(core);
        self.wakes.wake(author);
        self.wakes.remove(author);
        if changed {
            self.presence_changed();
        }
    }

    /// Whether a session's link is the one it is on.
    #[must_use]
    pub fn is_linked(&self, author: u64, link: u64) -> bool {
        let core = self.lock();
        let linked = core.sessions.get(&author);
        linked.is_some_and(|linked| linked.link == Some(link))
    }

    /// Why a session's link is not open, in what its client is told.
    #[must_use]
    pub fn why_not(&self, sid: &SessionId, key: &SessionKey, link: u64) -> Ended {
        let core = self.lock();
        let mut sessions = core.sessions.values();
        match sessions.find(|linked| linked.is(sid, key)) {
            None => gone(),
            Some(linked) if linked.session.link() > link => superseded(),
            Some(_) => Ended::new(
                ErrorCode::Incomplete,
                "this connection has ended: the page goes on with another",
            ),
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
