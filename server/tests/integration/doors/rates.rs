//! Who asks for too much is told so and let go; the room and everybody else notice nothing. Who counts as whom is in `server/src/rates/tests.rs`.

use std::net::IpAddr;

use protocol::{
    frame::{ClientFrame, ErrorCode, ServerFrame},
    sync,
};
use server::{Config, forwarded::TrustedProxies, rates::Rate};
use tokio_tungstenite::tungstenite::Message;

use super::raw::{BINARY, FIN, Raw, frame};
use crate::{
    http::client::{Page, answer, ask, messages, session},
    person::Person,
    support::Running,
    wire::{Wire, hello, typed},
};

/// Somebody far away, as the proxy on this machine tells.
const MALLORY: &str = "x-forwarded-for: 203.0.113.5\r\n";
const BYSTANDER: &str = "x-forwarded-for: 203.0.113.6\r\n";
/// What lets one pass and no second.
const ONCE: Rate = Rate::per_minute(1, 1);

async fn behind_a_proxy(change: impl FnOnce(&mut Config)) -> Running {
    Running::start(|config| {
        let here: IpAddr = [127, 0, 0, 1].into();
        config.trusted_proxies = TrustedProxies::new(vec![here.into()]);
        change(config);
    })
    .await
}

fn ping(nonce: u64) -> ClientFrame {
    ClientFrame::Ping { nonce }
}

/// Everybody else of the document goes on, and nobody was sent away.
async fn untouched(server: &Running, ada: &Person) {
    ada.append("x");
    ada.saved().await;
    Person::come(server.addr, "d").sees(&ada.text()).await;
    assert_eq!(ada.sessions(), (1, 0));
}

#[tokio::test]
async fn a_flood_of_messages_is_ended_with_4429_on_a_websocket() {
    let server = Running::start(|config| config.rates.messages = Rate::per_second(10, 60)).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let (mut mallory, _) = Wire::greeted(server.addr, "d").await;
    for nonce in 1..1_000 {
        mallory
            .try_send(Message::Binary(ping(nonce).encode()))
            .await;
    }
    let (code, said) = mallory.refused().await;
    assert_eq!(code, ErrorCode::Rate);
    assert!(
        said.contains("more messages") && said.contains("safe"),
        "{said}"
    );
    untouched(&server, &ada).await;
    let metrics = server.state.metrics.encode();
    assert!(
        metrics.contains("maru_limited_total{limit=\"messages\"} 1"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_flood_of_bytes_is_ended_with_4429_on_a_websocket() {
    let server =
        Running::start(|config| config.rates.bytes = Rate::per_second(1_000, 100_000)).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let (mut mallory, _) = Wire::greeted(server.addr, "d").await;
    let probe = ClientFrame::Probe {
        nonce: 1,
        padding: vec![7; 2_000].into(),
    };
    for _ in 0..200 {
        mallory.try_send(Message::Binary(probe.encode())).await;
    }
    let (code, said) = mallory.refused().await;
    assert_eq!(
        (code, said.contains("more bytes")),
        (ErrorCode::Rate, true),
        "{said}"
    );
    untouched(&server, &ada).await;
}

#[tokio::test]
async fn a_flood_of_presence_is_ended_with_4429_on_every_transport() {
    let server = Running::start(|config| config.rates.presence = Rate::per_second(1, 20)).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let moved = ClientFrame::Presence { state: "{}".into() };

    let (mut mallory, _) = Wire::greeted(server.addr, "d").await;
    for _ in 0..100 {
        mallory.try_send(Message::Binary(moved.encode())).await;
    }
    let (code, said) = mallory.refused().await;
    assert_eq!(
        (code, said.contains("its caret")),
        (ErrorCode::Rate, true),
        "{said}"
    );

    let mut page = Page::greeted(server.addr, "d").await;
    let answer = page.says(&vec![moved; 100]).await;
    assert_eq!(answer.refused(), (429, ErrorCode::Rate));
    assert_eq!(answer.header("retry-after"), "5");

    let mut yjs = Wire::yjs(server.addr, "d").await;
    for _ in 0..100 {
        yjs.try_send(Message::Binary(
            sync::Message::QueryAwareness.encode().into(),
        ))
        .await;
    }
    assert_eq!(yjs.closed().await, Some(4429));
    untouched(&server, &ada).await;
}

#[tokio::test]
async fn a_flood_on_the_plain_yjs_endpoint_is_closed_with_4429() {
    let server = Running::start(|config| config.rates.messages = Rate::per_second(10, 60)).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut yjs = Wire::yjs(server.addr, "d").await;
    let step = sync::Message::Step1(&[0]).encode();
    for _ in 0..1_000 {
        yjs.try_send(Message::Binary(step.clone().into())).await;
    }
    assert_eq!(yjs.closed().await, Some(4429));
    untouched(&server, &ada).await;
}

#[tokio::test]
async fn a_page_that_was_let_go_for_a_rate_comes_back_and_loses_nothing() {
    let server =
        Running::start(|config| config.rates.messages = Rate::per_second(1_000, 400)).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    for n in 0..1_000 {
        ada.append(&format!("{n} "));
    }
    ada.saved().await;
    Person::come(server.addr, "d").sees(&ada.text()).await;
    let metrics = server.state.metrics.encode();
    assert!(
        metrics.contains("maru_limited_total{limit=\"messages\"}"),
        "it was too much: {metrics}"
    );
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
    let body = protocol::frame::packet::pack(&messages(&[ClientFrame::Hello(hello("d"))]));
    let headers = format!("{}{MALLORY}", crate::http::client::PACKET);
    let told = answer(ask(server.addr, "POST /rt/1/session", &headers, Some(&body)).await).await;
    assert_eq!(told.refused(), (429, ErrorCode::Rate));
    let mut yjs = Raw::with_headers(&server, "/ws/d", MALLORY).await;
    assert_eq!(yjs.closed().await, Some(4429));
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
    assert_eq!(second.closed().await, Some(4429));
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
async fn anybody_may_write_the_header_and_only_a_trusted_proxy_is_believed() {
    let server = Running::start(|config| config.rates.requests = ONCE).await;
    // Nobody is trusted, so that this is this machine which asks, whatever it says.
    for _ in 0..5 {
        assert_eq!(server.get("/healthz", MALLORY).await.status, 200);
    }
}

#[tokio::test]
async fn countless_pieces_before_and_after_hello_are_refused() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    for greeted in [false, true] {
        let mut mallory = if greeted {
            Wire::greeted(server.addr, "d").await.0
        } else {
            Wire::rt(server.addr).await
        };
        for _ in 0..5_000 {
            mallory.try_send(Message::Binary(vec![126, 7].into())).await;
        }
        let (code, said) = mallory.refused().await;
        assert_eq!(code, ErrorCode::TooLarge);
        assert!(said.contains("pieces"), "{said}");
    }
    untouched(&server, &ada).await;
}

#[tokio::test]
async fn before_hello_no_more_is_kept_than_a_hello() {
    let server = Running::start(|_| {}).await;
    let mut mallory = Wire::rt(server.addr).await;
    let mut piece = vec![0; 40_000];
    piece[0] = 126;
    for _ in 0..20 {
        mallory
            .try_send(Message::Binary(piece.clone().into()))
            .await;
    }
    assert_eq!(mallory.refused().await.0, ErrorCode::TooLarge);
}

#[tokio::test]
async fn a_megabyte_at_once_and_a_bot_that_types_are_no_flood() {
    let server = behind_a_proxy(|_| {}).await;
    let mut raw = Raw::with_headers(&server, "/ws/d", MALLORY).await;
    let large = typed(&[&"x".repeat(1_000_000)]).remove(0);
    raw.write(&frame(
        FIN | BINARY,
        &sync::Message::Update(&large).encode(),
    ))
    .await;
    // A minute of somebody's typing at 50 a second, all at once.
    for update in typed(&["a"; 3_000]) {
        raw.write(&frame(
            FIN | BINARY,
            &sync::Message::Update(&update).encode(),
        ))
        .await;
    }
    let ada = Person::come(server.addr, "d");
    ada.until("all is there", |ada| ada.text().len() == 1_003_000)
        .await;
    assert!(
        !server
            .state
            .metrics
            .encode()
            .contains("maru_limited_total{")
    );
}

#[tokio::test]
async fn the_largest_bodies_and_no_larger_are_taken_by_posts() {
    let server = Running::start(|_| {}).await;
    let hello = session(server.addr, &[ClientFrame::Hello(hello("d"))]).await;
    assert_eq!(hello.status, 200);
    // GHSA of engine.io, 2020: a body of 100 MB was kept in memory before anybody looked at it.
    let before = server.state.metrics.received_bytes.get();
    let mut connection = server.connect().await;
    let head = format!(
        "POST /rt/1/session HTTP/1.1\r\nhost: maru.test\r\ncontent-length: 100000000\r\n{}\r\n",
        crate::http::client::PACKET
    );
    connection.send(head.as_bytes()).await;
    let piece = vec![0; 64 << 10];
    while tokio::io::AsyncWriteExt::write_all(&mut connection.0, &piece)
        .await
        .is_ok()
    {}
    let taken = server.state.metrics.received_bytes.get() - before;
    assert!(taken < 4 << 20, "{taken}");
}
