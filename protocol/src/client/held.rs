//! Updates of others that the replica does not have yet because the editor is not ready for them; when it is, the shell knows.

use std::iter;

use bytes::Bytes;

use super::Client;
use crate::replica::{Replica, ReplicaError};

impl Client {
    /// Keeps updates of others until [`Client::take_held`]. A server that asks what this page has is told of them as well:
    /// it may have died before they were durable, and whoever wrote them may be gone.
    pub fn hold(&mut self, updates: Vec<Bytes>) {
        self.held.extend(updates);
    }

    /// What was held, to be given to the replica now.
    #[must_use]
    pub fn take_held(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.held)
    }

    /// Whether anything is held.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// What a peer with this state vector lacks of all that the page has, shown or not.
    pub(super) fn diff(
        &self,
        replica: &Replica,
        vector: &[u8],
        told: &[Bytes],
    ) -> Result<Vec<u8>, ReplicaError> {
        if self.held.is_empty() {
            return replica.diff(vector);
        }
        let shown = Bytes::from(replica.diff(&[0])?);
        let mut whole = Replica::new(self.client, || 0);
        // What is held may build on what the peer has just told.
        for update in iter::once(&shown).chain(told).chain(&self.held) {
            // One that cannot be applied here cannot be shown either: only it is left out.
            let _ = whole.apply([&update[..]]);
        }
        whole.diff(vector)
    }
}
