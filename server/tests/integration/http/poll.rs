//! `GET /rt/1/poll`: what a session is told, by one answer after the other.

use std::time::{Duration, Instant};

use bytes::Bytes;
use protocol::frame::{ClientFrame, ErrorCode, ServerFrame};

use super::client::{Page, answer, ask};
use crate::{person::Person, support::Running};

/// The numbers and messages of the batches in `frames`.
fn batches(frames: Vec<ServerFrame>) -> Vec<(u64, Vec<Bytes>)> {
    let batch = |frame| match frame {
        ServerFrame::Batch { upto, messages } => Some((upto, messages)),
        _ => None,
    };
    frames.into_iter().filter_map(batch).collect()
}

#[tokio::test]
async fn a_poll_without_a_wait_is_answered_at_once() {
    let server = Running::start(|_| {}).await;
    let mut page = Page::greeted(server.addr, "d").await;
    for _ in 0..3 {
        let empty = page.polls(0).await;
        assert_eq!((empty.status, empty.body.len()), (200, 0));
    }
    assert!(gauge(&server, "rt_short_poll", 1));
    let ada = Person::come(server.addr, "d");
    ada.append("news");
    ada.saved().await;
    let told = batches(page.polls(0).await.frames());
    assert_eq!(told.len(), 1, "{told:?}");
    page.bye(&[ClientFrame::Bye]).await;
    assert!(gauge(&server, "rt_short_poll", 0));
}

#[tokio::test]
async fn a_poll_waits_for_news_and_no_longer_than_it_may() {
    let server = Running::start(|config| config.deadlines.hold = Duration::from_millis(150)).await;
    let mut page = Page::greeted(server.addr, "d").await;
    let begun = Instant::now();
    let empty = page.polls(1_000_000).await;
    assert_eq!((empty.status, empty.body.len()), (200, 0));
    assert!(begun.elapsed() >= Duration::from_millis(150));
    assert!(gauge(&server, "rt_long_poll", 1));

    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut page = Page::greeted(server.addr, "d").await;
    let waiting = page.asks(25).await;
    ada.append("news");
    let told = batches(answer(waiting).await.frames());
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn what_a_page_says_is_answered_in_the_poll_that_waits() {
    let server = Running::start(|_| {}).await;
    let mut page = Page::greeted(server.addr, "d").await;
    let waiting = page.asks(25).await;
    while !gauge(&server, "rt_long_poll", 1) {
        tokio::task::yield_now().await;
    }
    page.says(&[ClientFrame::Ping { nonce: 3 }]).await;
    // At the end of its wait a poll would have nothing.
    assert_eq!(
        answer(waiting).await.frames(),
        [ServerFrame::Pong { nonce: 3 }]
    );
}

#[tokio::test]
async fn a_poll_that_came_before_is_refused_because_its_answer_may_be_lost() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.append("text");
    ada.saved().await;
    let mut page = Page::greeted(server.addr, "d").await;
    assert_eq!(page.polls(0).await.status, 200);
    for n in [0, 1, 3] {
        let refused = answer(page.asks_as(n, 0).await).await;
        assert_eq!(refused.refused(), (409, ErrorCode::Incomplete), "{n}");
    }
    assert_eq!(page.polls(0).await.status, 200, "the right one is answered");
    let bare = ask(server.addr, "GET /rt/1/poll", &page.authorization(), None).await;
    let refused = answer(bare).await.refused();
    assert_eq!(refused, (400, ErrorCode::Protocol), "without a number");
}

#[tokio::test]
async fn a_second_poll_ends_the_first_with_an_empty_answer() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut page = Page::greeted(server.addr, "d").await;
    let first = page.asks(25).await;
    // It waits.
    while !gauge(&server, "rt_long_poll", 1) {
        tokio::task::yield_now().await;
    }
    let second = page.asks(25).await;
    let ended = answer(first).await;
    assert_eq!((ended.status, ended.body.len()), (200, 0));
    ada.append("news");
    assert_eq!(batches(answer(second).await.frames()).len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_told_again_on_the_next_link_and_nothing_twice() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut page = Page::greeted(server.addr, "d").await;
    let mut heard = Vec::new();
    let mut after = 0;
    for word in 0..20 {
        ada.append(&format!("<{word}>"));
        ada.saved().await;
        let told = batches(page.polls(25).await.frames());
        if word % 3 == 0 {
            // It never arrived: the page knows of nothing that was in it.
            let (next, frames) = page.resumed(after).await;
            assert_eq!(frames[0], ServerFrame::Resumed { applied: 0 });
            page = next;
            heard.extend(batches(frames));
        } else {
            heard.extend(told);
        }
        after = heard.last().map_or(0, |(upto, _)| *upto);
    }
    let messages: usize = heard.iter().map(|(_, messages)| messages.len()).sum();
    assert_eq!((after, messages), (20, 20), "each entry once");
}

fn gauge(server: &Running, kind: &str, links: u32) -> bool {
    let line = format!("maru_links_open{{kind=\"{kind}\"}} {links}\n");
    server.state.metrics.encode().contains(&line)
}
