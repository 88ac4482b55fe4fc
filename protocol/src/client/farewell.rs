//! What a page says in requests of HTTP about itself, and last of all when it is left; when that is, the shell knows.

use bytes::Bytes;

use super::Client;
use crate::{
    frame::{ClientFrame, authorization::Authorization, packet},
    replica::Replica,
    sync::Message,
};

/// The most that a page sends when it is left, in bytes: browsers allow 64 KiB for all such requests of a page together.
pub const MAX_FAREWELL: usize = 60 << 10;

impl Client {
    /// Who speaks, for requests of HTTP; `None` without a session.
    #[must_use]
    pub fn authorization(&self) -> Option<Authorization> {
        let session = self.session?;
        Some(Authorization {
            sid: session.sid,
            key: session.key,
            link: session.in_use,
        })
    }

    /// The same for what a page says when it is left, on its newest link: whether the server has heard of that by now,
    /// nobody knows.
    #[must_use]
    pub(crate) fn last_authorization(&self) -> Option<Authorization> {
        let link = self.session?.link;
        Some(Authorization {
            link,
            ..self.authorization()?
        })
    }

    /// What is not saved, as one packet of at most [`MAX_FAREWELL`] bytes; `None` when everything is. What does not fit is
    /// left out; it was not shown as saved.
    #[must_use]
    pub fn unsaved(&mut self, replica: &Replica) -> Option<Bytes> {
        self.outbox.oldest().filter(|_| self.rights.may_write())?;
        Some(packet::pack(&self.unsaved_frames(replica)))
    }

    /// What is not saved, and a goodbye: for a request that outlives the page. Limited as [`Client::unsaved`] is.
    #[must_use]
    pub fn farewell(&mut self, replica: &Replica) -> Bytes {
        let mut frames = self.unsaved_frames(replica);
        frames.push(ClientFrame::Bye.encode());
        packet::pack(&frames)
    }

    fn unsaved_frames(&mut self, replica: &Replica) -> Vec<Bytes> {
        let state = || {
            let state = replica.diff(&[0]).ok()?;
            Some(Bytes::from(Message::Step2(&state).encode()))
        };
        let mut left = MAX_FAREWELL;
        // A reader's last words are no edits: they would be refused, and the goodbye with them.
        let mut frames = if self.rights.may_write() {
            self.outbox.unsaved(state)
        } else {
            Vec::new()
        };
        let fit = frames
            .iter()
            .take_while(|frame| {
                // A length takes at most three bytes.
                let fits = frame.len() + 3 <= left;
                left = left.saturating_sub(frame.len() + 3);
                fits
            })
            .count();
        frames.truncate(fit);
        frames
    }
}
