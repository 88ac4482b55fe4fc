//! What a page does when it may be left, is left, and comes back: what is unsaved goes out in requests that outlive it; what stands in them is the client's.
use super::{Inner, Session};
use crate::transport::request;
use bytes::Bytes;
use protocol::connection::Connection;
use protocol::replica::Replica;

impl Session {
    /// The page goes away, perhaps to come back: no link stays open, since a browser keeps no page that has one.
    pub fn leave(&self) {
        self.say_last(Connection::farewell);
        self.act(|inner, now| inner.connection.leave(now));
    }

    /// The page may go away any moment. A browser that is asked to leave may never say that it does.
    pub fn may_leave(&self) {
        self.say_last(Connection::unsaved);
    }

    /// The page comes back from the browser's cache of whole pages.
    pub fn return_from_cache(&self) {
        self.act(|inner, now| inner.connection.retry(now));
    }

    /// Whether an edit of this page is not on the server's disk.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        self.inner
            .borrow()
            .connection
            .status()
            .unsaved_since
            .is_some()
    }

    fn say_last(&self, words: fn(&mut Connection, &Replica) -> Option<(String, Bytes)>) {
        self.flush();
        let said = {
            let Inner {
                connection,
                replica,
                ..
            } = &mut *self.inner.borrow_mut();
            words(connection, replica)
        };
        if let Some((authorization, packet)) = said {
            request::bye(&authorization, &packet);
        }
    }
}
