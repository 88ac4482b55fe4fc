//! The answers of the endpoints that are plain requests: packets, refusals with their status, the headers of all; what is in them is the endpoints' own.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use protocol::{
    frame::{ErrorCode, packet::pack},
    session::Ended,
};

use super::{go_away, http_link::HttpLink};

/// The type of a packet. An answer without it is none of ours: a proxy or a captive portal made it.
pub const PACKET: HeaderValue = HeaderValue::from_static("application/octet-stream");
/// How long a page that was refused for want of room waits, in seconds.
const COME_BACK_SECONDS: u64 = 5;
/// Tells the bytes of the request's head, as a page cannot count them itself.
const HEAD: HeaderName = HeaderName::from_static("maru-head");
/// nginx, and what imitates it, holds an answer back until it is complete, unless told not to.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// An answer of these messages.
pub fn packet<'a>(messages: impl IntoIterator<Item = &'a Bytes>) -> Response {
    ([(header::CONTENT_TYPE, PACKET)], pack(messages)).into_response()
}

/// An answer of messages that nobody keeps: if the connection does not take it, `link` ends and its page resumes.
pub fn delivery(link: Arc<HttpLink>, messages: &[Bytes]) -> Response {
    let packet = pack(messages);
    link.sent(packet.len());
    let body = Delivery {
        len: packet.len() as u64,
        packet: Some(packet),
        link,
    };
    ([(header::CONTENT_TYPE, PACKET)], Body::new(body)).into_response()
}

/// A refusal, in the status and, after what else is to be told, as a frame.
pub fn refusal(before: &[Bytes], ended: &Ended) -> Response {
    let frame = ended.frame();
    let mut response = packet(before.iter().chain([&frame]));
    *response.status_mut() = status(ended.code);
    if matches!(ended.code, ErrorCode::Rate | ErrorCode::Unavailable) {
        retry_after(&mut response, COME_BACK_SECONDS);
    }
    response
}

/// The answer of a server that stops.
pub fn going_away() -> Response {
    let (frame, wait) = go_away();
    let mut response = packet([&frame]);
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    retry_after(&mut response, wait.as_millis().div_ceil(1_000) as u64);
    response
}

fn retry_after(response: &mut Response, seconds: u64) {
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, seconds.into());
}

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Protocol => StatusCode::BAD_REQUEST,
        ErrorCode::NoToken | ErrorCode::Expired => StatusCode::UNAUTHORIZED,
        ErrorCode::ReadOnly | ErrorCode::Revoked => StatusCode::FORBIDDEN,
        ErrorCode::TooSlow => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::Superseded | ErrorCode::Incomplete => StatusCode::CONFLICT,
        ErrorCode::Gone => StatusCode::GONE,
        ErrorCode::OtherGeneration => StatusCode::PRECONDITION_FAILED,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::Rate => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Unavailable | ErrorCode::NotSaving => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A packet on its way into a connection.
struct Delivery {
    len: u64,
    packet: Option<Bytes>,
    link: Arc<HttpLink>,
}

impl HttpBody for Delivery {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.packet.take().map(|packet| Ok(Frame::data(packet))))
    }

    fn is_end_stream(&self) -> bool {
        self.packet.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.packet.is_some() { self.len } else { 0 })
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self
            .packet
            .as_ref()
            .is_some_and(|packet| !packet.is_empty())
        {
            self.link.end(false);
        }
    }
}

/// Adds what every answer of these endpoints carries.
pub async fn add_headers(request: Request, next: Next) -> Response {
    let head = head_len(&request);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // What goes through a cache, or is compressed or otherwise changed on its way, comes late or never.
    let cache = HeaderValue::from_static("no-store, no-transform");
    headers.insert(header::CACHE_CONTROL, cache);
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    headers.insert(HEAD, head.into());
    response
}

/// The request line and the headers in bytes, as HTTP/1.1 writes them.
fn head_len(request: &Request) -> usize {
    let line = request.method().as_str().len() + " ".len() + request_target(request);
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + ": \r\n".len() + value.len())
        .sum();
    line + " HTTP/1.1\r\n".len() + headers + "\r\n".len()
}

fn request_target(request: &Request) -> usize {
    let target = request.uri().path_and_query();
    target.map_or(1, |target| target.as_str().len())
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use protocol::frame::ServerFrame;

    use super::*;

    #[test]
    fn every_refusal_has_its_status_and_says_when_to_come_back_where_that_helps() {
        let table = [
            (ErrorCode::Protocol, 400, false),
            (ErrorCode::NoToken, 401, false),
            (ErrorCode::Expired, 401, false),
            (ErrorCode::ReadOnly, 403, false),
            (ErrorCode::Revoked, 403, false),
            (ErrorCode::TooSlow, 408, false),
            (ErrorCode::Superseded, 409, false),
            (ErrorCode::Gone, 410, false),
            (ErrorCode::OtherGeneration, 412, false),
            (ErrorCode::TooLarge, 413, false),
            (ErrorCode::Incomplete, 409, false),
            (ErrorCode::Rate, 429, true),
            (ErrorCode::Unavailable, 503, true),
        ];
        for (code, status, waits) in table {
            let response = refusal(&[], &Ended::new(code, "why"));
            let told = response.headers().contains_key(header::RETRY_AFTER);
            assert_eq!((response.status().as_u16(), told), (status, waits));
            assert_eq!(response.headers()[header::CONTENT_TYPE], PACKET);
        }
    }

    #[test]
    fn a_thousand_that_are_sent_away_come_back_spread_over_the_time() {
        let mut tenths = [0; 10];
        let mut times = HashSet::new();
        for _ in 0..1_000 {
            let (frame, wait) = go_away();
            let retry_after_ms = u64::try_from(wait.as_millis()).unwrap();
            assert_eq!(frame, ServerFrame::GoAway { retry_after_ms }.encode());
            assert!(wait < Duration::from_secs(2));
            tenths[wait.as_millis() as usize / 200] += 1;
            times.insert(retry_after_ms);
        }
        // A hundred are expected; further off than this happens once in more than a million runs.
        assert!(
            tenths.iter().all(|come| (50..=150).contains(come)),
            "{tenths:?}"
        );
        assert!(times.len() > 500, "{} different times", times.len());
    }

    #[test]
    fn the_head_is_as_long_as_on_the_wire() {
        let head = "GET /rt/1/poll?n=1&wait=0 HTTP/1.1\r\nhost: maru.test\r\naccept: */*\r\n\r\n";
        let request = Request::get("/rt/1/poll?n=1&wait=0")
            .header("host", "maru.test")
            .header("accept", "*/*")
            .body(Body::empty())
            .unwrap();
        assert_eq!(head_len(&request), head.len());
    }
}
