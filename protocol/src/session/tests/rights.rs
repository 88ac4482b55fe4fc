//! Tests of a session whose rights change and end: what it takes, and what it tells.

use super::*;

fn reader(room: &mut Room) -> Session {
    let rights = Rights {
        role: Role::Read,
        expires_in_ms: Some(90_000),
    };
    let mut session = Session::open(&hello(1), identity(1), rights, room).unwrap();
    let frames = told(&mut session, room);
    let ServerFrame::Welcome(welcome) = &frames[0] else {
        panic!("{frames:?}");
    };
    assert_eq!(
        (welcome.role, welcome.expires_in_ms),
        (Role::Read, Some(90_000))
    );
    session
}

#[test]
fn a_reader_asks_and_is_told_and_changes_nothing() {
    let mut room = room(RoomLimits::default());
    let mut session = reader(&mut room);
    let first = typed(2, &["a"]).remove(0);
    room.admit(&first, None, 2).unwrap();
    assert_eq!(told(&mut session, &mut room).len(), 1, "it reads");
    let mut other = Replica::new(ClientId::from_random(3), || 0);
    other.apply([&first[..]]).unwrap();
    other
        .edit(&[Edit {
            from: 0,
            delete: 1,
            insert: String::new(),
        }])
        .unwrap();
    let deletion = other.take_updates().remove(0);
    let state = room.state();
    for message in [
        Message::Update(&typed(1, &["b"])[0]),
        Message::Step2(&typed(1, &["b"])[0]),
        // Without a single struct.
        Message::Update(&deletion),
        Message::Step2(&deletion),
        Message::Update(b"no update"),
    ] {
        let refused = session.receive(data(1, message), &mut room, 5);
        assert_eq!(
            refused.map_err(|ended| ended.code),
            Err(ErrorCode::ReadOnly),
            "{message:?}"
        );
    }
    assert_eq!((room.state(), room.head()), (state, 1));
    // An empty one says that nothing is lacking, and a question is only a question.
    for (seq, message) in [
        (1, Message::Step2(&EMPTY_UPDATE)),
        (2, Message::Step1(&[0])),
    ] {
        assert_eq!(
            session.receive(data(seq, message), &mut room, 5),
            Ok(Received::Nothing)
        );
    }
    let present = ClientFrame::Presence { state: "{}".into() };
    assert_eq!(
        session.receive(present, &mut room, 5),
        Ok(Received::Presence),
        "a reader is seen"
    );
}

#[test]
fn changed_rights_are_told_and_count_at_once() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let set = |session: &mut Session, room: &mut Room, role| {
        let rights = Rights {
            role,
            expires_in_ms: None,
        };
        session.set_rights(rights, room);
    };
    let edits = typed(1, &["a", "b"]);
    set(&mut session, &mut room, Role::Read);
    let refused = session.receive(update(1, &edits[0]), &mut room, 5);
    assert_eq!(
        refused.map_err(|ended| ended.code),
        Err(ErrorCode::ReadOnly)
    );
    set(&mut session, &mut room, Role::Write);
    let frames = told(&mut session, &mut room);
    let newest = ServerFrame::Rights {
        role: Role::Write,
        expires_in_ms: None,
    };
    assert_eq!(frames, [newest], "only the newest is told");
    assert_eq!(
        session.receive(update(1, &edits[0]), &mut room, 5),
        appended(1, &edits[0])
    );
}

#[test]
fn a_damaged_document_makes_readers_of_all() {
    let mut room = Room::open(EPOCH, 1, false, [], RoomLimits::default()).unwrap();
    let mut session = open(1, &mut room);
    let frames = told(&mut session, &mut room);
    assert!(matches!(&frames[0], ServerFrame::Welcome(welcome) if welcome.role == Role::Read));
    session.set_rights(Rights::WRITE, &mut room);
    let frames = told(&mut session, &mut room);
    assert!(matches!(
        frames[0],
        ServerFrame::Rights {
            role: Role::Read,
            ..
        }
    ));
}

#[test]
fn a_session_whose_rights_are_over_says_so_wherever_it_is_asked() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let edit = typed(2, &["a"]).remove(0);
    session.end(Ended::new(ErrorCode::Revoked, "why"));
    room.admit(&edit, None, 2).unwrap();
    let over = |ended: Ended| {
        assert_eq!(
            (ended.code, &ended.message[..]),
            (ErrorCode::Revoked, "why")
        );
    };
    over(session.next(&mut room).unwrap_err());
    over(
        session
            .receive(update(1, &typed(1, &["b"])[0]), &mut room, 5)
            .unwrap_err(),
    );
    over(
        session
            .receive(ClientFrame::Ping { nonce: 1 }, &mut room, 5)
            .unwrap_err(),
    );
    over(session.resume(1, EPOCH, 0, &room).unwrap_err());
    assert!(session.is_ended() && room.head() == 1);
}

#[test]
fn a_token_is_handed_on_and_its_end_is_told_once_however_often_it_is_said() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let token = Token::new("a.b.c").unwrap();
    let shown = session.receive(
        ClientFrame::Auth {
            token: token.clone(),
        },
        &mut room,
        5,
    );
    assert_eq!(shown, Ok(Received::Token(token)));
    session.ends_soon(60_000);
    session.ends_soon(59_000);
    assert_eq!(
        told(&mut session, &mut room),
        [ServerFrame::AuthSoon { within_ms: 59_000 }]
    );
}
