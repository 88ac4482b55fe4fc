//! `GET /rt/1/stream`: what a session is told, as events that follow each other on one connection.

use std::time::{Duration, Instant};

use protocol::{
    frame::{ClientFrame, ErrorCode, ServerFrame},
    replica::Replica,
};

use super::client::{Event, Events, Page, ask};
use crate::{person::Person, support::Running};

fn batch(frame: &ServerFrame) -> Option<u64> {
    match frame {
        ServerFrame::Batch { upto, .. } => Some(*upto),
        _ => None,
    }
}

fn links(server: &Running, number: u32) -> bool {
    let line = format!("maru_links_open{{kind=\"rt_event_stream\"}} {number}\n");
    server.state.metrics.encode().contains(&line)
}

#[tokio::test]
async fn a_stream_begins_at_once_and_brings_what_is_news() {
    // A heartbeat would bring with it what was not told when it was time.
    let never = Duration::from_secs(3_600);
    let server = Running::start(|config| config.deadlines.heartbeat = never).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut page = Page::greeted(server.addr, "d").await;
    let mut events = page.streams().await;
    for (name, value) in [
        ("cache-control", "no-store, no-transform"),
        ("x-content-type-options", "nosniff"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(events.0.headers[name], value);
    }
    assert!(events.0.headers.contains_key("maru-head"));
    // Nothing has happened yet, and still there is an event.
    let Some(Event::Packet(nothing)) = events.next().await else {
        panic!("no event")
    };
    assert!(nothing.is_empty(), "{nothing:?}");
    assert!(events.0.comment > 4 << 10, "{}", events.0.comment);
    assert!(links(&server, 1));
    for word in 1..=5 {
        ada.append(&format!("{word} "));
        assert_eq!(events.hears(|frame| batch(&frame)).await, word);
    }
    // What the page says comes by POST, and the answer to it on the stream.
    page.says(&[ClientFrame::Ping { nonce: 3 }]).await;
    let pong = ServerFrame::Pong { nonce: 3 };
    events.hears(|frame| (frame == pong).then_some(())).await;
}

#[tokio::test]
async fn a_stream_asks_for_a_sign_of_life_and_a_dead_page_is_let_go() {
    let server = Running::start(|config| {
        config.deadlines.heartbeat = Duration::from_millis(50);
        config.deadlines.unheard = Duration::from_millis(1_500);
    })
    .await;
    let mut page = Page::greeted(server.addr, "d").await;
    let mut events = page.streams().await;
    let asked = |frame| (frame == ServerFrame::Pong { nonce: 0 }).then_some(());
    // Answered for longer than a silent page may live.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        events.hears(asked).await;
        let answer = page.says(&[ClientFrame::Ping { nonce: 0 }]).await;
        assert_eq!(answer.status, 200);
    }
    // And then no more.
    while events.next().await.is_some() {}
    while !server.state.http_links.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(links(&server, 0));
    let late = page.says(&[]).await;
    assert_eq!(late.refused(), (409, ErrorCode::Incomplete));
}

#[tokio::test]
async fn a_stream_that_has_brought_enough_ends_by_itself_and_the_next_goes_on() {
    let server = Running::start(|config| config.deadlines.stream_bytes = 20_000).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut page = Page::greeted(server.addr, "d").await;
    let mut events = page.streams().await;
    // Now, since later on it may just have ended.
    let open = page.streams_as(page.streams + 1).await.err().unwrap();
    assert_eq!(
        open.refused(),
        (409, ErrorCode::Incomplete),
        "one at a time"
    );
    let (mut ends, mut told) = (0, 0);
    for word in 1..=60 {
        ada.append(&"x".repeat(1_000));
        while told < word {
            let event = events.next().await.expect("no stream breaks off");
            let Event::Packet(messages) = event else {
                assert!(events.next().await.is_none(), "nothing follows");
                let again = page.streams_as(page.streams).await.err().unwrap();
                assert_eq!(
                    again.refused(),
                    (409, ErrorCode::Incomplete),
                    "that one was"
                );
                events = page.streams().await;
                ends += 1;
                continue;
            };
            let frames = messages.iter().map(ServerFrame::decode);
            for upto in frames.filter_map(|frame| batch(&frame.unwrap())) {
                assert_eq!(upto, told + 1, "nothing is left out, nothing comes twice");
                told = upto;
            }
        }
    }
    // 60 KB are 80 KB of base64, and each stream has 4 KiB of its own.
    assert!((3..=8).contains(&ends), "{ends}");
}

#[tokio::test]
async fn a_stream_ends_by_itself_when_it_is_old() {
    let server =
        Running::start(|config| config.deadlines.stream = Duration::from_millis(100)).await;
    let mut page = Page::greeted(server.addr, "d").await;
    for _ in 0..2 {
        let mut events = page.streams().await;
        while !matches!(events.next().await.expect("an end"), Event::End) {}
    }
    assert_eq!(page.says(&[]).await.status, 200, "the link goes on");
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_the_link_and_what_it_lost_is_told_on_the_next() {
    // Not by being silent for long.
    let never = Duration::from_secs(3_600);
    let server = Running::start(|config| config.deadlines.unheard = never).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut page = Page::greeted(server.addr, "d").await;
    let mut events = page.streams().await;
    ada.append("heard");
    assert_eq!(events.hears(|frame| batch(&frame)).await, 1);
    drop(events);
    ada.append("not heard");
    while !server.state.http_links.is_empty() {
        tokio::task::yield_now().await;
    }
    let late = page.says(&[]).await;
    assert_eq!(late.refused(), (409, ErrorCode::Incomplete));
    ada.saved().await;
    let (mut next, frames) = page.resumed(1).await;
    assert_eq!(frames[0], ServerFrame::Resumed { applied: 0 });
    let told = frames.iter().filter_map(batch);
    assert_eq!(told.collect::<Vec<_>>(), [2]);
    ada.append("and on");
    assert_eq!(next.streams().await.hears(|frame| batch(&frame)).await, 3);
    let mixed = next.polls(0).await;
    assert_eq!(
        mixed.refused(),
        (409, ErrorCode::Incomplete),
        "one way of reading"
    );
}

#[tokio::test]
async fn a_stream_that_lives_on_after_its_page_has_another_link_is_fenced() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut page = Page::greeted(server.addr, "d").await;
    let mut zombie = page.streams().await;
    zombie.next().await;
    let (mut next, _) = page.resumed(0).await;
    let mut events = next.streams().await;
    let told = zombie.finds(Some).await;
    assert!(
        matches!(
            told,
            Some(ServerFrame::Error {
                code: ErrorCode::Superseded,
                ..
            })
        ),
        "{told:?}"
    );
    assert!(zombie.next().await.is_none());
    let late = page.says(&[ClientFrame::Bye]).await;
    assert_eq!(late.refused(), (409, ErrorCode::Superseded));
    ada.append("on");
    assert_eq!(events.hears(|frame| batch(&frame)).await, 1);
    assert!(links(&server, 1));
    assert_eq!(server.state.http_links.len(), 1);
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_let_go_and_costs_little() {
    let server = Running::start(|config| {
        config.deadlines.stall = Duration::from_millis(500);
        // The kernel takes a few MiB before the server notices anything.
        config.deadlines.stream_bytes = u64::MAX;
    })
    .await;
    let mut page = Page::greeted(server.addr, "d").await;
    let mut events = page.streams().await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.live().await;
    bo.live().await;
    assert!(links(&server, 1));
    // Each piece replaces the one before, so that what is told is much more than what the document holds.
    let (mut written, piece) = (0, "x".repeat(10_000));
    while links(&server, 1) {
        ada.edit(0, ada.look(Replica::len), &piece);
        written += piece.len();
        ada.saved().await;
    }
    ada.append("end");
    bo.sees(&ada.text()).await;
    assert_eq!((ada.sessions(), bo.sessions()), ((1, 0), (1, 0)));
    // What the kernel did not take was in the server's memory; beside it no more than one event of a batch.
    let handed = sent(&server);
    let taken = events.drained().await;
    assert!(
        taken < written,
        "what it never read was not kept: {taken} of {written}"
    );
    assert!(
        handed - taken <= 32 << 10,
        "{handed} handed out, {taken} taken"
    );
}

/// How many bytes streams were given.
fn sent(server: &Running) -> usize {
    let text = server.state.metrics.encode();
    let name = "maru_link_sent_bytes_total{kind=\"rt_event_stream\"} ";
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_check_needs_no_session_and_brings_two_events_apart() {
    let server = Running::start(|_| {}).await;
    let connection = ask(server.addr, "GET /rt/1/stream?check", "", None).await;
    let mut events = Events::of(connection).await.unwrap();
    assert!(matches!(events.next().await, Some(Event::Packet(_))));
    assert!(events.0.comment > 4 << 10);
    let first = Instant::now();
    assert!(matches!(events.next().await, Some(Event::Packet(_))));
    // A little less than the server waits: the first may have been read late.
    assert!(first.elapsed() >= Duration::from_millis(200));
    assert!(events.next().await.is_none());
    assert!(server.state.rooms.directory().is_empty());
    let bare = ask(server.addr, "GET /rt/1/stream", "", None).await;
    let refused = Events::of(bare).await.err().unwrap();
    assert_eq!(refused.refused(), (400, ErrorCode::Protocol));
}
