//! The two changes that take rows away, compaction and deletion, inside the caller's transaction; not when to do them.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::reader::intact;
use crate::log::Compacted;

/// Makes `snapshot` the newest one of a document, covering every place up to `last`.
///
/// The snapshot before it stays, and so do the rows between the two: a damaged newest snapshot can be replaced by the one
/// before and those rows, with nothing missing. What goes is what the kept one covers. A row that fails its checksum is
/// moved to `quarantine` instead of removed.
pub(super) fn compact(
    tx: &Connection,
    name: &str,
    last: i64,
    snapshot: &[u8],
) -> Result<Compacted> {
    let found = tx
        .prepare_cached("SELECT id, floor FROM docs WHERE name = ?1")?
        .query_row([name], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let Some((doc, floor)) = found else {
        return Ok(Compacted::Raced);
    };
    let newest: Option<i64> = tx
        .prepare_cached("SELECT max(id) FROM tail WHERE doc = ?1")?
        .query_row([doc], |row| row.get(0))?;
    let Snapshots { kept, damaged } = snapshots(tx, doc)?;
    if last <= kept.unwrap_or(floor).max(floor) || newest.is_none_or(|newest| last > newest) {
        return Ok(Compacted::Raced);
    }
    for id in damaged {
        tx.execute(
            "INSERT INTO quarantine (origin, row, doc, crc, data) SELECT 'snapshot', id, doc, crc, data FROM snapshot \
             WHERE id = ?1",
            [id],
        )?;
        tx.execute("DELETE FROM snapshot WHERE id = ?1", [id])?;
    }
    if let Some(kept) = kept {
        tx.prepare_cached("DELETE FROM snapshot WHERE doc = ?1 AND last < ?2")?
            .execute([doc, kept])?;
        for id in damaged_rows(tx, doc, kept)? {
            tx.execute(
                "INSERT INTO quarantine (origin, row, doc, crc, data) SELECT 'tail', id, doc, crc, data FROM tail \
                 WHERE id = ?1",
                [id],
            )?;
        }
        tx.prepare_cached("DELETE FROM tail WHERE doc = ?1 AND id <= ?2")?
            .execute([doc, kept])?;
    }
    tx.prepare_cached("INSERT INTO snapshot (doc, last, crc, data) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            doc,
            last,
            super::row::checksum(doc, last, snapshot),
            snapshot
        ])?;
    Ok(Compacted::Done)
}

/// Removes a document's rows; what stays is its name with a higher generation. `newest` is the last place given to
/// anybody, so that a compaction of the old generation that comes late is told apart.
pub(super) fn delete(tx: &Connection, name: &str, newest: i64) -> Result<u64> {
    let (doc, generation): (i64, i64) = tx
        .prepare_cached(
            "INSERT INTO docs (name, generation, floor) VALUES (?1, 2, ?2) ON CONFLICT (name) DO UPDATE SET \
             generation = generation + 1, floor = excluded.floor RETURNING id, generation",
        )?
        .query_row(params![name, newest], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for table in ["tail", "snapshot", "quarantine"] {
        tx.prepare_cached(&format!("DELETE FROM {table} WHERE doc = ?1"))?
            .execute([doc])?;
    }
    Ok(u64::try_from(generation).unwrap_or_default())
}

struct Snapshots {
    /// What the newest snapshot that can be read covers.
    kept: Option<i64>,
    /// The rows of those newer than it.
    damaged: Vec<i64>,
}

fn snapshots(tx: &Connection, doc: i64) -> Result<Snapshots> {
    let mut found = Snapshots {
        kept: None,
        damaged: Vec::new(),
    };
    let mut query = tx.prepare_cached(
        "SELECT last, crc, data, id FROM snapshot WHERE doc = ?1 ORDER BY last DESC",
    )?;
    let mut rows = query.query([doc])?;
    while let Some(row) = rows.next()? {
        let last = row.get(0)?;
        if intact(row, doc, last).is_some() {
            found.kept = Some(last);
            break;
        }
        found.damaged.push(row.get(3)?);
    }
    Ok(found)
}

fn damaged_rows(tx: &Connection, doc: i64, up_to: i64) -> Result<Vec<i64>> {
    let mut damaged = Vec::new();
    let mut query =
        tx.prepare_cached("SELECT id, crc, data FROM tail WHERE doc = ?1 AND id <= ?2")?;
    let mut rows = query.query([doc, up_to])?;
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if intact(row, doc, id).is_none() {
            damaged.push(id);
        }
    }
    Ok(damaged)
}
