//! The session's rights: the pass it came with, another one in its place, and its renewal.
use super::Session;
use crate::browser;
use crate::pass;
use crate::renewal::{Outcome, Renewal};
use crate::transport::api;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::client::LinkStatus;
use protocol::frame::{ErrorCode, Token};

/// A pass that is refused within this time, in milliseconds, never was good for anything here; one that was good for longer has
/// ended, which is for its owner to know.
const ON_TRIAL_MS: u64 = 10_000;

/// What a page knows of its rights.
pub(super) struct Access {
    /// The document's name.
    pub(super) doc: String,
    /// The token in use; empty without one.
    pub(super) pass: String,
    /// Since when.
    pub(super) since: u64,
    /// The keyboard is to be given to the editor once one may write.
    pub(super) waits_to_write: bool,
    /// Where an operator's system gives a new token.
    pub(super) renew: Option<String>,
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

    /// Another pass: the session goes on by it, or begins.
    pub fn adopt(&self, token: &str) {
        let known = self.inner.borrow().access.pass == token;
        let Some(token) = pass::tidy(token).filter(|_| !known) else {
            return;
        };
        let Ok(told) = Token::new(token) else {
            return;
        };
        let doc = {
            let mut inner = self.inner.borrow_mut();
            inner.reporter.rights.has_pass = true;
            inner.reporter.rights.renewal = Renewal::Idle;
            token.clone_into(&mut inner.access.pass);
            inner.access.since = browser::now();
            inner.access.doc.clone()
        };
        browser::store(&pass::key(&doc), token);
        self.act(|inner, now| inner.connection.token(now, told));
        self.tell_status();
    }

    /// Forgets the pass, for the next time that the page is loaded.
    pub fn forget_pass(&self) {
        let doc = self.doc();
        browser::forget(&pass::key(&doc));
        browser::forget(&pass::key_before(&doc));
    }

    /// The token ends soon, or has ended: asks the operator's system for another, until it answers.
    pub(super) fn renew(&self) {
        let address = {
            let mut inner = self.inner.borrow_mut();
            let address = inner.access.renew.clone();
            address.filter(|_| inner.reporter.rights.renewal.begin())
        };
        let Some(address) = address else { return };
        let session = self.clone();
        spawn_local(async move {
            // Another pass may have come meanwhile, from this browser's other tabs.
            while session.is_renewing() {
                let answer = api::token(&address).await;
                let answer = answer.as_ref().map(|(status, body)| (*status, &body[..]));
                let outcome = Outcome::of(answer);
                let wait = session
                    .inner
                    .borrow_mut()
                    .reporter
                    .rights
                    .renewal
                    .came(&outcome, browser::random());
                if let Outcome::Token(token) = outcome {
                    session.adopt(&token);
                }
                session.tell_status();
                match wait {
                    Some(ms) => browser::sleep(ms).await,
                    None => return,
                }
            }
        });
    }

    /// A pass that the server refuses makes room for the one that this browser had before it, once.
    pub(super) fn fall_back(&self) -> bool {
        let (refused, key) = {
            let inner = self.inner.borrow();
            let trouble = inner.connection.status().trouble;
            let on_trial = browser::now() < inner.access.since + ON_TRIAL_MS;
            (
                on_trial && trouble.is_some_and(|(code, _)| code.is_about_token()),
                pass::key_before(&inner.access.doc),
            )
        };
        let before = browser::stored(&key).filter(|_| refused);
        if let Some(before) = &before {
            browser::forget(&key);
            self.adopt(before);
        }
        before.is_some()
    }

    /// Renews a token that ended before anybody said that it would soon.
    pub(super) fn renew_when_expired(&self) {
        let expired = {
            let inner = self.inner.borrow();
            let trouble = inner.connection.status().trouble;
            inner.reporter.rights.renewal == Renewal::Idle
                && trouble.is_some_and(|(code, _)| code == ErrorCode::Expired)
        };
        if expired {
            self.renew();
        }
    }

    fn is_renewing(&self) -> bool {
        matches!(
            self.inner.borrow().reporter.rights.renewal,
            Renewal::Asking(_)
        )
    }
}
