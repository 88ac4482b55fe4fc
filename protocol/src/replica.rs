//! One replica of a document's text, as a page holds it: edits, undo, positions; with [`stored`], one of the few places that know yrs.
//!
//! Everything is counted in UTF-16 code units, as browsers and Yjs do. The observers of yrs only queue what happened;
//! nothing of ours runs inside a transaction.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use thiserror::Error;
use yrs::{
    Any, ClientID, Doc, GetString, Observable, OffsetKind, Options, Origin, Out, ReadTxn,
    StateVector, Text, TextRef, Transact, Update, WriteTxn,
    types::Delta,
    undo::{self, UndoManager},
    updates::{decoder::Decode, encoder::Encode},
};

use crate::id::ClientId;

pub mod anchor;
pub mod stored;

/// The name of the one shared text in a document.
pub const ROOT: &str = "content";
/// Edits closer together than this are taken back by one undo, in milliseconds.
const UNDO_GROUP_MS: u64 = 500;

const LOCAL: &str = "local";
const REMOTE: &str = "remote";

/// A step of a change, read from the start of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Leaves code units as they are.
    Retain(u32),
    /// Removes code units.
    Delete(u32),
    /// Adds text.
    Insert(String),
}

/// A replacement at one place: `delete` code units from `from` give way to `insert`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where, in the text as it is after the edits before this one.
    pub from: u32,
    /// How many code units go.
    pub delete: u32,
    /// What comes.
    pub insert: String,
}

/// Why a replica refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplicaError {
    /// An edit reaches beyond the text: editor and replica disagree.
    #[error("an edit at {from}, {delete} long, reaches beyond a text of {len} code units")]
    OutOfRange {
        /// The edit's position.
        from: u32,
        /// The edit's length.
        delete: u32,
        /// The text's length.
        len: u32,
    },
    /// Bytes that are no update reached the replica, past the validator.
    #[error("an update could not be applied: {0}")]
    Update(String),
}

#[derive(Debug, Default)]
struct Queue {
    editor: VecDeque<Vec<Op>>,
    network: VecDeque<Bytes>,
}

/// A document's text with its history of own edits.
pub struct Replica {
    doc: Doc,
    text: TextRef,
    undo: UndoManager<()>,
    queue: Arc<Mutex<Queue>>,
}

impl Replica {
    /// An empty replica that edits under `client`; `clock` gives milliseconds and is asked only to group undo steps.
    ///
    /// A client id belongs to one replica for its lifetime: two replicas with one id corrupt the document.
    #[must_use]
    pub fn new(client: ClientId, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let doc = Doc::with_options(Options {
            offset_kind: OffsetKind::Utf16,
            ..Options::with_client_id(ClientID::new(client.get()))
        });
        let text = doc.get_or_insert_text(ROOT);
        let queue = Arc::new(Mutex::new(Queue::default()));
        let editor = queue.clone();
        text.observe("editor", move |txn, event| {
            // The editor already shows its own edits; an undo has another origin and passes.
            if txn.origin() != Some(&Origin::from(LOCAL)) {
                lock(&editor)
                    .editor
                    .push_back(event.delta(txn).iter().map(op).collect());
            }
        });
        let network = queue.clone();
        let observed = doc.observe_update_v1("network", move |txn, event| {
            if txn.origin() != Some(&Origin::from(REMOTE)) {
                lock(&network)
                    .network
                    .push_back(Bytes::copy_from_slice(&event.update));
            }
        });
        debug_assert!(
            observed.is_ok(),
            "nothing else holds a transaction of a new document"
        );
        let mut undo = UndoManager::with_options(undo::Options {
            capture_timeout_millis: UNDO_GROUP_MS,
            tracked_origins: Default::default(),
            capture_transaction: None,
            timestamp: Arc::new(clock),
            init_undo_stack: Vec::new(),
            init_redo_stack: Vec::new(),
        });
        undo.expand_scope(&doc, &text);
        undo.include_origin(LOCAL);
        Self {
            doc,
            text,
            undo,
            queue,
        }
    }

    /// Makes edits of this person, in order, as one change; [`Replica::take_updates`] gives it to the network.
    ///
    /// # Errors
    /// [`ReplicaError::OutOfRange`] at the first edit that reaches beyond the text; those before it are made.
    pub fn edit(&mut self, edits: &[Edit]) -> Result<(), ReplicaError> {
        let mut txn = self.doc.transact_mut_with(LOCAL);
        for edit in edits {
            let len = self.text.len(&txn);
            if edit
                .from
                .checked_add(edit.delete)
                .is_none_or(|end| end > len)
            {
                return Err(ReplicaError::OutOfRange {
                    from: edit.from,
                    delete: edit.delete,
                    len,
                });
            }
            if edit.delete > 0 {
                self.text.remove_range(&mut txn, edit.from, edit.delete);
            }
            if !edit.insert.is_empty() {
                self.text.insert(&mut txn, edit.from, &edit.insert);
            }
        }
        Ok(())
    }

    /// Applies updates of others as one change; [`Replica::take_ops`] gives it to the editor.
    ///
    /// Returns false when an update builds on something that is missing here: that part is not kept, and the states
    /// must be exchanged.
    ///
    /// # Errors
    /// [`ReplicaError::Update`] at the first one that cannot be applied; those before it are.
    pub fn apply<'a>(
        &mut self,
        updates: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<bool, ReplicaError> {
        let mut txn = self.doc.transact_mut_with(REMOTE);
        for update in updates {
            let update = Update::decode_v1(update)
                .map_err(|error| ReplicaError::Update(error.to_string()))?;
            txn.apply_update(update)
                .map_err(|error| ReplicaError::Update(error.to_string()))?;
        }
        // What misses its base would be kept for ever; the next state vector exchange brings it again.
        let complete = !txn.has_missing_updates();
        if !complete {
            txn.prune_pending();
        }
        Ok(complete)
    }

    /// The changes that the editor has not seen, oldest first.
    pub fn take_ops(&mut self) -> Vec<Vec<Op>> {
        lock(&self.queue).editor.drain(..).collect()
    }

    /// The changes that the network has not seen, oldest first, each an update in v1 encoding.
    pub fn take_updates(&mut self) -> Vec<Bytes> {
        lock(&self.queue).network.drain(..).collect()
    }

    /// Takes back the newest group of own edits; false when there is none.
    pub fn undo(&mut self) -> bool {
        self.undo.undo_blocking()
    }

    /// Makes again what was last taken back; false when there is nothing.
    pub fn redo(&mut self) -> bool {
        self.undo.redo_blocking()
    }

    /// Ends the group of edits that one undo takes back.
    pub fn end_undo_group(&mut self) {
        self.undo.reset();
    }

    /// The length in UTF-16 code units.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.text.len(&self.doc.transact())
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text as the editor shows it.
    #[must_use]
    pub fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    /// What the replica holds, as a state vector in v1 encoding.
    #[must_use]
    pub fn state_vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    /// What a peer with the given state vector lacks, as an update in v1 encoding.
    ///
    /// # Errors
    /// [`ReplicaError::Update`] when the bytes are no state vector.
    pub fn diff(&self, state_vector: &[u8]) -> Result<Vec<u8>, ReplicaError> {
        let vector = StateVector::decode_v1(state_vector)
            .map_err(|error| ReplicaError::Update(error.to_string()))?;
        Ok(self.doc.transact().encode_diff_v1(&vector))
    }
}

/// Whether `update` deletes anything that none of the `others` deletes.
///
/// # Errors
/// [`ReplicaError::Update`] when one of them is no update.
pub fn deletes_more(update: &[u8], others: &[Bytes]) -> Result<bool, ReplicaError> {
    let read =
        |bytes| Update::decode_v1(bytes).map_err(|error| ReplicaError::Update(error.to_string()));
    let mut more = read(update)?.delete_set().clone();
    for other in others {
        more.diff_with(read(other)?.delete_set());
    }
    Ok(!more.is_empty())
}

fn lock(queue: &Mutex<Queue>) -> std::sync::MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn op(delta: &Delta) -> Op {
    match delta {
        Delta::Retain(n, _) => Op::Retain(*n),
        Delta::Deleted(n) => Op::Delete(*n),
        Delta::Inserted(Out::Any(Any::String(text)), _) => Op::Insert(text.to_string()),
        // The validator lets nothing but text into a document.
        Delta::Inserted(..) => Op::Insert(String::new()),
    }
}

#[cfg(test)]
mod tests;
