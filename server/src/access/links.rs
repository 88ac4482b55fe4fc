//! The share links and which documents are closed, in one SQLite file or in memory; what they allow is [`super::judge`]'s.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use protocol::id::DocId;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use thiserror::Error;

use super::claims::Access;

/// The file in the data folder; SQLite keeps `-wal` and `-shm` beside it.
pub const FILE: &str = "access.sqlite3";
/// As many links of a document may be live at once.
pub const MAX_LIVE: usize = 200;
/// The longest label, in characters.
pub const MAX_LABEL: usize = 80;
/// As many links that are over are remembered, a document: longer ago they are told from links that never were by nobody.
const REMEMBERED: usize = 200;
/// How long a statement waits for another process, such as `maru token`.
const BUSY: Duration = Duration::from_secs(5);
/// "MarA" in the file's header.
const APPLICATION_ID: i32 = 0x4d61_7241;
/// The format this version writes.
const USER_VERSION: i32 = 1;

const TABLES: &str = "
    CREATE TABLE links (
        id TEXT PRIMARY KEY, doc TEXT NOT NULL, access TEXT NOT NULL, label TEXT NOT NULL,
        created INTEGER NOT NULL, expires INTEGER, revoked INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX links_doc ON links (doc, created);
    CREATE TABLE closed (doc TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// A link: what a token with its name gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name, which is the token's `jti`; no secret.
    pub id: String,
    /// The document.
    pub doc: DocId,
    /// What it allows.
    pub access: Access,
    /// For people.
    pub label: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it ends.
    pub expires_ms: Option<u64>,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// Why the store did not do it.
#[derive(Debug, Error)]
pub enum LinksError {
    /// The document has as many as it may.
    #[error(
        "this document has {MAX_LIVE} live links, as many as it may. Nothing was changed. Take one back first."
    )]
    Full,
    /// Its token could not be signed.
    #[error(
        "the link could not be signed: the key of links is unusable. Nothing was changed. Make a new one with `maru token --rotate-key`."
    )]
    Unsigned,
    /// SQLite's own reason.
    #[error("the store of links cannot be used: {0}")]
    Store(#[from] rusqlite::Error),
}

/// Whether a data folder has keys of links and no links: a backup that was brought back in part.
#[must_use]
pub fn are_lost(dir: &Path) -> bool {
    dir.join(super::keys::FILE).exists() && !dir.join(FILE).exists()
}

/// The store cannot be opened.
#[derive(Debug, Error)]
#[error(
    "the store of share links {} cannot be opened: {reason}. No document was touched. Let this user read and write it, or bring it \
     back from a backup; without it no link works.",
    path.display()
)]
pub struct OpenLinksError {
    path: PathBuf,
    reason: String,
}

/// The store.
pub struct Links {
    connection: Mutex<Connection>,
}

impl Links {
    /// Opens the store of a data folder.
    ///
    /// # Errors
    /// [`OpenLinksError`] when the file is none of ours or cannot be used.
    pub fn open(dir: &Path) -> Result<Self, OpenLinksError> {
        let path = dir.join(FILE);
        let opened = Connection::open(&path)
            .and_then(|mut connection| prepare(&mut connection).map(|()| connection));
        match opened {
            Ok(connection) => Ok(Self::new(connection)),
            Err(error) => Err(OpenLinksError {
                path,
                reason: error.to_string(),
            }),
        }
    }

    /// A store that ends with the process.
    ///
    /// # Errors
    /// [`OpenLinksError`] when SQLite has no memory.
    pub fn in_memory() -> Result<Self, OpenLinksError> {
        let opened = Connection::open_in_memory()
            .and_then(|mut connection| prepare(&mut connection).map(|()| connection));
        opened.map(Self::new).map_err(|error| OpenLinksError {
            path: ":memory:".into(),
            reason: error.to_string(),
        })
    }

    fn new(connection: Connection) -> Self {
        Self {
            connection: Mutex::new(connection),
        }
    }

    /// Another number than before when another process has changed something.
    ///
    /// # Errors
    /// SQLite's.
    pub fn version(&self) -> rusqlite::Result<i64> {
        self.lock()
            .pragma_query_value(None, "data_version", |row| row.get(0))
    }

    /// Whether somebody closed a document.
    ///
    /// # Errors
    /// SQLite's.
    pub fn is_closed(&self, doc: &DocId) -> rusqlite::Result<bool> {
        let connection = self.lock();
        let mut query = connection.prepare_cached("SELECT 1 FROM closed WHERE doc = ?1")?;
        query.exists([doc.as_str()])
    }

    /// Closes a document or opens it again; tells whether that is news.
    ///
    /// # Errors
    /// SQLite's.
    pub fn close(&self, doc: &DocId, closed: bool, now_ms: u64) -> rusqlite::Result<bool> {
        let connection = self.lock();
        let changed = if closed {
            connection.execute(
                "INSERT OR IGNORE INTO closed (doc, since) VALUES (?1, ?2)",
                params![doc.as_str(), stored(now_ms)],
            )?
        } else {
            connection.execute("DELETE FROM closed WHERE doc = ?1", [doc.as_str()])?
        };
        Ok(changed > 0)
    }

    /// A link by its name, taken back or not.
    ///
    /// # Errors
    /// SQLite's.
    pub fn find(&self, id: &str) -> rusqlite::Result<Option<Link>> {
        let connection = self.lock();
        let mut query = connection.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
        query.query_row([id], link).optional()
    }

    /// The live links of a document, the oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn live(&self, doc: &DocId, now_ms: u64) -> rusqlite::Result<Vec<Link>> {
        let connection = self.lock();
        let mut query = connection.prepare_cached(&format!(
            "{SELECT} WHERE doc = ?1 AND {LIVE} ORDER BY created, id"
        ))?;
        query
            .query_map(params![doc.as_str(), stored(now_ms)], link)?
            .collect()
    }

    /// Adds a link.
    ///
    /// # Errors
    /// [`LinksError`]; then nothing has changed.
    pub fn add(&self, link: &Link) -> Result<(), LinksError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (doc, now) = (link.doc.as_str(), stored(link.created_ms));
        let live: i64 = transaction.query_row(
            &format!("SELECT count(*) FROM links WHERE doc = ?1 AND {LIVE}"),
            params![doc, now],
            |row| row.get(0),
        )?;
        if live >= MAX_LIVE as i64 {
            return Err(LinksError::Full);
        }
        transaction.execute(
            "INSERT INTO links (id, doc, access, label, created, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![link.id, doc, link.access.as_str(), link.label, now, link.expires_ms.map(stored)],
        )?;
        transaction.execute(
            &format!(
                "DELETE FROM links WHERE doc = ?1 AND NOT ({LIVE}) AND id NOT IN (
                     SELECT id FROM links WHERE doc = ?1 AND NOT ({LIVE}) ORDER BY created DESC LIMIT {REMEMBERED})"
            ),
            params![doc, now],
        )?;
        Ok(transaction.commit()?)
    }

    /// Changes what a live link allows and when it ends; `None` of a field leaves it. Tells the link and whether it is another
    /// now; `None` when there is no such link.
    ///
    /// # Errors
    /// SQLite's.
    pub fn change(
        &self,
        doc: &DocId,
        id: &str,
        access: Option<Access>,
        expires_ms: Option<Option<u64>>,
        now_ms: u64,
    ) -> rusqlite::Result<Option<(Link, bool)>> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = transaction
            .query_row(
                &format!("{SELECT} WHERE doc = ?1 AND {LIVE} AND id = ?3"),
                params![doc.as_str(), stored(now_ms), id],
                link,
            )
            .optional()?;
        let Some(before) = found else {
            return Ok(None);
        };
        let mut changed = before.clone();
        changed.access = access.unwrap_or(changed.access);
        changed.expires_ms = expires_ms.unwrap_or(changed.expires_ms);
        if changed == before {
            return Ok(Some((changed, false)));
        }
        transaction.execute(
            "UPDATE links SET access = ?2, expires = ?3 WHERE id = ?1",
            params![id, changed.access.as_str(), changed.expires_ms.map(stored)],
        )?;
        transaction.commit()?;
        Ok(Some((changed, true)))
    }

    /// Takes a link back, of one document or, without one, of whichever it is; tells whether there was one to take back.
    ///
    /// # Errors
    /// SQLite's.
    pub fn revoke(&self, doc: Option<&DocId>, id: &str, now_ms: u64) -> rusqlite::Result<bool> {
        let revoked = self.lock().execute(
            "UPDATE links SET revoked = ?3 WHERE id = ?1 AND (?2 IS NULL OR doc = ?2) AND revoked IS NULL",
            params![id, doc.map(DocId::as_str), stored(now_ms)],
        )?;
        Ok(revoked > 0)
    }

    /// Makes every later read fail, as a broken disk does.
    #[cfg(test)]
    pub(crate) fn break_now(&self) {
        drop(
            self.lock()
                .execute_batch("DROP TABLE links; DROP TABLE closed;"),
        );
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A transaction that was left is rolled back by its own drop.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

const SELECT: &str = "SELECT id, doc, access, label, created, expires, revoked FROM links";
const LIVE: &str = "revoked IS NULL AND (expires IS NULL OR expires > ?2)";

/// Times before the year 292,278,994 fit.
fn stored(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let unreadable = |column| {
        rusqlite::Error::InvalidColumnType(column, String::new(), rusqlite::types::Type::Text)
    };
    let ms = |ms: i64| u64::try_from(ms).unwrap_or(0);
    Ok(Link {
        id: row.get(0)?,
        doc: DocId::parse(&row.get::<_, String>(1)?).map_err(|_| unreadable(1))?,
        access: match row.get::<_, String>(2)?.as_str() {
            "read" => Access::Read,
            "write" => Access::Write,
            _ => return Err(unreadable(2)),
        },
        label: row.get(3)?,
        created_ms: ms(row.get(4)?),
        expires_ms: row.get::<_, Option<i64>>(5)?.map(ms),
        revoked: row.get::<_, Option<i64>>(6)?.is_some(),
    })
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    let number = |connection: &Connection, name| {
        connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0))
    };
    let ours = (APPLICATION_ID, USER_VERSION);
    let foreign = |found: (i32, i32)| found != ours && found != (0, 0);
    let before = (
        number(connection, "application_id")?,
        number(connection, "user_version")?,
    );
    if foreign(before) {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB),
            Some("it is another program's, or of a newer Maru".to_owned()),
        ));
    }
    // In memory the answer is another, and nothing is durable anyway.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have made the tables meanwhile.
    if number(&transaction, "user_version")? == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", USER_VERSION)?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests;
