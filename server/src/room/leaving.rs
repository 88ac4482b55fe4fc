//! Who leaves a room, and how long one who was lost is waited for; how links end is the transport's.

use std::time::{Duration, Instant};

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
            core.room.claims.release(author);
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
    pub async fn last_words(
        &self,
        sid: &SessionId,
        key: &SessionKey,
        link: u64,
        frames: Vec<ClientFrame>,
    ) -> Result<Received, Ended> {
        for frame in frames {
            if frame == ClientFrame::Bye {
                // Not before what the session said on its link and is still being tried.
                drop(self.weighing.turn().await);
            }
            let received = match self.last_word(sid, key, link, frame.clone()) {
                Ok(Received::Weigh { update }) => {
                    let author = named(&mut self.lock().sessions, sid, key)?.session.author();
                    let again = || {
                        let received = self.last_word(sid, key, link, frame.clone());
                        (received, Duration::ZERO)
                    };
                    self.weigh(author, update, again).await
                }
                received => received,
            };
            match received {
                Ok(Received::Left) => return Ok(Received::Left),
                Ok(_) => {}
                Err(ended) if ended.code == ErrorCode::Incomplete => {}
                Err(ended) => return Err(ended),
            }
        }
        Ok(Received::Nothing)
    }

    fn last_word(
        &self,
        sid: &SessionId,
        key: &SessionKey,
        link: u64,
        frame: ClientFrame,
    ) -> Result<Received, Ended> {
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
        let received = self.after(core, author, client, true, received)?;
        if received == Received::Left {
            self.forget(author, link);
        }
        Ok(received)
    }

    /// A session goes on for an earlier one of the same page, if it knows that one's secret; the earlier one is over.
    pub(super) fn claim(&self, core: &mut Core, author: u64, sid: &SessionId, key: &SessionKey) {
        let Core { room, sessions, .. } = core;
        let Some(client) = sessions.get(&author).map(|linked| linked.session.client()) else {
            return;
        };
        let Ok(former) = named(sessions, sid, key).map(|linked| &linked.session) else {
            return;
        };
        let (former, same) = (former.author(), former.client() == client);
        if same && former != author {
            sessions.remove(&former);
            room.claims.pass_on(former, author);
            room.presence.pass_on(former, author);
            self.wakes.wake(former);
            self.wakes.remove(former);
        }
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
        core.room.claims.release(author);
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

    /// Whether nothing is written in it, nothing is stored of it, and nobody has a session in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        let core = self.lock();
        core.room.head() == 0
            && core.position == 0
            && core.tail_records == 0
            && core.snapshot_bytes == 0
            && core.sessions.is_empty()
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
        let Core { room, sessions, .. } = &mut *core;
        sessions.retain(|author, linked| {
            let kept = !lost(linked, KEEP_SESSION_MS);
            if !kept {
                room.claims.release(*author);
            }
            kept
        });
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
            core.room.claims.release(author);
            if core.room.presence.leave(author, now_ms()) {
                self.presence_changed();
            }
        }
    }
}
