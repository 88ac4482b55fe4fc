//! What is spoken on a connection: TLS first where it is on, then HTTP/1.1 or HTTP/2, whichever the client chose in the handshake; not what is answered.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::response::Response;
use futures_util::poll;
use hyper::{
    Request,
    body::Incoming,
    rt::Executor,
    server::conn::{http1, http2},
    service::Service,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    time::{self, Instant},
};
use tokio_rustls::{
    LazyConfigAcceptor,
    rustls::{self, InvalidMessage, server::Acceptor},
};

use super::Tasks;
use crate::{Config, tls::Tls};

/// Request line and headers of one request, in bytes. Browsers send about 1 KiB, behind a proxy with sign-in up to 8.
const MAX_HEADER_BYTES: usize = 16 << 10;
/// What hyper buffers for one connection in either direction, in bytes; a header section must fit. No more than needed: a
/// stream whose reader takes nothing fills it.
const MAX_BUFFER_BYTES: usize = MAX_HEADER_BYTES + (4 << 10);
/// Requests under way at once on one HTTP/2 connection. A browser shares one among all its tabs, each of which holds a stream
/// or WebSocket and now and then sends.
const MAX_STREAMS: u32 = 128;
/// Streams that were opened and reset before anybody looked at them, on one connection; one more ends it (RUSTSEC-2024-0003).
const MAX_RESET: usize = 20;
/// Streams that this side had to reset for the client's mistakes, on one connection; one more ends it (RUSTSEC-2024-0332).
const MAX_MISTAKES: usize = 64;
/// Bytes of one request's body that may be under way unread: a POST of a session at its largest.
const STREAM_WINDOW: u32 = 128 << 10;
/// The same for all requests of a connection. The library takes half of this for what small pieces cost that are not read yet,
/// up to 256 bytes each, and ends a connection that costs more: a page may send 4,096 keystrokes at once when it comes back.
const CONNECTION_WINDOW: u32 = 3 << 20;
/// Bytes of one answer that wait for a client which takes nothing.
const MAX_UNSENT: usize = 32 << 10;
/// How long an idle HTTP/2 connection may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// What a client is told that speaks no TLS to a server that does.
const PLAIN_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 81\r\nconnection: close\r\n\r\nthis server speaks https only. Documents are safe. Put https:// before its name.\n";

/// How this server speaks.
#[derive(Clone)]
pub(super) struct Conversation {
    http1: http1::Builder,
    http2: http2::Builder<Tracked>,
    tls: Option<Arc<Tls>>,
    tasks: Tasks,
    first: Duration,
    idle: Duration,
}

/// What is known of a connection's life.
#[derive(Debug)]
pub(super) struct Activity {
    begun: Instant,
    written_ms: AtomicU64,
    asked: AtomicBool,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            begun: Instant::now(),
            written_ms: AtomicU64::new(0),
            asked: AtomicBool::new(false),
        })
    }

    /// A request came.
    pub(super) fn asked(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Something was written.
    pub(super) fn written(&self) {
        let ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.written_ms.store(ms, Ordering::Relaxed);
    }

    /// Resolves when nothing was written for `idle`, or no request came within `first`.
    async fn over(&self, first: Duration, idle: Duration) {
        loop {
            let due = if self.was_asked() {
                self.begun + Duration::from_millis(self.written_ms.load(Ordering::Relaxed)) + idle
            } else {
                self.begun + first
            };
            if due <= Instant::now() {
                return;
            }
            time::sleep_until(due).await;
        }
    }
}

impl Conversation {
    pub(super) fn new(config: &Config, tls: Option<Arc<Tls>>, tasks: Tasks) -> Self {
        let mut http1 = http1::Builder::new();
        // Without a timer the timeout does nothing.
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(config.header_timeout)
            .max_header_size(MAX_HEADER_BYTES)
            .max_buf_size(MAX_BUFFER_BYTES);
        let mut http2 = http2::Builder::new(Tracked(tasks.clone()));
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_pending_accept_reset_streams(MAX_RESET)
            .max_local_error_reset_streams(MAX_MISTAKES)
            .max_header_list_size(MAX_HEADER_BYTES as u32)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(MAX_UNSENT)
            // WebSockets inside of HTTP/2 (RFC 8441): a page needs no second connection.
            .enable_connect_protocol();
        Self {
            http1,
            http2,
            tls,
            tasks,
            first: config.header_timeout,
            idle: config.deadlines.idle,
        }
    }

    /// Whether connections begin with TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// The same for one answer, after which a connection of HTTP/1.1 closes.
    pub(super) fn once(&self) -> Self {
        let mut once = self.clone();
        once.http1.keep_alive(false);
        once
    }

    /// Speaks until the connection ends, is upgraded, or the server stops.
    pub(super) async fn hold<IO, S>(&self, socket: IO, service: S, activity: &Activity)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Incoming>, Response = Response, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
    {
        match &self.tls {
            None => self.speak_http1(socket, service).await,
            // In a box: a connection without TLS would else be as large in memory as one with it.
            Some(tls) => Box::pin(self.hold_secure(tls, socket, service, activity)).await,
        }
    }

    async fn hold_secure<IO, S>(&self, tls: &Tls, socket: IO, service: S, activity: &Activity)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Incoming>, Response = Response, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
    {
        let shaken = tokio::select! {
            shaken = time::timeout(self.first, handshake(tls, socket)) => shaken,
            // Nothing was asked yet, as on a connection without TLS that ends at once.
            () = self.tasks.stopping().wait() => return,
        };
        match shaken {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                self.speak_http2(stream, service, activity).await;
            }
            Ok(Ok(stream)) => self.speak_http1(stream, service).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak_http1<IO, S>(&self, io: IO, service: S)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
    {
        let connection = self
            .http1
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = self.tasks.stopping().wait() => {
                // Ends at once when idle, else after the answer that is under way.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        note(ended);
    }

    async fn speak_http2<IO, S>(&self, io: IO, service: S, activity: &Activity)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
        S::Future: Send + 'static,
    {
        let connection = self.http2.serve_connection(TokioIo::new(io), service);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = self.tasks.stopping().wait() => {
                // Takes no new request, and ends with the last that is under way.
                connection.as_mut().graceful_shutdown();
                // Tells who is there that it is over. Who has not even said that it speaks HTTP/2 would never hear it.
                if !activity.was_asked()
                    && (poll!(connection.as_mut()).is_ready() || !activity.was_asked())
                {
                    return;
                }
                tokio::select! {
                    ended = &mut connection => ended,
                    () = activity.over(self.first, self.idle) => goodbye(connection).await,
                }
            }
            () = activity.over(self.first, self.idle) => {
                connection.as_mut().graceful_shutdown();
                goodbye(connection).await
            }
        };
        note(ended);
    }
}

/// A client that is gone answers nothing any more.
async fn goodbye(
    connection: impl Future<Output = Result<(), hyper::Error>>,
) -> Result<(), hyper::Error> {
    time::timeout(GOODBYE, connection).await.unwrap_or(Ok(()))
}

fn note(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// A TLS handshake with the certificate that is in use now.
async fn handshake<IO>(tls: &Tls, io: IO) -> io::Result<tokio_rustls::server::TlsStream<IO>>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut greeting = pin!(LazyConfigAcceptor::new(Acceptor::default(), io));
    match Pin::as_mut(&mut greeting).await {
        Ok(greeted) => greeted.into_stream(tls.config()).await,
        Err(error) => {
            if is_no_tls(&error)
                && let Some(mut io) = greeting.take_io()
            {
                io.write_all(PLAIN_ANSWER).await?;
                io.shutdown().await?;
            }
            Err(error)
        }
    }
}

/// Whether the first bytes were none of TLS: most often somebody's `http://` where `https://` belongs.
fn is_no_tls(error: &io::Error) -> bool {
    let why = error.get_ref().and_then(|why| why.downcast_ref());
    matches!(
        why,
        Some(rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion
        ))
    )
}

/// Runs the requests of an HTTP/2 connection where the drain waits for them, and can cut them.
#[derive(Clone)]
struct Tracked(Tasks);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tracked {
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}
