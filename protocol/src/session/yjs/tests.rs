//! Tests of the Yjs connection: the bytes that npm's y-websocket waits for, and whose presence is believed.

use super::*;
use crate::{
    presence::encode_awareness,
    replica::{Edit, Replica},
    room::RoomLimits,
};

fn room(limits: RoomLimits) -> Room {
    Room::open(7, 1, true, [], limits).unwrap()
}

fn typed(client: u64, words: &[&str]) -> Vec<Bytes> {
    let mut replica = Replica::new(ClientId::from_random(client), || 0);
    for word in words {
        let edit = Edit {
            from: 0,
            delete: 0,
            insert: (*word).into(),
        };
        replica.edit(&[edit]).unwrap();
    }
    replica.take_updates()
}

fn receive(session: &mut YjsSession, room: &mut Room, message: Message<'_>) -> Received {
    session.receive(&message.encode().into(), room, 5).unwrap()
}

/// A presence message of these clients: client, clock, state.
fn awareness(entries: &[(u64, u64, Option<&str>)]) -> Vec<u8> {
    let changes: Vec<Change> = entries
        .iter()
        .map(|(client, clock, state)| Change {
            client: ClientId::from_random(*client),
            clock: *clock,
            state: state.map(Into::into),
        })
        .collect();
    encode_awareness(&changes, 0)
}

fn says(
    session: &mut YjsSession,
    room: &mut Room,
    entries: &[(u64, u64, Option<&str>)],
) -> Received {
    receive(session, room, Message::Awareness(&awareness(entries)))
}

/// What a presence message tells: client and whether it is here.
fn told(message: Option<Bytes>) -> Vec<(u64, bool)> {
    let Some(message) = message else {
        return Vec::new();
    };
    let Message::Awareness(states) = Message::decode(&message).unwrap() else {
        panic!("{message:?}");
    };
    validate::awareness(states, &AwarenessLimits::default())
        .unwrap()
        .into_iter()
        .map(|entry| (entry.client.get(), entry.state.is_some()))
        .collect()
}

#[test]
fn the_server_asks_first_and_answers_every_question() {
    let mut room = room(RoomLimits::default());
    let mut session = YjsSession::open(1, Role::Write, &room);
    let first = session.next(&mut room).unwrap();
    assert_eq!(first, [Bytes::from_static(&[0, 0, 1, 0])], "step 1, empty");
    assert_eq!(session.next(&mut room).unwrap(), [] as [Bytes; 0]);
    receive(&mut session, &mut room, Message::Step1(&[0]));
    assert_eq!(
        session.next(&mut room).unwrap(),
        [Bytes::from_static(&[0, 1, 2, 0, 0])],
        "step 2 also when there is nothing: the provider counts itself synced by it"
    );
}

#[test]
fn edits_are_relayed_as_they_came_and_not_to_their_author() {
    let mut room = room(RoomLimits::default());
    let mut a = YjsSession::open(1, Role::Write, &room);
    let mut b = YjsSession::open(2, Role::Write, &room);
    for session in [&mut a, &mut b] {
        session.next(&mut room).unwrap();
    }
    let text = typed(1, &["a"]).remove(0);
    let received = receive(&mut a, &mut room, Message::Update(&text));
    assert_eq!(
        received,
        Received::Append {
            n: 1,
            update: text.clone()
        }
    );
    assert_eq!(a.next(&mut room).unwrap(), [] as [Bytes; 0]);
    assert_eq!(
        b.next(&mut room).unwrap(),
        [Bytes::from(Message::Update(&text).encode())]
    );
}

#[test]
fn a_leaving_that_a_peer_tells_of_another_claims_no_id() {
    let mut room = room(RoomLimits::default());
    let mut a = YjsSession::open(1, Role::Write, &room);
    assert_eq!(says(&mut a, &mut room, &[(7, 3, None)]), Received::Nothing);
    assert_eq!(a.client(), None);
    let mut b = YjsSession::open(2, Role::Write, &room);
    let shown = says(&mut b, &mut room, &[(7, 4, Some("{}"))]);
    assert_eq!(shown, Received::Presence, "the id is free");
}

#[test]
fn an_edit_that_builds_on_something_missing_makes_the_server_ask_again() {
    let mut room = room(RoomLimits::default());
    let mut session = YjsSession::open(1, Role::Write, &room);
    session.next(&mut room).unwrap();
    let updates = typed(1, &["a", "b"]);
    let received = receive(&mut session, &mut room, Message::Update(&updates[1]));
    assert_eq!(received, Received::Nothing);
    assert_eq!(
        session.next(&mut room).unwrap(),
        [Bytes::from_static(&[0, 0, 1, 0])]
    );
}

#[test]
fn a_peer_that_fell_out_of_the_tail_gets_the_whole_state() {
    let mut room = room(RoomLimits {
        tail_entries: 1,
        ..RoomLimits::default()
    });
    let mut session = YjsSession::open(1, Role::Write, &room);
    session.next(&mut room).unwrap();
    for text in typed(9, &["a", "b"]) {
        room.admit(&text, None, 9).unwrap();
    }
    let got = session.next(&mut room).unwrap();
    assert_eq!(got, [Bytes::from(Message::Step2(&room.state()).encode())]);
    assert_eq!(session.next(&mut room).unwrap(), [] as [Bytes; 0]);
}

#[test]
fn a_peer_speaks_for_itself_only() {
    let mut room = room(RoomLimits::default());
    let (mut a, mut b) = (
        YjsSession::open(1, Role::Write, &room),
        YjsSession::open(2, Role::Write, &room),
    );
    assert_eq!(
        says(
            &mut a,
            &mut room,
            &[(10, 1, Some("{}")), (20, 9, Some("{}"))]
        ),
        Received::Presence
    );
    assert_eq!(room.presence.present(), 1, "20 is only hearsay");
    assert_eq!(told(b.next_presence(&room)), [(10, true)]);
    assert_eq!(
        says(&mut b, &mut room, &[(10, 99, None)]),
        Received::Nothing,
        "nobody takes another's presence away"
    );
    assert_eq!(
        says(&mut a, &mut room, &[(10, 0, None)]),
        Received::Nothing,
        "what is older than known is not news"
    );
    assert_eq!(
        says(&mut a, &mut room, &[(10, 2, None)]),
        Received::Presence
    );
    assert_eq!(told(b.next_presence(&room)), [(10, false)]);
    let mut late = YjsSession::open(3, Role::Write, &room);
    assert_eq!(
        told(late.next_presence(&room)),
        [],
        "a leaving is told only to who knew of it"
    );
}

#[test]
fn a_peer_that_came_back_claims_its_presence_when_the_old_connection_ends() {
    let mut room = room(RoomLimits::default());
    let (mut old, mut new) = (
        YjsSession::open(1, Role::Write, &room),
        YjsSession::open(2, Role::Write, &room),
    );
    says(&mut old, &mut room, &[(10, 1, Some("{}"))]);
    assert_eq!(
        says(&mut new, &mut room, &[(10, 2, Some("{}"))]),
        Received::Nothing
    );
    room.presence.leave(1, 6);
    room.claims.release(1);
    assert_eq!(
        says(&mut new, &mut room, &[(10, 3, Some("{}"))]),
        Received::Presence
    );
}

#[test]
fn a_question_for_presence_is_answered_with_all_of_it() {
    let mut room = room(RoomLimits::default());
    let (mut a, mut b) = (
        YjsSession::open(1, Role::Write, &room),
        YjsSession::open(2, Role::Write, &room),
    );
    says(&mut a, &mut room, &[(10, 1, Some("{}"))]);
    assert_eq!(told(b.next_presence(&room)), [(10, true)]);
    assert_eq!(told(b.next_presence(&room)), []);
    receive(&mut b, &mut room, Message::QueryAwareness);
    assert_eq!(told(b.next_presence(&room)), [(10, true)]);
}

#[test]
fn a_renewal_has_a_clock_that_a_peer_takes_for_news() {
    let mut room = room(RoomLimits::default());
    let (mut a, mut b) = (
        YjsSession::open(1, Role::Write, &room),
        YjsSession::open(2, Role::Write, &room),
    );
    says(&mut a, &mut room, &[(10, 1, Some("{}"))]);
    b.next_presence(&room);
    let clock = |message: Bytes| match Message::decode(&message).unwrap() {
        Message::Awareness(states) => {
            validate::awareness(states, &AwarenessLimits::default()).unwrap()[0].clock
        }
        other => panic!("{other:?}"),
    };
    let first = clock(b.renewed_presence(&room, 15_000));
    let second = clock(b.renewed_presence(&room, 30_000));
    assert!(first >= 15_000 && second > first);
}

#[test]
fn what_is_no_message_ends_the_connection() {
    let mut room = room(RoomLimits::default());
    for bad in [&[][..], &[9], &[0, 2, 1, 1], &[1, 1, 9]] {
        let mut session = YjsSession::open(1, Role::Write, &room);
        let refused = session.receive(&Bytes::copy_from_slice(bad), &mut room, 0);
        assert_eq!(
            refused.map_err(|ended| ended.code),
            Err(ErrorCode::Protocol),
            "{bad:?}"
        );
    }
    let mut session = YjsSession::open(1, Role::Write, &room);
    receive(&mut session, &mut room, Message::Step1(&[9, 9]));
    assert!(
        session.next(&mut room).is_err(),
        "a state vector that is none"
    );
}

#[test]
fn a_readers_edits_are_ignored_and_answered_once() {
    let mut room = room(RoomLimits::default());
    let mut session = YjsSession::open(1, Role::Read, &room);
    session.next(&mut room).unwrap();
    // What a provider answers to Step1 without having anything is no edit.
    receive(&mut session, &mut room, Message::Step2(&EMPTY_UPDATE));
    assert!(session.next(&mut room).unwrap().is_empty());
    for update in typed(4, &["a", "b"]) {
        assert_eq!(
            receive(&mut session, &mut room, Message::Update(&update)),
            Received::Nothing
        );
    }
    assert_eq!(room.head(), 0);
    let told = session.next(&mut room).unwrap();
    let Ok(Message::Auth(payload)) = Message::decode(&told[0]) else {
        panic!("{told:?}");
    };
    let mut reader = crate::wire::Reader::new(payload);
    assert_eq!(reader.var_u64(), Ok(0), "permission denied");
    assert!(reader.var_str(1_000).unwrap().contains("you may read"));
    assert_eq!(told.len(), 1);
    assert!(session.next(&mut room).unwrap().is_empty(), "once");
}

#[test]
fn a_peer_that_may_write_again_is_asked_for_what_it_wrote() {
    let mut room = room(RoomLimits::default());
    let mut session = YjsSession::open(1, Role::Read, &room);
    session.next(&mut room).unwrap();
    let edit = typed(4, &["a"]).remove(0);
    receive(&mut session, &mut room, Message::Update(&edit));
    session.set_role(Role::Write);
    let told = session.next(&mut room).unwrap();
    assert!(matches!(Message::decode(&told[0]), Ok(Message::Step1(_))));
    receive(&mut session, &mut room, Message::Step2(&edit));
    assert_eq!(room.head(), 1);
}

#[test]
fn a_connection_whose_rights_are_over_ends() {
    let mut room = room(RoomLimits::default());
    let mut session = YjsSession::open(1, Role::Write, &room);
    session.end(Ended::new(ErrorCode::Expired, "why"));
    let edit = Bytes::from(Message::Update(&typed(4, &["a"])[0]).encode());
    assert!(
        session
            .receive(&edit, &mut room, 5)
            .is_err_and(|ended| ended.code == ErrorCode::Expired)
    );
    assert!(
        session
            .next(&mut room)
            .is_err_and(|ended| ended.code == ErrorCode::Expired)
    );
    assert_eq!(room.head(), 0);
}
