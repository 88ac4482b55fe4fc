//! Who comes into a room: a session that opens, and one that comes back on another link; who may, is judged before.

use std::sync::Arc;

use protocol::{
    frame::{Hello, SessionId, SessionKey},
    session::{Ended, Identity, Session},
};
use tokio::sync::Notify;

use super::{Core, Linked, OpenRoom, named, rights::Standing};
use crate::{access::Admission, rooms::now_ms};

impl OpenRoom {
    /// Opens a session for somebody who is let in; `wake` is notified when there is something to [`OpenRoom::take`].
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub fn open_session(
        &self,
        hello: &Hello,
        sid: SessionId,
        key: SessionKey,
        admission: &Admission,
        wake: Arc<Notify>,
    ) -> Result<u64, Ended> {
        let mut core = self.lock();
        let author = core.next_author();
        let rights = admission.grant.rights(now_ms());
        let session = Session::open(hello, Identity { sid, key, author }, rights, &core.room)?;
        self.make_place(&mut core);
        core.sessions.insert(
            author,
            Linked {
                session,
                standing: Standing::new(admission),
                _listed: self.directory.list(sid, &self.doc),
                link: Some(0),
                since_ms: now_ms(),
                presence_told: 0,
            },
        );
        self.plan(&core);
        self.wakes.add(author, wake);
        drop(core);
        self.judge_if_moved(admission.version);
        self.rights_due(now_ms());
        Ok(author)
    }

    /// Continues a session on a new link; the link it had is woken and finds itself superseded.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub fn resume(
        &self,
        sid: &SessionId,
        key: &SessionKey,
        link: u64,
        epoch: u64,
        after: u64,
        wake: Arc<Notify>,
    ) -> Result<u64, Ended> {
        let mut core = self.lock();
        let Core { room, sessions, .. } = &mut *core;
        let linked = named(sessions, sid, key)?;
        linked.session.resume(link, epoch, after, room)?;
        linked.link = Some(link);
        linked.presence_told = 0;
        let author = linked.session.author();
        linked.resumed(room);
        self.plan(&core);
        // Under the lock: of two links that come at once the newer one is woken from now on.
        self.wakes.wake(author);
        self.wakes.add(author, wake);
        drop(core);
        self.rights_due(now_ms());
        Ok(author)
    }
}
