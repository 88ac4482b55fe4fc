//! The file: its identity, its tables and how an older one becomes today's; connections with every setting stated.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};

use super::OpenError;

/// "Maru" in the file's header, so that nobody takes another program's database for ours.
pub(super) const APPLICATION_ID: i32 = 0x4d61_7275;
/// The format this version writes.
pub(super) const USER_VERSION: i32 = 1;
/// Versions before 3.51.3 can corrupt a file that one connection writes while another checkpoints, which is what we do
/// (<https://www.sqlite.org/wal.html#walresetbug>).
const OLDEST_SQLITE: i32 = 3_051_003;
/// How long a statement waits for another connection's lock.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Each format's step from the one before. `tail.id` is the place of the row's last record; `docs.floor` is the last
/// place of the generations deleted. `crc` stands before `data` so that it is read without walking a long value.
const STEPS: [&str; USER_VERSION as usize] = ["
    CREATE TABLE docs (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, generation INTEGER NOT NULL, floor INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE tail (
        id INTEGER PRIMARY KEY, doc INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL
    ) STRICT;
    CREATE INDEX tail_doc ON tail (doc);
    CREATE TABLE snapshot (
        id INTEGER PRIMARY KEY, doc INTEGER NOT NULL, last INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX snapshot_doc ON snapshot (doc, last);
    CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY, origin TEXT NOT NULL, row INTEGER NOT NULL, doc INTEGER NOT NULL,
        crc INTEGER NOT NULL, data BLOB NOT NULL
    ) STRICT;
    CREATE INDEX quarantine_doc ON quarantine (doc);
"];

/// Opens the write connection: checks that the file is ours and whole, and brings it to today's format.
/// A file below `check_below` bytes has its structure checked page by page.
pub(super) fn open(path: &Path, check_below: u64) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(OpenError::SqliteTooOld {
            found: rusqlite::version(),
        });
    }
    let failed = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    let mut conn = Connection::open_with_flags(path, READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
        .map_err(failed)?;
    conn.busy_timeout(BUSY).map_err(failed)?;
    // Before any setting that writes: another program's file stays as it is.
    let version = identify(&conn, path)?;
    if std::fs::metadata(path).is_ok_and(|file| file.len() < check_below) {
        let verdict: String = conn
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(failed)?;
        if verdict != "ok" {
            return Err(OpenError::Damaged {
                path: path.to_owned(),
                reason: verdict,
            });
        }
    }
    configure(&conn, path)?;
    migrate(&mut conn, version).map_err(failed)?;
    Ok(conn)
}

/// Opens one more connection that may write, for checkpoints.
pub(super) fn open_again(path: &Path) -> Result<Connection, OpenError> {
    let failed = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    let conn = Connection::open_with_flags(path, READ_WRITE).map_err(failed)?;
    conn.busy_timeout(BUSY).map_err(failed)?;
    configure(&conn, path)?;
    Ok(conn)
}

/// Opens a connection that can only read.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let failed = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    conn.busy_timeout(BUSY).map_err(failed)?;
    conn.pragma_update(None, "cell_size_check", 1)
        .map_err(failed)?;
    Ok(conn)
}

const READ_WRITE: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Settings as SQLite reads them back. Defaults differ between builds, so each one is stated and checked.
pub(super) const SETTINGS: [(&str, i64); 5] = [
    // FULL: every commit syncs the write-ahead log before it returns.
    ("synchronous", 2),
    // Checkpoints belong to their own thread.
    ("wal_autocheckpoint", 0),
    // On macOS a plain fsync leaves the bytes in the drive's cache.
    ("fullfsync", 1),
    ("checkpoint_fullfsync", 1),
    // A damaged page is noticed before its cells are followed.
    ("cell_size_check", 1),
];

fn configure(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    let wrong = |setting, wanted: &dyn ToString, got: &dyn ToString| OpenError::Setting {
        path: path.to_owned(),
        setting,
        wanted: wanted.to_string(),
        got: got.to_string(),
    };
    let mode: String = conn
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(failed)?;
    if mode != "wal" {
        return Err(wrong("journal_mode", &"wal", &mode));
    }
    for (setting, wanted) in SETTINGS {
        // `wal_autocheckpoint` answers with a row and the others do not; this takes both.
        conn.query_row(&format!("PRAGMA {setting} = {wanted}"), [], |_| Ok(()))
            .or_else(no_row)
            .map_err(failed)?;
        let got: i64 = conn
            .pragma_query_value(None, setting, |row| row.get(0))
            .map_err(failed)?;
        if got != wanted {
            return Err(wrong(setting, &wanted, &got));
        }
    }
    // Closing checkpoints in so many words, and never after a failure.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(failed)?;
    Ok(())
}

fn no_row(error: rusqlite::Error) -> rusqlite::Result<()> {
    if error == rusqlite::Error::QueryReturnedNoRows {
        Ok(())
    } else {
        Err(error)
    }
}

/// Says which format the file has; 0 for one that holds nothing yet.
fn identify(conn: &Connection, path: &Path) -> Result<i32, OpenError> {
    let failed = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    let application_id: i32 = conn
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(failed)?;
    let version: i32 = conn
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    let objects: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    if application_id == 0 && objects == 0 && version == 0 {
        return Ok(0);
    }
    if application_id != APPLICATION_ID {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
            application_id,
        });
    }
    if version > USER_VERSION {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: version,
            known: USER_VERSION,
        });
    }
    Ok(version)
}

/// Brings the file from `version` to [`USER_VERSION`] in one transaction.
fn migrate(conn: &mut Connection, version: i32) -> rusqlite::Result<()> {
    if version == USER_VERSION {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", USER_VERSION)?;
    tx.commit()
}
