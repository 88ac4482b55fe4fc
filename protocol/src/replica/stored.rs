//! A document as a room holds it: it applies validated updates and answers sync steps; it makes no edits of its own except merges of plain text.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;
use thiserror::Error;
use yrs::{
    Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef, Transact, Update,
    WriteTxn,
    updates::{decoder::Decode, encoder::Encode},
};

use super::ROOT;
use crate::{id::ClientId, validate};

/// So many blocks or deletions are applied at once.
const MANY_BLOCKS: usize = 512;

/// Why a document did not take an update.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApplyError {
    /// yrs refused it; the document is as it was.
    #[error("the update was refused: {0}")]
    Refused(String),
    /// It refers to edits that the document lacks; nothing of it was kept.
    #[error("the update refers to edits that are missing here")]
    Incomplete,
    /// yrs panicked: this document must not be used any more and is to be rebuilt from the log.
    #[error("the update broke the document")]
    Broken,
}

/// The state of a document without a history of its own.
pub struct StoredDoc {
    doc: Doc,
    text: TextRef,
}

impl Default for StoredDoc {
    fn default() -> Self {
        Self::new()
    }
}

impl StoredDoc {
    /// An empty document.
    #[must_use]
    pub fn new() -> Self {
        let doc = Doc::with_options(Options {
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        });
        let text = doc.get_or_insert_text(ROOT);
        Self { doc, text }
    }

    /// Applies an update that the validator has passed; tells whether it changed anything. One of many blocks is applied in
    /// slices, which costs less: after each slice yrs joins what belongs together.
    ///
    /// # Errors
    /// [`ApplyError`]; after [`ApplyError::Broken`] the document is useless, and so it is when an update of many blocks is
    /// refused after its first slice.
    pub fn apply(&mut self, update: &[u8]) -> Result<bool, ApplyError> {
        if update.len() < MANY_BLOCKS * 3 {
            return self.apply_whole(update);
        }
        let known: HashMap<ClientId, u32> = self.clocks().into_iter().collect();
        let known = |client| known.get(&client).copied().unwrap_or(0);
        // What is stored may be older than the validator; yrs says what it thinks of it.
        let Ok(slices) = validate::slices(update, known, MANY_BLOCKS) else {
            return self.apply_whole(update);
        };
        let mut changed = false;
        for slice in slices {
            changed |= self.apply_whole(&slice)?;
        }
        Ok(changed)
    }

    fn apply_whole(&mut self, update: &[u8]) -> Result<bool, ApplyError> {
        let doc = &self.doc;
        catch_unwind(AssertUnwindSafe(|| {
            #[cfg(debug_assertions)]
            bane::meet(update);
            let update = Update::decode_v1(update)
                .map_err(|error| ApplyError::Refused(error.to_string()))?;
            let mut txn = doc.transact_mut();
            txn.apply_update(update)
                .map_err(|error| ApplyError::Refused(error.to_string()))?;
            if txn.has_missing_updates() {
                txn.prune_pending();
                return Err(ApplyError::Incomplete);
            }
            Ok(!txn.insert_set().is_empty() || !txn.delete_set().is_empty())
        }))
        .unwrap_or(Err(ApplyError::Broken))
    }

    /// How many ranges of an update's deletions are not deleted here; `None` when the bytes are no update. A walk over the
    /// whole document.
    #[must_use]
    pub fn lacks_deletions(&self, update: &[u8]) -> Option<usize> {
        let update = Update::decode_v1(update).ok()?;
        let here = self.doc.transact().snapshot().delete_set;
        let lacking = update.delete_set().diff(&here);
        Some(lacking.iter().map(|(_, ranges)| ranges.len()).sum())
    }

    /// What the document holds: for each client the next clock.
    #[must_use]
    pub fn clocks(&self) -> Vec<(ClientId, u32)> {
        self.doc
            .transact()
            .state_vector()
            .iter()
            .map(|(client, clock)| (ClientId::from_random(client.get()), *clock))
            .collect()
    }

    /// The state vector in v1 encoding.
    #[must_use]
    pub fn state_vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    /// The whole state as an update in v1 encoding.
    #[must_use]
    pub fn state(&self) -> Bytes {
        self.doc
            .transact()
            .encode_diff_v1(&StateVector::default())
            .into()
    }

    /// What a peer with the given state vector lacks, as an update; `None` when the bytes are no state vector.
    #[must_use]
    pub fn diff(&self, state_vector: &[u8]) -> Option<Bytes> {
        let vector = StateVector::decode_v1(state_vector).ok()?;
        Some(self.doc.transact().encode_diff_v1(&vector).into())
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    /// The text's length in UTF-16 code units.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.text.len(&self.doc.transact())
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A text at which a document panics, as yrs might: for tests of what must happen then, since no update is known that the
/// validator lets through and yrs does not take. A build without debug assertions has none.
#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod bane {
    use std::sync::OnceLock;

    static BANE: OnceLock<&str> = OnceLock::new();

    /// Sets the text, once a process.
    pub fn set(text: &'static str) {
        BANE.get_or_init(|| text);
    }

    pub(super) fn meet(update: &[u8]) {
        if let Some(bane) = BANE.get()
            && update
                .windows(bane.len())
                .any(|part| part == bane.as_bytes())
        {
            panic!("the bane of this document");
        }
    }
}

/// A whole state on its way to the disk, with what it must hold.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The state as an update in v1 encoding.
    pub bytes: Bytes,
    clocks: Vec<(ClientId, u32)>,
    len: u32,
}

impl Snapshot {
    /// Takes the state of a document.
    #[must_use]
    pub fn of(doc: &StoredDoc, bytes: Bytes) -> Self {
        Self {
            bytes,
            clocks: sorted(doc.clocks()),
            len: doc.len(),
        }
    }

    /// Whether the bytes decode to what they were taken from. Ask before anything is removed for them; it costs as much
    /// as opening the document, so not while the room is locked.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let mut copy = StoredDoc::new();
        copy.apply(&self.bytes).is_ok()
            && sorted(copy.clocks()) == self.clocks
            && copy.len() == self.len
    }
}

fn sorted(mut clocks: Vec<(ClientId, u32)>) -> Vec<(ClientId, u32)> {
    clocks.sort_unstable();
    clocks
}
