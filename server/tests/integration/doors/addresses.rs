//! What one address has open and asks for, told by the proxy in front of it; who counts as whom is in `server/src/rates/tests.rs`.

use std::{net::IpAddr, time::Duration};

use protocol::frame::{ClientFrame, ErrorCode, ServerFrame, packet::pack};
use server::{Config, forwarded::TrustedProxies, rates::Rate};
use tokio::time::timeout;

use super::raw::{BINARY, FIN, Raw, frame};
use crate::{
    http::client::{PACKET, answer, ask, messages},
    support::{PATIENCE, Running},
    wire::{Wire, hello},
};

/// Somebody far away, as the proxy on this machine tells.
pub(super) const MALLORY: &str = "x-forwarded-for: 203.0.113.5\r\n";
const BYSTANDER: &str = "x-forwarded-for: 203.0.113.6\r\n";
/// What lets one pass and no second.
const ONCE: Rate = Rate::per_minute(1, 1);

pub(super) async fn behind_a_proxy(change: impl FnOnce(&mut Config)) -> Running {
    Running::start(|config| {
        let here: IpAddr = [127, 0, 0, 1].into();
        config.trusted_proxies = TrustedProxies::new(vec![here.into()]);
        change(config);
    })
    .await
}

#[tokio::test]
async fn sessions_are_counted_by_the_address_that_a_trusted_proxy_tells() {
    let server = behind_a_proxy(|config| config.rates.sessions = ONCE).await;
    let open = async |headers: &str| {
        let mut raw = Raw::with_headers(&server, "/rt/1/ws", headers).await;
        raw.write(&frame(
            FIN | BINARY,
            &ClientFrame::Hello(hello("d")).encode(),
        ))
        .await;
        ServerFrame::decode(&raw.read().await.unwrap().payload.into()).unwrap()
    };
    assert!(matches!(open(MALLORY).await, ServerFrame::Welcome(_)));
    let refused = open(MALLORY).await;
    assert!(
        matches!(&refused, ServerFrame::Error { code: ErrorCode::Rate, message } if message.contains("in a minute")),
        "{refused:?}"
    );
    assert!(matches!(open(BYSTANDER).await, ServerFrame::Welcome(_)));
    // The same by a plain request, and by the Yjs endpoint.
    let body = pack(&messages(&[ClientFrame::Hello(hello("d"))]));
    let headers = format!("{PACKET}{MALLORY}");
    let told = answer(ask(server.addr, "POST /rt/1/session", &headers, Some(&body)).await).await;
    assert_eq!(told.refused(), (429, ErrorCode::Rate));
    let mut yjs = Raw::with_headers(&server, "/ws/d", MALLORY).await;
    assert_eq!(yjs.closed().await, Some(4503));
}

#[tokio::test]
async fn guessing_sessions_costs_as_much_as_opening_them() {
    let server = behind_a_proxy(|config| config.rates.sessions = Rate::per_minute(1, 3)).await;
    let guess = ClientFrame::Resume {
        sid: [1; 16],
        key: [2; 32],
        link: 1,
        epoch: 1,
        after: 0,
    };
    let mut told = Vec::new();
    for _ in 0..5 {
        let mut raw = Raw::with_headers(&server, "/rt/1/ws", MALLORY).await;
        raw.write(&frame(FIN | BINARY, &guess.encode())).await;
        match ServerFrame::decode(&raw.read().await.unwrap().payload.into()).unwrap() {
            ServerFrame::Error { code, .. } => told.push(code),
            other => panic!("{other:?}"),
        }
    }
    let (gone, rate) = (ErrorCode::Gone, ErrorCode::Rate);
    assert_eq!(told, [gone, gone, gone, rate, rate]);
}

#[tokio::test]
async fn documents_are_brought_into_memory_only_so_many_in_a_minute() {
    let server = behind_a_proxy(|config| config.rates.documents = Rate::per_minute(1, 2)).await;
    // A document without a word in it is put away as soon as nobody is there.
    let mut readers = Vec::new();
    for (doc, headers, status) in [
        ("a", MALLORY, 200),
        ("b", MALLORY, 200),
        ("c", MALLORY, 429),
        // In memory already, so that it costs nothing.
        ("a", MALLORY, 200),
        ("c", BYSTANDER, 200),
        ("c", MALLORY, 200),
    ] {
        let reply = server.get(&format!("/d/{doc}"), headers).await;
        assert_eq!(reply.status, status, "{doc}");
        if status == 200 {
            readers.push(Wire::greeted(server.addr, doc).await);
        }
    }
}

#[tokio::test]
async fn requests_are_counted_by_address_and_refused_with_a_sentence() {
    let server = behind_a_proxy(|config| config.rates.requests = Rate::per_minute(1, 3)).await;
    for _ in 0..3 {
        assert_eq!(server.get("/healthz", MALLORY).await.status, 200);
    }
    let refused = server.get("/healthz", MALLORY).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "5"));
    assert!(
        refused.body.contains("more requests") && refused.body.contains("safe"),
        "{}",
        refused.body
    );
    let packet = answer(ask(server.addr, "GET /rt/1/poll?n=1", MALLORY, None).await).await;
    assert_eq!(packet.refused(), (429, ErrorCode::Rate));
    assert_eq!(server.get("/healthz", BYSTANDER).await.status, 200);
    // Without the proxy's word it is this machine that asks.
    assert_eq!(server.get("/healthz", "").await.status, 200);
}

#[tokio::test]
async fn links_of_one_address_are_counted_behind_a_proxy_and_free_again_when_they_end() {
    let server = behind_a_proxy(|config| config.rates.links = 1).await;
    let hello = frame(FIN | BINARY, &ClientFrame::Hello(hello("d")).encode());
    let mut first = Raw::with_headers(&server, "/rt/1/ws", MALLORY).await;
    first.write(&hello).await;
    first.read().await.expect("WELCOME");
    let mut second = Raw::with_headers(&server, "/ws/d", MALLORY).await;
    assert_eq!(second.closed().await, Some(4503));
    first
        .write(&frame(FIN | BINARY, &ClientFrame::Bye.encode()))
        .await;
    // Ends when the server has let the session go.
    first.closed().await;
    let mut third = Raw::with_headers(&server, "/rt/1/ws", MALLORY).await;
    third.write(&hello).await;
    let welcome = ServerFrame::decode(&third.read().await.unwrap().payload.into());
    assert!(
        matches!(welcome, Ok(ServerFrame::Welcome(_))),
        "{welcome:?}"
    );
}

#[tokio::test]
async fn a_resume_is_let_in_while_its_own_dead_link_still_counts() {
    let server = behind_a_proxy(|config| config.rates.links = 1).await;
    let mut dead = Raw::with_headers(&server, "/rt/1/ws", MALLORY).await;
    let hello = ClientFrame::Hello(hello("d")).encode();
    dead.write(&frame(FIN | BINARY, &hello)).await;
    let welcome = match ServerFrame::decode(&dead.read().await.unwrap().payload.into()) {
        Ok(ServerFrame::Welcome(welcome)) => welcome,
        other => panic!("{other:?}"),
    };
    let mut next = Raw::with_headers(&server, "/rt/1/ws", MALLORY).await;
    let resume = ClientFrame::Resume {
        sid: welcome.sid,
        key: welcome.key,
        link: 1,
        epoch: welcome.epoch,
        after: 0,
    };
    next.write(&frame(FIN | BINARY, &resume.encode())).await;
    let told = ServerFrame::decode(&next.read().await.unwrap().payload.into()).unwrap();
    assert!(matches!(told, ServerFrame::Resumed { .. }), "{told:?}");
}

#[tokio::test]
async fn sockets_and_bodies_of_an_address_are_bounded_before_they_say_anything() {
    let server = behind_a_proxy(|config| {
        config.rates.under_way = 2;
        config.deadlines.hello = Duration::from_secs(3_600);
        config.deadlines.body = Duration::from_secs(3_600);
    })
    .await;
    let upgrade = |headers: &str| {
        format!(
            "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}"
        )
    };
    let silent = Raw::with_headers(&server, "/rt/1/ws", MALLORY).await;
    let mut slow = server.connect().await;
    let head = format!(
        "POST /rt/1/session HTTP/1.1\r\nhost: maru.test\r\ncontent-length: 1000\r\n{PACKET}{MALLORY}\r\n12"
    );
    let received = || server.state.metrics.received_bytes.get();
    let before = received();
    slow.send(head.as_bytes()).await;
    while received() - before < head.len() as u64 {
        tokio::task::yield_now().await;
    }
    let body = pack(&messages(&[ClientFrame::Hello(hello("d"))]));
    let headers = format!("{PACKET}{MALLORY}");
    let told = answer(ask(server.addr, "POST /rt/1/session", &headers, Some(&body)).await).await;
    assert_eq!(told.refused(), (429, ErrorCode::Rate));
    for path in ["/rt/1/ws", "/ws/d"] {
        assert_eq!(server.get(path, &upgrade(MALLORY)).await.status, 429);
    }
    Raw::with_headers(&server, "/rt/1/ws", BYSTANDER).await;
    drop((silent, slow));
    let free = async || {
        while server.get("/rt/1/ws", &upgrade(MALLORY)).await.status != 101 {}
    };
    timeout(PATIENCE, free()).await.expect("a place is free");
}

#[tokio::test]
async fn anybody_may_write_the_header_and_only_a_trusted_proxy_is_believed() {
    let server = Running::start(|config| config.rates.requests = ONCE).await;
    // Nobody is trusted, so that this is this machine which asks, whatever it says.
    for _ in 0..5 {
        assert_eq!(server.get("/healthz", MALLORY).await.status, 200);
    }
}
