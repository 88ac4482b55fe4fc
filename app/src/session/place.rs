//! The place of this tab among those that may hold a request open: what [`super::crowd`] says is done with the browser's locks.
use super::Session;
use super::crowd::{Crowd, Step};
use crate::transport::slot::{self, Queued, Slot};
use leptos::task::spawn_local;

/// What this tab has.
pub(super) enum Place {
    /// Nothing.
    None,
    /// It waits.
    Queued { _queued: Queued },
    /// A place.
    Held { _slot: Slot },
}

impl Session {
    /// Something changed for this tab; what follows is done.
    pub(super) fn crowd(&self, change: impl FnOnce(&mut Crowd) -> Vec<Step>) {
        let steps = change(&mut self.inner.borrow_mut().crowd);
        for step in steps {
            match step {
                Step::Take => {
                    let session = self.clone();
                    spawn_local(async move {
                        match slot::take().await {
                            Some(slot) => session.granted(slot),
                            None => session.crowd(Crowd::refused),
                        }
                    });
                }
                Step::Queue => {
                    let session = self.clone();
                    let queued = slot::queue(move |slot| session.granted(slot));
                    self.inner.borrow_mut().place =
                        queued.map_or(Place::None, |_queued| Place::Queued { _queued });
                }
                Step::Leave => self.inner.borrow_mut().place = Place::None,
                Step::Ceiling(ceiling) => {
                    self.act(|inner, now| {
                        inner.connection.ceiling(now, ceiling);
                        Vec::new()
                    });
                }
            }
        }
    }

    fn granted(&self, _slot: Slot) {
        self.inner.borrow_mut().place = Place::Held { _slot };
        self.crowd(Crowd::granted);
    }
}
