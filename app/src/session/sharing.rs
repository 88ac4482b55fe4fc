//! The share dialog of the session: opened, told of changes, and its wishes sent to the server.
use super::Session;
use crate::browser;
use crate::editor::share::Dialog;
use crate::note::Note;
use crate::share::{Ask, Next, Share};
use crate::transport::api;
use leptos::task::spawn_local;
use protocol::client::LinkStatus;

impl Session {
    /// Opens the dialog, and asks for the links that it shows.
    pub fn open_share(&self, lang: &str) {
        if self.inner.borrow().dialog.is_some() {
            return;
        }
        let dialog = Dialog::open(self.clone(), lang);
        self.inner.borrow_mut().dialog = Some(dialog);
        self.ask(Ask::List);
    }

    /// What is known of the links.
    pub(crate) fn sharing<T>(&self, look: impl FnOnce(&Share) -> T) -> T {
        look(&self.inner.borrow().share)
    }

    /// The dialog was closed.
    pub(crate) fn forget_share(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.share.forget();
        inner.dialog = None;
    }

    /// The dialog could not be fetched.
    pub(crate) fn miss_share(&self) {
        self.forget_share();
        let now = browser::now();
        let mut inner = self.inner.borrow_mut();
        inner.reporter.rights.tell(Note::ShareMissing, now);
        drop(inner);
        self.tell_status();
    }

    /// There is a link: a list that could not be had without one is asked for again.
    pub(super) fn list_again(&self) {
        let wants = {
            let inner = self.inner.borrow();
            let live = inner.connection.status().link == LinkStatus::Live;
            live && inner.dialog.is_some() && inner.share.wants_list(browser::wall())
        };
        if wants {
            self.ask(Ask::List);
        }
    }

    /// Asks the server for what the dialog wants, as this session.
    pub(crate) fn ask(&self, ask: Ask) {
        let authorization = self.inner.borrow().connection.authorization();
        self.ask_as(ask, authorization);
    }

    fn ask_as(&self, ask: Ask, authorization: Option<String>) {
        let request = ask.request(&self.doc());
        self.share(|share| share.asked(&ask));
        let session = self.clone();
        spawn_local(async move {
            let next = match authorization {
                Some(authorization) => {
                    let answer = api::ask(&request, &authorization).await;
                    let answer = answer.as_ref().map(|(status, body)| (*status, &body[..]));
                    session.share(|share| share.answered(&ask, answer, browser::wall()))
                }
                None => session.share(|share| share.unsent(&ask, browser::wall())),
            };
            session.follow(next);
        });
    }

    fn follow(&self, next: Next) {
        if let Some(token) = next.adopt {
            self.adopt(&token);
        }
        if let Some(token) = next.close {
            // As the key, and not as the session: that was let in by the name, and may not have shown the key yet.
            self.ask_as(Ask::Close(true), Some(format!("Bearer {token}")));
        } else if next.list {
            self.ask(Ask::List);
        }
    }

    /// Changes what is known, and tells the dialog.
    fn share<T>(&self, change: impl FnOnce(&mut Share) -> T) -> T {
        let changed = change(&mut self.inner.borrow_mut().share);
        let dialog = self.inner.borrow().dialog.clone();
        if let Some(dialog) = dialog {
            dialog.changed();
        }
        changed
    }
}
