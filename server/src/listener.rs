//! The accept loop: takes connections within the limits, speaks HTTP on them, lets them end; what is answered is [`crate::http`]'s.
//!
//! It is our own because `axum::serve` sets no header timeout, no limit on connections, and waits for open streams for ever
//! when it shuts down.

use std::{
    convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
    time,
};
use tower::ServiceExt;

use crate::{Config, StartError, metrics::Metrics};

mod admission;
mod signal;
mod socket;
mod tasks;

use admission::{Admission, Full};
pub use signal::Signal;
use socket::Socket;
pub use tasks::Tasks;

/// Connections the kernel holds while the loop is busy; the usual ceiling (`net.core.somaxconn`) is 4,096.
const BACKLOG: u32 = 1_024;
/// Request line and headers of one request, in bytes. Browsers send about 1 KiB, behind a proxy with sign-in up to 8.
const MAX_HEADER_BYTES: usize = 16 << 10;
/// What hyper buffers for one connection in either direction, in bytes; a header section must fit. No more than needed: a
/// stream whose reader takes nothing fills it.
const MAX_BUFFER_BYTES: usize = MAX_HEADER_BYTES + (4 << 10);
/// Refusals being written at once. More than these are closed without a word: saying no must not become the load.
const MAX_REFUSALS: usize = 64;
/// How long a refusal may take.
const REFUSAL_TIME: Duration = Duration::from_secs(2);

/// Listens on `addr`.
///
/// # Errors
/// [`StartError`], by what the operating system has against the address.
pub fn bind(addr: SocketAddr) -> Result<TcpListener, StartError> {
    let listen = || {
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // Else a restart would wait a minute for the old connections' TIME_WAIT. Two listeners at once stay forbidden.
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortBusy(addr),
        io::ErrorKind::AddrNotAvailable => StartError::AddressUnknown(addr),
        io::ErrorKind::PermissionDenied => StartError::PortForbidden(addr),
        _ => StartError::Listen { addr, source },
    })
}

/// Lets the process open as many files as the system allows: many start with 1,024, and every connection is one. Warns when
/// that is still too few for `max_connections`.
pub fn raise_file_limit(max_connections: usize) {
    // What the process needs beside connections: the store, the log, the runtime.
    const OTHER_FILES: u64 = 64;
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) if files < max_connections as u64 + OTHER_FILES => tracing::warn!(
            files,
            max_connections,
            "the system allows fewer open files than connections may be open; raise `ulimit -n` or lower --max-connections"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files could not be read"),
    }
}

/// Takes connections until `shutdown` resolves, and then no more. Those that are open are [`Tasks::drain`]'s to end.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    connections: Connections,
    shutdown: impl Future<Output = ()>,
) {
    match listener.local_addr() {
        Ok(addr) => tracing::info!(%addr, "serving http://{addr}"),
        Err(error) => tracing::warn!(%error, "serving"),
    }
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut shutdown => return,
        };
        connections.open(stream, peer, &routes);
    }
}

/// Accepts the next connection. When the process is out of files or memory, trying again at once would only burn the CPU that
/// the open connections need, so it waits a little first.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    const SHORTEST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_secs(1);
    let mut pause = SHORTEST;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_the_clients(&error) => {
                tracing::debug!(%error, "a connection was gone before it was accepted");
            }
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted now; trying again in {} ms", pause.as_millis());
                time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// What every connection is served with.
pub struct Connections {
    http: http1::Builder,
    admission: Admission,
    refusals: Arc<Semaphore>,
    tasks: Tasks,
    metrics: Arc<Metrics>,
    stall: Duration,
}

impl Connections {
    /// Connections within the limits of `config`, each a task of `tasks`.
    #[must_use]
    pub fn new(config: &Config, tasks: Tasks, metrics: &Arc<Metrics>) -> Self {
        let mut http = http1::Builder::new();
        // HTTP/1 only: HTTP/2 comes with the streams that profit from it, and its builder takes this one's place.
        // Without a timer the timeout does nothing.
        http.timer(TokioTimer::new())
            .header_read_timeout(config.header_timeout)
            .max_header_size(MAX_HEADER_BYTES)
            .max_buf_size(MAX_BUFFER_BYTES);
        Self {
            http,
            admission: Admission::new(config),
            refusals: Arc::new(Semaphore::new(MAX_REFUSALS)),
            tasks,
            metrics: Arc::clone(metrics),
            stall: config.deadlines.stall,
        }
    }

    /// Serves a connection in a task of its own, or refuses it there.
    fn open(&self, stream: TcpStream, peer: SocketAddr, routes: &Router) {
        // A keystroke is a small packet that nothing follows: Nagle's algorithm would hold it back for a round trip.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        match self.admission.admit(peer.ip()) {
            Ok(place) => {
                let socket = Socket::new(stream, place, &self.tasks, &self.metrics, self.stall);
                self.tasks.spawn(converse(
                    self.http.clone(),
                    socket,
                    peer,
                    routes.clone(),
                    self.tasks.clone(),
                ));
            }
            Err(full) => self.refuse(stream, full),
        }
    }

    fn refuse(&self, stream: TcpStream, full: Full) {
        self.metrics.connections_refused.inc();
        let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() else {
            return;
        };
        let mut http = self.http.clone();
        http.keep_alive(false);
        self.tasks.spawn(async move {
            let _permit = permit;
            let answer = service_fn(move |_| async move { Ok::<_, Infallible>(full.response()) });
            // Whether the client took the answer changes nothing.
            drop(
                time::timeout(
                    REFUSAL_TIME,
                    http.serve_connection(TokioIo::new(stream), answer),
                )
                .await,
            );
        });
    }
}

/// Answers the requests of one connection until it ends, is upgraded, or the server stops.
async fn converse(
    http: http1::Builder,
    socket: Socket,
    peer: SocketAddr,
    routes: Router,
    tasks: Tasks,
) {
    let service =
        service_fn(move |request: Request<Incoming>| answer(routes.clone(), request, peer));
    let connection = http
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let stopping = tasks.stopping();
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stopping.wait() => {
            // Ends at once when idle, else after the answer that is under way.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn answer(
    routes: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    routes.oneshot(request).await
}
