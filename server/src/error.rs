//! Why the server does not start: one sentence each for the operator; errors of single requests are their modules' own.

use std::{io, net::SocketAddr, path::PathBuf};

use thiserror::Error;

/// What kept the server from starting.
#[derive(Debug, Error)]
pub enum StartError {
    /// Another process listens there.
    #[error(
        "{0} is in use by another process. Nothing was changed. Stop that process, or choose another port with --addr (MARU_ADDR)."
    )]
    PortBusy(SocketAddr),
    /// The address is none of this machine's.
    #[error(
        "this machine has no address {}. Nothing was changed. Give one it has with --addr (MARU_ADDR); 127.0.0.1 is reached from this machine only, 0.0.0.0 from everywhere.",
        .0.ip()
    )]
    AddressUnknown(SocketAddr),
    /// Ports below 1024 need a privilege.
    #[error(
        "no permission to listen on {0}. Nothing was changed. Choose a port from 1024 up with --addr (MARU_ADDR), or give the process the right to low ports."
    )]
    PortForbidden(SocketAddr),
    /// Any other reason the operating system has against the address.
    #[error(
        "cannot listen on {addr}: {source}. Nothing was changed. Choose another address with --addr (MARU_ADDR)."
    )]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The data folder does not exist and cannot be made.
    #[error(
        "the data folder {} could not be created: {source}. Nothing was changed. Create it yourself, or choose another with --data-dir (MARU_DATA_DIR).",
        path.display()
    )]
    DataFolderMissing {
        /// The folder asked for.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The data folder is there and takes no file.
    #[error(
        "the data folder {} cannot be written: {source}. The documents in it are untouched. Let this user write there, or choose another with --data-dir (MARU_DATA_DIR).",
        path.display()
    )]
    DataFolderReadOnly {
        /// The folder asked for.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The documents cannot be opened.
    #[error(transparent)]
    Store(#[from] crate::log::sqlite::OpenError),
    /// It cannot be judged who may open what.
    #[error(transparent)]
    Access(#[from] crate::access::AccessError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] crate::tls::TlsError),
    /// The site's folder cannot be read.
    #[error(
        "the site is not at {}: {source}. The documents are untouched. Run `cargo xtask serve`, which builds it, or name its folder with --site (MARU_SITE).",
        path.display()
    )]
    SiteMissing {
        /// The folder asked for.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The site's folder is there, and its list of files is not one.
    #[error(
        "the site's {} is damaged: {reason}. The documents are untouched. Run `cargo xtask serve`, which builds it anew.",
        path.display()
    )]
    SiteDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
    /// The process cannot hear signals, so it could not be stopped cleanly.
    #[error("the process cannot listen for SIGTERM and SIGINT: {0}. Nothing was changed.")]
    Signals(#[source] io::Error),
}
