//! The accept loop: takes connections within the limits, speaks HTTP on them, lets them end; what is answered is [`crate::http`]'s.
//!
//! It is our own because `axum::serve` sets no header timeout, no limit on connections, and waits for open streams for ever
//! when it shuts down.

use std::{
    convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Request, header},
    response::Response,
};
use hyper::{body::Incoming, service::service_fn};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
    time,
};
use tower::ServiceExt;

use crate::{Config, StartError, metrics::Metrics, tls::Tls};

mod admission;
mod conversation;
mod signal;
mod socket;
mod tasks;

use admission::{Admission, Full};
use conversation::{Activity, Conversation};
pub use signal::Signal;
use socket::Socket;
pub use tasks::Tasks;

/// Connections the kernel holds while the loop is busy; the usual ceiling (`net.core.somaxconn`) is 4,096.
const BACKLOG: u32 = 1_024;
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
        Ok(addr) if connections.conversation.is_secure() => {
            tracing::info!(%addr, "serving https://{addr}");
        }
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
    conversation: Arc<Conversation>,
    admission: Admission,
    refusals: Arc<Semaphore>,
    tasks: Tasks,
    metrics: Arc<Metrics>,
    stall: Duration,
}

impl Connections {
    /// Connections within the limits of `config`, each a task of `tasks`, that begin with `tls` where there is one.
    #[must_use]
    pub fn new(
        config: &Config,
        tls: Option<Arc<Tls>>,
        tasks: Tasks,
        metrics: &Arc<Metrics>,
    ) -> Self {
        Self {
            conversation: Arc::new(Conversation::new(config, tls, tasks.clone())),
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
        let place = match self.admission.admit(peer.ip()) {
            Ok(place) => place,
            Err(full) => return self.refuse(stream, full),
        };
        let activity = Activity::new();
        let socket = Socket::new(
            stream,
            place,
            &self.tasks,
            &self.metrics,
            &activity,
            self.stall,
        );
        let (conversation, routes) = (Arc::clone(&self.conversation), routes.clone());
        self.tasks.spawn(async move {
            let seen = Arc::clone(&activity);
            let service = service_fn(move |request| {
                seen.asked();
                answer(routes.clone(), request, peer)
            });
            conversation.hold(socket, service, &activity).await;
        });
    }

    fn refuse(&self, stream: TcpStream, full: Full) {
        self.metrics.connections_refused.inc();
        let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() else {
            return;
        };
        let conversation = self.conversation.once();
        self.tasks.spawn(async move {
            let _permit = permit;
            let activity = Activity::new();
            let seen = Arc::clone(&activity);
            let refusal = service_fn(move |_: Request<Incoming>| {
                seen.asked();
                async move { Ok::<_, Infallible>(full.response()) }
            });
            // Whether the client took the answer changes nothing.
            drop(time::timeout(REFUSAL_TIME, conversation.hold(stream, refusal, &activity)).await);
        });
    }
}

async fn answer(
    routes: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    name_host(&mut request);
    routes.oneshot(request).await
}

/// HTTP/2 says in its own field which host is meant, and may leave `Host` out; what is written there then is of no account.
fn name_host(request: &mut Request<Body>) {
    let authority = request.uri().authority();
    if let Some(host) = authority.and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
        request.headers_mut().insert(header::HOST, host);
    }
}
