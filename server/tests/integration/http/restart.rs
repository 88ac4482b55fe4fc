//! What a page hears when its server stops: to come back, and when.

use protocol::frame::{ClientFrame, ServerFrame};

use super::client::{Asked, PACKET, Page, answer, messages};
use crate::{
    support::Running,
    wire::{Wire, hello},
};

fn go_away(frame: &ServerFrame) -> Option<u64> {
    match frame {
        ServerFrame::GoAway { retry_after_ms } => Some(*retry_after_ms),
        _ => None,
    }
}

#[tokio::test]
async fn a_server_that_stops_sends_sockets_streams_polls_and_new_requests_away() {
    let mut server = Running::start(|_| {}).await;
    let (mut wire, _) = Wire::greeted(server.addr, "d").await;
    let mut streaming = Page::greeted(server.addr, "d").await;
    let mut events = streaming.streams().await;
    events.next().await;
    let mut polling = Page::greeted(server.addr, "d").await;
    let waiting = polling.asks(25).await;
    let open = |kind: &str| {
        let line = format!("maru_links_open{{kind=\"{kind}\"}} 1\n");
        server.state.metrics.encode().contains(&line)
    };
    while !open("rt_long_poll") {
        tokio::task::yield_now().await;
    }
    // A request that has begun when the server stops, and is not there yet.
    let body = protocol::frame::packet::pack(&messages(&[ClientFrame::Hello(hello("d"))]));
    let mut late = server.connect().await;
    late.send(b"POST /rt/1/session HTTP/1.1\r\n").await;
    // The server has that when it has answered a whole one that came later.
    assert_eq!(server.get("/healthz", "").await.status, 200);
    server.begin_stop();

    wire.hear_until(|frame| go_away(&frame)).await;
    assert_eq!(wire.closed().await, Some(1012));
    let told = events.finds(Some).await.expect("a word before the end");
    assert!(go_away(&told).is_some_and(|wait| wait < 2_000), "{told:?}");
    assert!(events.next().await.is_none());
    let polled = answer(waiting).await;
    assert_eq!(polled.status, 200);
    assert!(go_away(&polled.frames()[0]).is_some());

    let length = body.len();
    late.send(format!("host: maru.test\r\n{PACKET}content-length: {length}\r\n\r\n").as_bytes())
        .await;
    late.send(&body).await;
    let refused = answer(Asked::on(late.0)).await;
    assert_eq!(refused.status, 503);
    let wait = go_away(&refused.frames()[0]).unwrap();
    let seconds = wait.div_ceil(1_000).to_string();
    assert_eq!(refused.header("retry-after"), seconds);
    server.stop().await;
}

#[tokio::test]
async fn a_page_that_was_sent_away_is_not_waited_for() {
    let server = Running::start(|config| config.drain = std::time::Duration::from_secs(60)).await;
    let mut page = Page::greeted(server.addr, "d").await;
    let mut events = page.streams().await;
    events.next().await;
    let stopping = tokio::spawn(server.stop());
    while events.next().await.is_some() {}
    // It would take the drain's minute, and fail for want of patience, if the stream held it up.
    stopping.await.unwrap();
}
