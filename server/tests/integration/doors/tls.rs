//! https and wss by the server itself.

use std::time::{Duration, Instant};

use axum::http::{Request, StatusCode};
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
    let from = format!("host: maru.test\r\n{headers}");
    ask_for("/rt/1/poll", certificate, server, &from).await
}

/// The same of another path, with all its headers.
async fn ask_for(path: &str, certificate: &Certificate, server: &Running, headers: &str) -> String {
    let mut socket = certificate
        .connect(server.addr, &["http/1.1"])
        .await
        .unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n");
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
    // Any port but the usual one may be one of many on a host whose other pages are not ours to close.
    for (host, promised) in [
        ("maru.test", true),
        ("maru.test:443", true),
        ("maru.test:8443", false),
        ("maru.test:none", false),
    ] {
        let host = format!("host: {host}\r\n");
        let answer = ask_for("/healthz", &certificate, &server, &host).await;
        let says = answer.contains("strict-transport-security: max-age=31536000\r\n");
        assert_eq!(says, promised, "{answer}");
    }
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
        .serve(|config| config.header_timeout = Duration::from_secs(2))
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
    let server = certificate
        .serve(|config| {
            // None of these lets the stop succeed by itself.
            config.drain = Duration::from_secs(3_600);
            config.header_timeout = Duration::from_secs(3_600);
        })
        .await;
    // Not even a handshake.
    let mut mute = server.connect().await;
    let mut idle = Vec::new();
    for version in ["http/1.1", "h2"] {
        idle.push(certificate.connect(server.addr, &[version]).await.unwrap());
    }
    // Two that have said that they speak HTTP/2, one of which has asked for something.
    let mut spoken = Vec::new();
    for asks in [false, true] {
        let socket = certificate.connect(server.addr, &["h2"]).await.unwrap();
        let (mut sender, mut connection) = h2::client::handshake(socket).await.unwrap();
        let mut pings = connection.ping_pong().unwrap();
        let driving = tokio::spawn(connection);
        let pong = timeout(PATIENCE, pings.ping(h2::Ping::opaque())).await;
        pong.expect("in time").expect("the server heard it");
        if asks {
            let request = Request::get("https://maru.test/healthz").body(()).unwrap();
            let (answer, _) = sender.send_request(request, true).unwrap();
            let answer = timeout(PATIENCE, answer).await.expect("in time").unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        }
        spoken.push((driving, sender));
    }
    server.stop().await;
    assert!(mute.closed().await.is_empty());
    for mut socket in idle {
        timeout(PATIENCE, socket.read_to_end(&mut Vec::new()))
            .await
            .expect("it ends")
            .ok();
    }
    for (driving, _sender) in spoken {
        drop(timeout(PATIENCE, driving).await.expect("it ends"));
    }
}
