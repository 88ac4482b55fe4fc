//! The thread that moves committed pages from the write-ahead log into the file while the writer goes on; it never writes
//! records.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, Result};

use super::{Options, Shared, writer::Op};

/// The checkpoint thread as the writer sees it.
pub(super) struct Checkpointer {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread, which asks the writer through `queue` for what only the writer may do.
    pub(super) fn start(
        conn: Connection,
        options: &Options,
        shared: Arc<Shared>,
        queue: mpsc::Sender<Op>,
    ) -> std::io::Result<Self> {
        let signal = Arc::new(Signal::default());
        let worker = Worker {
            conn,
            every: options.checkpoint_every,
            quiet: options.truncate_after_quiet,
            limit: options.truncate_above,
            signal: Arc::clone(&signal),
            shared,
            queue,
        };
        let thread = thread::Builder::new()
            .name("maru-checkpoint".to_owned())
            .spawn(move || worker.run())?;
        Ok(Self {
            signal,
            thread: Some(thread),
        })
    }

    /// Says that there was a commit. Costs a lock; wakes the thread only when it sleeps.
    pub(super) fn wrote(&self) {
        let mut state = self.signal.state();
        if !state.dirty {
            state.dirty = true;
            self.signal.changed.notify_one();
        }
    }
}

/// Ends the thread and closes its connection: also when the writer panics, since the writer's queue ends only when this
/// thread has let go of it.
impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.signal.state().stop = true;
        self.signal.changed.notify_one();
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

/// Empties the write-ahead log into the file and cuts it to nothing. Only the writer's thread calls this, between two
/// commits. Returns whether it was cut; readers that hold on longer than `patience` prevent it, which is no error.
pub(super) fn truncate(conn: &Connection, patience: Duration) -> Result<bool> {
    conn.busy_timeout(patience)?;
    let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0)
    });
    conn.busy_timeout(super::schema::BUSY)?;
    match busy {
        Ok(busy) => Ok(busy == 0),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
        Err(error) => Err(error),
    }
}

#[derive(Default)]
struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    dirty: bool,
    stop: bool,
}

impl Signal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the first commit since the last checkpoint; at most `limit` if there is one.
    fn wait(&self, limit: Option<Duration>) -> Woken {
        let idle = |state: &mut State| !state.dirty && !state.stop;
        let state = match limit {
            Some(limit) => {
                self.changed
                    .wait_timeout_while(self.state(), limit, idle)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
            None => self
                .changed
                .wait_while(self.state(), idle)
                .unwrap_or_else(PoisonError::into_inner),
        };
        match (state.stop, state.dirty) {
            (true, _) => Woken::Stop,
            (false, true) => Woken::Written,
            (false, false) => Woken::Quiet,
        }
    }

    /// Lets commits gather for `time` and takes note of them; false when told to stop.
    fn gather(&self, time: Duration) -> bool {
        let state = self.state();
        let mut state = self
            .changed
            .wait_timeout_while(state, time, |s| !s.stop)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        state.dirty = false;
        !state.stop
    }
}

enum Woken {
    Written,
    Quiet,
    Stop,
}

struct Worker {
    conn: Connection,
    every: Duration,
    quiet: Duration,
    limit: u64,
    signal: Arc<Signal>,
    shared: Arc<Shared>,
    queue: mpsc::Sender<Op>,
}

impl Worker {
    fn run(self) {
        // A crash may have left a long write-ahead log.
        let mut uncut = true;
        loop {
            match self.signal.wait(uncut.then_some(self.quiet)) {
                Woken::Stop => return,
                Woken::Quiet => {
                    uncut = false;
                    self.ask_to_truncate();
                }
                Woken::Written => {
                    if !self.signal.gather(self.every) {
                        return;
                    }
                    uncut = true;
                    self.checkpoint();
                }
            }
        }
    }

    fn checkpoint(&self) {
        // A disk that failed is left as it is, so that what is there can be saved.
        if self.shared.failed.get().is_some() {
            return;
        }
        let started = Instant::now();
        match passive(&self.conn) {
            Ok(bytes) => {
                tracing::trace!(bytes, took = ?started.elapsed(), "checkpoint");
                if bytes > self.limit {
                    self.ask_to_truncate();
                }
            }
            Err(error) => self.shared.checkpoint_failed(&error),
        }
    }

    fn ask_to_truncate(&self) {
        // The writer ends only after this thread, so the message arrives.
        drop(self.queue.send(Op::Truncate));
    }
}

/// Copies what no reader needs any more; returns the bytes of the log that are in use.
fn passive(conn: &Connection) -> Result<u64> {
    let frames: i64 = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
    let page: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // Each frame is a page and a header of 24 bytes.
    Ok(u64::try_from(frames * (page + 24)).unwrap_or_default())
}
