//! Tests of the session: which frame leads to what, and what a client is told in which order.
//!
//! Over 400 lines because each rule is a case of one table.

use super::{edits::MAX_WAITING, *};
use crate::{
    frame::Token,
    id::DocId,
    replica::{Edit, Replica},
    room::RoomLimits,
};

mod rights;

const EPOCH: u64 = 7;

fn room(limits: RoomLimits) -> Room {
    Room::open(EPOCH, 1, true, [], limits).unwrap()
}

fn hello(client: u64) -> Hello {
    Hello {
        version: VERSION,
        doc: DocId::parse("hall").unwrap(),
        client: ClientId::from_random(client),
        generation: 0,
        epoch: 0,
        after: 0,
        state_vector: Bytes::from_static(&[0]),
        token: Token::default(),
    }
}

fn identity(author: u64) -> Identity {
    Identity {
        sid: [author as u8; 16],
        key: [author as u8; 32],
        author,
    }
}

fn open(author: u64, room: &mut Room) -> Session {
    Session::open(&hello(author), identity(author), Rights::WRITE, room).unwrap()
}

/// A session that has been told everything.
fn opened(author: u64, room: &mut Room) -> Session {
    let mut session = open(author, room);
    told(&mut session, room);
    session
}

fn told(session: &mut Session, room: &mut Room) -> Vec<ServerFrame> {
    std::iter::from_fn(|| session.next(room).unwrap())
        .map(|frame| ServerFrame::decode(&frame).unwrap())
        .collect()
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

fn data(seq: u64, message: Message<'_>) -> ClientFrame {
    ClientFrame::Data {
        seq,
        message: message.encode().into(),
    }
}

fn update(seq: u64, update: &Bytes) -> ClientFrame {
    data(seq, Message::Update(update))
}

fn appended(n: u64, update: &Bytes) -> Result<Received, Ended> {
    let update = update.clone();
    Ok(Received::Append { n, update })
}

const SAVED: fn(u64) -> ServerFrame = |seq| ServerFrame::Saved { seq };

#[test]
fn a_new_client_is_welcomed_and_the_states_are_exchanged() {
    let mut room = room(RoomLimits::default());
    let update = typed(9, &["a"]).remove(0);
    room.admit(&update, None, 9).unwrap();
    let mut session = open(1, &mut room);
    let frames = told(&mut session, &mut room);
    let [
        ServerFrame::Welcome(welcome),
        ServerFrame::Batch { upto: 1, messages },
    ] = &frames[..]
    else {
        panic!("{frames:?}");
    };
    assert_eq!(
        (welcome.epoch, welcome.after, welcome.role),
        (EPOCH, None, Role::Write)
    );
    assert!(matches!(
        Message::decode(&messages[0]),
        Ok(Message::Step2(_))
    ));
    assert!(matches!(
        Message::decode(&messages[1]),
        Ok(Message::Step1(_))
    ));
}

#[test]
fn a_client_that_has_the_text_already_is_welcomed_without_an_exchange() {
    let mut room = room(RoomLimits::default());
    let updates = typed(9, &["a", "b"]);
    room.admit(&updates[0], None, 9).unwrap();
    let with = Hello {
        epoch: EPOCH,
        after: 1,
        ..hello(1)
    };
    let mut session = Session::open(&with, identity(1), Rights::WRITE, &mut room).unwrap();
    let frames = told(&mut session, &mut room);
    assert!(
        matches!(&frames[..], [ServerFrame::Welcome(welcome)] if welcome.after == Some(1)),
        "{frames:?}"
    );
    room.admit(&updates[1], None, 9).unwrap();
    assert!(matches!(
        &told(&mut session, &mut room)[..],
        [ServerFrame::Batch { upto: 2, .. }]
    ));
}

#[test]
fn another_version_or_generation_is_refused() {
    let mut room = room(RoomLimits::default());
    for (hello, code) in [
        (
            Hello {
                version: 9,
                ..hello(1)
            },
            ErrorCode::Protocol,
        ),
        (
            Hello {
                generation: 2,
                ..hello(1)
            },
            ErrorCode::OtherGeneration,
        ),
    ] {
        let refused = Session::open(&hello, identity(1), Rights::WRITE, &mut room).err();
        assert_eq!(refused.map(|ended| ended.code), Some(code));
    }
}

#[test]
fn an_edit_is_told_saved_once_it_is_durable_and_not_before() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let updates = typed(1, &["a", "b", "c"]);
    for (n, text) in (1..).zip(&updates) {
        let received = session.receive(update(n, text), &mut room, 0);
        assert_eq!(received, appended(n, text));
    }
    assert_eq!(told(&mut session, &mut room), [], "nothing is durable");
    room.committed(2);
    assert_eq!(told(&mut session, &mut room), [SAVED(2)]);
    assert_eq!(told(&mut session, &mut room), [], "told once");
    room.committed(3);
    assert_eq!(told(&mut session, &mut room), [SAVED(3)]);
}

#[test]
fn an_edit_that_was_here_already_waits_for_the_entry_that_brought_it() {
    let mut room = room(RoomLimits::default());
    let text = typed(1, &["a"]).remove(0);
    room.admit(&text, None, 9).unwrap();
    let mut session = opened(1, &mut room);
    let received = session.receive(update(1, &text), &mut room, 0);
    assert_eq!(received, Ok(Received::Nothing));
    assert_eq!(told(&mut session, &mut room), []);
    room.committed(1);
    assert_eq!(told(&mut session, &mut room), [SAVED(1)]);
}

#[test]
fn what_comes_twice_is_applied_once_and_acknowledged_again() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let text = typed(1, &["a"]).remove(0);
    session.receive(update(1, &text), &mut room, 0).unwrap();
    room.committed(1);
    assert_eq!(told(&mut session, &mut room), [SAVED(1)]);
    for seq in [0, 1] {
        let received = session.receive(update(seq, &text), &mut room, 0);
        assert_eq!(received, Ok(Received::Nothing));
        assert_eq!(told(&mut session, &mut room), [SAVED(1)]);
    }
    assert_eq!(room.head(), 1);
}

#[test]
fn a_gap_is_answered_by_incomplete_and_the_session_goes_on_where_it_was() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let updates = typed(1, &["a", "b"]);
    let refused = session.receive(update(2, &updates[1]), &mut room, 0);
    assert_eq!(refused.map_err(|e| e.code), Err(ErrorCode::Incomplete));
    session.resume(1, EPOCH, 0, &room).unwrap();
    assert_eq!(
        told(&mut session, &mut room),
        [ServerFrame::Resumed { applied: 0 }]
    );
    for (n, text) in (1..).zip(&updates) {
        assert_eq!(
            session.receive(update(n, text), &mut room, 0),
            appended(n, text)
        );
    }
}

#[test]
fn nothing_counts_as_saved_while_something_is_missing_here() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let updates = typed(1, &["a", "b", "c"]);
    for (seq, text) in [(1, &updates[1]), (2, &updates[2])] {
        let received = session.receive(update(seq, text), &mut room, 0);
        assert_eq!(received, Ok(Received::Nothing));
    }
    assert_eq!(told(&mut session, &mut room), [ServerFrame::Resync]);
    // The question alone mends nothing: its number must not be told saved with those before it.
    session
        .receive(data(3, Message::Step1(&[0])), &mut room, 0)
        .unwrap();
    let frames = told(&mut session, &mut room);
    assert!(
        matches!(&frames[..], [ServerFrame::Batch { upto: 0, .. }]),
        "{frames:?}"
    );
    let mut all = Replica::new(ClientId::from_random(2), || 0);
    all.apply(updates.iter().map(|update| &update[..])).unwrap();
    let state = all.diff(&[0]).unwrap();
    session
        .receive(data(4, Message::Step2(&state)), &mut room, 0)
        .unwrap();
    assert_eq!(told(&mut session, &mut room), []);
    room.committed(1);
    assert_eq!(told(&mut session, &mut room), [SAVED(4)]);
    assert_eq!(room.text(), "cba");
}

#[test]
fn a_state_that_is_asked_for_but_lost_with_the_link_is_asked_for_again() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let updates = typed(1, &["a", "b"]);
    session
        .receive(update(1, &updates[1]), &mut room, 0)
        .unwrap();
    session.resume(1, EPOCH, 0, &room).unwrap();
    assert_eq!(
        told(&mut session, &mut room),
        [ServerFrame::Resumed { applied: 1 }, ServerFrame::Resync]
    );
}

#[test]
fn a_reader_that_fell_out_of_the_tail_gets_no_batch_before_its_state_is_known() {
    let mut room = room(RoomLimits {
        tail_entries: 1,
        ..RoomLimits::default()
    });
    let mut session = opened(1, &mut room);
    for text in typed(9, &["a", "b", "c"]) {
        room.admit(&text, None, 9).unwrap();
    }
    assert_eq!(told(&mut session, &mut room), [ServerFrame::Resync]);
    assert_eq!(told(&mut session, &mut room), [], "and waits");
    session
        .receive(data(1, Message::Step1(&[0])), &mut room, 0)
        .unwrap();
    let frames = told(&mut session, &mut room);
    assert!(
        matches!(&frames[..], [ServerFrame::Batch { upto: 3, .. }]),
        "{frames:?}"
    );
}

#[test]
fn a_resume_needs_a_newer_link_and_the_same_epoch() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    session.resume(2, EPOCH, 0, &room).unwrap();
    for (link, epoch, code) in [
        (2, EPOCH, ErrorCode::Superseded),
        (1, EPOCH, ErrorCode::Superseded),
        (3, EPOCH + 1, ErrorCode::Gone),
    ] {
        let refused = session.resume(link, epoch, 0, &room);
        assert_eq!(refused.map_err(|ended| ended.code), Err(code));
    }
    assert_eq!(session.link(), 2, "a refused link changes nothing");
}

#[test]
fn a_resume_tells_again_what_is_saved_and_goes_on_after_the_clients_cursor() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let (own, others) = (typed(1, &["a"]).remove(0), typed(9, &["b", "c"]));
    session.receive(update(1, &own), &mut room, 0).unwrap();
    for text in &others {
        room.admit(text, None, 9).unwrap();
    }
    room.committed(3);
    told(&mut session, &mut room);
    session.resume(1, EPOCH, 2, &room).unwrap();
    let frames = told(&mut session, &mut room);
    let [
        ServerFrame::Resumed { applied: 1 },
        saved,
        ServerFrame::Batch { upto: 3, messages },
    ] = &frames[..]
    else {
        panic!("{frames:?}");
    };
    assert_eq!((saved, messages.len()), (&SAVED(1), 1));
}

#[test]
fn a_broken_disk_is_told_once_a_link() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    room.fail("the disk is full".into());
    let trouble = ServerFrame::Error {
        code: ErrorCode::NotSaving,
        message: "the disk is full".into(),
    };
    assert_eq!(
        told(&mut session, &mut room),
        std::slice::from_ref(&trouble)
    );
    assert_eq!(told(&mut session, &mut room), []);
    session.resume(1, EPOCH, 0, &room).unwrap();
    assert_eq!(
        told(&mut session, &mut room),
        [ServerFrame::Resumed { applied: 0 }, trouble]
    );
}

#[test]
fn edits_without_end_for_a_broken_disk_cost_bounded_memory() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let words = vec!["a"; 2 * MAX_WAITING];
    for (seq, text) in (1..).zip(&typed(1, &words)) {
        assert!(session.receive(update(seq, text), &mut room, 0).is_ok());
    }
    assert_eq!(session.waiting.len(), MAX_WAITING);
    room.committed(MAX_WAITING as u64);
    let last = MAX_WAITING as u64 - 1;
    assert_eq!(
        told(&mut session, &mut room),
        [SAVED(last)],
        "never too early"
    );
    room.committed(2 * MAX_WAITING as u64);
    assert_eq!(
        told(&mut session, &mut room),
        [SAVED(2 * MAX_WAITING as u64)]
    );
}

#[test]
fn pings_and_questions_without_end_cost_bounded_memory() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    for nonce in 1..1_000 {
        session
            .receive(ClientFrame::Ping { nonce }, &mut room, 0)
            .unwrap();
        session.ask_for_state();
    }
    session
        .receive(ClientFrame::Ping { nonce: 0 }, &mut room, 0)
        .unwrap();
    let mut frames = told(&mut session, &mut room);
    frames.sort_by_key(|frame| matches!(frame, ServerFrame::Pong { .. }));
    assert_eq!(
        frames,
        [ServerFrame::Resync, ServerFrame::Pong { nonce: 999 }],
        "the newest is answered, and an answer to a heartbeat is not"
    );
}

#[test]
fn probes_are_answered_and_only_the_newest_answers_wait() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let padding = Bytes::from_static(b"padding");
    for nonce in 1..=1_000 {
        let padding = padding.clone();
        session
            .receive(ClientFrame::Probe { nonce, padding }, &mut room, 0)
            .unwrap();
    }
    let newest: Vec<_> = (1_000 - MAX_PROBES as u64 + 1..=1_000)
        .map(|nonce| ServerFrame::Probed {
            nonce,
            padding: padding.clone(),
        })
        .collect();
    assert_eq!(told(&mut session, &mut room), newest);
}

#[test]
fn presence_is_told_to_others_and_a_later_session_of_the_page_speaks_for_it() {
    let mut room = room(RoomLimits::default());
    let mut a = opened(1, &mut room);
    let mut b = opened(2, &mut room);
    let state = |text: &str| ClientFrame::Presence { state: text.into() };
    assert_eq!(
        a.receive(state("{\"x\":1}"), &mut room, 0),
        Ok(Received::Presence)
    );
    assert_eq!(
        a.receive(state("{\"x\":1}"), &mut room, 0),
        Ok(Received::Nothing)
    );
    let seen = |session: &mut Session, room: &Room| {
        session
            .next_presence(room)
            .map(|frame| match ServerFrame::decode(&frame).unwrap() {
                ServerFrame::Presence { changed } => changed,
                other => panic!("{other:?}"),
            })
    };
    assert_eq!(
        seen(&mut a, &room),
        Some(vec![]),
        "the first frame of a link is the whole, also when that is nobody; nobody hears of himself"
    );
    assert_eq!(seen(&mut a, &room), None);
    let id = ClientId::from_random(1);
    assert_eq!(
        seen(&mut b, &room),
        Some(vec![(id, Some("{\"x\":1}".into()))])
    );
    assert_eq!(seen(&mut b, &room), None, "once");

    let mut again = Session::open(&hello(1), identity(3), Rights::WRITE, &mut room).unwrap();
    assert_eq!(
        again.receive(state("{\"x\":2}"), &mut room, 0),
        Ok(Received::Nothing),
        "the id is still the earlier one's"
    );
    room.claims.pass_on(1, 3);
    assert_eq!(
        seen(&mut again, &room),
        Some(vec![]),
        "nor of his earlier session"
    );
    assert_eq!(
        again.receive(state("{\"x\":2}"), &mut room, 0),
        Ok(Received::Presence)
    );
    assert_eq!(
        seen(&mut b, &room),
        Some(vec![(id, Some("{\"x\":2}".into()))])
    );
    room.presence.leave(1, 1);
    assert_eq!(
        seen(&mut b, &room),
        None,
        "the earlier one's end takes nothing away"
    );
}

#[test]
fn what_may_not_come_ends_the_link() {
    let mut room = room(RoomLimits::default());
    let mut session = opened(1, &mut room);
    let resume = ClientFrame::Resume {
        sid: [0; 16],
        key: [0; 32],
        link: 1,
        epoch: EPOCH,
        after: 0,
    };
    for frame in [
        ClientFrame::Hello(hello(1)),
        resume,
        data(1, Message::QueryAwareness),
        data(1, Message::Update(&[1])),
        ClientFrame::Data {
            seq: 1,
            message: Bytes::from_static(&[9]),
        },
        ClientFrame::Presence { state: "[]".into() },
    ] {
        let name = format!("{frame:?}");
        let refused = session.receive(frame, &mut room, 0);
        assert_eq!(
            refused.map_err(|e| e.code),
            Err(ErrorCode::Protocol),
            "{name}"
        );
    }
    assert_eq!(
        session.receive(ClientFrame::Bye, &mut room, 0),
        Ok(Received::Left)
    );
    session
        .receive(data(1, Message::Step1(&[9, 9])), &mut room, 0)
        .unwrap();
    assert_eq!(
        session.next(&mut room).map_err(|e| e.code),
        Err(ErrorCode::Protocol),
        "a state vector that is none"
    );
}
