//! What each door begins with: one of everything that real peers send.

use bytes::Bytes;
use protocol::{
    frame::{
        ClientFrame, ErrorCode, Hello, Role, ServerFrame, Token, VERSION, Welcome,
        authorization::Authorization, packet,
    },
    id::{ClientId, DocId},
    replica::{Edit, Replica},
    sync::Message,
    wire::{put_str, put_var_u64},
};

/// So many updates does the session of [`updates`] have, before the states.
pub(crate) const SESSION: usize = 40;

/// Two people who write at the same places, and what a state looks like in the end.
pub(crate) fn updates() -> Vec<Vec<u8>> {
    let mut people = [3, 1 << 33].map(|id| Replica::new(ClientId::from_random(id), || 0));
    let mut updates = Vec::new();
    let words = ["x", "word ", "한글", "😀", "é\n"];
    for i in 0..SESSION {
        let (me, other) = (i % 2, 1 - i % 2);
        let len = people[me].len();
        let from = (i as u32 * 7) % (len + 1);
        let delete = u32::from(i % 5 == 4).min(len - from);
        let edit = Edit {
            from,
            delete,
            insert: words[i % words.len()].into(),
        };
        people[me].edit(&[edit]).unwrap();
        let update = people[me].take_updates().concat();
        if i % 3 > 0 {
            let news = people[me].diff(&people[other].state_vector()).unwrap();
            people[other].apply([&news[..]]).unwrap();
        }
        updates.push(update);
    }
    updates.push(people[0].diff(&[0]).unwrap());
    updates.push(people[1].diff(&people[0].state_vector()).unwrap());
    // A format, as another Yjs editor writes it, and a skip and a GC, as a merge does.
    updates.push(vec![
        1, 1, 5, 0, 6, 1, 7, b'c', b'o', b'n', b't', b'e', b'n', b't', 1, b'b', 4, b't', b'r',
        b'u', b'e', 0,
    ]);
    updates.push(vec![1, 2, 6, 0, 0, 3, 10, 2, 0]);
    updates
}

pub(crate) fn state_vectors() -> Vec<Vec<u8>> {
    let mut replica = Replica::new(ClientId::from_random(3), || 0);
    let mut vectors = vec![replica.state_vector()];
    for update in updates().iter().take(SESSION) {
        replica.apply([&update[..]]).unwrap();
        vectors.push(replica.state_vector());
    }
    vectors
}

const CARET: &str = r##"{"user":{"name":"마루","color":"#30bced","colorLight":"#30bced33"},"cursor":{"anchor":{"type":null,"tname":"content","item":{"client":7,"clock":3},"assoc":0},"head":{"tname":"content"}}}"##;

pub(crate) fn states() -> Vec<Vec<u8>> {
    let deep = format!("{}1{}", "{\"a\":[".repeat(8), "]}".repeat(8));
    let cut = r#"{"user":{"name":"\ud83d","color":"red"},"n":-1.5e3}"#;
    [CARET, "{}", &deep, cut]
        .map(|state| state.as_bytes().to_vec())
        .to_vec()
}

pub(crate) fn presence() -> Vec<Vec<u8>> {
    [
        vec![(7, 3, CARET)],
        vec![(1, 1, "{}"), ((1 << 53) - 1, 9, "null")],
        vec![],
    ]
    .into_iter()
    .map(|entries| {
        let mut bytes = Vec::new();
        put_var_u64(&mut bytes, entries.len() as u64);
        for (client, clock, state) in entries {
            put_var_u64(&mut bytes, client);
            put_var_u64(&mut bytes, clock);
            put_str(&mut bytes, state);
        }
        bytes
    })
    .collect()
}

pub(crate) fn messages() -> Vec<Vec<u8>> {
    let update = &updates()[0];
    let vector = &state_vectors()[3];
    let presence = &presence()[0];
    [
        Message::Step1(vector),
        Message::Step2(update),
        Message::Update(update),
        Message::Awareness(presence),
        Message::Auth(&[0, 1, b'x']),
        Message::QueryAwareness,
    ]
    .iter()
    .map(Message::encode)
    .collect()
}

fn client_frames() -> Vec<ClientFrame> {
    let (sid, key) = ([1; 16], [2; 32]);
    vec![
        ClientFrame::Hello(Hello {
            version: VERSION,
            doc: DocId::parse("a-doc").unwrap(),
            client: ClientId::from_random(u64::MAX),
            generation: 3,
            epoch: 8,
            after: 2,
            state_vector: state_vectors()[5].clone().into(),
            token: Token::new("a.b.c").unwrap(),
        }),
        ClientFrame::Auth {
            token: Token::new("d.e.f").unwrap(),
        },
        ClientFrame::Resume {
            sid,
            key,
            link: 3,
            epoch: 4,
            after: 5,
        },
        ClientFrame::Data {
            seq: 1,
            message: messages()[2].clone().into(),
        },
        ClientFrame::Presence { state: "{}".into() },
        ClientFrame::Ping { nonce: 9 },
        ClientFrame::Probe {
            nonce: 10,
            padding: vec![0; 20].into(),
        },
        ClientFrame::Bye,
        ClientFrame::Claim { sid, key },
    ]
}

fn server_frames() -> Vec<ServerFrame> {
    vec![
        ServerFrame::Welcome(Welcome {
            sid: [1; 16],
            key: [2; 32],
            epoch: 7,
            generation: 1,
            after: Some(0),
            role: Role::Write,
            heartbeat_ms: 20_000,
            max_update: 1 << 20,
            expires_in_ms: Some(60_000),
        }),
        ServerFrame::Resumed { applied: 12 },
        ServerFrame::Resync,
        ServerFrame::Batch {
            upto: 300,
            messages: messages().into_iter().map(Bytes::from).collect(),
        },
        ServerFrame::Saved { seq: 12 },
        ServerFrame::Presence {
            changed: vec![
                (ClientId::from_random(3), Some("{}".into())),
                (ClientId::from_random(4), None),
            ],
        },
        ServerFrame::Pong { nonce: 1 },
        ServerFrame::GoAway { retry_after_ms: 5 },
        ServerFrame::AuthSoon { within_ms: 60_000 },
        ServerFrame::Rights {
            role: Role::Read,
            expires_in_ms: None,
        },
        ServerFrame::Error {
            code: ErrorCode::Rate,
            message: "a sentence".into(),
        },
    ]
}

pub(crate) fn frames() -> Vec<Vec<u8>> {
    let clients = client_frames()
        .into_iter()
        .map(|frame| frame.encode().to_vec());
    let servers = server_frames()
        .into_iter()
        .map(|frame| frame.encode().to_vec());
    clients.chain(servers).collect()
}

pub(crate) fn packets() -> Vec<Vec<u8>> {
    let frames: Vec<Bytes> = frames().into_iter().map(Bytes::from).collect();
    let pieces = [vec![126, 1, 2], vec![126, 3], vec![127, 4, 5]].map(Bytes::from);
    vec![
        packet::pack(&frames).to_vec(),
        packet::pack(&frames[..2]).to_vec(),
        packet::pack(&pieces).to_vec(),
        Vec::new(),
    ]
}

pub(crate) fn event_streams() -> Vec<Vec<u8>> {
    [
        ": padding\n\ndata: AQI\n\nevent: end\ndata:\n\n",
        "\u{feff}data:one\r\ndata: two\r\n\r\nid: 7\nretry: 1\ndata\n\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(crate) fn names() -> Vec<Vec<u8>> {
    let authorization = Authorization {
        sid: [7; 16],
        key: [200; 32],
        link: 12,
    };
    [
        "a",
        "notes-2026_v1.2~x",
        &"n".repeat(128),
        &authorization.to_string(),
    ]
    .map(|name| name.as_bytes().to_vec())
    .to_vec()
}
