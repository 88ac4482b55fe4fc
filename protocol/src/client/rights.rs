//! What this person may do here, and the token that it rests on; who may do what is the server's to judge.

use super::{Client, Effect, Link};
use crate::{
    frame::{ClientFrame, Role, Token},
    replica::Replica,
};

/// The rights of a client as it knows them.
#[derive(Debug)]
pub(super) struct Rights {
    pub(super) role: Role,
    pub(super) expires_at: Option<u64>,
    token: Token,
    /// The token is newer than the session, and the server has not judged it yet.
    unanswered: bool,
}

impl Default for Rights {
    fn default() -> Self {
        Self {
            role: Role::Write,
            expires_at: None,
            token: Token::default(),
            unanswered: false,
        }
    }
}

impl Rights {
    pub(super) fn may_write(&self) -> bool {
        self.role == Role::Write
    }

    pub(super) fn unanswered(&self) -> bool {
        self.unanswered
    }

    pub(super) fn set(&mut self, now: u64, role: Role, expires_in_ms: Option<u64>) {
        self.role = role;
        self.expires_at = expires_in_ms.map(|within| now.saturating_add(within));
    }

    /// Until the server says otherwise this person reads.
    pub(super) fn lose(&mut self) {
        self.role = Role::Read;
    }

    pub(super) fn answered(&mut self) {
        self.unanswered = false;
    }

    /// The token for a HELLO, which the answer to it judges.
    pub(super) fn shown(&mut self) -> Token {
        self.unanswered = false;
        self.token.clone()
    }
}

impl Client {
    /// The same client with a token for its first session.
    #[must_use]
    pub fn with_token(mut self, token: Token) -> Self {
        self.rights.token = token;
        self
    }

    /// Another token: shown at once in an open session, else with the next one, which is tried at once if the server had
    /// refused for want of a good one.
    pub fn token(&mut self, now: u64, token: Token) -> Vec<Effect> {
        self.rights.token = token;
        self.rights.unanswered = true;
        match self.link {
            Link::Live { .. } => {
                let mut effects = Vec::new();
                self.show_again(&mut effects);
                effects
            }
            Link::Refused if self.is_refused_for_rights() => {
                self.give_session_up();
                self.trouble = None;
                self.protocol_errors = 0;
                self.link = Link::Waiting { until: now };
                self.tick(now)
            }
            _ => Vec::new(),
        }
    }

    /// There are edits that may not be sent.
    pub(super) fn is_stranded(&self) -> bool {
        (!self.rights.may_write() && self.outbox.has_unsent())
            || (self.is_refused_for_rights() && self.outbox.oldest().is_some())
    }

    /// Shows a token that is not judged yet on the link that has just become live, or is.
    pub(super) fn show_again(&self, effects: &mut Vec<Effect>) {
        if self.rights.unanswered {
            let token = self.rights.token.clone();
            self.send_all(&ClientFrame::Auth { token }.encode(), effects);
        }
    }

    /// Sends the edits that wait, if this person may write: singly, or by an exchange of states.
    pub(super) fn send_edits(&mut self, now: u64, replica: &Replica, effects: &mut Vec<Effect>) {
        if self.exchanging || !self.rights.may_write() {
            return;
        }
        for frame in self.outbox.unsent() {
            self.send_all(&frame, effects);
        }
        if self.outbox.is_collapsed() || std::mem::take(&mut self.untold) {
            self.ask_for_state(now, replica, effects);
        }
    }

    fn is_refused_for_rights(&self) -> bool {
        self.link == Link::Refused
            && self.trouble.as_ref().is_some_and(|(code, _)| {
                code.is_about_token() || *code == crate::frame::ErrorCode::ReadOnly
            })
    }
}
