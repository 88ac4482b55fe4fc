//! Reading documents: a few read-only connections lent to blocking tasks, and what they read; never a write.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Result, Row};
use tokio::{sync::Semaphore, task};

use super::row;
use crate::log::{Loaded, LogError, Stat};

/// The read connections. As many reads run at once as there are connections; the rest wait without a thread.
pub(super) struct Readers {
    pool: Mutex<Pool>,
    returned: Condvar,
    permits: Arc<Semaphore>,
}

struct Pool {
    idle: Vec<Connection>,
    lent: usize,
    closed: bool,
}

impl Readers {
    pub(super) fn new(idle: Vec<Connection>) -> Self {
        let permits = Arc::new(Semaphore::new(idle.len()));
        Self {
            pool: Mutex::new(Pool {
                idle,
                lent: 0,
                closed: false,
            }),
            returned: Condvar::new(),
            permits,
        }
    }

    /// Runs `read` on a blocking thread with a connection of its own; a tokio runtime must be running.
    pub(super) async fn run<T, F>(self: Arc<Self>, read: F) -> std::result::Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| LogError::Closed)?;
        let reading = task::spawn_blocking(move || {
            // Held until the connection is back, also when the caller no longer waits.
            let _permit = permit;
            let mut lent = Lent::take(self).ok_or(LogError::Closed)?;
            let conn = lent.conn.as_mut().ok_or(LogError::Closed)?;
            read(conn).map_err(|error| LogError::Unreadable(error.to_string()))
        });
        reading
            .await
            .unwrap_or_else(|error| Err(LogError::Unreadable(error.to_string())))
    }

    /// Refuses reads from now on; those that run go on.
    pub(super) fn refuse(&self) {
        self.permits.close();
    }

    /// Refuses new reads, waits for those that run, and closes the connections.
    pub(super) fn close(&self) {
        self.refuse();
        let mut pool = self.pool();
        pool.closed = true;
        pool.idle.clear();
        drop(self.returned.wait_while(pool, |pool| pool.lent > 0));
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan: it goes back also when the read panics.
struct Lent {
    readers: Arc<Readers>,
    conn: Option<Connection>,
}

impl Lent {
    /// `None` when closed; else a permit is a connection.
    fn take(readers: Arc<Readers>) -> Option<Self> {
        let mut pool = readers.pool();
        let conn = pool.idle.pop()?;
        pool.lent += 1;
        drop(pool);
        Some(Self {
            readers,
            conn: Some(conn),
        })
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut pool = self.readers.pool();
        pool.lent -= 1;
        match self.conn.take() {
            Some(conn) if !pool.closed => pool.idle.push(conn),
            closed => drop(closed),
        }
        drop(pool);
        self.readers.returned.notify_all();
    }
}

/// The value in column 2 if the checksum in column 1 fits it; `place` is the row's id or what the snapshot covers.
pub(super) fn intact(row: &Row<'_>, doc: i64, place: i64) -> Option<Bytes> {
    let crc = row.get_ref(1).ok()?.as_i64().ok()?;
    let data = row.get_ref(2).ok()?.as_blob().ok()?;
    (row::checksum(doc, place, data) == crc).then(|| Bytes::copy_from_slice(data))
}

/// Reads a document as of one instant.
pub(super) fn load(conn: &mut Connection, name: &str) -> Result<Loaded> {
    let tx = conn.transaction()?;
    let found = tx
        .prepare_cached("SELECT id, generation FROM docs WHERE name = ?1")?
        .query_row([name], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let Some((doc, generation)) = found else {
        return Ok(Loaded {
            generation: 1,
            ..Loaded::default()
        });
    };

    let mut damage = Damage::default();
    let mut snapshot = None;
    let mut covered = 0;
    let mut query = tx
        .prepare_cached("SELECT last, crc, data FROM snapshot WHERE doc = ?1 ORDER BY last DESC")?;
    let mut rows = query.query([doc])?;
    while let Some(row) = rows.next()? {
        let last = row.get(0)?;
        if let Some(data) = intact(row, doc, last) {
            snapshot = Some(data);
            covered = last;
            break;
        }
        damage.snapshots += 1;
    }

    let mut tail = Vec::new();
    let mut newest = covered;
    let mut query =
        tx.prepare_cached("SELECT id, crc, data FROM tail WHERE doc = ?1 AND id > ?2 ORDER BY id")?;
    let mut rows = query.query([doc, covered])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let Some(records) = intact(row, doc, id).and_then(|data| row::decode(&data).ok()) else {
            damage.rows.push(id);
            continue;
        };
        newest = id;
        // The snapshot may have been made between two records of this row.
        let after = usize::try_from(id - covered)
            .unwrap_or(usize::MAX)
            .min(records.len());
        let skip = records.len() - after;
        tail.extend(records.into_iter().skip(skip).map(|record| record.update));
    }
    Ok(Loaded {
        generation: u64::try_from(generation).unwrap_or_default(),
        damage: damage.sentence(tail.len()),
        snapshot,
        tail,
        last: u64::try_from(newest).unwrap_or_default(),
    })
}

/// What a document costs.
pub(super) fn stat(conn: &mut Connection, name: &str) -> Result<Stat> {
    let tx = conn.transaction()?;
    let Some(doc) = tx
        .query_row("SELECT id FROM docs WHERE name = ?1", [name], |row| {
            row.get::<_, i64>(0)
        })
        .optional()?
    else {
        return Ok(Stat::default());
    };
    let (covered, snapshot_bytes): (i64, i64) = tx
        .query_row(
            "SELECT last, length(data) FROM snapshot WHERE doc = ?1 ORDER BY last DESC LIMIT 1",
            [doc],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?
        .unwrap_or_default();
    let (tail_rows, tail_bytes): (i64, i64) = tx.query_row(
        "SELECT count(*), coalesce(sum(length(data)), 0) FROM tail WHERE doc = ?1 AND id > ?2",
        [doc, covered],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    Ok(Stat {
        tail_rows: number(tail_rows),
        tail_bytes: number(tail_bytes),
        snapshot_bytes: number(snapshot_bytes),
    })
}

/// What failed its checksum while a document was read.
#[derive(Default)]
struct Damage {
    snapshots: usize,
    rows: Vec<i64>,
}

impl Damage {
    fn sentence(&self, loaded: usize) -> Option<String> {
        let snapshot = match self.snapshots {
            0 => None,
            1 => Some(format!(
                "its newest snapshot is damaged, so the state before it and the {loaded} updates kept since were used"
            )),
            n => Some(format!(
                "its {n} snapshots are damaged, so only the {loaded} updates after the older one are left"
            )),
        };
        let rows = (!self.rows.is_empty()).then(|| {
            let ids: Vec<String> = self.rows.iter().take(10).map(ToString::to_string).collect();
            let more = if self.rows.len() > ids.len() {
                " and more"
            } else {
                ""
            };
            format!(
                "{} of its rows in the table tail are damaged and left out (id {}{more})",
                self.rows.len(),
                ids.join(", ")
            )
        });
        let what: Vec<String> = snapshot.into_iter().chain(rows).collect();
        (!what.is_empty()).then(|| {
            format!(
                "{}; the damaged rows stay in maru.db, and a backup from before has them whole",
                what.join("; ")
            )
        })
    }
}
