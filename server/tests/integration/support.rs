//! Starts a server on a free port and speaks plain HTTP/1 with it; the rules are in the tests.
//!
//! The requests are written by hand, because half of what is tested no well-behaved client would send.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use server::{
    Config, Server,
    config::{Site, Store},
    http::AppState,
    log::Log,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

/// Longer than anything takes on a busy machine: a test that reaches it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running server and its folders; dropping it stops it without a drain.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    pub(crate) state: AppState,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
    _site: TempDir,
}

impl Running {
    /// Starts with what a test needs; `change` says what differs.
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let site = packed_site();
        let mut config = Config {
            store: Store::Memory,
            site: Site::Folder(site.path().to_path_buf()),
            ..Config::default()
        };
        change(&mut config);
        let server = Server::new(config).unwrap();
        Self::serve(server, site).await
    }

    /// As [`Running::start`], with a log of the test's.
    pub(crate) async fn with_log(log: Arc<dyn Log>, change: impl FnOnce(&mut Config)) -> Self {
        let site = packed_site();
        let mut config = Config {
            site: Site::Folder(site.path().to_path_buf()),
            ..Config::default()
        };
        change(&mut config);
        let server = Server::with_log(config, log).unwrap();
        Self::serve(server, site).await
    }

    async fn serve(server: Server, site: TempDir) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let state = server.state().clone();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.serve(listener, async {
            stopped.await.ok();
        }));
        Self {
            addr,
            state,
            stop: Some(stop),
            serving,
            _site: site,
        }
    }

    /// Stops as a signal does, and waits for the drain.
    pub(crate) async fn stop(mut self) {
        self.begin_stop();
        timeout(PATIENCE, &mut self.serving)
            .await
            .expect("the server stops")
            .unwrap();
    }

    /// Stops as a signal does, and does not wait.
    pub(crate) fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::to(self.addr).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn get(&self, path: &str, headers: &str) -> Reply {
        self.connect().await.request("GET", path, headers).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The plain text of the script in [`packed_site`].
pub(crate) const SCRIPT: &str = "console.log('maru');\n";

/// A site as the build packs it: a hashed script with both compressed forms, and a plain file without any.
fn packed_site() -> TempDir {
    let site = tempfile::tempdir().unwrap();
    std::fs::create_dir(site.path().join("pkg")).unwrap();
    let files = [
        ("manifest.json", r#"{"pkg/maru.js":"pkg/maru.0a1b2c3d.js"}"#),
        ("pkg/maru.0a1b2c3d.js", SCRIPT),
        // The server takes the forms as they lie there, so these need not be what they say.
        ("pkg/maru.0a1b2c3d.js.br", "brotli form"),
        ("pkg/maru.0a1b2c3d.js.gz", "gzip form"),
        ("robots.txt", "User-agent: *\n"),
    ];
    for (name, contents) in files {
        std::fs::write(site.path().join(name), contents).unwrap();
    }
    site
}

/// A socket to the server.
pub(crate) struct Connection(pub(crate) TcpStream);

impl Connection {
    pub(crate) async fn to(addr: SocketAddr) -> Self {
        Self(TcpStream::connect(addr).await.unwrap())
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// `headers` are whole lines, each with its `\r\n`.
    pub(crate) async fn request(&mut self, method: &str, path: &str, headers: &str) -> Reply {
        self.send(
            format!("{method} {path} HTTP/1.1\r\nhost: maru.test\r\n{headers}\r\n").as_bytes(),
        )
        .await;
        self.reply(method == "HEAD").await
    }

    /// Reads one answer.
    pub(crate) async fn reply(&mut self, to_head: bool) -> Reply {
        timeout(PATIENCE, self.read_reply(to_head))
            .await
            .expect("an answer comes")
    }

    async fn read_reply(&mut self, to_head: bool) -> Reply {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(
                self.0
                    .read_u8()
                    .await
                    .expect("a whole answer comes before the connection ends"),
            );
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if to_head || status == 304 { 0 } else { length }];
        self.0.read_exact(&mut body).await.unwrap();
        Reply {
            status,
            headers,
            body: String::from_utf8(body).unwrap(),
        }
    }

    /// Waits until the server closes the connection; returns what it still said.
    pub(crate) async fn closed(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is a close too.
        timeout(PATIENCE, self.0.read_to_end(&mut rest))
            .await
            .expect("the server closes the connection")
            .ok();
        rest
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}
