//! Tests of who may write under which client id, through sessions and Yjs connections of a real room.

use bytes::Bytes;

use crate::{
    frame::{ClientFrame, ErrorCode, Hello, Role, Token, VERSION},
    id::{ClientId, DocId},
    replica::{Edit, Replica},
    room::{Room, RoomLimits},
    session::{Ended, Identity, Received, Rights, Session, yjs::YjsSession},
    sync::Message,
};

fn room() -> Room {
    Room::open(7, 1, true, [], RoomLimits::default()).unwrap()
}

fn replica(client: u64) -> Replica {
    Replica::new(ClientId::from_random(client), || 0)
}

fn open(author: u64, replica: &Replica, client: u64, room: &mut Room) -> Session {
    open_with(Rights::WRITE, author, replica, client, room)
}

const READ: Rights = Rights {
    role: Role::Read,
    expires_in_ms: None,
};

const PING: ClientFrame = ClientFrame::Ping { nonce: 1 };

fn open_with(
    rights: Rights,
    author: u64,
    replica: &Replica,
    client: u64,
    room: &mut Room,
) -> Session {
    let hello = Hello {
        version: VERSION,
        doc: DocId::parse("d").unwrap(),
        client: ClientId::from_random(client),
        generation: 0,
        epoch: 0,
        after: 0,
        state_vector: replica.state_vector().into(),
        token: Token::default(),
    };
    let identity = Identity {
        sid: [author as u8; 16],
        key: [author as u8; 32],
        author,
    };
    Session::open(&hello, identity, rights, room).unwrap()
}

fn types(replica: &mut Replica, text: &str) -> Bytes {
    let edit = Edit {
        from: 0,
        delete: 0,
        insert: text.into(),
    };
    replica.edit(&[edit]).unwrap();
    replica.take_updates().pop().unwrap()
}

fn update(seq: u64, update: &[u8]) -> ClientFrame {
    ClientFrame::Data {
        seq,
        message: Message::Update(update).encode().into(),
    }
}

fn state(seq: u64, update: &[u8]) -> ClientFrame {
    ClientFrame::Data {
        seq,
        message: Message::Step2(update).encode().into(),
    }
}

fn taken(received: &Result<Received, Ended>) -> bool {
    matches!(received, Ok(Received::Append { .. }))
}

#[test]
fn nobody_writes_under_the_id_of_somebody_who_is_here() {
    let mut room = room();
    let (mut ada, mut eve) = (replica(1), replica(2));
    let mut hers = open(1, &ada, 1, &mut room);
    let mut other = open(2, &eve, 2, &mut room);
    let first = types(&mut ada, "one");
    assert!(taken(&hers.receive(update(1, &first), &mut room, 0)));

    // The id's next clock, before the owner uses it: everything that the owner writes later would count as known.
    let mut forger = replica(1);
    forger.apply([&first[..]]).unwrap();
    let forged = types(&mut forger, "forged");
    let asked = Ok(Received::Nothing);
    assert_eq!(other.receive(update(1, &forged), &mut room, 0), asked);
    for seq in 2..=8 {
        assert_eq!(other.receive(state(seq, &forged), &mut room, 0), asked);
    }
    let refused = other.receive(state(9, &forged), &mut room, 0).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Protocol);
    assert_eq!(room.text(), "one");

    let second = types(&mut ada, "two ");
    assert!(taken(&hers.receive(update(2, &second), &mut room, 0)));
    assert_eq!(room.text(), ada.text());
    let known = other.receive(state(9, &first), &mut room, 0);
    assert_eq!(
        known,
        Ok(Received::Nothing),
        "what is here may be told again"
    );
    assert!(taken(&other.receive(
        update(10, &types(&mut eve, "mine")),
        &mut room,
        0
    )));
}

#[test]
fn a_session_that_names_anothers_id_gets_it_when_that_one_has_left() {
    let mut room = room();
    let mut ada = replica(1);
    let mut hers = open(1, &ada, 1, &mut room);
    let first = types(&mut ada, "one");
    assert!(taken(&hers.receive(update(1, &first), &mut room, 0)));
    let mut late = open(2, &replica(1), 1, &mut room);
    let mut forger = replica(1);
    forger.apply([&first[..]]).unwrap();
    let forged = types(&mut forger, "x");
    assert_eq!(
        late.receive(update(1, &forged), &mut room, 0),
        Ok(Received::Nothing)
    );
    room.claims.release(1);
    assert!(taken(&late.receive(state(2, &forged), &mut room, 0)));
}

#[test]
fn a_page_whose_welcome_was_lost_says_hello_again_and_is_not_locked_out() {
    let mut room = room();
    let mut ada = replica(1);
    let _never_heard_of = open(1, &ada, 1, &mut room);
    let mut again = open(2, &ada, 1, &mut room);
    assert!(taken(&again.receive(
        update(1, &types(&mut ada, "one")),
        &mut room,
        0
    )));
    // And the other way round: both HELLOs arrive, and the page goes on with the first.
    let mut bob = replica(5);
    let mut first = open(3, &bob, 5, &mut room);
    let _second = open(4, &bob, 5, &mut room);
    assert!(taken(&first.receive(
        update(1, &types(&mut bob, "two")),
        &mut room,
        0
    )));
}

#[test]
fn after_a_crash_each_page_may_bring_what_any_has_until_its_author_has_told_all() {
    let (mut ada, mut bob) = (replica(1), replica(2));
    let relayed = types(&mut ada, "relayed before the crash");
    bob.apply([&relayed[..]]).unwrap();
    types(&mut ada, "and never sent ");
    let everything = ada.diff(&[0]).unwrap();

    // Both are back; Bob is faster.
    let mut room = room();
    let mut hers = open(1, &ada, 1, &mut room);
    hers.receive(ClientFrame::Ping { nonce: 1 }, &mut room, 0)
        .unwrap();
    let mut his = open(2, &bob, 2, &mut room);
    let brought = bob.diff(&room.state_vector()).unwrap();
    assert!(taken(&his.receive(state(1, &brought), &mut room, 0)));
    assert!(taken(&hers.receive(state(1, &everything), &mut room, 0)));
    assert_eq!(room.text(), ada.text());
}

#[test]
fn an_author_who_sends_again_piece_by_piece_has_not_told_all_with_the_first() {
    let (mut ada, mut bob) = (replica(1), replica(2));
    let pieces = [types(&mut ada, "one "), types(&mut ada, "two ")];
    bob.apply([&pieces[0][..], &pieces[1][..]]).unwrap();
    // The server has lost both, and hers come one by one.
    let mut room = room();
    let mut hers = open(1, &ada, 1, &mut room);
    assert!(taken(&hers.receive(update(1, &pieces[0]), &mut room, 0)));
    let mut his = open(2, &bob, 2, &mut room);
    let brought = bob.diff(&room.state_vector()).unwrap();
    assert!(taken(&his.receive(state(1, &brought), &mut room, 0)));
    assert_eq!(room.text(), ada.text());
}

#[test]
fn what_somebody_wrote_long_ago_may_be_brought_by_anybody() {
    let mut room = room();
    let mut before = replica(1);
    types(&mut before, "last week, without a network");
    let log = before.diff(&[0]).unwrap();
    let mut now = open(9, &replica(2), 2, &mut room);
    assert!(taken(&now.receive(state(1, &log), &mut room, 0)));
}

#[test]
fn a_yjs_peer_may_come_back_beside_its_old_connection_and_others_may_not_write_under_its_id() {
    let mut room = room();
    let mut ada = replica(1);
    let awareness = |clock| {
        let mut bytes = vec![1, 1, clock];
        crate::wire::put_str(&mut bytes, "{}");
        Bytes::from(Message::Awareness(&bytes).encode())
    };
    let says = |update: &[u8]| Bytes::from(Message::Update(update).encode());
    let mut old = YjsSession::open(1, Role::Write, &room);
    old.receive(&awareness(1), &mut room, 0).unwrap();
    let first = types(&mut ada, "one");
    // As every provider answers the server's first question.
    let all = Bytes::from(Message::Step2(&first).encode());
    assert!(taken(&old.receive(&all, &mut room, 0)));

    let mut eve = open(2, &replica(2), 2, &mut room);
    let mut forger = replica(1);
    forger.apply([&first[..]]).unwrap();
    let forged = types(&mut forger, "x");
    assert_eq!(
        eve.receive(update(1, &forged), &mut room, 0),
        Ok(Received::Nothing)
    );

    let mut new = YjsSession::open(3, Role::Write, &room);
    let shown = new.receive(&awareness(2), &mut room, 0);
    assert_eq!(shown, Ok(Received::Nothing), "the old one speaks for it");
    let second = types(&mut ada, "two ");
    assert!(taken(&new.receive(&says(&second), &mut room, 0)));
    assert_eq!(room.text(), "two one");
}

#[test]
fn nobody_speaks_under_the_id_of_a_session_not_even_before_it_has_said_a_word() {
    let mut room = room();
    let mut hers = open(1, &replica(1), 1, &mut room);
    hers.receive(ClientFrame::Ping { nonce: 1 }, &mut room, 0)
        .unwrap();
    let mut eve = YjsSession::open(2, Role::Write, &room);
    let mut bytes = vec![1, 1, 9];
    crate::wire::put_str(&mut bytes, "{\"user\":{\"name\":\"Ada\"}}");
    let message = Message::Awareness(&bytes).encode().into();
    assert_eq!(eve.receive(&message, &mut room, 0), Ok(Received::Nothing));
    let mut late = open(3, &replica(1), 1, &mut room);
    let presence = ClientFrame::Presence { state: "{}".into() };
    assert_eq!(late.receive(presence, &mut room, 0), Ok(Received::Nothing));
    assert_eq!(room.presence.present(), 0);
}

fn presence() -> ClientFrame {
    ClientFrame::Presence { state: "{}".into() }
}

#[test]
fn a_reader_owns_no_id_and_has_no_writers_edits_refused() {
    let mut room = room();
    let mut ada = replica(1);
    let mut eve = open_with(READ, 1, &ada, 1, &mut room);
    eve.receive(PING, &mut room, 0).unwrap();
    let seen = eve.receive(presence(), &mut room, 0);
    assert_eq!(seen, Ok(Received::Presence), "a reader is seen");

    let mut hers = open(2, &ada, 1, &mut room);
    let first = types(&mut ada, "one");
    assert!(taken(&hers.receive(update(1, &first), &mut room, 0)));
    assert_eq!(
        hers.receive(presence(), &mut room, 0),
        Ok(Received::Presence)
    );
    eve.receive(PING, &mut room, 0).unwrap();
    let state = ClientFrame::Presence {
        state: "{\"user\":{\"name\":\"Eve\"}}".into(),
    };
    let silent = eve.receive(state, &mut room, 0);
    assert_eq!(silent, Ok(Received::Nothing), "the writer speaks now");
    let second = types(&mut ada, "two ");
    assert!(taken(&hers.receive(update(2, &second), &mut room, 0)));
    assert!(room.claims.is_owner(ClientId::from_random(1), 2));
}

#[test]
fn a_reader_who_may_write_owns_its_id_from_then_on_and_no_longer_than_it_may() {
    let mut room = room();
    let mut ada = replica(1);
    let id = ClientId::from_random(1);
    let mut hers = open_with(READ, 1, &ada, 1, &mut room);
    hers.receive(PING, &mut room, 0).unwrap();
    assert!(!room.claims.is_owner(id, 1));
    hers.set_rights(Rights::WRITE, &mut room);
    assert!(room.claims.is_owner(id, 1), "before it says a word");
    let first = types(&mut ada, "one");
    assert!(taken(&hers.receive(update(1, &first), &mut room, 0)));

    let mut other = open(2, &replica(2), 2, &mut room);
    let mut forger = replica(1);
    forger.apply([&first[..]]).unwrap();
    let forged = types(&mut forger, "forged");
    let asked = Ok(Received::Nothing);
    assert_eq!(other.receive(update(1, &forged), &mut room, 0), asked);
    assert_eq!(room.text(), "one");
    let mut late = open(3, &ada, 1, &mut room);
    late.receive(PING, &mut room, 0).unwrap();
    assert!(room.claims.is_owner(id, 1), "and for good");

    hers.set_rights(READ, &mut room);
    assert!(!room.claims.is_owner(id, 1));
    let second = types(&mut ada, "two ");
    assert!(taken(&late.receive(update(1, &second), &mut room, 0)));
}

#[test]
fn a_reader_that_goes_on_for_a_writers_session_does_not_keep_its_id() {
    let mut room = room();
    let ada = replica(1);
    let mut hers = open(1, &ada, 1, &mut room);
    hers.receive(PING, &mut room, 0).unwrap();
    let mut again = open_with(READ, 2, &ada, 1, &mut room);
    room.claims.pass_on(1, 2);
    again.receive(PING, &mut room, 0).unwrap();
    assert!(!room.claims.is_owner(ClientId::from_random(1), 2));
}

#[test]
fn a_yjs_reader_is_seen_until_a_writer_comes_under_its_id() {
    let mut room = room();
    let says = |clock: u8| {
        let mut bytes = vec![1, 1, clock];
        crate::wire::put_str(&mut bytes, &format!("{{\"clock\":{clock}}}"));
        Bytes::from(Message::Awareness(&bytes).encode())
    };
    let mut eve = YjsSession::open(1, Role::Read, &room);
    let seen = eve.receive(&says(1), &mut room, 0);
    assert_eq!(seen, Ok(Received::Presence));
    let mut hers = open(2, &replica(1), 1, &mut room);
    assert_eq!(
        hers.receive(presence(), &mut room, 0),
        Ok(Received::Presence)
    );
    let silent = eve.receive(&says(2), &mut room, 0);
    assert_eq!(silent, Ok(Received::Nothing));
    room.claims.release(2);
    room.presence.leave(2, 0);
    eve.set_role(Role::Write);
    assert_eq!(eve.receive(&says(3), &mut room, 0), Ok(Received::Presence));
    assert!(room.claims.is_owner(ClientId::from_random(1), 1));
}
