//! The doors, one function each: it takes any bytes, tells whether they were let through, and panics where a promise is broken.

use bytes::Bytes;
use protocol::{
    frame::{
        ClientFrame, MAX_FRAME, Role, ServerFrame,
        authorization::Authorization,
        fragment::{Assembler, split},
        packet,
    },
    id::{ClientId, DocId},
    presence::{Change, Person, Presences, encode_awareness},
    replica::Replica,
    room::{Admitted, Refused, Room, RoomLimits},
    session::yjs::YjsSession,
    sync::Message,
    validate::{self, AwarenessLimits},
};

use crate::events::{Event, Events};

pub(crate) fn frame(input: &[u8]) -> bool {
    let bytes = Bytes::copy_from_slice(input);
    let client = ClientFrame::decode(&bytes);
    if let Ok(frame) = &client {
        // Numbers may be written longer than they need be, so that the bytes may differ; what they say may not.
        assert_eq!(ClientFrame::decode(&frame.encode()).as_ref(), Ok(frame));
    }
    let server = ServerFrame::decode(&bytes);
    if let Ok(frame) = &server {
        assert_eq!(ServerFrame::decode(&frame.encode()).as_ref(), Ok(frame));
    }
    assert!(
        client.is_err() || server.is_err(),
        "a kind has one direction"
    );
    client.is_ok() || server.is_ok()
}

pub(crate) fn packet(input: &[u8]) -> bool {
    const MOST: usize = 8_192;
    let Ok(messages) = packet::unpack(&Bytes::copy_from_slice(input)) else {
        return false;
    };
    assert!(messages.iter().map(Bytes::len).sum::<usize>() <= input.len());
    let packed = packet::pack(&messages);
    assert_eq!(packet::unpack(&packed).as_ref(), Ok(&messages));
    let mut assembler = Assembler::new(MOST);
    for message in messages {
        match assembler.push(message) {
            Ok(Some(frame)) => {
                assert!(frame.len() <= MOST.max(MAX_FRAME));
                let mut again = Assembler::new(usize::MAX);
                let last = split(frame.clone())
                    .map(|piece| again.push(piece).unwrap())
                    .last();
                // A frame may look like a piece; then nothing is said of it.
                if !matches!(frame.first(), Some(126 | 127)) {
                    assert_eq!(last.flatten(), Some(frame));
                }
            }
            Ok(None) => {}
            Err(_) => return false,
        }
    }
    true
}

pub(crate) fn sync(input: &[u8]) -> bool {
    let Ok(message) = Message::decode(input) else {
        return false;
    };
    let encoded = message.encode();
    assert_eq!(Message::decode(&encoded), Ok(message));
    // The same on a connection, which may refuse it and must live.
    let mut room = room();
    let mut session = YjsSession::open(1, Role::Write, &room);
    let bytes = Bytes::from(encoded);
    if session.receive(&bytes, &mut room, 1).is_ok() && session.next(&mut room).is_ok() {
        session.next_presence(&room);
    }
    true
}

fn room() -> Room {
    Room::open(7, 1, true, [], RoomLimits::default()).unwrap()
}

/// A room that has what two people wrote, so that updates may stand on something.
fn written() -> Room {
    let mut room = room();
    for update in crate::seeds::updates()
        .into_iter()
        .take(crate::seeds::SESSION / 2)
    {
        drop(room.admit(&update, None, 1));
    }
    room
}

pub(crate) fn update(input: &[u8]) -> bool {
    thread_local! {
        static STATE: Bytes = written().state();
    }
    let state = STATE.with(Bytes::clone);
    let mut room = Room::open(7, 1, true, [&state], RoomLimits::default()).unwrap();
    let mut page = Replica::new(ClientId::from_random(99), || 0);
    page.apply([&state[..]]).unwrap();
    let before = (room.text(), room.state_vector());
    let admitted = match room.admit(input, None, 1) {
        Err(Refused::Heavy) => {
            let weighed = room.trial(Bytes::copy_from_slice(input), 1).run(|| 0);
            room.weighed(Some(weighed));
            room.admit(input, None, 1)
        }
        admitted => admitted,
    };
    match &admitted {
        Ok(Admitted::New { update, .. }) => {
            assert_eq!(update, input, "relayed as it came");
            // Whoever is told applies it, or its state, and has the same text.
            assert_eq!(page.apply([input]), Ok(true));
            assert_eq!(page.text(), room.text());
            let whole = [room.state()];
            let again = Room::open(8, 1, true, &whole, RoomLimits::default()).unwrap();
            assert_eq!(again.text().len(), room.text().len());
            assert_eq!(again.text().chars().count(), room.text().chars().count());
        }
        Ok(Admitted::Known { .. }) | Err(_) => {
            assert!(!matches!(admitted, Err(Refused::Broken | Refused::Unsound)));
            assert_eq!(
                (room.text(), room.state_vector()),
                before,
                "nothing has changed"
            );
        }
    }
    validate::update(input, &validate::UpdateLimits::update()).is_ok()
}

pub(crate) fn state_vector(input: &[u8]) -> bool {
    thread_local! {
        static STATE: Bytes = written().state();
    }
    let state = STATE.with(Bytes::clone);
    let mut room = Room::open(7, 1, true, [&state], RoomLimits::default()).unwrap();
    let diff = room.diff(input);
    assert_eq!(
        diff.is_some(),
        validate::state_vector(input, 100_000).is_ok()
    );
    if let Some(diff) = &diff {
        assert!(validate::update(diff, &validate::UpdateLimits::document()).is_ok());
    }
    diff.is_some()
}

pub(crate) fn presence(input: &[u8]) -> bool {
    let limits = AwarenessLimits::default();
    let Ok(entries) = validate::awareness(input, &limits) else {
        return false;
    };
    for entry in entries {
        let Some(state) = entry.state else { continue };
        let person = Person::from_state(state);
        assert!(person.name.chars().count() <= 60 && !person.color.contains([';', '"', '<']));
        let mut room = room();
        assert!(
            room.presence
                .set(entry.client, 1, state, 0)
                .is_ok_and(|changed| changed)
        );
    }
    true
}

/// A state by itself, as `/rt/1` gives it, and the same in a message, as `/ws` does.
pub(crate) fn state(input: &[u8]) -> bool {
    let Ok(state) = std::str::from_utf8(input) else {
        return false;
    };
    let id = ClientId::from_random(7);
    let set = Presences::default().set(id, 1, state, 0);
    let change = Change {
        client: id,
        clock: 1,
        state: Some(state.into()),
    };
    let message = encode_awareness(&[change], 0);
    let told = validate::awareness(&message, &AwarenessLimits::default());
    // `null` leaves, by the one door only.
    assert!(
        state == "null" || set.is_ok() == told.is_ok(),
        "{set:?} {told:?}"
    );
    assert!(Person::from_state(state).name.chars().count() <= 60);
    set.is_ok()
}

pub(crate) fn event_stream(input: &[u8]) -> bool {
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>| -> Vec<Event> {
        let mut events = Events::default();
        pieces
            .flat_map(|piece| events.push(piece).unwrap())
            .collect()
    };
    let whole = read(&mut [input].into_iter());
    assert_eq!(read(&mut input.chunks(1)), whole);
    assert_eq!(read(&mut input.chunks(3)), whole);
    let told: usize = whole
        .iter()
        .map(|event| event.name.len() + event.data.len())
        .sum();
    assert!(told <= input.len());
    !whole.is_empty()
}

pub(crate) fn name(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else {
        return false;
    };
    let doc = DocId::parse(text);
    if let Ok(doc) = &doc {
        assert_eq!(doc.as_str(), text, "as it was written");
        assert!(!text.is_empty() && text.len() <= 128 && !text.starts_with('.'));
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
        );
    }
    let authorization = text.parse::<Authorization>();
    if let Ok(authorization) = &authorization {
        let written = authorization.to_string();
        assert_eq!(written.parse::<Authorization>().as_ref(), Ok(authorization));
        assert!(!format!("{authorization:?}").contains(&written));
    }
    doc.is_ok() || authorization.is_ok()
}
