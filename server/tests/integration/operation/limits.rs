//! What one client can take from the server, and how connections end.

use std::time::{Duration, Instant};

use crate::support::{Connection, Running};

#[tokio::test]
async fn a_client_that_never_finishes_its_headers_is_cut() {
    let server = Running::start(|config| config.header_timeout = Duration::from_millis(50)).await;
    let mut connection = server.connect().await;
    connection
        .send(b"GET /healthz HTTP/1.1\r\nhost: maru.test\r\nx-slow: ")
        .await;
    let said = connection.closed().await;
    assert!(
        !said.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

#[tokio::test]
async fn a_client_that_says_nothing_is_cut() {
    let server = Running::start(|config| config.header_timeout = Duration::from_millis(50)).await;
    server.connect().await.closed().await;
}

#[tokio::test]
async fn headers_above_the_limit_are_refused_as_such() {
    let server = Running::start(|_| {}).await;
    let fits = format!("x-large: {}\r\n", "a".repeat(12 << 10));
    assert_eq!(server.get("/healthz", &fits).await.status, 200);
    let too_large = format!("x-large: {}\r\n", "a".repeat(17 << 10));
    assert_eq!(server.get("/healthz", &too_large).await.status, 431);
    let too_many = "x-many: a\r\n".repeat(101);
    assert_eq!(server.get("/healthz", &too_many).await.status, 431);
}

#[tokio::test]
async fn a_connection_too_many_is_told_to_come_back_and_gets_in_when_one_has_left() {
    let server = Running::start(|config| config.max_connections = 2).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    for open in [&mut first, &mut second] {
        assert_eq!(open.request("GET", "/healthz", "").await.status, 200);
    }
    let refused = server.get("/healthz", "").await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
    assert!(
        refused.body.contains("--max-connections"),
        "{}",
        refused.body
    );

    // The answer to `connection: close` is the barrier: the socket is closed after it, and its place freed with it.
    first
        .request("GET", "/healthz", "connection: close\r\n")
        .await;
    first.closed().await;
    let mut reply = server.get("/healthz", "").await;
    for _ in 0..100 {
        if reply.status == 200 {
            break;
        }
        reply = server.get("/healthz", "").await;
    }
    assert_eq!(reply.status, 200);
    assert_eq!(second.request("GET", "/healthz", "").await.status, 200);
}

#[tokio::test]
async fn the_drain_ends_idle_connections_and_takes_no_new_ones() {
    let server = Running::start(|_| {}).await;
    let addr = server.addr;
    let (mut idle, mut fresh) = (server.connect().await, server.connect().await);
    assert_eq!(idle.request("GET", "/healthz", "").await.status, 200);
    server.stop().await;
    assert!(idle.closed().await.is_empty());
    assert!(fresh.closed().await.is_empty());
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_connection_that_does_not_end_is_cut_after_the_time_to_drain() {
    let drain = Duration::from_millis(100);
    let mut server = Running::start(|config| {
        config.drain = drain;
        config.header_timeout = Duration::from_secs(3_600);
    })
    .await;
    let mut stuck: Connection = server.connect().await;
    stuck.send(b"GET /healthz HTTP/1.1\r\n").await;
    // The server has the half request when it has answered a whole one that came later.
    assert_eq!(server.get("/healthz", "").await.status, 200);
    let begun = Instant::now();
    server.begin_stop();
    assert!(stuck.closed().await.is_empty());
    assert!(begun.elapsed() >= drain, "it was given its time");
}
