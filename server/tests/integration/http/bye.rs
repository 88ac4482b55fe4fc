//! `POST /rt/1/bye`: the last words of a page, whatever its session is on.

use bytes::Bytes;
use protocol::{
    frame::{ClientFrame, ErrorCode, ServerFrame, Welcome},
    sync,
};

use super::client::Page;
use crate::{
    person::Person,
    support::Running,
    wire::{Wire, typed},
};

fn data(seq: u64, update: &Bytes) -> ClientFrame {
    ClientFrame::Data {
        seq,
        message: sync::Message::Update(update).encode().into(),
    }
}

/// The page of a session that is on a socket.
fn page_of(server: &Running, welcome: &Welcome) -> Page {
    Page::on(server.addr, welcome.clone(), 0)
}

#[tokio::test]
async fn the_last_words_of_a_page_on_a_socket_are_taken_in_and_its_place_is_free() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let (mut wire, welcome) = Wire::greeted(server.addr, "d").await;
    let state = "{\"user\":{}}".to_owned();
    wire.say(&ClientFrame::Presence { state }).await;
    ada.meets(&["{\"user\":{}}"]).await;
    let updates = typed(&["one ", "two "]);
    wire.say(&data(1, &updates[0])).await;
    ada.finds("one ").await;
    // The first again, since it was not told saved; the second; one that is not due; and nothing after the goodbye.
    let page = page_of(&server, &welcome);
    let words = [
        data(1, &updates[0]),
        data(2, &updates[1]),
        data(9, &updates[1]),
        ClientFrame::Bye,
        data(3, &updates[1]),
    ];
    let answer = page.bye(&words).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    ada.finds("two ").await;
    assert_eq!(ada.text().matches("one ").count(), 1);
    ada.meets(&[]).await;
    assert_eq!(wire.refused().await.0, ErrorCode::Superseded);
    let late = page.bye(&[ClientFrame::Bye]).await;
    assert_eq!(late.refused(), (410, ErrorCode::Gone));
}

#[tokio::test]
async fn last_words_are_taken_in_also_when_the_socket_is_gone_before_them() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let (wire, welcome) = Wire::greeted(server.addr, "d").await;
    let closed = |links: u32| {
        let line = format!("maru_links_open{{kind=\"rt_websocket\"}} {links}\n");
        server.state.metrics.encode().contains(&line)
    };
    drop(wire);
    while !closed(1) {
        tokio::task::yield_now().await;
    }
    let update = typed(&["late"]).remove(0);
    let page = page_of(&server, &welcome);
    // Edits alone may be said, too; the session waits for its page then.
    assert_eq!(page.bye(&[data(1, &update)]).await.status, 200);
    ada.finds("late").await;
    let (next, frames) = page.resumed(0).await;
    assert_eq!(frames[0], ServerFrame::Resumed { applied: 1 });

    let stale = page.bye(&[ClientFrame::Bye]).await;
    assert_eq!(
        stale.refused(),
        (409, ErrorCode::Superseded),
        "of an older link"
    );
    let mut thief = next.welcome.clone();
    thief.key[0] ^= 1;
    let refused = Page::on(server.addr, thief, 1)
        .bye(&[ClientFrame::Bye])
        .await;
    assert_eq!(refused.refused(), (410, ErrorCode::Gone));
    assert_eq!(server.state.http_links.len(), 1);
    assert_eq!(next.bye(&[ClientFrame::Bye]).await.status, 200);
    assert!(
        server.state.http_links.is_empty(),
        "of a link of requests, too"
    );
}

#[tokio::test]
async fn edits_in_last_words_count_whichever_link_their_page_believed_to_be_on() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let page = Page::greeted(server.addr, "d").await;
    page.resumed(0).await;
    let updates = typed(&["old ", "new "]);
    // The page moved, and was left before it heard that it had.
    let behind = page.bye(&[data(1, &updates[0]), ClientFrame::Bye]).await;
    assert_eq!(
        behind.refused(),
        (409, ErrorCode::Superseded),
        "the goodbye alone"
    );
    ada.finds("old ").await;
    // It was about to move, and the server never heard of that.
    let ahead = Page::on(server.addr, page.welcome.clone(), 2);
    assert_eq!(
        ahead
            .bye(&[data(2, &updates[1]), ClientFrame::Bye])
            .await
            .status,
        200
    );
    ada.finds("new ").await;
    assert!(server.state.http_links.is_empty());
    let late = page.bye(&[ClientFrame::Bye]).await;
    assert_eq!(late.refused(), (410, ErrorCode::Gone));
}

#[tokio::test]
async fn last_words_that_make_no_sense_are_refused_and_what_came_before_counts() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let page = Page::greeted(server.addr, "d").await;
    let update = typed(&["kept"]).remove(0);
    let words = [
        data(1, &update),
        ClientFrame::Presence { state: "[]".into() },
        ClientFrame::Bye,
    ];
    let refused = page.bye(&words).await;
    assert_eq!(refused.refused(), (400, ErrorCode::Protocol));
    ada.finds("kept").await;
    let empty = page.bye(&[]).await;
    assert_eq!(empty.refused(), (400, ErrorCode::Protocol));
}
