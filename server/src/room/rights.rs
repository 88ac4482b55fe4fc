//! The rights of those who are in a room: judged anew, ended in time, told; who may do what is [`crate::access`]'s.

use std::{
    sync::{MutexGuard, atomic::Ordering},
    time::Duration,
};

use protocol::{
    frame::{ErrorCode, SessionId, SessionKey, Token},
    room::Room,
    session::Ended,
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

mod standing;

pub(super) use standing::{Guest, Standing};
use standing::{News, soon_at};

/// When a token is judged that could not be, because the store could not be read.
const LATER: Duration = Duration::from_secs(1);
/// What becomes of a token that was shown and judged.
enum Shown {
    /// A newer one came meanwhile.
    Outdated(Token),
    /// It could not be judged.
    Later,
    Done,
}

impl Linked {
    /// On a new link it is told again what it may do, if that is not what it was welcomed with or has an end.
    pub(super) fn resumed(&mut self, room: &mut Room) {
        self.standing.asked = false;
        if self.standing.changed || self.standing.grant.expires_at.is_some() {
            let rights = self.standing.grant.rights(now_ms());
            self.session.set_rights(rights, room);
        }
    }
}

impl OpenRoom {
    /// Judges everybody in the room again. What moves meanwhile is judged by whoever looks after it.
    ///
    /// # Errors
    /// [`Unavailable`]: everybody keeps what they had, until it ends by itself.
    pub async fn judge_again(&self) -> Result<(), Unavailable> {
        let version = self.access.version();
        let (authors, passes): (Vec<u64>, Vec<Pass>) = self.lock().passes().into_iter().unzip();
        if authors.is_empty() {
            return Ok(());
        }
        let judged = self.access.judge_again(passes.clone()).await?;
        for ((author, pass), verdict) in authors.into_iter().zip(passes).zip(judged) {
            self.apply(author, &pass, version, verdict);
        }
        Ok(())
    }

    /// Judges the session of a RESUME again.
    ///
    /// # Errors
    /// [`Ended`] when its rights are over. A store that cannot be read ends none.
    pub async fn judge_session(&self, sid: &SessionId, key: &SessionKey) -> Result<(), Ended> {
        let (author, pass) = {
            let mut core = self.lock();
            let linked = named(&mut core.sessions, sid, key)?;
            (linked.session.author(), linked.standing.pass.clone())
        };
        let version = self.access.version();
        if let Ok(judged) = self.access.judge_again(vec![pass.clone()]).await {
            for verdict in judged {
                self.apply(author, &pass, version, verdict);
            }
            self.judge_if_moved(version);
        }
        self.rights_due(now_ms());
        Ok(())
    }

    /// What a session is in with, for a request that names it beside its link.
    #[must_use]
    pub fn pass_of(&self, sid: &SessionId, key: &SessionKey) -> Option<(u64, Pass)> {
        let mut core = self.lock();
        let linked = named(&mut core.sessions, sid, key).ok()?;
        (!linked.standing.over).then(|| (linked.session.author(), linked.standing.pass.clone()))
    }

    /// A session is in with another pass from now on; its page is given the `token` beside it.
    pub fn hand_over(&self, author: u64, admission: Admission, token: String) {
        let mut core = self.lock();
        let Some(linked) = core.sessions.get_mut(&author) else {
            return;
        };
        linked.standing.put(admission.pass);
        linked.standing.handed = Some(token);
        self.apply_in(core, author, admission.version, Ok(admission.grant), false);
        self.judge_if_moved(admission.version);
    }

    /// The token that a session was given last, if it has shown none since.
    #[must_use]
    pub fn handed(&self, author: u64) -> Option<String> {
        let core = self.lock();
        core.sessions.get(&author)?.standing.handed.clone()
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
                next = room.judge_shown(author, token).await;
            }
        });
    }

    /// Judges a token that a session shows; tells which is to be judged next.
    async fn judge_shown(&self, author: u64, token: Token) -> Option<Token> {
        let judged = self.access.admit(&self.doc, &token).await;
        let version = judged.as_ref().ok().map(|admission| admission.version);
        match self.shown(author, judged) {
            Shown::Outdated(newest) => return Some(newest),
            Shown::Later => {
                time::sleep(LATER).await;
                return Some(token);
            }
            Shown::Done => {}
        }
        if version.is_some_and(|version| version != self.access.version()) {
            self.judge_again().await.ok();
        }
        None
    }

    fn shown(&self, author: u64, judged: Result<Admission, Ended>) -> Shown {
        let mut core = self.lock();
        let Some(linked) = core.sessions.get_mut(&author) else {
            return Shown::Done;
        };
        let standing = &mut linked.standing;
        if let Some(newest) = standing.judging.take().flatten() {
            standing.judging = Some(None);
            return Shown::Outdated(newest);
        }
        match judged {
            Ok(admission) => {
                standing.put(admission.pass);
                self.apply_in(core, author, admission.version, Ok(admission.grant), true);
            }
            // Nothing is known against this person: the answer comes later.
            Err(ended) if ended.code == ErrorCode::Unavailable => {
                standing.judging = Some(None);
                return Shown::Later;
            }
            Err(ended) => self.end_in(core, author, ended),
        }
        Shown::Done
    }

    /// What follows from a verdict on the pass that somebody is in with, judged by what was known at `version`.
    fn apply(&self, author: u64, pass: &Pass, version: u64, verdict: Result<Grant, Denied>) {
        let mut core = self.lock();
        let standing = core.standing(author);
        if standing.is_some_and(|standing| standing.pass.is_same(pass)) {
            self.apply_in(core, author, version, verdict, false);
        }
    }

    /// With `answer` it is told also when nothing changed, and is a grant of its own.
    fn apply_in(
        &self,
        mut core: MutexGuard<'_, Core>,
        author: u64,
        version: u64,
        verdict: Result<Grant, Denied>,
        answer: bool,
    ) {
        let Some(standing) = core.standing(author) else {
            return;
        };
        // Verdicts are made beside the lock and may come in another order.
        if standing.over || version < standing.judged {
            return;
        }
        standing.judged = version;
        let grant = match verdict {
            Ok(grant) => grant,
            Err(denied) => return self.end_in(core, author, denied.ended()),
        };
        let ends_otherwise = standing.grant.expires_at != grant.expires_at;
        let changed = ends_otherwise || standing.grant.role != grant.role;
        standing.grant = grant;
        if !changed && !answer {
            return;
        }
        if ends_otherwise || answer {
            standing.soon_at = soon_at(&standing.grant, now_ms());
            standing.asked = false;
        }
        standing.changed |= changed;
        let rights = standing.grant.rights(now_ms());
        let Core {
            room,
            sessions,
            guests,
            ..
        } = &mut *core;
        if let Some(linked) = sessions.get_mut(&author) {
            linked.session.set_rights(rights, room);
        } else if let Some(guest) = guests.get_mut(&author) {
            guest.news = Some(News::Rights(rights));
        }
        self.plan(&core);
        drop(core);
        self.rights_due(now_ms());
        self.wakes.wake(author);
    }

    /// Somebody's rights are over.
    fn end_in(&self, mut core: MutexGuard<'_, Core>, author: u64, ended: Ended) {
        match core.standing(author) {
            Some(standing) if !standing.over => standing.over = true,
            _ => return,
        }
        let Core {
            room,
            sessions,
            guests,
            ..
        } = &mut *core;
        if let Some(linked) = sessions.get_mut(&author) {
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
            if standing.has_ended(now_ms) {
                over.push(*author);
            } else if let Some(ends) = standing.grant.expires_at
                && !standing.over
                && !standing.asked
                && standing.soon_at.is_some_and(|at| at <= now_ms)
            {
                standing.asked = true;
                session.ends_soon(ends - now_ms);
                self.wakes.wake(*author);
            }
        }
        for (author, guest) in guests.iter_mut() {
            // A plain Yjs client is not asked: it has no word for it.
            guest.standing.asked = true;
            if guest.standing.has_ended(now_ms) {
                over.push(*author);
            }
        }
        self.plan(&core);
        drop(core);
        for author in over {
            let mut core = self.lock();
            // It may have been given another end meanwhile.
            let standing = core.standing(author);
            if standing.is_some_and(|standing| standing.has_ended(now_ms)) {
                self.end_in(core, author, Denied::Expired.ended());
            }
        }
    }

    /// When [`OpenRoom::rights_due`] has something to do.
    pub(super) fn plan(&self, core: &Core) {
        let sessions = core.sessions.values().map(|linked| &linked.standing);
        let guests = core.guests.values().map(|guest| &guest.standing);
        let due = sessions.chain(guests).filter_map(Standing::due).min();
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
    /// What those are in with whose rights are not over.
    fn passes(&self) -> Vec<(u64, Pass)> {
        let sessions = self.sessions.iter();
        let sessions = sessions.map(|(author, linked)| (*author, &linked.standing));
        let guests = self.guests.iter();
        let guests = guests.map(|(author, guest)| (*author, &guest.standing));
        sessions
            .chain(guests)
            .filter(|(_, standing)| !standing.over)
            .map(|(author, standing)| (author, standing.pass.clone()))
            .collect()
    }

    fn standing(&mut self, author: u64) -> Option<&mut Standing> {
        match self.sessions.get_mut(&author) {
            Some(linked) => Some(&mut linked.standing),
            None => Some(&mut self.guests.get_mut(&author)?.standing),
        }
    }
}

#[cfg(test)]
mod tests;
