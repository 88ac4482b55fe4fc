//! `/ws/{doc}`: what a plain Yjs client (npm `y-websocket`) finds, as bytes; the provider itself joins in the end-to-end tests.

use std::time::Duration;

use bytes::Bytes;
use protocol::{
    id::ClientId,
    presence::{Change, encode_awareness},
    replica::{Edit, Replica},
    sync::Message,
    validate::{self, AwarenessLimits},
};
use tokio_tungstenite::tungstenite;

use crate::{
    person::Person,
    support::Running,
    wire::{Wire, knock},
};

/// An empty Yjs document's state vector, and its update.
const EMPTY_VECTOR: &[u8] = &[0];

fn replica(id: u64) -> Replica {
    Replica::new(ClientId::from_random(id), || 0)
}

fn type_into(replica: &mut Replica, text: &str) -> Bytes {
    let edit = Edit {
        from: replica.len(),
        delete: 0,
        insert: text.to_owned(),
    };
    replica.edit(&[edit]).unwrap();
    replica.take_updates().remove(0)
}

/// An awareness message of one client.
fn awareness(client: u64, clock: u64, state: Option<&str>) -> Vec<u8> {
    let change = Change {
        client: ClientId::from_random(client),
        clock,
        state: state.map(Into::into),
    };
    encode_awareness(&[change], 0)
}

/// The next awareness message, as who and what.
async fn hear_awareness(wire: &mut Wire) -> Vec<(u64, Option<String>)> {
    wire.hear_yjs(|message| {
        let Message::Awareness(states) = message else {
            return None;
        };
        let entries = validate::awareness(states, &AwarenessLimits::default()).unwrap();
        let known = |entry: &validate::AwarenessEntry<'_>| {
            (entry.client.get(), entry.state.map(str::to_owned))
        };
        Some(entries.iter().map(known).collect())
    })
    .await
}

/// Reads messages into a replica until its text is this one.
async fn sees(wire: &mut Wire, replica: &mut Replica, text: &str) {
    while replica.text() != text {
        wire.hear_yjs(|message| match message {
            Message::Update(update) | Message::Step2(update) => {
                // An edit that came before the answer may build on what only the answer brings.
                replica.apply([update]).unwrap();
                Some(())
            }
            _ => None,
        })
        .await;
    }
}

#[tokio::test]
async fn the_server_asks_first_and_answers_every_question() {
    let server = Running::start(|_| {}).await;
    let mut wire = Wire::yjs(server.addr, "d").await;
    let first = wire.next().await.unwrap();
    assert_eq!(Message::decode(&first), Ok(Message::Step1(EMPTY_VECTOR)));
    for _ in 0..3 {
        // Also when nothing is missing: the provider counts itself synced by the answer.
        wire.say_yjs(Message::Step1(EMPTY_VECTOR)).await;
        let answer = wire.next().await.unwrap();
        assert_eq!(Message::decode(&answer), Ok(Message::Step2(&[0, 0])));
    }
}

#[tokio::test]
async fn people_at_pages_and_yjs_clients_write_one_text() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.append("page ");
    ada.saved().await;
    let (mut wire, mut peer) = (Wire::yjs(server.addr, "d").await, replica(5));
    let mut late = Wire::yjs(server.addr, "d").await;
    wire.say_yjs(Message::Step1(&peer.state_vector())).await;
    sees(&mut wire, &mut peer, "page ").await;
    wire.say_yjs(Message::Update(&type_into(&mut peer, "peer ")))
        .await;
    ada.sees("page peer ").await;
    ada.append("page");
    sees(&mut wire, &mut peer, "page peer page").await;

    let mut other = replica(6);
    late.say_yjs(Message::Step1(&other.state_vector())).await;
    sees(&mut late, &mut other, "page peer page").await;
    let typed = type_into(&mut other, "!");
    late.say_yjs(Message::Step2(&typed)).await;
    sees(&mut wire, &mut peer, "page peer page!").await;
    ada.sees("page peer page!").await;
}

#[tokio::test]
async fn presence_is_that_of_others_and_goes_when_they_do() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let (mut wire, mut other) = (
        Wire::yjs(server.addr, "d").await,
        Wire::yjs(server.addr, "d").await,
    );
    wire.say_yjs(Message::Awareness(&awareness(5, 1, Some("{\"n\":5}"))))
        .await;
    ada.meets(&["{\"n\":5}"]).await;
    assert_eq!(
        hear_awareness(&mut other).await,
        [(5, Some("{\"n\":5}".to_owned()))]
    );
    ada.is_at("{\"n\":0}");
    let (who, what) = hear_awareness(&mut wire).await.remove(0);
    assert_eq!(what.as_deref(), Some("{\"n\":0}"));
    assert_ne!(who, 5, "its own state does not come back");
    drop(wire);
    ada.meets(&[]).await;
    loop {
        // The page's state may come first.
        if hear_awareness(&mut other).await.contains(&(5, None)) {
            break;
        }
    }
}

#[tokio::test]
async fn a_lone_client_hears_something_before_it_takes_its_connection_for_dead() {
    let server =
        Running::start(|config| config.deadlines.renewal = Duration::from_millis(20)).await;
    let mut wire = Wire::yjs(server.addr, "d").await;
    wire.say_yjs(Message::Awareness(&awareness(5, 1, Some("{}"))))
        .await;
    for _ in 0..5 {
        assert_eq!(hear_awareness(&mut wire).await, []);
    }
    let usual = server::transport::deadlines::Deadlines::default().renewal;
    assert!(usual < Duration::from_secs(30), "y-websocket waits 30 s");
}

#[tokio::test]
async fn a_dead_client_is_let_go() {
    let server = Running::start(|config| {
        config.deadlines.renewal = Duration::from_millis(50);
        config.deadlines.silence = Duration::from_millis(200);
    })
    .await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut wire = Wire::yjs(server.addr, "d").await;
    wire.say_yjs(Message::Awareness(&awareness(5, 1, Some("{}"))))
        .await;
    // Nobody reads its socket, so no ping is answered.
    ada.meets(&["{}"]).await;
    ada.meets(&[]).await;
}

#[tokio::test]
async fn a_document_larger_than_any_message_that_comes_in_opens_as_one() {
    let server = Running::start(|config| config.max_update = 64 << 10).await;
    let ada = Person::come(server.addr, "d");
    for _ in 0..100 {
        ada.append(&"x".repeat(50_000));
        ada.saved().await;
    }
    let (mut wire, mut peer) = (Wire::yjs(server.addr, "d").await, replica(5));
    wire.say_yjs(Message::Step1(&peer.state_vector())).await;
    sees(&mut wire, &mut peer, &ada.text()).await;
}

#[tokio::test]
async fn bytes_that_make_no_sense_end_the_connection_with_a_code() {
    let server = Running::start(|config| config.max_update = 10_000).await;
    let ada = Person::come(server.addr, "d");
    ada.append("text");
    ada.saved().await;
    let large = type_into(&mut replica(7), &"x".repeat(10_001));
    let cases: [(&str, Vec<u8>, u16); 5] = [
        ("garbage", vec![0xff; 20], 4400),
        (
            "an update that is none",
            Message::Update(&[9; 9]).encode(),
            4400,
        ),
        (
            "a vector that is none",
            Message::Step1(&[0xff]).encode(),
            4400,
        ),
        (
            "an update too large",
            Message::Update(&large).encode(),
            4413,
        ),
        (
            "a message too large",
            vec![0; 10_000 * 8 + (65 << 10)],
            4400,
        ),
    ];
    for (what, bytes, code) in cases {
        let mut wire = Wire::yjs(server.addr, "d").await;
        wire.send(tungstenite::Message::Binary(bytes.into())).await;
        assert_eq!(wire.closed().await, Some(code), "{what}");
    }
    // The provider itself never sends text; a keepalive of something in between does no harm.
    let mut wire = Wire::yjs(server.addr, "d").await;
    wire.send(tungstenite::Message::text("keepalive")).await;
    wire.say_yjs(Message::Step1(EMPTY_VECTOR)).await;
    sees(&mut wire, &mut replica(8), "text").await;
    ada.append("!");
    ada.saved().await;
    assert_eq!(ada.sessions(), (1, 0));
}

#[tokio::test]
async fn what_passes_keeps_no_provider_away() {
    let server = Running::start(|config| config.max_connections_per_room = 1).await;
    let mut first = Wire::yjs(server.addr, "d").await;
    first.next().await.expect("it is in");
    // A code from 4400 to 4499 would be the last that this provider ever hears of the document.
    let mut second = Wire::yjs(server.addr, "d").await;
    assert_eq!(second.closed().await, Some(4503));
    drop(first);
}

#[tokio::test]
async fn an_update_whose_base_is_missing_makes_the_server_ask_again() {
    let server = Running::start(|_| {}).await;
    let mut peer = replica(5);
    let (first, second) = (type_into(&mut peer, "a"), type_into(&mut peer, "b"));
    let mut wire = Wire::yjs(server.addr, "d").await;
    wire.next().await.unwrap();
    wire.say_yjs(Message::Update(&second)).await;
    let asked = wire.next().await.unwrap();
    assert_eq!(Message::decode(&asked), Ok(Message::Step1(EMPTY_VECTOR)));
    wire.say_yjs(Message::Step2(&first)).await;
    wire.say_yjs(Message::Update(&second)).await;
    let ada = Person::come(server.addr, "d");
    ada.sees("ab").await;
}

#[tokio::test]
async fn pages_of_other_sites_may_not_connect_on_either_endpoint() {
    let server = Running::start(|config| {
        config.allowed_origins =
            vec![server::origin::AllowedOrigin::parse("https://wiki.example").unwrap()];
    })
    .await;
    let own = format!("http://{}", server.addr);
    for path in ["/rt/1/ws", "/ws/d"] {
        for (origin, refused) in [
            (None, None),
            (Some(own.as_str()), None),
            (Some("https://wiki.example"), None),
            (Some("https://evil.example"), Some(403)),
            (Some("https://wiki.example.evil.example"), Some(403)),
            (Some("null"), Some(403)),
        ] {
            let answer = knock(server.addr, path, origin).await.err();
            assert_eq!(answer, refused, "{path} from {origin:?}");
        }
    }
    assert_eq!(knock(server.addr, "/ws/%20", None).await.err(), Some(400));
}

#[tokio::test]
async fn a_name_that_is_none_is_refused_before_the_upgrade() {
    let server = Running::start(|_| {}).await;
    for name in [".hidden", "a%20b", "%ED%95%9C"] {
        let refused = knock(server.addr, &format!("/ws/{name}"), None).await;
        assert_eq!(refused.err(), Some(400), "{name}");
    }
}

#[tokio::test]
async fn a_question_for_presence_is_answered_with_all_of_it_at_the_next_tick() {
    let server = Running::start(|_| {}).await;
    let mut ada = Wire::yjs(server.addr, "d").await;
    let mut bo = Wire::yjs(server.addr, "d").await;
    let mut cy = Wire::yjs(server.addr, "d").await;
    let state = |name: &str| format!(r#"{{"user":{{"name":"{name}"}}}}"#);
    ada.say_yjs(Message::Awareness(&awareness(1, 1, Some(&state("Ada")))))
        .await;
    assert_eq!(hear_awareness(&mut bo).await, [(1, Some(state("Ada")))]);
    bo.say_yjs(Message::QueryAwareness).await;
    // The question is read before the answer to this, which is asked for on the same connection.
    bo.say_yjs(Message::Step1(EMPTY_VECTOR)).await;
    bo.hear_yjs(|message| matches!(message, Message::Step2(_)).then_some(()))
        .await;
    cy.say_yjs(Message::Awareness(&awareness(3, 1, Some(&state("Cy")))))
        .await;
    let mut told = hear_awareness(&mut bo).await;
    told.sort_unstable();
    assert_eq!(told, [(1, Some(state("Ada"))), (3, Some(state("Cy")))]);
}
