//! HTTP/2 as browsers speak it, and as those do who want to hurt.

use std::time::Duration;

use axum::http::{Request, StatusCode};
use bytes::Bytes;
use futures_util::future::poll_fn;
use h2::{client, client::SendRequest, ext::Protocol};
use protocol::frame::{ClientFrame, ServerFrame};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::client::TlsStream;

use super::{
    certificate::Certificate,
    raw::{BINARY, FIN, frame},
};
use crate::{
    support::{PATIENCE, Running},
    wire::hello,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:method: GET`, `:scheme: https`, `:path: /`, from HPACK's table.
const GET: [u8; 3] = [0x82, 0x87, 0x84];

type Opened = (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>);

async fn open(certificate: &Certificate, server: &Running) -> Opened {
    let socket = certificate
        .connect(server.addr, &["h2", "http/1.1"])
        .await
        .unwrap();
    assert_eq!(socket.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) = client::handshake(socket).await.unwrap();
    let driving = tokio::spawn(connection);
    (
        timeout(PATIENCE, sender.ready()).await.unwrap().unwrap(),
        driving,
    )
}

async fn get(sender: &mut SendRequest<Bytes>, path: &str) -> axum::http::Response<h2::RecvStream> {
    let request = Request::get(format!("https://maru.test{path}"))
        .body(())
        .unwrap();
    let (answer, _) = sender.send_request(request, true).unwrap();
    timeout(PATIENCE, answer).await.expect("an answer").unwrap()
}

fn connect(origin: &str) -> Request<()> {
    let mut request = Request::builder()
        .method("CONNECT")
        .uri("https://maru.test/rt/1/ws")
        .header("sec-websocket-version", "13")
        .header("origin", origin)
        .body(())
        .unwrap();
    request
        .extensions_mut()
        .insert(Protocol::from_static("websocket"));
    request
}

/// A frame of HTTP/2.
fn part(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_be_bytes();
    let mut bytes = vec![len[1], len[2], len[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The headers of a POST that opens a session, in HPACK; its body is still to come.
fn post() -> Vec<u8> {
    // `:method: POST`, `:scheme: https`; then `:authority`, `:path` and `content-type` by the numbers of their names.
    let mut block = vec![0x83, 0x87];
    for (name, value) in [
        (&[0x01][..], "maru.test"),
        (&[0x04], "/rt/1/session"),
        (&[0x0f, 0x10], "application/octet-stream"),
    ] {
        block.extend(name);
        block.push(value.len() as u8);
        block.extend(value.as_bytes());
    }
    block
}

/// A connection on which the client has introduced itself and says what no library would.
async fn raw(certificate: &Certificate, server: &Running) -> TlsStream<TcpStream> {
    let mut socket = certificate.connect(server.addr, &["h2"]).await.unwrap();
    let mut bytes = PREFACE.to_vec();
    bytes.extend(part(SETTINGS, 0, 0, &[]));
    socket.write_all(&bytes).await.unwrap();
    socket
}

/// Reads until the connection ends; the kinds of all frames, with their payloads.
async fn all(socket: &mut TlsStream<TcpStream>) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    let reading = async {
        while let Some(frame) = one(socket).await {
            frames.push(frame);
        }
    };
    timeout(PATIENCE, reading)
        .await
        .expect("the server ends it");
    frames
}

async fn one(socket: &mut TlsStream<TcpStream>) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 9];
    socket.read_exact(&mut head).await.ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    socket.read_exact(&mut payload).await.ok()?;
    Some((head[3], payload))
}

/// The code of the GOAWAY that ended a connection.
fn went_away(frames: &[(u8, Vec<u8>)]) -> Option<u32> {
    let (_, payload) = frames.iter().rev().find(|(kind, _)| *kind == GOAWAY)?;
    Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()))
}

#[tokio::test]
async fn a_websocket_opens_inside_of_http_2_beside_other_requests() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let (mut sender, _driving) = open(&certificate, &server).await;
    assert_eq!(get(&mut sender, "/healthz").await.status(), StatusCode::OK);
    assert!(sender.is_extended_connect_protocol_enabled());
    let (answer, mut up) = sender
        .send_request(connect("https://maru.test"), false)
        .unwrap();
    let answer = timeout(PATIENCE, answer).await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let hello = frame(FIN | BINARY, &ClientFrame::Hello(hello("d")).encode());
    up.send_data(hello.into(), false).unwrap();
    let mut down = answer.into_body();
    let bytes = timeout(PATIENCE, poll_fn(|cx| down.poll_data(cx)))
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(bytes[0], FIN | BINARY);
    let welcome = ServerFrame::decode(&bytes.slice(2..2 + usize::from(bytes[1])));
    assert!(
        matches!(welcome, Ok(ServerFrame::Welcome(_))),
        "{welcome:?}"
    );
    // Both share one connection.
    assert_eq!(get(&mut sender, "/d/d").await.status(), StatusCode::OK);
    assert_eq!(server.state.metrics.connections_open.get(), 1);
}

#[tokio::test]
async fn all_keystrokes_of_a_page_that_comes_back_fit_into_one_connection() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let (mut sender, _driving) = open(&certificate, &server).await;
    let (answer, mut up) = sender
        .send_request(connect("https://maru.test"), false)
        .unwrap();
    let mut down = answer.await.unwrap().into_body();
    let hello = frame(FIN | BINARY, &ClientFrame::Hello(hello("d")).encode());
    up.send_data(hello.into(), false).unwrap();
    // As many as a page keeps singly, each in a piece of its own.
    let last = 4_096;
    for nonce in 1..=last {
        let ping = ClientFrame::Ping { nonce }.encode();
        up.send_data(frame(FIN | BINARY, &ping).into(), false)
            .unwrap();
    }
    let pong = ServerFrame::Pong { nonce: last }.encode();
    let mut heard = Vec::new();
    while !heard.windows(pong.len()).any(|bytes| bytes == pong) {
        let bytes = timeout(PATIENCE, down.data()).await.expect("an answer");
        let bytes = bytes.expect("the connection goes on").unwrap();
        down.flow_control().release_capacity(bytes.len()).unwrap();
        heard.extend(bytes);
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_not_connect_by_extended_connect_either() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let (mut sender, _driving) = open(&certificate, &server).await;
    for origin in ["https://evil.test", "http://maru.test", "null"] {
        let (answer, _up) = sender.send_request(connect(origin), false).unwrap();
        let answer = timeout(PATIENCE, answer).await.unwrap().unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{origin}");
    }
}

#[tokio::test]
async fn a_host_header_does_not_speak_against_the_authority() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let (mut sender, _driving) = open(&certificate, &server).await;
    let mut request = connect("https://evil.test");
    request
        .headers_mut()
        .insert("host", "evil.test".parse().unwrap());
    let (answer, _up) = sender.send_request(request, false).unwrap();
    // Refused by the library as a malformed request, or by the origin's check: let in by nobody.
    match timeout(PATIENCE, answer).await.unwrap() {
        Ok(answer) => assert_eq!(answer.status(), StatusCode::FORBIDDEN),
        Err(error) => assert!(error.is_reset(), "{error}"),
    }
}

#[tokio::test]
async fn an_idle_connection_ends_and_one_with_a_websocket_on_it_stays() {
    let certificate = Certificate::new();
    let server = certificate
        .serve(|config| {
            config.deadlines.heartbeat = Duration::from_millis(50);
            config.deadlines.idle = Duration::from_secs(5);
        })
        .await;
    let (mut busy, _driving) = open(&certificate, &server).await;
    let (answer, mut up) = busy
        .send_request(connect("https://maru.test"), false)
        .unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let mut down = answer.into_body();
    tokio::spawn(async move { while let Some(Ok(_)) = down.data().await {} });
    let hello = frame(FIN | BINARY, &ClientFrame::Hello(hello("d")).encode());
    up.send_data(hello.into(), false).unwrap();
    let (mut idle, ended) = open(&certificate, &server).await;
    assert_eq!(get(&mut idle, "/healthz").await.status(), StatusCode::OK);
    timeout(PATIENCE, ended)
        .await
        .expect("the idle one ends")
        .unwrap()
        .ok();
    assert_eq!(get(&mut busy, "/healthz").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_is_cut() {
    let certificate = Certificate::new();
    let server = certificate
        .serve(|config| config.header_timeout = Duration::from_secs(2))
        .await;
    let mut socket = raw(&certificate, &server).await;
    let frames = all(&mut socket).await;
    assert_eq!(went_away(&frames), Some(0), "{frames:?}");
    let mut silent = certificate.connect(server.addr, &["h2"]).await.unwrap();
    timeout(PATIENCE, silent.read_to_end(&mut Vec::new()))
        .await
        .expect("it is cut")
        .ok();
}

#[tokio::test]
async fn rustsec_2023_0034_and_2024_0003_streams_that_are_reset_at_once_end_the_connection() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let mut socket = raw(&certificate, &server).await;
    let mut bytes = Vec::new();
    for n in 0..2_000 {
        bytes.extend(part(HEADERS, END_STREAM | END_HEADERS, 2 * n + 1, &GET));
        bytes.extend(part(RST_STREAM, 0, 2 * n + 1, &8_u32.to_be_bytes()));
    }
    socket.write_all(&bytes).await.ok();
    let frames = all(&mut socket).await;
    assert_eq!(went_away(&frames), Some(0xb), "ENHANCE_YOUR_CALM");
    let (mut sender, _driving) = open(&certificate, &server).await;
    assert_eq!(get(&mut sender, "/healthz").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn rustsec_2024_0332_a_header_section_without_an_end_is_not_kept() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let mut socket = raw(&certificate, &server).await;
    let before = server.state.metrics.received_bytes.get();
    // A field that is never indexed, with a value of 8 KiB, again and again.
    let mut field = vec![0x10, 1, b'x', 0x7f, 0x81, 0x3f];
    field.extend([b'a'; 8_192]);
    let mut sent = socket.write_all(&part(HEADERS, END_STREAM, 1, &GET)).await;
    let mut parts = 0;
    while sent.is_ok() && parts < 10_000 {
        sent = socket.write_all(&part(CONTINUATION, 0, 1, &field)).await;
        parts += 1;
    }
    assert!(parts < 10_000, "80 MB of headers were taken");
    let taken = server.state.metrics.received_bytes.get() - before;
    assert!(taken < 8 << 20, "{taken}");
}

#[tokio::test]
async fn headers_above_the_limit_are_refused_on_http_2_as_well() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let (mut sender, _driving) = open(&certificate, &server).await;
    let request = Request::get("https://maru.test/healthz")
        .header("x-large", "a".repeat(40 << 10))
        .body(())
        .unwrap();
    // Refused by the server, or by the client's library which was told the limit.
    match sender.send_request(request, true) {
        Ok((answer, _)) => match timeout(PATIENCE, answer).await.unwrap() {
            Ok(answer) => assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
            Err(error) => assert!(error.is_reset() || error.is_go_away(), "{error}"),
        },
        Err(error) => assert!(error.is_reset(), "{error}"),
    }
}

#[tokio::test]
async fn many_pending_streams_are_refused_beyond_128_and_the_rest_ends_in_time() {
    let certificate = Certificate::new();
    let server = certificate
        .serve(|config| config.deadlines.idle = Duration::from_secs(2))
        .await;
    for (streams, too_many) in [(128, false), (400, true)] {
        let mut socket = raw(&certificate, &server).await;
        let mut bytes = Vec::new();
        for n in 0..streams {
            // A POST whose body never comes.
            bytes.extend(part(HEADERS, END_HEADERS, 2 * n + 1, &post()));
        }
        socket.write_all(&bytes).await.ok();
        let (mut sender, _driving) = open(&certificate, &server).await;
        assert_eq!(
            get(&mut sender, "/healthz").await.status(),
            StatusCode::OK,
            "others are served"
        );
        let frames = all(&mut socket).await;
        let refused = frames
            .iter()
            .filter(|(kind, payload)| *kind == RST_STREAM && payload[..] == 7_u32.to_be_bytes())
            .count();
        let calmed = went_away(&frames) == Some(0xb);
        assert_eq!(refused > 0 || calmed, too_many, "{refused} of {streams}");
    }
}

#[tokio::test]
async fn one_connection_carries_no_more_websockets_than_there_may_be_connections() {
    let certificate = Certificate::new();
    let server = certificate
        .serve(|config| {
            config.max_connections = 3;
            config.deadlines.hello = Duration::from_secs(3_600);
        })
        .await;
    let (mut sender, _driving) = open(&certificate, &server).await;
    let mut open = Vec::new();
    for status in [200, 200, 200, 503, 503] {
        let (answer, up) = sender
            .send_request(connect("https://maru.test"), false)
            .unwrap();
        let answer = timeout(PATIENCE, answer).await.unwrap().unwrap();
        assert_eq!(answer.status(), status);
        open.push((answer, up));
    }
    drop(open);
    // Their places are free as soon as the server has seen that.
    let free = async {
        loop {
            let (answer, _up) = sender
                .send_request(connect("https://maru.test"), false)
                .unwrap();
            if answer.await.unwrap().status() == StatusCode::OK {
                return;
            }
        }
    };
    timeout(PATIENCE, free).await.expect("a place is free");
}
