//! What somebody in a room is in with, what that allows until when, and what is to be told; who is judged when is [`super`]'s.

use protocol::{
    frame::Token,
    session::{Ended, Rights, yjs::YjsSession},
};

use crate::{
    access::{Admission, Pass, judge::Grant},
    rooms::now_ms,
};

/// So long before its rights end a session is asked for a new token, in milliseconds, if they last twice as long.
const SOON_MS: u64 = 60_000;

/// What somebody is in with, and what that allows now.
pub(in crate::room) struct Standing {
    pub(in crate::room) pass: Pass,
    pub(in crate::room) grant: Grant,
    /// What was known when it was judged: a verdict from before that comes too late.
    pub(super) judged: u64,
    /// When it is to be asked for a new token, in milliseconds since 1970.
    pub(super) soon_at: Option<u64>,
    /// It was asked for a new token in time.
    pub(super) asked: bool,
    /// The token that it was given beside its link, until it shows another: the answer may have been lost.
    pub(super) handed: Option<String>,
    /// Its rights are over.
    pub(super) over: bool,
    /// A token that it showed is being judged; the newest of those that came since.
    pub(super) judging: Option<Option<Token>>,
    /// The rights are others than those it was welcomed with.
    pub(in crate::room) changed: bool,
}

/// A plain Yjs connection, whose session its task holds.
pub(in crate::room) struct Guest {
    pub(in crate::room) standing: Standing,
    pub(in crate::room) news: Option<News>,
}

/// What its task is to tell the session of a plain Yjs connection.
pub(in crate::room) enum News {
    Rights(Rights),
    End(Ended),
}

impl Standing {
    pub(in crate::room) fn new(admission: &Admission) -> Self {
        Self {
            pass: admission.pass.clone(),
            grant: admission.grant.clone(),
            judged: admission.version,
            soon_at: soon_at(&admission.grant, now_ms()),
            asked: false,
            handed: None,
            over: false,
            judging: None,
            changed: false,
        }
    }

    /// When something is to be done, in milliseconds since 1970.
    pub(super) fn due(&self) -> Option<u64> {
        let ends = self.grant.expires_at.filter(|_| !self.over)?;
        Some(self.soon_at.filter(|_| !self.asked).unwrap_or(ends))
    }

    /// It is in with another pass, on which there is no verdict yet.
    pub(super) fn put(&mut self, pass: Pass) {
        self.pass = pass;
        self.judged = 0;
        self.handed = None;
    }

    /// Whether its time is over.
    pub(super) fn has_ended(&self, now_ms: u64) -> bool {
        !self.over && self.grant.expires_at.is_some_and(|ends| ends <= now_ms)
    }
}

/// When a session is asked for a new token: a minute before its rights end, or when half of their time is left, if that is
/// later. Who is given short ones would else be asked again at once.
pub(super) fn soon_at(grant: &Grant, now_ms: u64) -> Option<u64> {
    let left = grant.expires_at?.saturating_sub(now_ms);
    Some(now_ms + left.saturating_sub(SOON_MS).max(left / 2))
}

impl Guest {
    pub(in crate::room) fn tell(&mut self, session: &mut YjsSession) {
        match self.news.take() {
            Some(News::Rights(rights)) => session.set_role(rights.role),
            Some(News::End(ended)) => session.end(ended),
            None => {}
        }
    }
}
