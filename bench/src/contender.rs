//! The servers that are measured: how each is started, reached and ended; what is asked of them is the scenarios' affair.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use crate::{Setting, process};

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(20);

/// A server that can be started. To measure another one, add it to [`ALL`].
#[derive(Debug)]
pub(crate) struct Contender {
    /// Its name in the report.
    pub(crate) name: &'static str,
    /// Whether it keeps documents and speaks the Yjs protocol; else it only relays.
    pub(crate) keeps_documents: bool,
    /// What stands before a room's name in its address.
    rooms: &'static str,
    command: fn(&Setting, u16, &Path) -> Command,
}

/// Maru.
pub(crate) const MARU: Contender = Contender {
    name: "maru",
    keeps_documents: true,
    rooms: "/ws/",
    command: |setting, port, folder| {
        let mut command = Command::new(&setting.maru);
        command
            .args(["serve", "--store", "sqlite", "--addr"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("--data-dir")
            .arg(folder.join("data"))
            .arg("--site")
            .arg(folder.join("site"))
            .args(["--log-level", "warn"]);
        command
    },
};

/// npm `@y/websocket-server`, which npm `y-websocket` names as its server; documents stay in memory.
pub(crate) const Y_WEBSOCKET: Contender = Contender {
    name: "y-websocket",
    keeps_documents: true,
    rooms: "/",
    command: |setting, port, _| {
        let mut command = Command::new("node");
        command
            .arg(
                setting
                    .peers
                    .join("node_modules/@y/websocket-server/src/server.js"),
            )
            .env("HOST", "127.0.0.1")
            .env("PORT", port.to_string());
        command
    },
};

/// This program as a bare relay, [`crate::floor`].
pub(crate) const FLOOR: Contender = Contender {
    name: "floor",
    keeps_documents: false,
    rooms: "/",
    command: |_, port, _| {
        let mut command =
            Command::new(std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into()));
        command.args(["floor", &port.to_string()]);
        command
    },
};

/// All of them, in the order of their turns.
pub(crate) const ALL: [&Contender; 3] = [&MARU, &Y_WEBSOCKET, &FLOOR];

/// A server at work. Dropping it kills the process and removes its data.
pub(crate) struct Running {
    child: Child,
    at: SocketAddr,
    rooms: &'static str,
    folder: TempDir,
}

impl Contender {
    /// Starts the server on a free port with an empty data folder, and waits until it listens.
    ///
    /// # Errors
    /// When it does not start; what it said is in the message.
    pub(crate) async fn start(&self, setting: &Setting) -> Result<Running> {
        let folder = tempfile::Builder::new()
            .prefix(self.name)
            .tempdir_in(&setting.scratch)?;
        // A site without files: no figure is about pages, and building one takes minutes.
        fs::create_dir(folder.path().join("site"))?;
        fs::write(folder.path().join("site/manifest.json"), "{}")?;
        let at = free_address()?;
        let said = folder.path().join("said");
        let output = File::create(&said)?;
        let mut child = (self.command)(setting, at.port(), folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", self.name))?;
        let begun = Instant::now();
        while !answers(at).await {
            let ended = child.try_wait()?;
            if ended.is_some() || begun.elapsed() > START {
                // It may have ended between the two looks.
                let _ = child.kill();
                let _ = child.wait();
                let said = fs::read_to_string(&said).unwrap_or_default();
                bail!("{} does not listen; it said: {said}", self.name);
            }
            time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Running {
            child,
            at,
            rooms: self.rooms,
            folder,
        })
    }
}

impl Running {
    /// Where it listens.
    pub(crate) fn at(&self) -> SocketAddr {
        self.at
    }

    /// The path of a room for plain Yjs clients.
    pub(crate) fn room(&self, name: &str) -> String {
        format!("{}{name}", self.rooms)
    }

    /// Its folder, on the disk that is measured.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its CPU time so far.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        process::cpu(self.child.id())
    }

    /// Its memory now, in KiB.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        process::resident_kib(self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already; there is nothing else to do about it here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a server there reads and answers a request, if only by hanging up; an open port alone does not say that it has
/// started.
async fn answers(at: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(at).await?;
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            .await?;
        stream.read(&mut [0]).await
    };
    matches!(time::timeout(Duration::from_secs(1), ask).await, Ok(Ok(_)))
}

/// A port that was free a moment ago. Somebody may take it in between; then the server says so and the run fails.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
