//! A real server with a real store, on a runtime of its own, so that killing it ends everything that it does in the middle.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use protocol::id::DocId;
use server::{
    Config, Server,
    access::claims::Access,
    config::{Site, Store},
    http::AppState,
};
use tempfile::TempDir;
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    time,
};

/// A server; dropping it kills it.
pub(crate) struct Maru {
    pub(crate) addr: SocketAddr,
    running: Option<Running>,
    folder: TempDir,
}

struct Running {
    runtime: Runtime,
    state: AppState,
    stop: oneshot::Sender<()>,
    stopped: oneshot::Receiver<()>,
}

impl Maru {
    /// Starts one on an empty folder.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        std::fs::create_dir(&site).unwrap();
        std::fs::write(site.join("manifest.json"), "{}").unwrap();
        let (addr, running) =
            serve(folder.path(), "127.0.0.1:0".parse().unwrap()).expect("the folder is new");
        Self {
            addr,
            running: Some(running),
            folder,
        }
    }

    /// Ends it in the middle of whatever it does, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.runtime.shutdown_background();
        }
    }

    /// Stops it as SIGTERM does, and waits for its end.
    pub(crate) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop.send(()).unwrap();
            running.stopped.await.unwrap();
            running.runtime.shutdown_background();
        }
    }

    /// Starts it again: the same port, the same documents.
    pub(crate) async fn restart(&mut self) {
        // The killed one's last write may still be under way, and its folder locked for so long.
        for _ in 0..600 {
            if let Some((_, running)) = serve(self.folder.path(), self.addr) {
                self.running = Some(running);
                return;
            }
            time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server did not start again");
    }

    /// A link to a document, as its share dialog makes one: its id and its token.
    pub(crate) fn link(
        &self,
        doc: &str,
        allows: Access,
        expires_ms: Option<u64>,
    ) -> (String, String) {
        let doc = DocId::parse(doc).unwrap();
        let made = self.access().issue(&doc, allows, String::new(), expires_ms);
        let (link, token) = made.unwrap();
        (link.id, token)
    }

    /// Who may open what.
    pub(crate) fn access(&self) -> &server::access::Access {
        &self.running.as_ref().expect("it runs").state.access
    }

    /// How many sessions it remembers.
    pub(crate) fn sessions(&self) -> usize {
        self.running
            .as_ref()
            .map_or(0, |running| running.state.rooms.directory().len())
    }
}

impl Drop for Maru {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `None` when the folder is still in use. Nobody can connect before the server is ready.
fn serve(folder: &Path, addr: SocketAddr) -> Option<(SocketAddr, Running)> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        store: Store::Sqlite,
        data_dir: folder.join("data"),
        site: Site::Folder(folder.join("site")),
        drain: Duration::from_secs(5),
        ..Config::default()
    };
    let entered = runtime.enter();
    let server = Server::new(config);
    drop(entered);
    let Ok(server) = server else {
        runtime.shutdown_background();
        return None;
    };
    let state = server.state().clone();
    let (stop, stopping) = oneshot::channel();
    let (ended, stopped) = oneshot::channel();
    let listener = TcpListener::bind(addr).unwrap();
    listener.set_nonblocking(true).unwrap();
    let addr = listener.local_addr().unwrap();
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let shutdown = async {
            // Without a word it serves until it is killed.
            if stopping.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        server.serve(listener, shutdown).await;
        ended.send(()).ok();
    });
    let running = Running {
        runtime,
        state,
        stop,
        stopped,
    };
    Some((addr, running))
}
