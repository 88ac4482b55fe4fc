//! Who asks for too much is told so and let go; the room and everybody else notice nothing. What is counted by address is in `addresses`.

use protocol::{
    frame::{ClientFrame, ErrorCode},
    sync,
};
use server::rates::Rate;
use tokio_tungstenite::tungstenite::Message;

use super::{
    addresses::{MALLORY, behind_a_proxy},
    raw::{BINARY, FIN, PING, PONG, Raw, TEXT, frame},
};
use crate::{
    http::client::{PACKET, Page, answer, ask, session},
    person::Person,
    support::Running,
    wire::{Wire, hello, typed},
};

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
    assert_eq!(yjs.closed().await, Some(4503), "its provider comes back");
    untouched(&server, &ada).await;
}

#[tokio::test]
async fn a_flood_on_the_plain_yjs_endpoint_is_closed_with_4503() {
    let server = Running::start(|config| config.rates.messages = Rate::per_second(10, 60)).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut yjs = Wire::yjs(server.addr, "d").await;
    let step = sync::Message::Step1(&[0]).encode();
    for _ in 0..1_000 {
        yjs.try_send(Message::Binary(step.clone().into())).await;
    }
    assert_eq!(yjs.closed().await, Some(4503), "its provider comes back");
    untouched(&server, &ada).await;
}

#[tokio::test]
async fn a_page_that_was_let_go_for_a_rate_comes_back_and_loses_nothing() {
    let server = Running::start(|config| config.rates.messages = Rate::per_second(200, 400)).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    // All of them at once, however slow this machine is.
    ada.go_offline();
    for n in 0..1_000 {
        ada.append(&format!("{n} "));
    }
    ada.go_online();
    ada.saved().await;
    Person::come(server.addr, "d").sees(&ada.text()).await;
    let metrics = server.state.metrics.encode();
    assert!(
        metrics.contains("maru_limited_total{limit=\"messages\"}"),
        "it was too much: {metrics}"
    );
}

#[tokio::test]
async fn a_flood_is_one_flood_however_often_its_session_resumes() {
    let server = Running::start(|config| config.rates.messages = Rate::per_minute(1, 60)).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut page = Page::greeted(server.addr, "d").await;
    let mut passed = 0;
    for n in 1..=10 {
        let told = page.says(&vec![ping(n); 20]).await;
        passed += usize::from(told.status == 200);
        page = page.resumed(0).await.0;
    }
    // On a slow machine a message or two come back meanwhile, and no twenty.
    assert_eq!(passed, 3);
    untouched(&server, &ada).await;
}

#[tokio::test]
async fn pings_and_what_is_no_message_of_a_session_count_as_messages() {
    let server = Running::start(|config| config.rates.messages = Rate::per_minute(1, 60)).await;
    for (path, head, code) in [
        ("/rt/1/ws", FIN | PING, 4429),
        ("/rt/1/ws", FIN | PONG, 4429),
        ("/ws/d", FIN | PING, 4503),
        ("/ws/d", FIN | PONG, 4503),
        ("/ws/d", FIN | TEXT, 4503),
    ] {
        let mut raw = Raw::to(&server, path).await;
        if path == "/rt/1/ws" {
            let hello = ClientFrame::Hello(hello("d")).encode();
            raw.write(&frame(FIN | BINARY, &hello)).await;
            raw.read().await.expect("WELCOME");
        }
        raw.try_write(&frame(head, b"x").repeat(200)).await.ok();
        assert_eq!(raw.closed().await, Some(code), "{path} {head:#x}");
    }
}

#[tokio::test]
async fn last_words_are_edits_and_a_goodbye_and_count_as_what_a_link_says() {
    let server = Running::start(|config| config.rates.messages = Rate::per_minute(1, 60)).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let page = Page::greeted(server.addr, "d").await;
    let update = typed(&["kept "]).remove(0);
    let edit = |seq| ClientFrame::Data {
        seq,
        message: sync::Message::Update(&update).encode().into(),
    };
    let (sid, key) = (page.welcome.sid, page.welcome.key);
    for other in [
        ping(1),
        ClientFrame::Presence { state: "{}".into() },
        ClientFrame::Claim { sid, key },
    ] {
        let told = page.bye(&[edit(1), other, ClientFrame::Bye]).await;
        assert_eq!(told.refused(), (400, ErrorCode::Protocol));
    }
    ada.finds("kept ").await;
    let told = page.bye(&vec![edit(1); 100]).await;
    assert_eq!(told.refused(), (429, ErrorCode::Rate));
    untouched(&server, &ada).await;
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
    let large = vec![b' '; (64 << 10) + 1];
    for path in ["POST /api/v1/docs/d/links", "POST /open"] {
        let told = ask(server.addr, path, "", Some(&large)).await;
        assert_eq!(answer(told).await.status, 413, "{path}");
    }
    // GHSA of engine.io, 2020: a body of 100 MB was kept in memory before anybody looked at it.
    let before = server.state.metrics.received_bytes.get();
    let mut connection = server.connect().await;
    let head = format!(
        "POST /rt/1/session HTTP/1.1\r\nhost: maru.test\r\ncontent-length: 100000000\r\n{PACKET}\r\n"
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
