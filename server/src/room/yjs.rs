//! Plain Yjs connections in a room: the same room, lock and wake-ups as a session's links; their rules are `protocol::session::yjs`'s.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use protocol::{
    frame::ErrorCode,
    id::ClientId,
    session::{Ended, Received, yjs::YjsSession},
};
use tokio::sync::Notify;

use super::{
    Core, OpenRoom, Taken,
    rights::{Guest, Standing},
};
use crate::{access::Admission, rooms::now_ms};

impl OpenRoom {
    /// Opens a plain Yjs connection for somebody who is let in.
    pub fn open_yjs(&self, admission: &Admission, wake: Arc<Notify>) -> YjsSession {
        let mut core = self.lock();
        let author = core.next_author();
        let guest = Guest {
            standing: Standing::new(admission),
            news: None,
        };
        core.guests.insert(author, guest);
        let session = YjsSession::open(author, admission.grant.role, &core.room);
        self.plan(&core);
        self.wakes.add(author, wake);
        drop(core);
        self.judge_if_moved(admission.version);
        session
    }

    /// Takes a message that came on a Yjs connection.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub fn receive_yjs(
        &self,
        session: &mut YjsSession,
        message: &Bytes,
    ) -> Result<Received, Ended> {
        let mut core = self.lock();
        core.tell_news(session);
        let received = session.receive(message, &mut core.room, now_ms());
        if let Err(ended) = &received {
            self.count_rejected(message.len(), ended);
        }
        self.after(
            core,
            session.author(),
            session.client().unwrap_or(ClientId::from_random(0)),
            // A Yjs client is told nothing of the disk.
            false,
            received,
        )
    }

    /// What a Yjs connection writes next; `told` is the presence tick that it has seen.
    ///
    /// # Errors
    /// [`Ended`] when the room is over.
    pub fn take_yjs(
        &self,
        session: &mut YjsSession,
        told: &mut u64,
        renew: bool,
    ) -> Result<Taken, Ended> {
        let mut core = self.lock();
        if core.broken {
            return Err(Ended::new(
                ErrorCode::Gone,
                "the document is being opened anew: nothing is lost, connect again",
            ));
        }
        core.tell_news(session);
        let published = self.wakes.presence_published();
        let messages = session.next(&mut core.room)?;
        let mut taken = Taken {
            messages,
            more: false,
        };
        self.count(taken.messages.len() as u64);
        if renew {
            taken
                .messages
                .push(session.renewed_presence(&core.room, now_ms()));
        }
        if *told != published {
            *told = published;
            taken.messages.extend(session.next_presence(&core.room));
        }
        Ok(taken)
    }

    /// A Yjs connection is gone.
    pub fn unlink_yjs(&self, author: u64) {
        let mut core = self.lock();
        core.last_used = Instant::now();
        core.guests.remove(&author);
        self.wakes.remove(author);
        if core.room.presence.leave(author, now_ms()) {
            self.presence_changed();
        }
    }
}

impl Core {
    fn tell_news(&mut self, session: &mut YjsSession) {
        if let Some(guest) = self.guests.get_mut(&session.author()) {
            guest.tell(session);
        }
    }
}
