//! The one thread that writes: group commit by taking whatever has queued up during the last fsync; it never reads
//! documents.

use std::{
    collections::HashMap,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use bytes::Bytes;
use protocol::id::DocId;
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params,
};
use tokio::sync::oneshot;

use super::{
    Shared,
    checkpoint::{self, Checkpointer},
    compaction,
    reader::Readers,
    row,
};
use crate::log::{Compacted, LogError, Record, waiter::Waiter};

/// The most records in one commit. It bounds how long the first of them waits.
const MAX_RECORDS: usize = 4_096;
/// The most bytes of updates in one commit, the last record excepted.
const MAX_BYTES: usize = 4 << 20;
/// How long records may be held back that nobody waits for: an eye does not see it, and a plain Yjs client, which is never
/// told what is saved, tells all it has again after a crash.
const LINGER: Duration = Duration::from_millis(50);
/// How long the writer lets readers keep it from cutting the write-ahead log.
const TRUNCATE_PATIENCE: Duration = Duration::from_millis(100);

pub(super) type Reply<T> = oneshot::Sender<Result<T, LogError>>;

/// What the writer is asked to do, in the order of the calls.
pub(super) enum Op {
    Append(Entry),
    Compact {
        doc: DocId,
        last: u64,
        snapshot: Bytes,
        reply: Reply<Compacted>,
    },
    Delete {
        doc: DocId,
        reply: Reply<u64>,
    },
    Truncate,
    #[cfg(test)]
    Inspect(Box<dyn FnOnce(&Connection) + Send>),
    Close(Reply<()>),
}

/// A record and who waits for it.
pub(super) struct Entry {
    pub(super) doc: DocId,
    pub(super) record: Record,
    pub(super) waiter: Waiter,
}

/// Everything the thread owns. The connection stands before the lock, so that it is closed first.
pub(super) struct Writer {
    pub(super) conn: Connection,
    pub(super) checkpoints: Checkpointer,
    pub(super) readers: Arc<Readers>,
    pub(super) shared: Arc<Shared>,
    /// The last place given out.
    pub(super) place: i64,
    pub(super) lock: File,
}

/// The thread: writes until it is told to close, then answers late callers until the log is dropped.
pub(super) fn run(writer: Writer, queue: &mpsc::Receiver<Op>) {
    let shared = Arc::clone(&writer.shared);
    let written = catch_unwind(AssertUnwindSafe(|| writer.write_until_closed(queue)));
    let refusal = match written {
        Ok(()) => LogError::Closed,
        Err(_) => LogError::Failed(shared.fail("the writing thread panicked")),
    };
    for op in queue {
        op.refuse(&shared, &refusal);
    }
}

/// The last place that any row of the file holds, also of documents deleted.
pub(super) fn last_place(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row(
        "SELECT max((SELECT coalesce(max(id), 0) FROM tail), (SELECT coalesce(max(last), 0) FROM snapshot),
            (SELECT coalesce(max(floor), 0) FROM docs))",
        [],
        |row| row.get(0),
    )
}

impl Op {
    fn refuse(self, shared: &Shared, error: &LogError) {
        // A caller that no longer waits for its reply is no error.
        match self {
            Self::Append(entry) => {
                shared.dequeued(entry.record.update.len());
                entry.waiter.finish(Err(error.clone()));
            }
            Self::Compact { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Delete { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Close(reply) => drop(reply.send(Err(error.clone()))),
            Self::Truncate => {}
            #[cfg(test)]
            Self::Inspect(_) => {}
        }
    }
}

impl Writer {
    fn write_until_closed(mut self, queue: &mpsc::Receiver<Op>) {
        let mut next = None;
        let reply = loop {
            let Some(op) = next.take().or_else(|| queue.recv().ok()) else {
                break None;
            };
            if let (Some(why), false) = (self.shared.failed.get(), matches!(op, Op::Close(_))) {
                op.refuse(&self.shared, &LogError::Failed(why.clone()));
                continue;
            }
            match op {
                Op::Append(first) => {
                    let batch;
                    (batch, next) = gather(first, queue);
                    self.commit(batch);
                }
                Op::Compact {
                    doc,
                    last,
                    snapshot,
                    reply,
                } => {
                    // A place beyond every id the file can hold was never given.
                    let last = i64::try_from(last).unwrap_or(i64::MAX);
                    let result =
                        self.change(|tx, _| compaction::compact(tx, doc.as_str(), last, &snapshot));
                    drop(reply.send(result));
                }
                Op::Delete { doc, reply } => {
                    let result =
                        self.change(|tx, place| compaction::delete(tx, doc.as_str(), place));
                    drop(reply.send(result));
                }
                Op::Truncate => {
                    if let Err(error) = checkpoint::truncate(&self.conn, TRUNCATE_PATIENCE) {
                        self.shared.checkpoint_failed(&error);
                    }
                }
                #[cfg(test)]
                Op::Inspect(look) => look(&self.conn),
                Op::Close(reply) => break Some(reply),
            }
        };
        let result = self.close();
        if let Some(reply) = reply {
            drop(reply.send(result));
        }
    }

    fn commit(&mut self, batch: Vec<Entry>) {
        let written = self.write(&batch);
        self.shared
            .dequeued(batch.iter().map(|entry| entry.record.update.len()).sum());
        match written {
            Ok(places) => {
                self.checkpoints.wrote();
                for (entry, place) in batch.into_iter().zip(places) {
                    entry
                        .waiter
                        .finish(Ok(u64::try_from(place).unwrap_or_default()));
                }
            }
            Err(error) => {
                // A failed fsync may have thrown the pages away and succeed the next time, so nothing is tried again.
                let why = self
                    .shared
                    .fail(&format!("a write to maru.db failed ({error})"));
                for entry in batch {
                    entry.waiter.finish(Err(LogError::Failed(why.clone())));
                }
            }
        }
    }

    /// Writes a batch in one transaction, one row for each document in it; returns each record's place.
    fn write(&mut self, batch: &[Entry]) -> rusqlite::Result<Vec<i64>> {
        let mut groups: Vec<(&DocId, Vec<usize>)> = Vec::new();
        let mut group_of: HashMap<&DocId, usize> = HashMap::new();
        for (index, entry) in batch.iter().enumerate() {
            let group = *group_of.entry(&entry.doc).or_insert_with(|| {
                groups.push((&entry.doc, Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(index);
        }
        let mut places = vec![0; batch.len()];
        let mut place = self.place;
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (doc, indexes) in groups {
            for &index in &indexes {
                place += 1;
                places[index] = place;
            }
            let doc = doc_row(&tx, doc.as_str())?;
            let data = row::encode(indexes.iter().map(|&index| &batch[index].record));
            tx.prepare_cached("INSERT INTO tail (id, doc, crc, data) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![place, doc, row::checksum(doc, place, &data), data])?;
        }
        tx.commit()?;
        self.place = place;
        Ok(places)
    }

    /// Runs a compaction or deletion in a transaction of its own. An error before the commit leaves everything as it was
    /// and hurts nobody else, unless it is the disk's.
    fn change<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>, i64) -> rusqlite::Result<T>,
    ) -> Result<T, LogError> {
        let place = self.place;
        let prepared = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|tx| change(&tx, place).map(|done| (tx, done)));
        match prepared.map(|(tx, done)| tx.commit().map(|()| done)) {
            Ok(Ok(done)) => {
                self.checkpoints.wrote();
                Ok(done)
            }
            Ok(Err(error)) => Err(LogError::Failed(
                self.shared
                    .fail(&format!("a commit to maru.db failed ({error})")),
            )),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) => {
                Err(LogError::Failed(
                    self.shared
                        .fail(&format!("a write to maru.db failed ({error})")),
                ))
            }
            Err(error) => Err(LogError::Unreadable(format!(
                "{error}; it was left as it was"
            ))),
        }
    }

    /// Closes everything; the write-ahead log is emptied into the file unless the disk has failed.
    fn close(self) -> Result<(), LogError> {
        let Self {
            conn,
            checkpoints,
            readers,
            shared,
            place: _,
            lock,
        } = self;
        readers.close();
        drop(checkpoints);
        let result = match shared.failed.get() {
            Some(why) => Err(LogError::Failed(why.clone())),
            None => match checkpoint::truncate(&conn, super::schema::BUSY) {
                Ok(_) => Ok(()),
                Err(error) => {
                    // Every record is in the write-ahead log all the same, and the next start reads it from there.
                    shared.checkpoint_failed(&error);
                    Ok(())
                }
            },
        };
        drop(conn);
        drop(lock);
        result
    }
}

/// Takes what has queued up behind `first`, up to the limits or to something that is no record; while nobody waits for any
/// of it, also what comes within [`LINGER`].
fn gather(first: Entry, queue: &mpsc::Receiver<Op>) -> (Vec<Entry>, Option<Op>) {
    let mut bytes = first.record.update.len();
    let mut awaited = first.record.awaited;
    let mut batch = vec![first];
    let until = Instant::now() + LINGER;
    while batch.len() < MAX_RECORDS && bytes < MAX_BYTES {
        let next = if awaited {
            queue.try_recv().ok()
        } else {
            let left = until.saturating_duration_since(Instant::now());
            queue.recv_timeout(left).ok()
        };
        match next {
            Some(Op::Append(entry)) => {
                bytes += entry.record.update.len();
                awaited |= entry.record.awaited;
                batch.push(entry);
            }
            Some(other) => return (batch, Some(other)),
            None => break,
        }
    }
    (batch, None)
}

fn doc_row(tx: &Transaction<'_>, name: &str) -> rusqlite::Result<i64> {
    let known = tx
        .prepare_cached("SELECT id FROM docs WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    match known {
        Some(id) => Ok(id),
        None => tx
            .prepare_cached(
                "INSERT INTO docs (name, generation, floor) VALUES (?1, 1, 0) RETURNING id",
            )?
            .query_row([name], |row| row.get(0)),
    }
}
