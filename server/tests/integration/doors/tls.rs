//! https and wss by the server itself.

use std::time::{Duration, Instant};

use protocol::frame::{ClientFrame, ServerFrame};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    certificate::Certificate,
    raw::{BINARY, FIN, Raw, frame},
};
use crate::{
    support::{Connection, PATIENCE, Running},
    wire::hello,
};

/// Says one request by HTTP/1.1, and reads all that comes until the server closes.
async fn ask(certificate: &Certificate, server: &Running, headers: &str) -> String {
    let mut socket = certificate
        .connect(server.addr, &["http/1.1"])
        .await
        .unwrap();
    let request =
        format!("GET /rt/1/poll HTTP/1.1\r\nhost: maru.test\r\nconnection: close\r\n{headers}\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut answer))
        .await
        .expect("it closes")
        .unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_session_opens_over_wss_on_http_1() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let socket = certificate
        .connect(server.addr, &["http/1.1"])
        .await
        .unwrap();
    let mut raw = Raw(socket);
    raw.upgrade("/rt/1/ws", "origin: https://maru.test\r\n")
        .await;
    raw.write(&frame(
        FIN | BINARY,
        &ClientFrame::Hello(hello("d")).encode(),
    ))
    .await;
    let welcome = ServerFrame::decode(&raw.read().await.unwrap().payload.into());
    assert!(
        matches!(welcome, Ok(ServerFrame::Welcome(_))),
        "{welcome:?}"
    );
}

#[tokio::test]
async fn strict_transport_security_is_promised_with_tls_and_not_without() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let secure = ask(&certificate, &server, "").await;
    assert!(
        secure.contains("strict-transport-security: max-age=31536000\r\n"),
        "{secure}"
    );
    let plain = Running::start(|_| {}).await.get("/healthz", "").await;
    assert_eq!(plain.header("strict-transport-security"), "");
}

#[tokio::test]
async fn the_pages_of_a_server_with_tls_are_https_and_only_those_may_connect() {
    let certificate = Certificate::new();
    let server = certificate
        .serve(|config| {
            config.trusted_proxies = server::forwarded::TrustedProxies::new(vec![
                "127.0.0.1".parse::<std::net::IpAddr>().unwrap().into(),
            ]);
        })
        .await;
    for (headers, status) in [
        ("origin: https://maru.test\r\n", "400"),
        ("origin: http://maru.test\r\n", "403"),
        ("origin: https://other.test\r\n", "403"),
        // The proxy that is trusted here may end another TLS, or none.
        (
            "origin: http://maru.test\r\nx-forwarded-proto: http\r\n",
            "400",
        ),
        (
            "origin: https://maru.test\r\nx-forwarded-proto: http\r\n",
            "403",
        ),
    ] {
        let answer = ask(&certificate, &server, headers).await;
        // 400: let in, and asked for the session that it did not name.
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{headers} {answer}"
        );
    }
}

#[tokio::test]
async fn a_new_certificate_is_shown_soon_and_open_connections_go_on() {
    let (first, second) = (Certificate::new(), Certificate::new());
    let server = first.serve(|_| {}).await;
    let before = first.connect(server.addr, &["http/1.1"]).await.unwrap();
    assert!(
        second.connect(server.addr, &[]).await.is_err(),
        "it is another's"
    );
    second.replace(&first);
    let begun = Instant::now();
    while second.connect(server.addr, &[]).await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "it is never shown");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("shown after {} ms", begun.elapsed().as_millis());
    let mut raw = Raw(before);
    raw.upgrade("/rt/1/ws", "").await;
}

#[tokio::test]
async fn slowloris_in_the_tls_handshake_is_cut() {
    let certificate = Certificate::new();
    let server = certificate
        .serve(|config| config.header_timeout = Duration::from_millis(100))
        .await;
    let mut silent = server.connect().await;
    let mut half = server.connect().await;
    // The beginning of a ClientHello of 512 bytes.
    half.send(&[0x16, 3, 1, 2, 0, 1, 0, 1]).await;
    assert!(silent.closed().await.is_empty());
    half.closed().await;
    let mut after = certificate
        .connect(server.addr, &["http/1.1"])
        .await
        .unwrap();
    let mut rest = Vec::new();
    timeout(PATIENCE, after.read_to_end(&mut rest))
        .await
        .expect("silence after it is cut as well")
        .ok();
}

#[tokio::test]
async fn who_forgets_the_s_is_told_so() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let mut plain = Connection(TcpStream::connect(server.addr).await.unwrap());
    let answer = plain.request("GET", "/", "").await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("https://"), "{}", answer.body);
}

#[tokio::test]
async fn a_connection_too_many_is_told_so_over_tls_as_well() {
    let certificate = Certificate::new();
    let server = certificate.serve(|config| config.max_connections = 1).await;
    let _first = certificate
        .connect(server.addr, &["http/1.1"])
        .await
        .unwrap();
    let answer = ask(&certificate, &server, "").await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("--max-connections"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_server_that_stops_ends_idle_connections_on_both_versions_of_http() {
    let certificate = Certificate::new();
    let server = certificate.serve(|_| {}).await;
    let mut idle = Vec::new();
    for version in ["http/1.1", "h2"] {
        idle.push(certificate.connect(server.addr, &[version]).await.unwrap());
    }
    // A request on a third, so that the first two are known to be served.
    ask(&certificate, &server, "").await;
    server.stop().await;
    for mut socket in idle {
        timeout(PATIENCE, socket.read_to_end(&mut Vec::new()))
            .await
            .expect("it ends")
            .ok();
    }
}
