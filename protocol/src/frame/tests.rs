//! Tests of the frame codec: what is written reads back, and no bytes from outside can do harm.

use bytes::Bytes;

use super::*;
use crate::id::{ClientId, DocId};

fn client_frames() -> Vec<ClientFrame> {
    vec![
        ClientFrame::Hello(Hello {
            version: VERSION,
            doc: DocId::parse("a-doc").unwrap(),
            client: ClientId::from_random(u64::MAX),
            generation: 3,
            epoch: 8,
            after: 2,
            state_vector: Bytes::from_static(&[0]),
            token: Token::new("a.b.c").unwrap(),
        }),
        ClientFrame::Resume {
            sid: [1; 16],
            key: [2; 32],
            link: 3,
            epoch: 4,
            after: 5,
        },
        ClientFrame::Data {
            seq: 1,
            message: Bytes::from_static(&[0, 2, 2, 7, 8]),
        },
        ClientFrame::Presence {
            state: "{\"user\":{\"name\":\"한글\"}}".into(),
        },
        ClientFrame::Auth {
            token: Token::new("d.e.f").unwrap(),
        },
        ClientFrame::Ping { nonce: 9 },
        ClientFrame::Probe {
            nonce: 10,
            padding: vec![0; MAX_PADDING].into(),
        },
        ClientFrame::Bye,
        ClientFrame::Claim {
            sid: [1; 16],
            key: [2; 32],
        },
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
            expires_in_ms: Some(0),
        }),
        ServerFrame::Resumed { applied: 12 },
        ServerFrame::Resync,
        ServerFrame::Batch {
            upto: 300,
            messages: vec![Bytes::from_static(&[0, 2, 1, 9]), Bytes::from_static(&[3])],
        },
        ServerFrame::Saved { seq: 12 },
        ServerFrame::Presence {
            changed: vec![
                (ClientId::from_random(1), Some("{}".into())),
                (ClientId::from_random(2), None),
            ],
        },
        ServerFrame::Pong { nonce: 0 },
        ServerFrame::AuthSoon { within_ms: 60_000 },
        ServerFrame::GoAway {
            retry_after_ms: 900,
        },
        ServerFrame::Error {
            code: ErrorCode::Gone,
            message: "the session is gone".into(),
        },
        ServerFrame::Probed {
            nonce: 10,
            padding: Bytes::from_static(b"padding"),
        },
        ServerFrame::Rights {
            role: Role::Read,
            expires_in_ms: None,
        },
    ]
}

#[test]
fn every_frame_reads_back_as_written() {
    for frame in client_frames() {
        assert_eq!(ClientFrame::decode(&frame.encode()), Ok(frame));
    }
    for frame in server_frames() {
        assert_eq!(ServerFrame::decode(&frame.encode()), Ok(frame));
    }
}

#[test]
fn a_cut_frame_is_an_error_and_never_another_frame() {
    for frame in client_frames() {
        let bytes = frame.encode();
        // A DATA's message reaches to the end of its frame, so that a cut in it shows up only in the message.
        let fields = if matches!(frame, ClientFrame::Data { .. }) {
            2
        } else {
            bytes.len()
        };
        for end in 0..fields {
            assert!(
                ClientFrame::decode(&bytes.slice(..end)).is_err(),
                "{frame:?} cut at {end}"
            );
        }
    }
    for frame in server_frames() {
        let bytes = frame.encode();
        for end in 0..bytes.len() {
            assert!(
                ServerFrame::decode(&bytes.slice(..end)).is_err(),
                "{frame:?} cut at {end}"
            );
        }
    }
}

#[test]
fn mutated_frames_never_panic_and_never_allocate_beyond_their_size() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let originals: Vec<Vec<u8>> = client_frames()
        .iter()
        .map(|f| f.encode().to_vec())
        .chain(server_frames().iter().map(|f| f.encode().to_vec()))
        .collect();
    for _ in 0..200_000 {
        let mut bytes = originals[(random() % originals.len() as u64) as usize].clone();
        for _ in 0..=(random() % 3) {
            let at = (random() % bytes.len() as u64) as usize;
            bytes[at] = random() as u8;
        }
        let bytes = Bytes::from(bytes);
        drop(ClientFrame::decode(&bytes));
        if let Ok(ServerFrame::Batch { messages, .. }) = ServerFrame::decode(&bytes) {
            assert!(messages.len() <= bytes.len());
        }
    }
}

#[test]
fn a_long_sentence_is_cut_so_that_the_frame_can_be_read() {
    let frame = ServerFrame::Error {
        code: ErrorCode::NotSaving,
        message: "디스크".repeat(500),
    };
    let Ok(ServerFrame::Error { message, .. }) = ServerFrame::decode(&frame.encode()) else {
        panic!("the frame cannot be read");
    };
    assert!(message.starts_with("디스크") && message.len() <= 1024);
}

#[test]
fn the_padding_of_a_probe_is_bounded() {
    let frame = ClientFrame::Probe {
        nonce: 1,
        padding: vec![0; MAX_PADDING + 1].into(),
    };
    assert!(matches!(
        ClientFrame::decode(&frame.encode()),
        Err(FrameError::Wire(WireError::TooLong { .. }))
    ));
}

#[test]
fn the_numbers_on_the_wire_never_change() {
    let kinds: Vec<u8> = client_frames()
        .iter()
        .map(|frame| frame.encode()[0])
        .collect();
    assert_eq!(kinds, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let kinds: Vec<u8> = server_frames()
        .iter()
        .map(|frame| frame.encode()[0])
        .collect();
    assert_eq!(kinds, [65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76]);
    assert_eq!(
        ErrorCode::ALL.map(ErrorCode::number),
        [
            4400, 4401, 4402, 4403, 4406, 4408, 4409, 4410, 4412, 4413, 4422, 4429, 4503, 4507
        ]
    );
}
