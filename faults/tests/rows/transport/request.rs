//! One request of HTTP and what its answer means: ours, somebody else's, or none.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http1,
    header::{self, HeaderValue},
};
use hyper_util::rt::TokioIo;
use protocol::{connection::Why, frame::packet::unpack};
use tokio::net::TcpStream;

pub(super) const PACKET: &str = "application/octet-stream";

/// The longest that a page waits because it was told to.
const LONGEST: Duration = Duration::from_secs(30);

/// What became of a request.
pub(super) enum Answer {
    /// Maru's own: messages, and whether it was a refusal.
    Ours(Vec<Bytes>, bool),
    /// Come again after so long.
    Later(Duration),
    /// A body too large for something on the way.
    TooLarge,
    /// No answer came.
    None,
    /// Somebody else's.
    Other(Why),
}

/// Sends one, over a connection of its own; `None` when no head came.
pub(crate) async fn send(
    server: SocketAddr,
    method: &str,
    path: &str,
    authorization: Option<&str>,
    body: Bytes,
) -> Option<Response<Incoming>> {
    let stream = TcpStream::connect(server).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, server.to_string());
    if method == "POST" {
        request = request.header(header::CONTENT_TYPE, PACKET);
    }
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    tokio::spawn(connection);
    sender
        .send_request(request.body(Full::new(body)).unwrap())
        .await
        .ok()
}

/// Reads an answer that should be a packet.
pub(super) async fn packet(response: Option<Response<Incoming>>) -> Answer {
    let Some(response) = response else {
        return Answer::None;
    };
    let status = response.status();
    if !is(response.headers().get(header::CONTENT_TYPE), PACKET) {
        return stranger(&response);
    }
    let Ok(body) = response.into_body().collect().await else {
        return Answer::None;
    };
    match unpack(&body.to_bytes()) {
        Ok(messages) => Answer::Ours(messages, !status.is_success()),
        Err(_) => Answer::Other(Why::Stranger),
    }
}

/// What an answer means that is not Maru's.
pub(super) fn stranger<B>(response: &Response<B>) -> Answer {
    let retry = response.headers().get(header::RETRY_AFTER);
    let seconds = retry.and_then(|value| value.to_str().ok()?.parse().ok());
    match (response.status().as_u16(), seconds) {
        (429 | 503, Some(seconds)) => Answer::Later(Duration::from_secs(seconds).min(LONGEST)),
        (413, _) => Answer::TooLarge,
        (200..400, _) => Answer::Other(Why::Stranger),
        (status, _) => Answer::Other(Why::Status(status)),
    }
}

/// Whether a content type is this one, whatever parameters follow.
pub(super) fn is(value: Option<&HeaderValue>, wanted: &str) -> bool {
    let value = value.and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.split(';').next().unwrap_or("").trim() == wanted)
}
