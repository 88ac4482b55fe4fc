//! Why a data folder could not be opened, in words for the person who starts the server; not the errors of a running log.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why [`SqliteLog::open`](super::SqliteLog::open) refused. In every case the documents in the folder are as they were.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder or a file in it could not be made or written.
    #[error(
        "cannot write to {}: {reason}. Nothing was changed. Give the server's user the right to write there, free some \
         space, or choose another folder with --data-dir", path.display()
    )]
    NotWritable {
        /// What could not be written.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Another process has the folder open.
    #[error(
        "another maru (pid {pid}) uses the folder {}. Its documents are safe, and nothing was changed. Stop that process \
         first, or choose another folder with --data-dir", dir.display()
    )]
    InUse {
        /// The data folder.
        dir: PathBuf,
        /// The process id that the other one left, or `unknown`.
        pid: String,
    },
    /// `maru.db` is a database of another program.
    #[error(
        "{} is the database of another program (application id {application_id:#010x}). It was not changed. Move it away, \
         or choose another folder with --data-dir", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The id found in its header; Maru's is `0x4d617275`.
        application_id: i32,
    },
    /// A newer version of Maru wrote the file.
    #[error(
        "{} was written by a newer maru (format {found}, this one knows up to {known}). It was not changed. Start the \
         newer version again, or restore a backup made before the update", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i32,
        /// The newest format this version reads.
        known: i32,
    },
    /// The file's structure is broken.
    #[error(
        "{} is damaged: {reason}. The server does not start, so that nothing is written over what is left. Copy the whole \
         folder first; then restore the newest backup, or try the copy with `sqlite3 maru.db .recover`", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        reason: String,
    },
    /// The filesystem or the library does not give what durability needs.
    #[error(
        "{} cannot be kept safely: {setting} should be {wanted} and is {got}. Nothing was lost. Use a local disk for the \
         data folder, not a network share", path.display()
    )]
    Setting {
        /// The file.
        path: PathBuf,
        /// The SQLite setting.
        setting: &'static str,
        /// What was asked for.
        wanted: String,
        /// What SQLite answered.
        got: String,
    },
    /// The SQLite in this binary can corrupt a file (its write-ahead log reset bug, fixed in 3.51.3).
    #[error(
        "this maru was built with SQLite {found}, which can damage its file; 3.51.3 or newer is needed. Nothing was \
         changed. Use an official build, or build with the bundled SQLite"
    )]
    SqliteTooOld {
        /// The version in the binary.
        found: &'static str,
    },
    /// Anything else that SQLite or the system refused.
    #[error(
        "{} could not be opened: {reason}. The documents were not changed. Try again, and look at the disk if it stays so",
        path.display()
    )]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was said.
        reason: String,
    },
}

impl OpenError {
    /// Sorts SQLite's own error into the variant that tells a person what to do.
    pub(super) fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path, reason }
            }
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::DiskFull,
            ) => Self::NotWritable { path, reason },
            _ => Self::Failed { path, reason },
        }
    }
}
