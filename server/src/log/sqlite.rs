//! The log in one SQLite file: what a single server keeps its documents in; not for network filesystems, nor for two
//! processes at once.
//!
//! One thread writes and commits whatever has queued up since its last commit; one moves committed pages from the
//! write-ahead log into the file; a few connections only read. `synchronous=FULL` makes every commit sync the write-ahead
//! log before anybody is told. What SQLite cannot promise: a frame damaged *inside* the write-ahead log, between a crash and
//! the next start, ends recovery there, and commits after it are gone without a trace. Rows in the file carry checksums, so
//! damage there is reported.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::Bytes;
use protocol::id::DocId;
use rusqlite::ErrorCode;

use self::{
    checkpoint::Checkpointer,
    reader::Readers,
    writer::{Entry, Op, Reply, Writer},
};
use super::{Compacted, Done, Loaded, Log, LogError, LogFuture, Record, Stat, waiter::Waiter};

mod checkpoint;
mod compaction;
mod error;
mod folder;
mod reader;
mod row;
mod schema;
#[cfg(test)]
mod tests;
mod writer;

pub use error::OpenError;

/// The store's file in the data folder; SQLite keeps `-wal` and `-shm` beside it.
pub const FILE: &str = "maru.db";

/// What an operator or a test may want different.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many documents are read at once.
    pub readers: usize,
    /// How long commits gather in the write-ahead log before they are moved into the file.
    pub checkpoint_every: Duration,
    /// The bytes of write-ahead log above which the writer stops to empty it: under writing without pause the checkpoint
    /// thread alone never does (44 to 580 MB were seen).
    pub truncate_above: u64,
    /// How long nothing is written before the write-ahead log is cut to nothing.
    pub truncate_after_quiet: Duration,
    /// Files below this many bytes have their structure checked at the start, which reads them whole.
    pub check_below: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 3,
            checkpoint_every: Duration::from_millis(250),
            truncate_above: 64 << 20,
            truncate_after_quiet: Duration::from_secs(5),
            check_below: 256 << 20,
        }
    }
}

/// The log in `<data folder>/maru.db`.
///
/// Dropping it finishes what is queued and waits for that; [`Log::close`] does the same without blocking.
pub struct SqliteLog {
    queue: Option<mpsc::Sender<Op>>,
    readers: Arc<Readers>,
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

impl SqliteLog {
    /// Locks the folder, opens or makes the file in it, and starts the threads.
    ///
    /// # Errors
    /// [`OpenError`]; the documents in the folder are then as they were.
    pub fn open(dir: &Path, options: &Options) -> Result<Self, OpenError> {
        let lock = folder::lock(dir)?;
        let path = dir.join(FILE);
        let failed = |error: rusqlite::Error| OpenError::sqlite(&path, &error);
        let no_thread = |error: std::io::Error| OpenError::Failed {
            path: path.clone(),
            reason: error.to_string(),
        };

        let conn = schema::open(&path, options.check_below)?;
        let place = writer::last_place(&conn).map_err(failed)?;
        let readers = (0..options.readers.max(1))
            .map(|_| schema::open_reader(&path))
            .collect::<Result<_, _>>()?;
        let readers = Arc::new(Readers::new(readers));
        let shared = Arc::new(Shared {
            path: path.clone(),
            ..Shared::default()
        });
        let (queue, ops) = mpsc::channel();
        let second = schema::open_again(&path)?;
        let checkpoints = Checkpointer::start(second, options, Arc::clone(&shared), queue.clone())
            .map_err(no_thread)?;
        let writer = Writer {
            conn,
            checkpoints,
            readers: Arc::clone(&readers),
            shared: Arc::clone(&shared),
            place,
            lock,
        };
        let writer = thread::Builder::new()
            .name("maru-writer".to_owned())
            .spawn(move || writer::run(writer, &ops))
            .map_err(no_thread)?;
        Ok(Self {
            queue: Some(queue),
            readers,
            shared,
            writer: Some(writer),
        })
    }

    fn send(&self, op: Op) {
        // The writer's thread outlives the sender; should it not, the operation answers `Closed` when dropped.
        if let Some(queue) = &self.queue {
            drop(queue.send(op));
        }
    }

    fn ask<T: Send + 'static>(&self, op: impl FnOnce(Reply<T>) -> Op) -> LogFuture<T> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.send(op(reply));
        Box::pin(async move { answer.await.unwrap_or(Err(LogError::Closed)) })
    }

    fn read<T: Send + 'static>(
        &self,
        doc: &DocId,
        read: fn(&mut rusqlite::Connection, &str) -> rusqlite::Result<T>,
    ) -> LogFuture<T> {
        let doc = doc.clone();
        Box::pin(Arc::clone(&self.readers).run(move |conn| read(conn, doc.as_str())))
    }
}

impl Log for SqliteLog {
    fn append(&self, doc: &DocId, record: Record, done: Done) {
        self.shared
            .backlog
            .fetch_add(record.update.len(), Ordering::Relaxed);
        self.send(Op::Append(Entry {
            doc: doc.clone(),
            record,
            waiter: Waiter::new(done),
        }));
    }

    fn load(&self, doc: &DocId) -> LogFuture<Loaded> {
        self.read(doc, reader::load)
    }

    fn compact(&self, doc: &DocId, last: u64, snapshot: Bytes) -> LogFuture<Compacted> {
        self.ask(|reply| Op::Compact {
            doc: doc.clone(),
            last,
            snapshot,
            reply,
        })
    }

    fn stat(&self, doc: &DocId) -> LogFuture<Stat> {
        self.read(doc, reader::stat)
    }

    fn delete(&self, doc: &DocId) -> LogFuture<u64> {
        self.ask(|reply| Op::Delete {
            doc: doc.clone(),
            reply,
        })
    }

    fn failure(&self) -> Option<String> {
        self.shared.failed.get().cloned()
    }

    fn backlog(&self) -> usize {
        self.shared.backlog.load(Ordering::Relaxed)
    }

    fn close(&self) -> LogFuture<()> {
        self.readers.refuse();
        self.ask(Op::Close)
    }
}

impl Drop for SqliteLog {
    fn drop(&mut self) {
        // The checkpoint thread holds a sender too, so the writer is told to end rather than left to notice.
        let (reply, _) = tokio::sync::oneshot::channel();
        self.send(Op::Close(reply));
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // The last owner may be a `done` that the writer itself is calling; a thread cannot wait for itself.
            if writer.thread().id() != thread::current().id() && writer.join().is_err() {
                tracing::error!("the writing thread panicked");
            }
        }
    }
}

/// What the threads and the callers both see.
#[derive(Default)]
struct Shared {
    path: PathBuf,
    /// Why nothing is acknowledged any more; set once, for good.
    failed: OnceLock<String>,
    backlog: AtomicUsize,
}

impl Shared {
    /// Marks the store as failed and returns why; the first reason stays.
    fn fail(&self, what: &str) -> String {
        let why = self.failed.get_or_init(|| {
            let path = self.path.display();
            let why = format!(
                "{what}. What was saved before is safe in {path}; nothing new is saved. Look at the disk and its free \
                 space, then restart the server"
            );
            tracing::error!("{why}");
            why
        });
        why.clone()
    }

    /// A checkpoint that fails loses nothing, since the records are in the write-ahead log. A disk that reports errors is
    /// not written to any more, though; one that is full may have room again later.
    fn checkpoint_failed(&self, error: &rusqlite::Error) {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase,
            ) => {
                self.fail(&format!("a checkpoint of maru.db failed ({error})"));
            }
            _ => {
                tracing::warn!(%error, "a checkpoint of maru.db failed; it is tried again after the next write");
            }
        }
    }

    fn dequeued(&self, bytes: usize) {
        self.backlog.fetch_sub(bytes, Ordering::Relaxed);
    }
}
