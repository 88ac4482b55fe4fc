//! How a room's edits become durable: the log is given each one, tells when it is on disk, and is folded into snapshots; who waits for it is not decided here.

use std::time::Instant;

use bytes::Bytes;
use protocol::id::ClientId;
use tokio::task;

use super::OpenRoom;
use crate::{
    log::{Compacted, Record},
    metrics::Rejection,
    rooms::now_ms,
};

/// A tail of more records than this is folded into a snapshot.
const TAIL_RECORDS: u64 = 4_096;
/// A tail of more bytes than this, and than the snapshot before it, is folded into a snapshot.
const TAIL_BYTES: usize = 256 << 10;

impl OpenRoom {
    /// Whether the log holds rows that a snapshot could replace.
    #[must_use]
    pub fn has_tail(&self) -> bool {
        self.lock().tail_records > 0
    }

    /// Whether every accepted edit is durable.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let core = self.lock();
        core.room.durable() == core.room.head()
    }

    /// Waits until every accepted edit is durable or never will be.
    pub async fn settled(&self) {
        loop {
            let committed = self.settled.notified();
            let done = {
                let core = self.lock();
                core.room.durable() == core.room.head() || core.room.failure().is_some()
            };
            if done {
                return;
            }
            committed.await;
        }
    }

    /// Whether the log's tail has grown enough for a snapshot.
    #[must_use]
    pub fn wants_compaction(&self) -> bool {
        let core = self.lock();
        !core.compacting
            && !core.broken
            && core.room.failure().is_none()
            && (core.tail_records > TAIL_RECORDS
                || core.tail_bytes > TAIL_BYTES.max(core.snapshot_bytes))
    }

    /// Folds the log's tail into a snapshot, which is verified before anything is removed.
    pub async fn compact(&self) {
        let (snapshot, position, records, bytes) = {
            let mut core = self.lock();
            // What a panic left half done must not take the place of what is on disk.
            let sound = core.room.writable() && !core.broken;
            if core.compacting || !sound || core.position == 0 {
                return;
            }
            core.compacting = true;
            (
                core.room.snapshot(),
                core.position,
                core.tail_records,
                core.tail_bytes,
            )
        };
        let state = snapshot.bytes.clone();
        let whole = task::spawn_blocking(move || snapshot.is_whole())
            .await
            .unwrap_or(false);
        let result = if whole {
            self.log
                .compact(&self.doc, position, state.clone())
                .await
                .map_err(|error| error.to_string())
        } else {
            Err("the snapshot did not hold what the document holds".to_owned())
        };
        let mut core = self.lock();
        core.compacting = false;
        match result {
            Ok(Compacted::Done) => {
                self.metrics.compactions.inc();
                core.tail_records -= records;
                core.tail_bytes -= bytes;
                core.snapshot_bytes = state.len();
            }
            Ok(Compacted::Raced) => {}
            Err(error) => {
                tracing::error!(%error, "a snapshot was not written; the log keeps every edit singly");
            }
        }
    }

    /// Gives an accepted edit to the log; its author is woken when it is durable, if that is `awaited`.
    pub(super) fn append(
        &self,
        n: u64,
        update: Bytes,
        client: ClientId,
        author: u64,
        awaited: bool,
    ) {
        let (room, accepted, len) = (self.this.clone(), Instant::now(), update.len());
        let done = Box::new(move |result: Result<u64, _>| {
            let Some(room) = room.upgrade() else { return };
            let mut core = room.lock();
            let saved = result.is_ok();
            match result {
                Ok(position) => {
                    room.metrics
                        .saved_seconds
                        .observe(accepted.elapsed().as_secs_f64());
                    core.room.committed(n);
                    core.position = core.position.max(position);
                    core.tail_records += 1;
                    core.tail_bytes += len;
                }
                Err(error) => {
                    room.metrics.rejected(Rejection::StoreFailed);
                    tracing::error!(%error, "an edit was not written; nothing more is acknowledged");
                    core.room.fail(
                        "the server cannot write to its disk. Your text is in this page: keep it open, or copy it"
                            .to_owned(),
                    );
                }
            }
            drop(core);
            if saved && awaited {
                room.wakes.wake(author);
            } else if !saved {
                room.wakes.wake_all();
            }
            room.settled.notify_waiters();
        });
        self.log.append(
            &self.doc,
            Record {
                update,
                at_ms: now_ms(),
                author: client,
                awaited,
            },
            done,
        );
    }
}
