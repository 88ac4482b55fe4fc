//! Links that break, and sessions that go on.

use std::time::Duration;

use bytes::Bytes;
use protocol::frame::{ClientFrame, ErrorCode, ServerFrame};

use crate::{
    person::Person,
    support::Running,
    wire::{Wire, hello},
};

#[tokio::test]
async fn a_session_goes_on_after_a_cut_link_and_doubles_nothing() {
    let server = Running::start(|_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.live().await;
    bo.live().await;
    let mut expected = String::new();
    for round in 0..20 {
        let word = format!("<{round}>");
        ada.append(&word);
        expected.push_str(&word);
        // Now before, now after the word has left.
        if round % 2 == 0 {
            bo.finds(&word).await;
        }
        ada.cut();
    }
    ada.saved().await;
    ada.sees(&expected).await;
    bo.sees(&expected).await;
    let (opened, continued) = ada.sessions();
    assert_eq!(opened, 1, "one session");
    assert!(continued >= 1, "over several links");
}

#[tokio::test]
async fn what_others_wrote_meanwhile_comes_with_the_next_link() {
    let server = Running::start(|_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.live().await;
    bo.live().await;
    ada.go_offline();
    for word in 0..50 {
        bo.append(&format!("{word} "));
    }
    ada.edit(0, 0, "offline ");
    bo.saved().await;
    ada.go_online();
    bo.finds("offline").await;
    ada.saved().await;
    ada.sees(&bo.text()).await;
    assert_eq!(ada.sessions(), (1, 1));
}

#[tokio::test]
async fn a_client_that_fell_out_of_the_tail_gets_what_it_lacks() {
    let server = Running::start(|_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.append("ada ");
    bo.finds("ada").await;
    ada.go_offline();
    // More than a room keeps.
    for _ in 0..40 {
        bo.append(&"x".repeat(20_000));
    }
    ada.append("back");
    bo.saved().await;
    ada.go_online();
    bo.finds("back").await;
    ada.saved().await;
    ada.sees(&bo.text()).await;
    assert_eq!(ada.sessions(), (1, 1), "in the same session");
}

fn resume(welcome: &protocol::frame::Welcome, link: u64) -> ClientFrame {
    ClientFrame::Resume {
        sid: welcome.sid,
        key: welcome.key,
        link,
        epoch: welcome.epoch,
        after: 0,
    }
}

#[tokio::test]
async fn a_newer_link_takes_the_session_and_an_older_one_cannot_take_it_back() {
    let server = Running::start(|_| {}).await;
    let (mut first, welcome) = Wire::greeted(server.addr, "d").await;
    let mut third = Wire::rt(server.addr).await;
    third.say(&resume(&welcome, 3)).await;
    assert_eq!(third.hear().await, ServerFrame::Resumed { applied: 0 });
    assert_eq!(first.refused().await.0, ErrorCode::Superseded);
    for stale in [1, 2, 3] {
        let mut late = Wire::rt(server.addr).await;
        late.say(&resume(&welcome, stale)).await;
        assert_eq!(late.refused().await.0, ErrorCode::Superseded);
    }
    third.say(&ClientFrame::Ping { nonce: 7 }).await;
    assert_eq!(third.hear().await, ServerFrame::Pong { nonce: 7 });
}

#[tokio::test]
async fn a_session_is_continued_only_with_its_key_and_a_hello_may_follow_on_the_same_link() {
    let server = Running::start(|_| {}).await;
    let (_first, mut welcome) = Wire::greeted(server.addr, "d").await;
    welcome.key[31] ^= 1;
    let mut thief = Wire::rt(server.addr).await;
    thief.say(&resume(&welcome, 1)).await;
    let told = thief.hear().await;
    assert!(matches!(
        told,
        ServerFrame::Error {
            code: ErrorCode::Gone,
            ..
        }
    ));
    thief.say(&ClientFrame::Hello(hello("d"))).await;
    assert!(matches!(thief.hear().await, ServerFrame::Welcome(_)));

    let mut stubborn = Wire::rt(server.addr).await;
    stubborn.say(&resume(&welcome, 1)).await;
    stubborn.hear().await;
    stubborn.say(&resume(&welcome, 2)).await;
    stubborn.hear().await;
    assert_eq!(
        stubborn.closed().await,
        Some(ErrorCode::Gone.number()),
        "but not a third guess"
    );
}

#[tokio::test]
async fn a_session_that_said_goodbye_cannot_be_continued() {
    let server = Running::start(|_| {}).await;
    let (mut wire, welcome) = Wire::greeted(server.addr, "d").await;
    wire.say(&ClientFrame::Bye).await;
    wire.closed().await;
    let mut late = Wire::rt(server.addr).await;
    late.say(&resume(&welcome, 1)).await;
    assert!(matches!(
        late.hear().await,
        ServerFrame::Error {
            code: ErrorCode::Gone,
            ..
        }
    ));
    assert!(server.state.rooms.directory().is_empty());
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed_also_when_it_dribbles() {
    let server = Running::start(|config| config.deadlines.hello = Duration::from_millis(100)).await;
    let mut silent = Wire::rt(server.addr).await;
    assert_eq!(silent.refused().await.0, ErrorCode::TooSlow);
    let mut dribbling = Wire::rt(server.addr).await;
    let told = loop {
        // A piece of a frame, over and over.
        let piece = Bytes::from_static(&[126, 1]);
        dribbling
            .send(tokio_tungstenite::tungstenite::Message::Binary(piece))
            .await;
        let heard = tokio::time::timeout(Duration::from_millis(5), dribbling.hear()).await;
        if let Ok(told) = heard {
            break told;
        }
    };
    assert!(matches!(
        told,
        ServerFrame::Error {
            code: ErrorCode::TooSlow,
            ..
        }
    ));
}

#[tokio::test]
async fn a_quiet_client_is_asked_for_a_sign_of_life_and_a_dead_one_is_let_go() {
    let server = Running::start(|config| {
        config.deadlines.heartbeat = Duration::from_millis(100);
        config.deadlines.silence = Duration::from_millis(300);
    })
    .await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    // The client answers nothing, so it is dead after three questions.
    let (mut wire, _) = Wire::greeted(server.addr, "d").await;
    let mut asked = 0;
    while let Some(bytes) = wire.next().await {
        asked += usize::from(ServerFrame::decode(&bytes) == Ok(ServerFrame::Pong { nonce: 0 }));
    }
    assert!((1..=3).contains(&asked), "{asked}");
    // The person was asked as often, and has answered.
    assert_eq!(ada.sessions(), (1, 0));
    ada.append("alive");
    ada.saved().await;
    assert_eq!(ada.sessions(), (1, 0));
}
