//! A small server to stand behind the proxy: it keeps what it was sent, and says what the test tells it to.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Frame, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::{mpsc, watch},
};

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// `/echo` answers what it was sent and when it is told to, `/stream` what [`Upstream::say`] is given, `/ws` is a tunnel that echoes.
pub(crate) struct Upstream {
    pub(crate) addr: SocketAddr,
    shared: Arc<Shared>,
    serving: tokio::task::AbortHandle,
}

struct Shared {
    /// Bodies of POSTs, in the order they came.
    posted: watch::Sender<Vec<String>>,
    /// The last request's head.
    head: Mutex<Option<(String, header::HeaderMap)>>,
    /// Where the open stream gets its pieces from.
    stream: watch::Sender<Option<mpsc::UnboundedSender<Bytes>>>,
    /// Connections that are open.
    open: watch::Sender<usize>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            posted: watch::Sender::default(),
            head: Mutex::default(),
            stream: watch::Sender::default(),
            open: watch::Sender::default(),
        });
        let serving = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Self {
            addr,
            shared,
            serving,
        }
    }

    /// Waits until somebody has asked for the stream.
    pub(crate) async fn streams(&self) {
        let mut stream = self.shared.stream.subscribe();
        super::soon(stream.wait_for(Option::is_some)).await.unwrap();
    }

    /// Says something on the open stream.
    pub(crate) fn say(&self, text: &str) {
        let stream = self.shared.stream.borrow();
        let stream = stream.as_ref().expect("a stream was opened");
        // Whoever opened it may have been cut.
        stream.send(text.to_owned().into()).ok();
    }

    /// Ends the open stream.
    pub(crate) fn end(&self) {
        self.shared.stream.send_replace(None);
    }

    /// Waits until the bodies that came are these, in this order.
    pub(crate) async fn has(&self, posted: &[&str]) {
        let mut came = self.shared.posted.subscribe();
        super::soon(came.wait_for(|came| came == posted))
            .await
            .unwrap();
    }

    pub(crate) fn posted(&self) -> Vec<String> {
        self.shared.posted.borrow().clone()
    }

    /// Waits until so many connections are open.
    pub(crate) async fn open(&self, count: usize) {
        let mut open = self.shared.open.subscribe();
        super::soon(open.wait_for(|open| *open == count))
            .await
            .unwrap();
    }

    pub(crate) fn connections(&self) -> usize {
        *self.shared.open.borrow()
    }

    /// The last request line's path and query, and its headers.
    pub(crate) fn head(&self) -> (String, header::HeaderMap) {
        self.shared.head.lock().unwrap().clone().unwrap()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        shared.open.send_modify(|open| *open += 1);
        let open = Arc::new(Open(shared));
        tokio::spawn(async move {
            let service =
                service_fn(async |request| Ok::<_, Infallible>(answer(&open, request).await));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
            connection.with_upgrades().await.ok();
        });
    }
}

/// A connection that is open, also when it has become a tunnel.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

async fn answer(open: &Arc<Open>, mut request: Request<Incoming>) -> Response<Body> {
    let shared = &open.0;
    let target = request.uri().path_and_query().unwrap().to_string();
    *shared.head.lock().unwrap() = Some((target, request.headers().clone()));
    match request.uri().path() {
        "/stream" => {
            let (pieces, mut said) = mpsc::unbounded_channel();
            shared.stream.send_replace(Some(pieces));
            let frames = stream::poll_fn(move |context| {
                said.poll_recv(context)
                    .map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
            });
            Response::new(StreamBody::new(frames).boxed_unsync())
        }
        "/ws" => {
            let upgraded = hyper::upgrade::on(&mut request);
            let open = Arc::clone(open);
            tokio::spawn(async move {
                let _open = open;
                let mut tunnel = TokioIo::new(upgraded.await.unwrap());
                let mut buffer = vec![0; 1024];
                while let Ok(read @ 1..) = tunnel.read(&mut buffer).await {
                    echo(&mut tunnel, &buffer[..read]).await;
                }
            });
            let mut response = Response::new(full(""));
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            let headers = response.headers_mut();
            headers.insert(header::CONNECTION, "upgrade".parse().unwrap());
            headers.insert(header::UPGRADE, "websocket".parse().unwrap());
            response
        }
        _ => {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let text = String::from_utf8_lossy(&body).into_owned();
            shared.posted.send_modify(|posted| posted.push(text));
            let mut response = Response::new(full(body));
            response
                .headers_mut()
                .insert("x-made-by", "upstream".parse().unwrap());
            response
        }
    }
}

async fn echo(tunnel: &mut (impl AsyncWriteExt + Unpin), bytes: &[u8]) {
    // The other end may be gone.
    tunnel.write_all(bytes).await.ok();
    tunnel.flush().await.ok();
}

fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).boxed_unsync()
}
