//! The session's link and its one timer: opens, listens, and calls the client when it wants to be called; what is sent is not decided here.
use super::{Inner, PATH, Session};
use crate::browser;
use crate::transport::LinkEvent;
use crate::transport::websocket::WebSocketLink;
use leptos::prelude::*;
use std::rc::Rc;
use std::time::Duration;

impl Session {
    pub(super) fn connect(&self) {
        let number = {
            let mut inner = self.inner.borrow_mut();
            inner.drop_link();
            inner.link_number
        };
        let session = self.clone();
        let act = Rc::new(move |event: LinkEvent| {
            // What an abandoned link still says is of no interest.
            if session.inner.borrow().link_number == number {
                session.on_link(event);
            }
        });
        match WebSocketLink::open(&browser::socket_address(PATH), act) {
            Some(link) => self.inner.borrow_mut().link = Some(link),
            None => self.act(|inner, now| inner.client.closed(now)),
        }
    }

    fn on_link(&self, event: LinkEvent) {
        self.act(|inner, now| match event {
            LinkEvent::Opened => inner.client.opened(now, &inner.replica),
            LinkEvent::Message(bytes) => inner.client.message(now, bytes, &inner.replica),
            LinkEvent::Closed => {
                inner.drop_link();
                inner.client.closed(now)
            }
        });
    }

    /// One timer for the client's next deadline and, while something is unsaved, for the age that the page shows.
    pub(super) fn plan_tick(&self) {
        let now = browser::now();
        let mut inner = self.inner.borrow_mut();
        let unsaved = inner.client.status().unsaved_since.map(|_| now + 1_000);
        let Some(due) = inner.client.deadline().into_iter().chain(unsaved).min() else {
            return;
        };
        // A timer that fires too early only looks and plans again; setting one for each keystroke would cost more.
        if inner
            .timer
            .as_ref()
            .is_some_and(|(planned, _)| *planned <= due)
        {
            return;
        }
        if let Some((_, timer)) = inner.timer.take() {
            timer.clear();
        }
        let session = self.clone();
        let after = Duration::from_millis(due.saturating_sub(now));
        inner.timer = set_timeout_with_handle(
            move || {
                session.inner.borrow_mut().timer = None;
                session.act(|inner, now| inner.client.tick(now));
                session.tell_status();
            },
            after,
        )
        .ok()
        .map(|timer| (due, timer));
    }
}

impl Inner {
    /// Closes the link; what it still says is not listened to.
    pub(super) fn drop_link(&mut self) {
        self.link = None;
        self.link_number += 1;
    }
}
