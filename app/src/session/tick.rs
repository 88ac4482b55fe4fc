//! The session's one timer: for whatever is due next, and to notice that the machine slept; and whether anybody looks at the page.
use super::Session;
use super::sleep::Clocks;
use crate::browser;
use leptos::prelude::*;
use std::time::Duration;

/// While somebody looks, the clocks are compared so often: a page that wakes with its machine is connected again soon.
const WATCH_MS: u64 = 3_000;
/// The age that the page shows counts in seconds.
const AGE_MS: u64 = 1_000;
/// A tab that is hidden for so long leaves its place to others.
const LEAVE_AFTER: Duration = Duration::from_secs(10);

impl Clocks {
    /// What they show.
    pub(super) fn now() -> Self {
        Self {
            page: browser::now(),
            wall: browser::wall(),
        }
    }
}

impl Session {
    /// Plans the next tick, unless one is planned that comes in time.
    pub(super) fn plan_tick(&self) {
        let now = browser::now();
        let mut inner = self.inner.borrow_mut();
        let unsaved = inner
            .connection
            .status()
            .unsaved_since
            .map(|_| now + AGE_MS);
        let watch = (!browser::hidden()).then_some(now + WATCH_MS);
        let due = [
            inner.connection.deadline(),
            inner.reporter.deadline(now),
            unsaved,
            watch,
        ];
        let Some(due) = due.into_iter().flatten().min() else {
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
        inner.timer = set_timeout_with_handle(move || session.tick(), after)
            .ok()
            .map(|timer| (due, timer));
    }

    fn tick(&self) {
        self.inner.borrow_mut().timer = None;
        self.act(|inner, now| {
            let mut effects = inner.connection.tick(now, &inner.replica);
            if inner.clocks.slept(Clocks::now()) {
                effects.extend(inner.connection.wake(now));
            }
            if inner.inspector.is_open() {
                effects.extend(inner.connection.measure(now));
            }
            effects
        });
        self.tell_status();
    }

    /// Somebody looks at the page, or nobody does.
    pub fn visible(&self, visible: bool) {
        if !visible {
            // A phone ends a page that nobody sees without another word.
            self.may_leave();
        }
        self.act(|inner, now| {
            for wired in inner.links.values() {
                if let Some(link) = &wired.link {
                    link.visible(visible);
                }
            }
            inner.connection.visible(now, visible)
        });
        if visible {
            self.crowd(|crowd| crowd.visible(true));
        } else {
            let session = self.clone();
            let leave = move || {
                if browser::hidden() {
                    session.crowd(|crowd| crowd.visible(false));
                }
            };
            set_timeout(leave, LEAVE_AFTER);
        }
    }
}
