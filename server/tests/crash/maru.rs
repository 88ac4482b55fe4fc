//! The real binary on one port and one data folder, started and killed again and again.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// Longer than a start takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the server lives.
pub(crate) struct Maru {
    folder: TempDir,
    pub(crate) addr: SocketAddr,
}

impl Maru {
    /// A fresh data folder and a free port.
    pub(crate) fn new() -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            addr: free.local_addr().unwrap(),
        }
    }

    /// Starts the server and waits until it serves.
    pub(crate) async fn start(&self) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maru"));
        for (name, _) in std::env::vars()
            .filter(|(name, _)| name.starts_with("MARU_") || name.starts_with("LEPTOS_"))
        {
            command.env_remove(name);
        }
        let mut child = command
            .args(["serve", "--log-format=json", "--addr"])
            .arg(self.addr.to_string())
            .env("MARU_SITE", self.folder.path())
            .env("MARU_DATA_DIR", self.folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        loop {
            let line = timeout(PATIENCE, log.next_line()).await;
            let line = line.expect("the server starts").unwrap();
            let line = line.expect("the server stays up");
            if line.contains("serving http://") {
                break;
            }
        }
        // A full pipe would stop the server; what it says of a failure belongs beside the test's.
        tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                if line.contains("ERROR") {
                    eprintln!("{line}");
                }
            }
        });
        child
    }

    /// What the data folder's files have together, in bytes.
    pub(crate) fn bytes_on_disk(&self) -> u64 {
        let files = std::fs::read_dir(self.folder.path().join("data")).unwrap();
        files
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum()
    }
}

/// Kills it as the kernel does: no handler runs, nothing is flushed.
pub(crate) async fn kill(mut child: Child) {
    child.start_kill().unwrap();
    timeout(PATIENCE, child.wait())
        .await
        .expect("a killed process ends")
        .unwrap();
}
