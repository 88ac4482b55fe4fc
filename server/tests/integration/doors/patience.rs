//! Slowloris and its kin: clients that begin and never come to an end. Headers are in `operation::limits`, the TLS handshake in `tls`.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::raw::{BINARY, CONTINUATION, FIN, PING, Raw, frame};
use crate::{
    http::client::{PACKET, Page},
    person::Person,
    support::{Connection, Running},
};

#[tokio::test]
async fn slowloris_in_a_body_is_cut() {
    let server = Running::start(|config| config.deadlines.body = Duration::from_millis(100)).await;
    let json = "content-type: application/json\r\n";
    for (path, kind) in [
        ("/rt/1/session", PACKET),
        ("/rt/1/bye", PACKET),
        ("/api/v1/docs/d/links", json),
    ] {
        // Of a session that is there, where one is asked for.
        let page = Page::greeted(server.addr, "d").await;
        let who = page.authorization();
        let mut slow = server.connect().await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: maru.test\r\ncontent-length: 1000\r\n{kind}{who}\r\n12"
        );
        slow.send(head.as_bytes()).await;
        let told = slow.closed().await;
        assert!(told.starts_with(b"HTTP/1.1 408"), "{path} {told:?}");
    }
}

#[tokio::test]
async fn a_body_in_one_byte_chunks_costs_no_more_than_its_bytes_and_its_time() {
    let server = Running::start(|config| config.deadlines.body = Duration::from_secs(1)).await;
    let mut slow = server.connect().await;
    let head = format!(
        "POST /rt/1/session HTTP/1.1\r\nhost: maru.test\r\ntransfer-encoding: chunked\r\n{PACKET}\r\n"
    );
    slow.send(head.as_bytes()).await;
    let chunks = b"1\r\nx\r\n".repeat(2_000);
    // On a slow machine its time is over before all of it is written.
    slow.0.write_all(&chunks).await.ok();
    let told = slow.closed().await;
    assert!(told.starts_with(b"HTTP/1.1 408"), "{told:?}");
}

#[tokio::test]
async fn a_request_that_is_never_finished_on_a_connection_that_was_used_is_cut_too() {
    let server = Running::start(|config| config.header_timeout = Duration::from_secs(1)).await;
    let mut connection: Connection = server.connect().await;
    assert_eq!(connection.request("GET", "/healthz", "").await.status, 200);
    connection.send(b"GET /healthz HTTP/1.1\r\nx: ").await;
    connection.closed().await;
}

#[tokio::test]
async fn cve_2026_48779_tiny_fragments_of_a_websocket_message_end_with_its_size_or_its_time() {
    let server = Running::start(|config| {
        config.deadlines.hello = Duration::from_secs(2);
    })
    .await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    for piece in [&b""[..], b"x"] {
        let mut raw = Raw::to(&server, "/rt/1/ws").await;
        raw.write(&frame(BINARY, piece)).await;
        let mut many = Vec::new();
        for _ in 0..2_000 {
            many.extend(frame(CONTINUATION, piece));
            many.extend(frame(FIN | PING, b""));
        }
        // Neither the pieces nor the pings between them put off the time in which HELLO must be here.
        while raw.try_write(&many).await.is_ok() {}
    }
    ada.append("on");
    ada.saved().await;
    assert_eq!(ada.sessions(), (1, 0));
}

#[tokio::test]
async fn cve_2023_43669_a_header_without_an_end_in_an_upgrade_is_refused_by_its_size() {
    let server = Running::start(|_| {}).await;
    let mut connection = server.connect().await;
    connection
        .send(b"GET /rt/1/ws HTTP/1.1\r\nupgrade: websocket\r\nx: ")
        .await;
    let before = server.state.metrics.received_bytes.get();
    let piece = vec![b'a'; 64 << 10];
    while connection.0.write_all(&piece).await.is_ok() {}
    let taken = server.state.metrics.received_bytes.get() - before;
    assert!(taken < 256 << 10, "{taken}");
}

#[tokio::test]
async fn cve_2024_37890_many_headers_in_an_upgrade_are_refused_and_the_process_lives() {
    let server = Running::start(|_| {}).await;
    let many = "x: y\r\n".repeat(2_000);
    let headers = format!(
        "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{many}"
    );
    assert_eq!(server.get("/rt/1/ws", &headers).await.status, 431);
    assert_eq!(server.get("/healthz", "").await.status, 200);
}
