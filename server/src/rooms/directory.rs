//! Which document each session is in, since a RESUME names only the session; an entry goes when its session does, in whichever way that ends.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use protocol::{frame::SessionId, id::DocId};

/// The sessions of all rooms; a clone is a handle on the same.
#[derive(Debug, Default, Clone)]
pub struct Directory(Arc<Mutex<HashMap<SessionId, DocId>>>);

/// A session's entry; dropping it takes it out.
#[derive(Debug)]
pub struct Listed {
    directory: Directory,
    sid: SessionId,
}

impl Directory {
    /// Lists a session for as long as what is returned lives.
    #[must_use]
    pub fn list(&self, sid: SessionId, doc: &DocId) -> Listed {
        self.lock().insert(sid, doc.clone());
        Listed {
            directory: self.clone(),
            sid,
        }
    }

    /// The document of a session.
    #[must_use]
    pub fn find(&self, sid: &SessionId) -> Option<DocId> {
        self.lock().get(sid).cloned()
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rooms drop entries under their own lock: nothing else may be locked under this one.
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, DocId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.directory.lock().remove(&self.sid);
    }
}
