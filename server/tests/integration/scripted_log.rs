//! A log in memory that does on demand what disks do at the worst moment: it holds what it is given, cannot read, finds damage.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use bytes::Bytes;
use protocol::id::DocId;
use server::log::{
    Compacted, Done, Loaded, Log, LogError, LogFuture, Record, Stat, memory::MemoryLog,
};

/// The log; it starts as a good one.
#[derive(Default)]
pub(crate) struct ScriptedLog {
    inner: MemoryLog,
    held: Mutex<Option<Vec<(DocId, Record, Done)>>>,
    unreadable: AtomicBool,
    damaged: AtomicBool,
    durable: Arc<AtomicUsize>,
    claimed: AtomicUsize,
}

impl ScriptedLog {
    /// From now on nothing becomes durable.
    pub(crate) fn hold(&self) {
        self.held.lock().unwrap().get_or_insert_default();
    }

    /// Everything held becomes durable, and what comes after it again as well.
    pub(crate) fn release(&self) {
        let held = self.held.lock().unwrap().take();
        for (doc, record, done) in held.into_iter().flatten() {
            self.inner.append(&doc, record, done);
        }
    }

    /// How many updates became durable.
    pub(crate) fn durable(&self) -> usize {
        self.durable.load(Ordering::SeqCst)
    }

    /// So many bytes more than there are wait for the disk.
    pub(crate) fn claim_backlog(&self, bytes: usize) {
        self.claimed.store(bytes, Ordering::SeqCst);
    }

    /// Every write fails from now on.
    pub(crate) fn fail(&self, why: &str) {
        self.inner.fail(why);
    }

    /// Whether documents can be read.
    pub(crate) fn set_unreadable(&self, unreadable: bool) {
        self.unreadable.store(unreadable, Ordering::SeqCst);
    }

    /// Every document is found damaged from now on: its newest update is missing.
    pub(crate) fn damage(&self) {
        self.damaged.store(true, Ordering::SeqCst);
    }
}

impl Log for ScriptedLog {
    fn append(&self, doc: &DocId, record: Record, done: Done) {
        let durable = Arc::clone(&self.durable);
        let done = Box::new(move |result: Result<u64, LogError>| {
            durable.fetch_add(usize::from(result.is_ok()), Ordering::SeqCst);
            done(result);
        });
        match &mut *self.held.lock().unwrap() {
            Some(held) => held.push((doc.clone(), record, done)),
            None => self.inner.append(doc, record, done),
        }
    }

    fn load(&self, doc: &DocId) -> LogFuture<Loaded> {
        if self.unreadable.load(Ordering::SeqCst) {
            let error = LogError::Unreadable("a sector is gone".to_owned());
            return Box::pin(async move { Err(error) });
        }
        let damaged = self.damaged.load(Ordering::SeqCst);
        let loaded = self.inner.load(doc);
        Box::pin(async move {
            let mut loaded = loaded.await?;
            if damaged {
                loaded.tail.pop();
                loaded.damage = Some("a row of the log is damaged".to_owned());
            }
            Ok(loaded)
        })
    }

    fn compact(&self, doc: &DocId, last: u64, snapshot: Bytes) -> LogFuture<Compacted> {
        self.inner.compact(doc, last, snapshot)
    }

    fn stat(&self, doc: &DocId) -> LogFuture<Stat> {
        self.inner.stat(doc)
    }

    fn delete(&self, doc: &DocId) -> LogFuture<u64> {
        self.inner.delete(doc)
    }

    fn failure(&self) -> Option<String> {
        self.inner.failure()
    }

    fn backlog(&self) -> usize {
        let held = self.held.lock().unwrap();
        let held = held
            .iter()
            .flatten()
            .map(|(_, record, _)| record.update.len());
        self.inner.backlog() + held.sum::<usize>() + self.claimed.load(Ordering::SeqCst)
    }

    fn close(&self) -> LogFuture<()> {
        self.release();
        self.inner.close()
    }
}
