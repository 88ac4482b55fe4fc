//! A log that forgets everything with the process: for tests and `--store memory`, not for documents one wants to keep.

use std::{
    collections::HashMap,
    future::ready,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use bytes::Bytes;
use protocol::id::DocId;
use tokio::sync::oneshot;

use super::{Compacted, Done, Loaded, Log, LogError, LogFuture, Record, Stat, waiter::Waiter};

/// Keeps every document in memory. Nothing can be damaged there, so it keeps no previous snapshot.
pub struct MemoryLog {
    queue: mpsc::Sender<Op>,
    shared: Arc<Shared>,
}

impl MemoryLog {
    /// Starts an empty log and the thread that answers its callers; the thread ends when the log is dropped.
    ///
    /// # Panics
    /// When the system gives no thread.
    #[must_use]
    pub fn new() -> Self {
        let (queue, ops) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || serve(&ops, &of_thread));
        Self { queue, shared }
    }

    /// Makes the log behave as a store whose disk failed: what was queued before still succeeds, everything after fails.
    /// For tests of what the server does then.
    pub fn fail(&self, why: &str) {
        self.send(Op::Fail(why.to_owned()));
    }

    fn send(&self, op: Op) {
        // The thread outlives the sender, and an operation dropped on the way answers `Closed` by itself.
        drop(self.queue.send(op));
    }

    fn ask<T: Send + 'static>(&self, op: impl FnOnce(Reply<T>) -> Op) -> LogFuture<T> {
        let (reply, answer) = oneshot::channel();
        self.send(op(reply));
        Box::pin(async move { answer.await.unwrap_or(Err(LogError::Closed)) })
    }

    fn read<T: Send + 'static>(&self, read: impl FnOnce(&Docs) -> T) -> LogFuture<T> {
        let result = if self.shared.closed.load(Ordering::Acquire) {
            Err(LogError::Closed)
        } else {
            Ok(read(&self.shared.docs()))
        };
        Box::pin(ready(result))
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl Log for MemoryLog {
    fn append(&self, doc: &DocId, record: Record, done: Done) {
        self.shared
            .backlog
            .fetch_add(record.update.len(), Ordering::Relaxed);
        self.send(Op::Append {
            doc: doc.clone(),
            update: record.update,
            waiter: Waiter::new(done),
        });
    }

    fn load(&self, doc: &DocId) -> LogFuture<Loaded> {
        self.read(|docs| {
            docs.get(doc)
                .map_or_else(|| Doc::default().load(), Doc::load)
        })
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
        self.read(|docs| docs.get(doc).map_or_else(Stat::default, Doc::stat))
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
        self.shared.closed.store(true, Ordering::Release);
        self.ask(Op::Close)
    }
}

type Docs = HashMap<DocId, Doc>;
type Reply<T> = oneshot::Sender<Result<T, LogError>>;

#[derive(Default)]
struct Shared {
    docs: Mutex<Docs>,
    failed: OnceLock<String>,
    backlog: AtomicUsize,
    closed: AtomicBool,
}

impl Shared {
    fn docs(&self) -> MutexGuard<'_, Docs> {
        self.docs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Doc {
    generation: u64,
    /// Places up to here belong to the snapshot or to a generation that was deleted.
    floor: u64,
    snapshot: Option<Bytes>,
    tail: Vec<(u64, Bytes)>,
}

impl Default for Doc {
    fn default() -> Self {
        Self {
            generation: 1,
            floor: 0,
            snapshot: None,
            tail: Vec::new(),
        }
    }
}

impl Doc {
    fn load(&self) -> Loaded {
        let covered = if self.snapshot.is_some() {
            self.floor
        } else {
            0
        };
        Loaded {
            generation: self.generation,
            snapshot: self.snapshot.clone(),
            tail: self.tail.iter().map(|(_, update)| update.clone()).collect(),
            last: self.tail.last().map_or(covered, |(place, _)| *place),
            damage: None,
        }
    }

    fn stat(&self) -> Stat {
        Stat {
            tail_rows: self.tail.len() as u64,
            tail_bytes: self
                .tail
                .iter()
                .map(|(_, update)| update.len() as u64)
                .sum(),
            snapshot_bytes: self.snapshot.as_ref().map_or(0, |s| s.len() as u64),
        }
    }

    fn compact(&mut self, last: u64, snapshot: Bytes) -> Compacted {
        let newest = self.tail.last().map_or(0, |(place, _)| *place);
        if last <= self.floor || last > newest {
            return Compacted::Raced;
        }
        self.tail.retain(|(place, _)| *place > last);
        self.floor = last;
        self.snapshot = Some(snapshot);
        Compacted::Done
    }
}

enum Op {
    Append {
        doc: DocId,
        update: Bytes,
        waiter: Waiter,
    },
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
    Fail(String),
    Close(Reply<()>),
}

/// Answers until the log is dropped, also after it was closed: some thread must tell late callers so.
fn serve(ops: &mpsc::Receiver<Op>, shared: &Shared) {
    let mut place = 0;
    let mut closed = false;
    for op in ops {
        let refused = if closed {
            Err(LogError::Closed)
        } else {
            shared
                .failed
                .get()
                .map_or(Ok(()), |why| Err(LogError::Failed(why.clone())))
        };
        // A caller that stopped waiting for its reply is no error.
        match op {
            Op::Append {
                doc,
                update,
                waiter,
            } => {
                shared.backlog.fetch_sub(update.len(), Ordering::Relaxed);
                waiter.finish(refused.map(|()| {
                    place += 1;
                    shared
                        .docs()
                        .entry(doc)
                        .or_default()
                        .tail
                        .push((place, update));
                    place
                }));
            }
            Op::Compact {
                doc,
                last,
                snapshot,
                reply,
            } => drop(reply.send(refused.map(|()| {
                shared
                    .docs()
                    .get_mut(&doc)
                    .map_or(Compacted::Raced, |doc| doc.compact(last, snapshot))
            }))),
            Op::Delete { doc, reply } => drop(reply.send(refused.map(|()| {
                let mut docs = shared.docs();
                let doc = docs.entry(doc).or_default();
                let generation = doc.generation + 1;
                *doc = Doc {
                    generation,
                    floor: place,
                    ..Doc::default()
                };
                generation
            }))),
            Op::Fail(why) => drop(shared.failed.set(why)),
            Op::Close(reply) => {
                let result = if closed {
                    Err(LogError::Closed)
                } else {
                    Ok(())
                };
                closed = true;
                drop(reply.send(result));
            }
        }
    }
}
