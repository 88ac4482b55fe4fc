//! `POST /rt/1/session`: how a session is opened and continued by a request.

use std::slice::from_ref;

use bytes::Bytes;
use protocol::frame::{ClientFrame, ErrorCode, Hello, ServerFrame, packet::pack};

use super::client::{PACKET, Page, answer, ask, messages, post, session};
use crate::{
    person::Person,
    support::Running,
    wire::{Wire, hello},
};

fn probe(nonce: u64) -> ClientFrame {
    let padding = Bytes::from_static(b"padding");
    ClientFrame::Probe { nonce, padding }
}

fn probed(nonce: u64) -> ServerFrame {
    let padding = Bytes::from_static(b"padding");
    ServerFrame::Probed { nonce, padding }
}

#[tokio::test]
async fn a_session_opens_with_one_request_which_answers_probes_first() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.append("text");
    ada.saved().await;
    let hello = ClientFrame::Hello(hello("d"));
    let answer = session(server.addr, &[probe(1), probe(2), hello]).await;
    assert_eq!(answer.status, 200);
    let frames = answer.frames();
    assert_eq!(frames[..2], [probed(1), probed(2)]);
    assert!(matches!(frames[2], ServerFrame::Welcome(_)));
    assert!(
        matches!(frames[3], ServerFrame::Batch { upto: 1, .. }),
        "what is ready comes along: {frames:?}"
    );
    for (name, value) in [
        ("cache-control", "no-store, no-transform"),
        ("x-content-type-options", "nosniff"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    let mut page = Page::greeted(server.addr, "d").await;
    let poll = page.polls(0).await;
    let head = format!(
        "GET /rt/1/poll?n=1&wait=0 HTTP/1.1\r\nhost: maru.test\r\n{}\r\n",
        page.authorization()
    );
    assert_eq!(poll.header("maru-head"), head.len().to_string());
    let elsewhere = server.get("/healthz", "").await;
    assert_eq!(
        elsewhere.header("maru-head"),
        "",
        "only where it is asked for"
    );
}

#[tokio::test]
async fn probes_alone_are_answered_and_open_nothing() {
    let server = Running::start(|_| {}).await;
    let answer = session(server.addr, &[probe(7)]).await;
    assert_eq!((answer.status, answer.frames()), (200, vec![probed(7)]));
    assert!(server.state.http_links.is_empty());
    assert!(server.state.rooms.directory().is_empty());
}

#[tokio::test]
async fn what_opens_no_session_is_refused_with_its_status_and_its_code() {
    let server = Running::start(|_| {}).await;
    let page = Page::greeted(server.addr, "d").await;
    let presence = ClientFrame::Presence { state: "{}".into() };
    let (mut stranger, mut thief) = (page.welcome.clone(), page.welcome.clone());
    stranger.sid[0] ^= 1;
    thief.key[31] ^= 1;
    let of = |welcome| Page::on(server.addr, welcome, 0).resume(1, 0);
    let mut elsewhere = page.welcome.clone();
    elsewhere.epoch ^= 1;
    let cases = [
        ("nothing", vec![], (400, ErrorCode::Protocol)),
        ("DATA", vec![presence.clone()], (400, ErrorCode::Protocol)),
        (
            "a probe too many",
            (1..=5).map(probe).collect(),
            (400, ErrorCode::Protocol),
        ),
        (
            "something after HELLO",
            vec![ClientFrame::Hello(hello("d")), presence],
            (400, ErrorCode::Protocol),
        ),
        (
            "another version",
            vec![ClientFrame::Hello(Hello {
                version: 2,
                ..hello("d")
            })],
            (400, ErrorCode::Protocol),
        ),
        (
            "another generation",
            vec![ClientFrame::Hello(Hello {
                generation: 7,
                ..hello("d")
            })],
            (412, ErrorCode::OtherGeneration),
        ),
        (
            "an unknown session",
            vec![of(stranger)],
            (410, ErrorCode::Gone),
        ),
        ("another key", vec![of(thief)], (410, ErrorCode::Gone)),
        ("another epoch", vec![of(elsewhere)], (410, ErrorCode::Gone)),
        (
            "a link that is no newer",
            vec![page.resume(0, 0)],
            (409, ErrorCode::Superseded),
        ),
    ];
    for (what, frames, expected) in cases {
        let refused = session(server.addr, &frames).await;
        assert_eq!(refused.refused(), expected, "{what}");
    }
    let probing = session(server.addr, &[probe(1), page.resume(0, 0)]).await;
    assert_eq!(
        probing.frames()[0],
        probed(1),
        "a probe is answered all the same"
    );
    let body = vec![0; 1 << 20];
    let large = answer(ask(server.addr, "POST /rt/1/session", PACKET, Some(&body)).await).await;
    assert_eq!(large.refused(), (413, ErrorCode::TooLarge));
    assert_eq!(server.state.http_links.len(), 1, "the first page's");
}

#[tokio::test]
async fn pages_of_other_sites_and_forms_may_not_post_or_read() {
    let server = Running::start(|_| {}).await;
    let page = Page::greeted(server.addr, "d").await;
    let foreign = "origin: https://elsewhere.example\r\n";
    let own = "origin: http://maru.test\r\n";
    let authorized = page.authorization();
    let hello = ClientFrame::Hello(hello("d"));
    for path in ["/rt/1/session", "/rt/1/send?n=1", "/rt/1/bye"] {
        let headers = format!("{PACKET}{authorized}{foreign}");
        let refused = post(server.addr, path, &headers, from_ref(&hello)).await;
        assert_eq!(refused.status, 403, "{path}");
        for wrong in ["", "content-type: text/plain\r\n"] {
            let headers = format!("{wrong}{authorized}{own}");
            let refused = post(server.addr, path, &headers, from_ref(&hello)).await;
            assert_eq!(refused.refused(), (415, ErrorCode::Protocol), "{path}");
        }
    }
    for path in ["/rt/1/stream?n=1", "/rt/1/stream?check", "/rt/1/poll?n=1"] {
        let headers = format!("{authorized}{foreign}");
        let refused = server.get(path, &headers).await;
        assert_eq!(refused.status, 403, "{path}");
        let marked = format!("{authorized}sec-fetch-site: cross-site\r\n");
        assert_eq!(server.get(path, &marked).await.status, 403, "{path}");
    }
    let headers = format!("{PACKET}{own}");
    let body = pack(&messages(&[hello]));
    let welcome = ask(server.addr, "POST /rt/1/session", &headers, Some(&body)).await;
    assert_eq!(answer(welcome).await.status, 200, "its own may");
}

#[tokio::test]
async fn a_full_room_says_when_to_come_back() {
    let server = Running::start(|config| config.max_connections_per_room = 1).await;
    let page = Page::greeted(server.addr, "d").await;
    let refused = session(server.addr, &[ClientFrame::Hello(hello("d"))]).await;
    assert_eq!(refused.refused(), (429, ErrorCode::Rate));
    assert_eq!(refused.header("retry-after"), "5");
    assert_eq!(page.bye(&[ClientFrame::Bye]).await.status, 200);
    let answer = session(server.addr, &[ClientFrame::Hello(hello("d"))]).await;
    assert_eq!(
        answer.status, 200,
        "the place is free as soon as somebody left"
    );
}

#[tokio::test]
async fn probes_on_a_socket_are_answered_before_hello_and_not_without_end() {
    let server = Running::start(|_| {}).await;
    let mut wire = Wire::rt(server.addr).await;
    for nonce in 1..=4 {
        wire.say(&probe(nonce)).await;
        assert_eq!(wire.hear().await, probed(nonce));
    }
    wire.say(&ClientFrame::Hello(hello("d"))).await;
    assert!(matches!(wire.hear().await, ServerFrame::Welcome(_)));
    wire.say(&probe(5)).await;
    let answered = wire
        .hear_until(|frame| (frame == probed(5)).then_some(()))
        .await;
    assert_eq!(answered, (), "and within a session");

    let mut greedy = Wire::rt(server.addr).await;
    for nonce in 1..=5 {
        greedy.say(&probe(nonce)).await;
    }
    assert_eq!(greedy.refused().await.0, ErrorCode::Protocol);
}

#[tokio::test]
async fn probes_do_not_keep_a_silent_connection_open() {
    let server = Running::start(|config| {
        config.deadlines.hello = std::time::Duration::from_millis(100);
    })
    .await;
    let mut wire = Wire::rt(server.addr).await;
    wire.say(&probe(1)).await;
    assert_eq!(wire.hear().await, probed(1));
    assert_eq!(wire.refused().await.0, ErrorCode::TooSlow);
}

#[tokio::test]
async fn a_link_that_is_never_used_is_not_waited_for() {
    let server = Running::start(|config| {
        config.deadlines.unused = std::time::Duration::from_millis(500);
    })
    .await;
    let page = Page::greeted(server.addr, "d").await;
    let mut used = Page::greeted(server.addr, "d").await;
    assert_eq!(used.polls(0).await.status, 200);
    while server.state.http_links.len() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(used.polls(0).await.status, 200);
    let (_, frames) = page.resumed(0).await;
    assert_eq!(
        frames[0],
        ServerFrame::Resumed { applied: 0 },
        "it may come back"
    );
}
