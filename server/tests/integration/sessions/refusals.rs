//! Clients that keep no rule: each is told why and closed, the document is untouched, and the others go on.

use bytes::Bytes;
use protocol::{
    frame::{ClientFrame, ErrorCode, Hello, MAX_FRAME, ServerFrame},
    sync,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    person::Person,
    support::Running,
    wire::{Wire, hello, typed, upgrade},
};

fn binary(bytes: impl Into<Bytes>) -> Message {
    Message::Binary(bytes.into())
}

fn data(seq: u64, message: sync::Message<'_>) -> ClientFrame {
    ClientFrame::Data {
        seq,
        message: message.encode().into(),
    }
}

#[tokio::test]
async fn the_subprotocol_is_chosen_when_it_is_offered_and_not_required() {
    let server = Running::start(|_| {}).await;
    for (offered, chosen) in [
        (None, None),
        (Some("rt.1"), Some("rt.1")),
        (Some("rt.9, rt.1"), Some("rt.1")),
    ] {
        let answer = upgrade(server.addr, "/rt/1/ws", offered).await;
        assert_eq!(answer.as_deref(), chosen, "{offered:?}");
    }
}

#[tokio::test]
async fn bytes_that_make_no_sense_end_the_link_that_they_came_on_and_nothing_else() {
    let server = Running::start(|_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.append("text ");
    bo.finds("text").await;
    let mut nested = vec![3, 1, 0, 2];
    nested.extend([0xff; 40]);
    let cases: Vec<(&str, bool, Vec<Message>)> = vec![
        ("nothing at all", false, vec![binary(Bytes::new())]),
        ("garbage before HELLO", false, vec![binary(vec![0xff; 100])]),
        (
            "DATA before HELLO",
            false,
            vec![binary(vec![3, 1, 0, 2, 0])],
        ),
        ("text before HELLO", false, vec![Message::text("hello")]),
        ("an empty message", true, vec![binary(Bytes::new())]),
        ("an unknown kind", true, vec![binary(vec![99, 1, 2, 3])]),
        ("a server's frame", true, vec![binary(vec![71, 0])]),
        ("a truncated DATA", true, vec![binary(vec![3])]),
        ("a DATA of garbage", true, vec![binary(nested)]),
        ("text", true, vec![Message::text("{}")]),
        (
            "an oversized frame",
            true,
            vec![binary(vec![3; MAX_FRAME + 1])],
        ),
        (
            "interrupted pieces",
            true,
            vec![binary(vec![126, 3, 1]), binary(vec![6, 1])],
        ),
        (
            "a second HELLO",
            true,
            vec![binary(ClientFrame::Hello(hello("d")).encode())],
        ),
        (
            "presence that is no object",
            true,
            vec![binary(
                ClientFrame::Presence { state: "[]".into() }.encode(),
            )],
        ),
        (
            "an update that is none",
            true,
            vec![binary(data(1, sync::Message::Update(&[9; 50])).encode())],
        ),
        (
            "a state vector that is none",
            true,
            vec![binary(data(1, sync::Message::Step1(&[0xff; 9])).encode())],
        ),
        (
            "awareness in a DATA",
            true,
            vec![binary(data(1, sync::Message::Awareness(&[0])).encode())],
        ),
    ];
    for (what, greeted, messages) in cases {
        let mut wire = if greeted {
            Wire::greeted(server.addr, "d").await.0
        } else {
            Wire::rt(server.addr).await
        };
        for message in messages {
            wire.send(message).await;
        }
        let (code, said) = wire.refused().await;
        assert_eq!(code, ErrorCode::Protocol, "{what}: {said}");
        ada.append("x");
        bo.sees(&ada.text()).await;
    }
    ada.saved().await;
    assert_eq!(ada.sessions(), (1, 0), "the others noticed nothing");
}

#[tokio::test]
async fn a_message_far_too_large_is_not_even_read() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let (mut wire, _) = Wire::greeted(server.addr, "d").await;
    // The server may close before all of it has left.
    let before = server.state.metrics.received_bytes.get();
    wire.try_send(binary(vec![3; 16 << 20])).await;
    wire.closed().await;
    let read = server.state.metrics.received_bytes.get() - before;
    assert!(read < 16 << 20, "{read}");
    ada.append("on");
    ada.saved().await;
}

#[tokio::test]
async fn a_client_is_told_why_also_when_more_of_it_is_under_way() {
    let server = Running::start(|_| {}).await;
    let (mut wire, _) = Wire::greeted(server.addr, "d").await;
    let mut many = vec![binary(vec![99])];
    many.resize(2_000, binary(vec![3; 1_000]));
    for message in many {
        wire.try_send(message).await;
    }
    assert_eq!(wire.refused().await.0, ErrorCode::Protocol);
}

#[tokio::test]
async fn another_version_and_another_generation_are_refused_before_anything_is_merged() {
    let server = Running::start(|_| {}).await;
    let cases = [
        (
            Hello {
                version: 2,
                ..hello("d")
            },
            ErrorCode::Protocol,
            "reload the page",
        ),
        (
            Hello {
                generation: 7,
                ..hello("d")
            },
            ErrorCode::OtherGeneration,
            "copy it",
        ),
    ];
    for (hello, code, advice) in cases {
        let mut wire = Wire::rt(server.addr).await;
        wire.say(&ClientFrame::Hello(hello)).await;
        let (told, message) = wire.refused().await;
        assert_eq!(told, code);
        assert!(message.contains(advice), "{message}");
    }
    assert!(server.state.rooms.directory().is_empty());
}

#[tokio::test]
async fn an_update_that_is_too_large_is_refused_and_counted_as_such() {
    let server = Running::start(|config| config.max_update = 10_000).await;
    let ada = Person::come(server.addr, "d");
    ada.append("kept");
    ada.saved().await;
    let large = typed(&[&"x".repeat(10_001)]).remove(0);
    let (mut wire, welcome) = Wire::greeted(server.addr, "d").await;
    assert_eq!(welcome.max_update, 10_000);
    wire.say(&data(1, sync::Message::Update(&large))).await;
    let (code, message) = wire.refused().await;
    assert_eq!(code, ErrorCode::TooLarge);
    assert!(message.contains("allowed are 10000"), "{message}");
    ada.append(" and goes on");
    ada.saved().await;
    let metrics = server.state.metrics.encode();
    let line = "maru_updates_rejected_total{reason=\"update_too_large\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test]
async fn a_document_that_is_full_takes_no_more_and_stays_readable() {
    let server = Running::start(|config| {
        config.max_update = 10_000;
        config.max_document = 30_000;
    })
    .await;
    let ada = Person::come(server.addr, "d");
    for _ in 0..3 {
        ada.append(&"x".repeat(9_000));
    }
    ada.saved().await;
    let text = ada.text();
    ada.append(&"y".repeat(9_000));
    let (code, message) = ada.trouble().await;
    assert_eq!(code, ErrorCode::TooLarge);
    assert!(message.contains("30000"), "{message}");
    let bo = Person::come(server.addr, "d");
    bo.sees(&text).await;
    let metrics = server.state.metrics.encode();
    let line = "maru_updates_rejected_total{reason=\"document_too_large\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test]
async fn a_gap_in_the_numbers_ends_the_link_and_the_session_may_go_on() {
    let server = Running::start(|_| {}).await;
    let updates = typed(&["a", "b"]);
    let (mut wire, welcome) = Wire::greeted(server.addr, "d").await;
    wire.say(&data(2, sync::Message::Update(&updates[1]))).await;
    assert_eq!(wire.refused().await.0, ErrorCode::Incomplete);
    let mut next = Wire::rt(server.addr).await;
    next.say(&ClientFrame::Resume {
        sid: welcome.sid,
        key: welcome.key,
        link: 1,
        epoch: welcome.epoch,
        after: 0,
    })
    .await;
    assert_eq!(next.hear().await, ServerFrame::Resumed { applied: 0 });
}

#[tokio::test]
async fn an_update_whose_base_is_missing_is_not_saved_until_its_state_has_come() {
    let server = Running::start(|_| {}).await;
    let updates = typed(&["a", "b"]);
    let (mut wire, _) = Wire::greeted(server.addr, "d").await;
    wire.say(&data(1, sync::Message::Update(&updates[1]))).await;
    wire.hear_until(|frame| match frame {
        ServerFrame::Resync => Some(()),
        ServerFrame::Saved { .. } => panic!("nothing was saved"),
        _ => None,
    })
    .await;
    wire.say(&data(2, sync::Message::Step2(&updates[0]))).await;
    let saved = wire
        .hear_until(|frame| match frame {
            ServerFrame::Saved { seq } => Some(seq),
            _ => None,
        })
        .await;
    assert_eq!(saved, 2);
    let ada = Person::come(server.addr, "d");
    ada.sees("a").await;
}
