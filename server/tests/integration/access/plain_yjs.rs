//! `/ws/{doc}` and rights: the same judge, close codes instead of frames, and a word for readers who write.

use std::time::Duration;

use protocol::{
    frame::ErrorCode,
    id::ClientId,
    replica::{Edit, Replica},
    sync::Message,
};
use serde_json::json;
use server::access::{claims::Access, judge::Mode};

use super::{api, from_now, link};
use crate::{
    person::Person,
    support::Running,
    wire::{Wire, knock},
};

async fn yjs(server: &Running, token: &str) -> Wire {
    knock(server.addr, &format!("/ws/d?token={token}"), None)
        .await
        .unwrap()
}

fn typed(text: &str) -> Vec<u8> {
    let mut replica = Replica::new(ClientId::from_random(rand::random()), || 0);
    let edit = Edit {
        from: 0,
        delete: 0,
        insert: text.to_owned(),
    };
    replica.edit(&[edit]).unwrap();
    replica.take_updates().remove(0).to_vec()
}

/// What a reader is told who writes.
async fn denied(wire: &mut Wire) -> String {
    wire.hear_yjs(|message| match message {
        Message::Auth(payload) => {
            assert_eq!(payload[0], 0, "permission denied");
            Some(String::from_utf8(payload[2..].to_vec()).unwrap())
        }
        _ => None,
    })
    .await
}

#[tokio::test]
async fn whoever_may_not_come_in_is_closed_with_the_code() {
    let server = Running::start(|config| config.auth = Mode::Jwt).await;
    let (id, revoked) = link(&server, "d", Access::Write, None);
    server.state.access.links().revoke(None, &id, 1).unwrap();
    let (_, over) = link(&server, "d", Access::Write, Some(1));
    let (_, other) = link(&server, "e", Access::Write, None);
    let long = "x".repeat(5_000);
    for (token, code) in [
        ("", ErrorCode::NoToken),
        ("nonsense", ErrorCode::NoToken),
        (&long, ErrorCode::NoToken),
        (&other, ErrorCode::NoToken),
        (&over, ErrorCode::Expired),
        (&revoked, ErrorCode::Revoked),
    ] {
        assert_eq!(
            yjs(&server, token).await.closed().await,
            Some(code.number()),
            "{token:.40}"
        );
    }
    let twice = knock(server.addr, "/ws/d?token=a&token=b", None)
        .await
        .unwrap()
        .closed()
        .await;
    assert_eq!(twice, Some(ErrorCode::NoToken.number()));
}

#[tokio::test]
async fn a_readers_edits_are_ignored_and_answered_once() {
    let server = Running::start(|_| {}).await;
    let (_, view) = link(&server, "d", Access::Read, None);
    let mut reader = yjs(&server, &view).await;
    reader.say_yjs(Message::Update(&typed("no"))).await;
    assert!(denied(&mut reader).await.contains("you may read"));
    reader.say_yjs(Message::Step2(&typed("nor this"))).await;
    reader.say_yjs(Message::Update(&typed("nor that"))).await;
    let ada = Person::come(server.addr, "d");
    ada.append("yes");
    ada.saved().await;
    // The answers that come before the edit of somebody else are all there are.
    let mut denials = 0;
    reader
        .hear_yjs(|message| {
            denials += usize::from(matches!(message, Message::Auth(_)));
            matches!(message, Message::Update(_)).then_some(())
        })
        .await;
    assert_eq!((denials, ada.text().as_str()), (0, "yes"));
}

#[tokio::test]
async fn changed_and_ended_rights_reach_a_connection_that_is_open() {
    let server = Running::start(|_| {}).await;
    let (_, manager) = link(&server, "d", Access::Write, None);
    let manager = format!("Bearer {manager}");
    let (id, token) = link(&server, "d", Access::Write, None);
    let mut peer = yjs(&server, &token).await;
    peer.say_yjs(Message::Update(&typed("one "))).await;
    let witness = Person::come(server.addr, "d");
    witness.finds("one ").await;
    let path = format!("d/links/{id}");
    api(
        server.addr,
        &format!("PATCH {path}"),
        &manager,
        Some(json!({"access": "read"})),
    )
    .await;
    // The change was judged before it was answered or is within a moment: what is written is refused from some edit on.
    let told = async {
        loop {
            peer.say_yjs(Message::Update(&typed("x"))).await;
            let heard = tokio::time::timeout(Duration::from_millis(50), denied(&mut peer)).await;
            if let Ok(reason) = heard {
                return reason;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(3), told)
        .await
        .expect("within a second");
    api(
        server.addr,
        &format!("PATCH {path}"),
        &manager,
        Some(json!({"access": "write"})),
    )
    .await;
    let asked = peer.hear_yjs(|message| matches!(message, Message::Step1(_)).then_some(()));
    tokio::time::timeout(Duration::from_secs(3), asked)
        .await
        .expect("asked for what it wrote meanwhile");
    api(server.addr, &format!("DELETE {path}"), &manager, None).await;
    let closed = tokio::time::timeout(Duration::from_secs(3), peer.closed()).await;
    assert_eq!(
        closed.expect("within a second"),
        Some(ErrorCode::Revoked.number())
    );
    let (_, short) = link(&server, "d", Access::Read, from_now(1_500));
    let mut expiring = yjs(&server, &short).await;
    assert_eq!(expiring.closed().await, Some(ErrorCode::Expired.number()));
    let mut named = Wire::yjs(server.addr, "d").await;
    api(
        server.addr,
        "PUT d/closed",
        &manager,
        Some(json!({"closed": true})),
    )
    .await;
    assert_eq!(named.closed().await, Some(ErrorCode::NoToken.number()));
}
