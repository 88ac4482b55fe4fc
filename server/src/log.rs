//! The log: where an update becomes durable; the contract that every store keeps, not a store itself.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use protocol::id::{ClientId, DocId};
use thiserror::Error;

#[cfg(test)]
mod contract;
pub mod memory;
pub mod sqlite;
mod waiter;

/// One accepted update on its way to the disk.
#[derive(Debug, Clone)]
pub struct Record {
    /// The update, in Yjs' v1 encoding, as it came.
    pub update: Bytes,
    /// When the server accepted it, in milliseconds since 1970.
    pub at_ms: u64,
    /// The replica that sent it. It tells history who wrote what.
    pub author: ClientId,
    /// Whether somebody waits to hear that it is durable. One that nobody waits for may be held back for a moment, so that
    /// several become durable with one sync of the disk. It is not stored.
    pub awaited: bool,
}

/// Called once when a record is durable or has failed, on a thread of the log's: it must return at once and not call the log.
/// It is never called from within [`Log::append`], so the caller may hold a lock that `done` takes.
/// `Ok` carries the record's place in the log, for [`Log::compact`]: no two records share one, and the places of one
/// document rise in the order of the calls.
pub type Done = Box<dyn FnOnce(Result<u64, LogError>) + Send>;

/// What a document's log holds.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Grows by one each time the document is deleted; a document never written has 1.
    pub generation: u64,
    /// The newest snapshot that could be read (a v1 update holding the whole state), if there is one.
    pub snapshot: Option<Bytes>,
    /// The updates after the snapshot, oldest first.
    pub tail: Vec<Bytes>,
    /// The place in the log of the last update loaded; pass it to [`Log::compact`]. 0 when there is none.
    pub last: u64,
    /// What was damaged and left out, in a sentence for the operator. The rows stay in the store, quarantined.
    pub damage: Option<String>,
}

/// What a document costs on disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stat {
    /// Rows after the snapshot.
    pub tail_rows: u64,
    /// Their bytes.
    pub tail_bytes: u64,
    /// Bytes of the newest snapshot.
    pub snapshot_bytes: u64,
}

/// How a compaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compacted {
    /// The snapshot is durable and the rows it covers are gone.
    Done,
    /// The document was compacted further or deleted meanwhile; nothing was changed.
    Raced,
}

/// Why the log could not do it.
#[derive(Debug, Clone, Error)]
pub enum LogError {
    /// The store refused a write; it acknowledges nothing until the server is restarted.
    #[error("the store failed: {0}")]
    Failed(String),
    /// A read failed; the document must not be opened, and nothing is written over it.
    #[error("the document could not be read: {0}")]
    Unreadable(String),
    /// The log is closed.
    #[error("the log is closed")]
    Closed,
}

/// A future that a log returns.
pub type LogFuture<T> = Pin<Box<dyn Future<Output = Result<T, LogError>> + Send>>;

/// Where updates become durable.
///
/// # Contract
/// - **Order.** Appends of one document become durable in the order of the calls, and `done` is called in that order.
/// - **Durability.** `done(Ok)` means the record survives the death of the process and of the machine (memory: of neither).
/// - **Failure.** After the first failed commit every `append` fails, [`Log::failure`] says why, and reads go on working.
/// - **Reading your writes.** `load` sees every record whose `done(Ok)` was called before it began.
/// - **Compaction** replaces all rows up to `last` by a snapshot in one step: they are not loaded or counted any more. The
///   previous snapshot is kept until the next compaction; a store that can be damaged also keeps the rows between the two
///   until then, so that a damaged snapshot loses nothing. The caller has verified the snapshot. A crash at any point leaves
///   either the old or the new state.
/// - **Deletion** removes all of a document and raises its generation, in one step.
pub trait Log: Send + Sync + 'static {
    /// Queues a record; never blocks. `done` is called exactly once, also when the log is closed.
    fn append(&self, doc: &DocId, record: Record, done: Done);
    /// Reads a document from disk. One that was never written has generation 1 and is empty.
    fn load(&self, doc: &DocId) -> LogFuture<Loaded>;
    /// Replaces the rows up to and including `last` (from [`Loaded::last`] or [`Done`]) by `snapshot`.
    /// A `last` that the newest snapshot covers already, that belongs to a deleted generation, or that the log never gave
    /// for this document is [`Compacted::Raced`].
    fn compact(&self, doc: &DocId, last: u64, snapshot: Bytes) -> LogFuture<Compacted>;
    /// What a document costs.
    fn stat(&self, doc: &DocId) -> LogFuture<Stat>;
    /// Removes a document; returns its new generation.
    fn delete(&self, doc: &DocId) -> LogFuture<u64>;
    /// Why the log acknowledges nothing any more, if so.
    fn failure(&self) -> Option<String>;
    /// Bytes queued and not yet durable.
    fn backlog(&self) -> usize;
    /// Finishes what is queued and closes; calls after it fail with [`LogError::Closed`].
    fn close(&self) -> LogFuture<()>;
}
