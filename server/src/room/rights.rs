//! The rights of those who are in a room: judged anew, ended in time, told; who may do what is [`crate::access`]'s.

use std::{sync::atomic::Ordering, time::Duration};

use protocol::{
    frame::{ErrorCode, SessionId, SessionKey, Token},
    room::Room,
    session::{Ended, Rights, yjs::YjsSession},
};
use tokio::time;

use super::{Core, Linked, OpenRoom, named};
use crate::{
    access::{
        Admission, Pass, Unavailable,
        judge::{Denied, Grant},
    },
    rooms::now_ms,
};

/// When a token is judged that could not be, because the store could not be read.
const LATER: Duration = Duration::from_secs(1);
/// So long before its rights end a session is asked for a new token, in milliseconds.
const SOON_MS: u64 = 60_000;

/// What somebody is in with, and what that allows now.
pub(super) struct Standing {
    pub(super) pass: Pass,
    pub(super) grant: Grant,
    /// It was asked for a new token in time.
    asked: bool,
    /// A token that it showed is being judged; the newest of those that came since.
    judging: Option<Option<Token>>,
    /// The rights are others than those it was welcomed with.
    pub(super) changed: bool,
}

/// A plain Yjs connection, whose session its task holds.
pub(super) struct Guest {
    pub(super) standing: Standing,
    pub(super) news: Option<News>,
}

/// What its task is to tell the session of a plain Yjs connection.
pub(super) enum News {
    Rights(Rights),
    End(Ended),
}

impl Standing {
    pub(super) fn new(admission: &Admission) -> Self {
        Self {
            pass: admission.pass.clone(),
            grant: admission.grant.clone(),
            asked: false,
            judging: None,
            changed: false,
        }
    }

    /// When something is to be done, in milliseconds since 1970.
    fn due(&self) -> Option<u64> {
        let ends = self.grant.expires_at?;
        Some(if self.asked {
            ends
        } else {
            ends.saturating_sub(SOON_MS)
        })
    }
}

impl Guest {
    pub(super) fn tell(&mut self, session: &mut YjsSession) {
        match self.news.take() {
            Some(News::Rights(rights)) => session.set_role(rights.role),
            Some(News::End(ended)) => session.end(ended),
            None => {}
        }
    }
}

impl Linked {
    /// On a new link it is told again what it may do, if that is not what it was welcomed with or has an end.
    pub(super) fn resumed(&mut self, room: &Room) {
        self.standing.asked = false;
        if self.standing.changed || self.standing.grant.expires_at.is_some() {
            let rights = self.standing.grant.rights(now_ms());
            self.session.set_rights(rights, room);
        }
    }
}

impl OpenRoom {
    /// Judges everybody in the room again.
    ///
    /// # Errors
    /// [`Unavailable`]: everybody keeps what they had, until it ends by itself.
    pub async fn judge_again(&self) -> Result<(), Unavailable> {
        let (authors, passes): (Vec<u64>, Vec<Pass>) = self.lock().passes().into_iter().unzip();
        if authors.is_empty() {
            return Ok(());
        }
        let judged = self.access.judge_again(passes.clone()).await?;
        for ((author, pass), verdict) in authors.into_iter().zip(passes).zip(judged) {
            self.apply(author, &pass, verdict, false);
        }
        Ok(())
    }

    /// Judges the session of a RESUME again.
    ///
    /// # Errors
    /// [`Ended`] when its rights are over. A store that cannot be read ends none.
    pub async fn judge_session(&self, sid: &SessionId, key: &SessionKey) -> Result<(), Ended> {
        let known = {
            let mut core = self.lock();
            let linked = named(&mut core.sessions, sid, key)?;
            (linked.session.author(), linked.standing.pass.clone())
        };
        let (author, pass) = known;
        if let Ok(judged) = self.access.judge_again(vec![pass.clone()]).await {
            for verdict in judged {
                self.apply(author, &pass, verdict, false);
            }
        }
        self.rights_due(now_ms());
        Ok(())
    }

    /// What a session may do, for a request that names it beside its link.
    #[must_use]
    pub fn grant_of(&self, sid: &SessionId, key: &SessionKey) -> Option<(u64, Pass, Grant)> {
        let mut core = self.lock();
        let linked = named(&mut core.sessions, sid, key).ok()?;
        let standing = &linked.standing;
        (!linked.session.is_ended()).then(|| {
            (
                linked.session.author(),
                standing.pass.clone(),
                standing.grant.clone(),
            )
        })
    }

    /// A session is in with another pass from now on, which its page is given beside it.
    pub fn hand_over(&self, author: u64, admission: Admission) {
        let mut core = self.lock();
        if let Some(linked) = core.sessions.get_mut(&author) {
            linked.standing.pass = admission.pass.clone();
        }
        drop(core);
        self.apply(author, &admission.pass, Ok(admission.grant), false);
    }

    /// A session shows another token. Of several that come at once the newest is judged.
    pub(super) fn show(&self, core: &mut Core, author: u64, token: Token) {
        let Some(linked) = core.sessions.get_mut(&author) else {
            return;
        };
        if let Some(newest) = &mut linked.standing.judging {
            *newest = Some(token);
            return;
        }
        linked.standing.judging = Some(None);
        let room = self.this.clone();
        tokio::spawn(async move {
            let mut next = Some(token);
            while let Some(token) = next {
                let Some(room) = room.upgrade() else {
                    return;
                };
                next = room.judge_shown(author, &token).await;
            }
        });
    }

    /// Judges a token that a session shows; the newest that came meanwhile.
    async fn judge_shown(&self, author: u64, token: &Token) -> Option<Token> {
        let judged = self.access.admit(&self.doc, token).await;
        let newest = {
            let mut core = self.lock();
            let linked = core.sessions.get_mut(&author)?;
            let newest = linked.standing.judging.take().flatten();
            let later = matches!(&judged, Err(ended) if ended.code == ErrorCode::Unavailable);
            linked.standing.judging = (newest.is_some() || later).then_some(None);
            if let Ok(admission) = &judged
                && newest.is_none()
            {
                linked.standing.pass = admission.pass.clone();
            }
            newest
        };
        match judged {
            _ if newest.is_some() => {}
            Ok(admission) => {
                self.apply(author, &admission.pass, Ok(admission.grant), true);
                if self.access.version() != admission.version {
                    self.judge_again().await.ok();
                }
            }
            // Nothing is known against this person: the answer comes later.
            Err(ended) if ended.code == ErrorCode::Unavailable => {
                time::sleep(LATER).await;
                return Some(token.clone());
            }
            Err(ended) => self.end(author, ended),
        }
        newest
    }

    /// What follows from a verdict on the pass that somebody is in with. With `answer` it is told also when nothing changed.
    fn apply(&self, author: u64, pass: &Pass, verdict: Result<Grant, Denied>, answer: bool) {
        let grant = match verdict {
            Ok(grant) => grant,
            Err(denied) => return self.end_if(author, pass, denied),
        };
        let mut core = self.lock();
        let Core {
            room,
            sessions,
            guests,
            ..
        } = &mut *core;
        let standing = match (sessions.get_mut(&author), guests.get_mut(&author)) {
            (Some(linked), _) => &mut linked.standing,
            (None, Some(guest)) => &mut guest.standing,
            (None, None) => return,
        };
        if !standing.pass.is_same(pass) {
            return;
        }
        let changed =
            (standing.grant.role, standing.grant.expires_at) != (grant.role, grant.expires_at);
        if changed && standing.grant.expires_at != grant.expires_at {
            standing.asked = false;
        }
        standing.changed |= changed;
        standing.grant = grant;
        let rights = standing.grant.rights(now_ms());
        if changed || answer {
            if let Some(linked) = sessions.get_mut(&author) {
                linked.session.set_rights(rights, room);
            } else if let Some(guest) = guests.get_mut(&author) {
                guest.news = Some(News::Rights(rights));
            }
        }
        self.plan(&core);
        drop(core);
        self.rights_due(now_ms());
        self.wakes.wake(author);
    }

    fn end_if(&self, author: u64, pass: &Pass, denied: Denied) {
        let is_same = self
            .lock()
            .pass(author)
            .is_some_and(|now| now.is_same(pass));
        if is_same {
            self.end(author, denied.ended());
        }
    }

    /// Somebody's rights are over.
    fn end(&self, author: u64, ended: Ended) {
        let mut core = self.lock();
        let Core {
            room,
            sessions,
            guests,
            ..
        } = &mut *core;
        if let Some(linked) = sessions.get_mut(&author) {
            if linked.session.is_ended() {
                return;
            }
            linked.session.end(ended);
        } else if let Some(guest) = guests.get_mut(&author) {
            guest.news = Some(News::End(ended));
        }
        let left = room.presence.leave(author, now_ms());
        self.plan(&core);
        drop(core);
        self.wakes.wake(author);
        if left {
            self.presence_changed();
        }
    }

    /// Time has passed: sessions are asked for a new token, and those whose time is over are ended.
    pub fn rights_due(&self, now_ms: u64) {
        if now_ms < self.due.load(Ordering::Acquire) {
            return;
        }
        let mut core = self.lock();
        let mut over = Vec::new();
        let Core {
            sessions, guests, ..
        } = &mut *core;
        for (author, linked) in sessions.iter_mut() {
            let Linked {
                session, standing, ..
            } = linked;
            let Some(ends) = standing.grant.expires_at.filter(|_| !session.is_ended()) else {
                continue;
            };
            if ends <= now_ms {
                over.push(*author);
            } else if !standing.asked && ends.saturating_sub(SOON_MS) <= now_ms {
                standing.asked = true;
                session.ends_soon(ends - now_ms);
                self.wakes.wake(*author);
            }
        }
        for (author, guest) in guests.iter_mut() {
            // A plain Yjs client is not asked: it has no word for it.
            guest.standing.asked = true;
            if guest
                .standing
                .grant
                .expires_at
                .is_some_and(|ends| ends <= now_ms)
            {
                over.push(*author);
            }
        }
        self.plan(&core);
        drop(core);
        for author in over {
            self.end(author, Denied::Expired.ended());
        }
    }

    /// When [`OpenRoom::rights_due`] has something to do.
    pub(super) fn plan(&self, core: &Core) {
        let sessions = core.sessions.values();
        let due = sessions
            .filter(|linked| !linked.session.is_ended())
            .filter_map(|linked| linked.standing.due())
            .chain(
                core.guests
                    .values()
                    .filter(|guest| !matches!(guest.news, Some(News::End(_))))
                    .filter_map(|guest| guest.standing.due()),
            )
            .min();
        self.due.store(due.unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Whoever was let in while something changed is judged again.
    pub(super) fn judge_if_moved(&self, version: u64) {
        if self.access.version() == version {
            return;
        }
        if let Some(room) = self.this.upgrade() {
            tokio::spawn(async move { room.judge_again().await.ok() });
        }
    }
}

impl Core {
    fn passes(&self) -> Vec<(u64, Pass)> {
        let sessions = self
            .sessions
            .iter()
            .filter(|(_, linked)| !linked.session.is_ended());
        let sessions = sessions.map(|(author, linked)| (*author, linked.standing.pass.clone()));
        let guests = self
            .guests
            .iter()
            .map(|(author, guest)| (*author, guest.standing.pass.clone()));
        sessions.chain(guests).collect()
    }

    fn pass(&self, author: u64) -> Option<&Pass> {
        let session = self
            .sessions
            .get(&author)
            .map(|linked| &linked.standing.pass);
        session.or_else(|| self.guests.get(&author).map(|guest| &guest.standing.pass))
    }
}
