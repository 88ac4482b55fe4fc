//! `POST /rt/1/send`: what a page says within a session, once however often it is sent.

use bytes::Bytes;
use protocol::{
    frame::{ClientFrame, ErrorCode, ServerFrame},
    sync,
};

use super::client::{PACKET, Page, answer, ask, messages, post};
use crate::{person::Person, scripted_log::ScriptedLog, support::Running, wire::typed};

fn data(seq: u64, update: &Bytes) -> ClientFrame {
    ClientFrame::Data {
        seq,
        message: sync::Message::Update(update).encode().into(),
    }
}

fn saved(seq: u64) -> impl FnMut(ServerFrame) -> Option<()> {
    move |frame| (frame == ServerFrame::Saved { seq }).then_some(())
}

#[tokio::test]
async fn what_is_sent_again_is_answered_and_not_taken_in_again() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut page = Page::greeted(server.addr, "d").await;
    let updates = typed(&["one ", "two "]);
    let accepted = || server.state.metrics.updates_accepted.get();
    let ping = |nonce| ClientFrame::Ping { nonce };
    for (update, n) in updates.iter().zip(1..) {
        for again in 0..3 {
            let frames = [data(n, update), ping(again + 1)];
            let answer = page.says_as(n, &frames).await;
            assert_eq!((answer.status, answer.frames()), (200, vec![]));
        }
    }
    // An older one, too.
    assert_eq!(page.says_as(1, &[data(9, &updates[0])]).await.status, 200);
    ada.finds("one ").await;
    ada.finds("two ").await;
    assert_eq!(accepted(), 2);
    let mut pongs = Vec::new();
    page.hears(|frame| match frame {
        ServerFrame::Pong { nonce } => {
            pongs.push(nonce);
            None
        }
        frame => saved(2)(frame),
    })
    .await;
    assert_eq!(pongs, [1], "of each only the first was looked at");
}

#[tokio::test]
async fn a_number_that_leaves_one_out_is_refused_and_the_right_one_is_taken() {
    let server = Running::start(|_| {}).await;
    let mut page = Page::greeted(server.addr, "d").await;
    let update = typed(&["a"]).remove(0);
    let early = page.says_as(2, &[data(1, &update)]).await;
    assert_eq!(early.refused(), (409, ErrorCode::Incomplete));
    assert_eq!(server.state.metrics.updates_accepted.get(), 0);
    assert_eq!(page.says(&[data(1, &update)]).await.status, 200);
    page.hears(saved(1)).await;
    let none = page.says_as(0, &[]).await;
    assert_eq!(none.refused(), (400, ErrorCode::Protocol));
}

#[tokio::test]
async fn a_request_counts_only_with_the_session_and_the_key_of_an_open_link() {
    let server = Running::start(|_| {}).await;
    let mut page = Page::greeted(server.addr, "d").await;
    let refused = |welcome: protocol::frame::Welcome, link| {
        let page = Page::on(page.addr, welcome, link);
        async move { page.says_as(1, &[]).await.refused() }
    };
    let (mut stranger, mut thief) = (page.welcome.clone(), page.welcome.clone());
    stranger.sid[3] ^= 1;
    thief.key[3] ^= 1;
    assert_eq!(refused(stranger, 0).await, (410, ErrorCode::Gone));
    assert_eq!(refused(thief, 0).await, (410, ErrorCode::Gone));
    let never = refused(page.welcome.clone(), 5).await;
    assert_eq!(never, (409, ErrorCode::Incomplete), "a link that never was");
    let bare = post(server.addr, "/rt/1/send?n=1", PACKET, &[]).await;
    assert_eq!(bare.refused(), (400, ErrorCode::Protocol));

    let (mut next, _) = page.resumed(0).await;
    let late = page.says(&[]).await;
    assert_eq!(late.refused(), (409, ErrorCode::Superseded));
    let late = page.polls(0).await;
    assert_eq!(late.refused(), (409, ErrorCode::Superseded));
    assert_eq!(next.says(&[]).await.status, 200);
}

#[tokio::test]
async fn a_large_edit_comes_in_pieces_over_several_posts() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let page = Page::greeted(server.addr, "d").await;
    let text = "x".repeat(200_000);
    let update = typed(&[&text]).remove(0);
    for (piece, n) in messages(&[data(1, &update)]).iter().zip(1..) {
        let body = protocol::frame::packet::pack([piece]);
        let headers = format!("{PACKET}{}", page.authorization());
        let path = format!("POST /rt/1/send?n={n}");
        let request = ask(server.addr, &path, &headers, Some(&body)).await;
        assert_eq!(answer(request).await.status, 200);
    }
    ada.sees(&text).await;
}

#[tokio::test]
async fn what_makes_no_sense_ends_the_link_and_the_session_goes_on_with_another() {
    let server = Running::start(|_| {}).await;
    let mut page = Page::greeted(server.addr, "d").await;
    let update = typed(&["a"]).remove(0);
    let bad = ClientFrame::Presence { state: "[]".into() };
    let refused = page.says(&[data(1, &update), bad]).await;
    assert_eq!(refused.refused(), (400, ErrorCode::Protocol));
    assert!(server.state.http_links.is_empty());
    let late = page.says(&[]).await;
    assert_eq!(late.refused(), (409, ErrorCode::Incomplete));
    let (mut next, frames) = page.resumed(0).await;
    assert_eq!(
        frames[0],
        ServerFrame::Resumed { applied: 1 },
        "what came before it counts"
    );
    if !frames.contains(&ServerFrame::Saved { seq: 1 }) {
        next.hears(saved(1)).await;
    }

    // A gap in the numbers of DATA, as on a socket.
    let gap = next.says(&[data(5, &update)]).await;
    assert_eq!(gap.refused(), (409, ErrorCode::Incomplete));
    let (_, frames) = next.resumed(1).await;
    assert_eq!(frames[0], ServerFrame::Resumed { applied: 1 });
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Running::start(|config| {
        config.deadlines.body = std::time::Duration::from_millis(300);
    })
    .await;
    let mut page = Page::greeted(server.addr, "d").await;
    let head = format!("{PACKET}{}content-length: 10\r\n", page.authorization());
    let request = ask(server.addr, "POST /rt/1/send?n=1", &head, None).await;
    let refused = answer(request).await;
    assert_eq!(refused.refused(), (408, ErrorCode::TooSlow));
    assert_eq!(
        page.says(&[]).await.status,
        200,
        "its number was not used up"
    );
}

#[tokio::test]
async fn a_body_waits_for_the_disk_and_is_refused_when_that_takes_too_long() {
    let log = std::sync::Arc::new(ScriptedLog::default());
    let server = Running::with_log(log.clone(), |config| {
        config.deadlines.body = std::time::Duration::from_millis(300);
    })
    .await;
    let mut page = Page::greeted(server.addr, "d").await;
    log.claim_backlog(33 << 20);
    assert_eq!(
        page.says(&[]).await.refused(),
        (503, ErrorCode::Unavailable)
    );
    log.claim_backlog(0);
    let mut page = Page::greeted(server.addr, "d").await;
    assert_eq!(page.says(&[]).await.status, 200);
}
