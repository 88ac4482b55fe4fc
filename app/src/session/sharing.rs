//! The share dialog of the session: opened, told of changes, and its wishes sent to the server.
use super::Session;
use crate::browser;
use crate::editor::share::Dialog;
use crate::share::{Ask, Share};
use crate::transport::api;
use leptos::task::spawn_local;

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

    /// Asks the server for what the dialog wants.
    pub(crate) fn ask(&self, ask: Ask) {
        let (request, authorization) = {
            let inner = self.inner.borrow();
            (
                ask.request(&inner.access.doc),
                inner.connection.authorization(),
            )
        };
        self.share(|share| share.asked(&ask));
        let session = self.clone();
        spawn_local(async move {
            let answer = match authorization {
                Some(authorization) => api::ask(&request, &authorization).await,
                None => None,
            };
            let answer = answer.as_ref().map(|(status, body)| (*status, &body[..]));
            let next = session.share(|share| share.answered(&ask, answer, browser::wall()));
            if let Some(token) = next.adopt {
                session.adopt(&token);
            }
            if next.list {
                session.ask(Ask::List);
            }
        });
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
