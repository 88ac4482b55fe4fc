//! The session's rights: the pass it came with, another one in its place, and its renewal.
use super::Session;
use super::trial::{self, Trial};
use crate::browser::{self, PASSES};
use crate::note::Note;
use crate::pass;
use crate::renewal::{Outcome, Renewal};
use crate::transport::api;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::client::LinkStatus;
use protocol::frame::{ErrorCode, Token};

/// What a page knows of its rights.
pub(super) struct Access {
    /// The document's name.
    pub(super) doc: String,
    /// The token in use; empty without one.
    pub(super) pass: String,
    /// How far it has proved good.
    pub(super) trial: Trial,
    /// The keyboard is to be given to the editor once one may write.
    pub(super) waits_to_write: bool,
    /// Where an operator's system gives a new token.
    pub(super) renew: Option<String>,
    /// Counts the times that this was begun; only the last one goes on.
    pub(super) renewals: u32,
}

impl Session {
    /// The document's name.
    #[must_use]
    pub fn doc(&self) -> String {
        self.inner.borrow().access.doc.clone()
    }

    /// Whether one may write before the server has said so.
    #[must_use]
    pub fn may_write_at_first(&self) -> bool {
        self.inner.borrow().reporter.may_write_at_first()
    }

    /// The first session is open: whoever may write by it, and not before it, gets the keyboard now.
    pub(super) fn begin_to_write(&self) {
        let editor = {
            let mut inner = self.inner.borrow_mut();
            let live = inner.connection.status().link == LinkStatus::Live;
            let begins = live && std::mem::replace(&mut inner.access.waits_to_write, false);
            inner.editor.clone().filter(|_| begins)
        };
        if let Some(editor) = editor.filter(|_| self.signals.may_write.get_untracked()) {
            editor.focus();
        }
    }

    /// The token in use; empty without one.
    #[must_use]
    pub fn pass(&self) -> String {
        self.inner.borrow().access.pass.clone()
    }

    /// Tells the page what it came with. Not before it has come to life: until then it is as the server rendered it.
    pub(super) fn tell_pass(&self) {
        self.signals.may_write.set(self.may_write_at_first());
    }

    /// A pass that came in this tab's address, or to another tab.
    pub fn hear_of(&self, token: &str) {
        if PASSES.takes(&self.doc(), token) {
            self.adopt(token);
        }
    }

    /// Another pass: it is kept, and the session goes on by it, or begins.
    pub fn adopt(&self, token: &str) {
        let known = self.inner.borrow().access.pass == token;
        let Some(token) = pass::tidy(token).filter(|_| !known) else {
            return;
        };
        if let Ok(told) = Token::new(token) {
            PASSES.put(&self.doc(), token);
            self.go_on_by(told);
        }
    }

    fn go_on_by(&self, token: Token) {
        {
            let mut inner = self.inner.borrow_mut();
            let renews = inner.access.renew.is_some() && !token.is_empty();
            let rights = &mut inner.reporter.rights;
            rights.has_pass = !token.is_empty();
            rights.seems_to_read = pass::seems_to_read(token.as_str(), browser::from_base64);
            if renews {
                rights.renewal.handed();
            } else {
                rights.renewal = Renewal::Idle;
            }
            token.as_str().clone_into(&mut inner.access.pass);
            inner.access.trial = Trial::default();
        }
        self.act(|inner, now| inner.connection.token(now, token));
        self.tell_status();
    }

    /// Forgets the pass, for the next time that the page is loaded.
    pub fn forget_pass(&self) {
        PASSES.forget(&self.doc());
    }

    /// The token ends soon, or has ended: asks the operator's system for another, until it answers.
    pub(super) fn renew(&self) {
        let (address, wait, turn) = {
            let mut inner = self.inner.borrow_mut();
            let Some(address) = inner.access.renew.clone() else {
                return;
            };
            let Some(wait) = inner.reporter.rights.renewal.begin(browser::random()) else {
                return;
            };
            inner.access.renewals += 1;
            (address, wait, inner.access.renewals)
        };
        self.tell_status();
        let session = self.clone();
        spawn_local(async move {
            let mut wait = Some(wait);
            while let Some(ms) = wait {
                browser::sleep(ms).await;
                // Another pass may have come meanwhile, from this browser's other tabs.
                if !session.is_renewing(turn) {
                    return;
                }
                let answer = api::token(&address).await;
                if !session.is_renewing(turn) {
                    return;
                }
                wait = session.came(answer.as_ref());
            }
        });
    }

    /// The operator's system answered, or did not; how long to wait before asking it again, if it is to be asked.
    fn came(&self, answer: Option<&(u16, String)>) -> Option<u64> {
        let answer = answer.map(|(status, body)| (*status, &body[..]));
        let (outcome, wait) = {
            let mut inner = self.inner.borrow_mut();
            let outcome = Outcome::of(answer, &inner.access.pass);
            let renewal = &mut inner.reporter.rights.renewal;
            let wait = renewal.came(&outcome, browser::random());
            (outcome, wait)
        };
        if let Outcome::Token(token) = outcome {
            self.adopt(&token);
        }
        self.tell_status();
        wait
    }

    /// A pass that the server refuses, and that never was good, makes room for another that this browser has; in a document that
    /// opens by its name, for none.
    pub(super) fn fall_back(&self) -> bool {
        let (doc, refused, without) = {
            let inner = self.inner.borrow();
            let access = &inner.access;
            let trouble = inner.connection.status().trouble.map(|(code, _)| code);
            let Some(code) = trouble.filter(|code| code.is_about_token()) else {
                return false;
            };
            if access.pass.is_empty() || !access.trial.is_on(browser::now()) {
                return false;
            }
            let (locked, renews) = (inner.reporter.rights.locked, access.renew.is_some());
            (
                access.doc.clone(),
                access.pass.clone(),
                trial::goes_on_without(code, locked, renews),
            )
        };
        let instead = PASSES.instead_of(&doc, &refused);
        match &instead {
            Some(other) => self.adopt(other),
            None if without => {
                PASSES.drop_if(&doc, &refused);
                let mut inner = self.inner.borrow_mut();
                inner
                    .reporter
                    .rights
                    .tell(Note::WithoutLink, browser::now());
                drop(inner);
                self.go_on_by(Token::default());
            }
            None => {}
        }
        instead.is_some() || without
    }

    /// Renews a token that ended before anybody said that it would soon.
    pub(super) fn renew_when_expired(&self) {
        let expired = {
            let inner = self.inner.borrow();
            let trouble = inner.connection.status().trouble;
            inner.reporter.rights.renewal != Renewal::Over
                && trouble.is_some_and(|(code, _)| code == ErrorCode::Expired)
        };
        if expired {
            self.renew();
        }
    }

    fn is_renewing(&self, turn: u32) -> bool {
        let inner = self.inner.borrow();
        let asks = matches!(inner.reporter.rights.renewal, Renewal::Asking(_));
        asks && inner.access.renewals == turn
    }
}
