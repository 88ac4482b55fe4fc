//! Why keys cannot be used, each reason with what to do about it.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::operator;

/// Why keys cannot be used. No message holds a key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error(
        "the keys of share links in {} cannot be used: {source}. No document was touched. Let this user read and write that file.",
        path.display()
    )]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// Somebody else than its owner may read it.
    #[error(
        "{} may be read by others (mode {mode:o}): whoever reads it can make links to every document. No document was touched. \
         If nobody did, run `chmod 600` on it; else remove it, which ends all links.",
        path.display()
    )]
    Open {
        /// Which.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It holds something else.
    #[error(
        "{} holds no keys of share links. No document was touched. Bring back the file from a backup, or remove it, which ends all links.",
        path.display()
    )]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// The operator's key cannot be read.
    #[error(
        "the key of your own system's tokens in {} cannot be read: {source}. No document was touched. Let the user that Maru runs as \
         read that file, or name another (--jwt-secret-file, MARU_JWT_SECRET_FILE).",
        path.display()
    )]
    OperatorFile {
        /// Which.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// Others than its owner, or the group of root's file, may read or write the operator's secret.
    #[error(
        "{} holds a secret and is open to others (mode {mode:o}): whoever reads it can make tokens for every document. No \
         document was touched. If nobody did, run `chmod 400` on it and give it to the user that Maru runs as; in a container, have it \
         mounted so (Docker: `mode: 0400` and `uid` of the service's secret, or with Compose, which mounts the file itself, `chmod` \
         and `chown` on the host; Kubernetes: `defaultMode: 0400` and `fsGroup`, since the group may read a file of root's). Else make \
         another secret (--jwt-secret-file, MARU_JWT_SECRET_FILE).",
        path.display()
    )]
    OpenSecret {
        /// Which.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The operator's key is none.
    #[error(
        "{} holds no key for tokens: {reason}. No document was touched. Give a file with a PEM public key of Ed25519, or with a \
         shared secret of at least {} bytes (--jwt-secret-file, MARU_JWT_SECRET_FILE).",
        path.display(),
        operator::MIN_SECRET
    )]
    Operator {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}
