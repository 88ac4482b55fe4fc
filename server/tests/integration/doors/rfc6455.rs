//! The rules of WebSocket (RFC 6455) against the real socket, byte by byte, named by the chapters of the Autobahn test suite.
//!
//! What comes back is asked with PROBE, which the server answers with the same padding, up to four times before HELLO. Where the
//! rules of WebSocket are broken the server closes with 4400 (docs/protocol.md, T10), or with the number that WebSocket has for it.
//!
//! Over 400 lines because it is one table, of about a hundred cases.

use protocol::frame::{ClientFrame, ServerFrame};

use super::raw::{
    BINARY, CLOSE, CONTINUATION, FIN, Length, PING, PONG, Raw, TEXT, claim, frame, unmasked,
    with_length,
};
use crate::support::Running;

const RSV: [u8; 3] = [0x40, 0x20, 0x10];

/// What the server does in the end.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    /// Answers the probe with so much padding, and goes on.
    Echo(usize),
    /// Answers with this pong, and goes on.
    Pong(&'static [u8]),
    /// Closes with this number, or with none.
    Close(Option<u16>),
}
use Then::{Close, Echo, Pong};

/// One case: its number, what is sent, and what comes of it.
type Case = (&'static str, Vec<u8>, Then);

fn probe(padding: usize) -> Vec<u8> {
    let padding = vec![b'*'; padding].into();
    ClientFrame::Probe { nonce: 7, padding }.encode().to_vec()
}

fn all(frames: &[Vec<u8>]) -> Vec<u8> {
    frames.concat()
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes()[..], reason].concat())
}

async fn check(path: &str, cases: Vec<Case>) {
    let server = Running::start(|_| {}).await;
    for (case, bytes, then) in cases {
        let mut raw = Raw::to(&server, path).await;
        raw.try_write(&bytes).await.ok();
        let came = match then {
            Close(_) => Close(raw.closed().await),
            Echo(_) => loop {
                let frame = raw.read().await.unwrap_or_else(|| panic!("{case}: closed"));
                assert_ne!(
                    frame.head,
                    FIN | CLOSE,
                    "{case}: closed {:?}",
                    frame.close_code()
                );
                if frame.head == FIN | BINARY {
                    let Ok(ServerFrame::Probed { nonce: 7, padding }) =
                        ServerFrame::decode(&frame.payload.into())
                    else {
                        panic!("{case}: something else than the answer")
                    };
                    assert!(padding.iter().all(|byte| *byte == b'*'), "{case}");
                    break Echo(padding.len());
                }
            },
            Pong(last) => loop {
                let frame = raw.read().await.unwrap_or_else(|| panic!("{case}: closed"));
                assert_ne!(
                    frame.head,
                    FIN | CLOSE,
                    "{case}: closed {:?}",
                    frame.close_code()
                );
                // Of several pings the newest may be answered alone (5.5.3).
                if frame.head == FIN | PONG && frame.payload == last {
                    break Pong(last);
                }
            },
        };
        assert_eq!(came, then, "{case}");
    }
}

#[tokio::test]
async fn chapter_1_lengths_in_7_16_and_64_bits() {
    let mut cases: Vec<Case> = Vec::new();
    for (case, padding) in [
        ("1.2.1", 0),
        ("1.2.2", 121),
        ("1.2.3", 122),
        ("1.2.4", 123),
        ("1.2.5", 2_000),
        ("1.2.6", 2_048),
    ] {
        cases.push((case, frame(FIN | BINARY, &probe(padding)), Echo(padding)));
    }
    // 5.2 wants the shortest form of the sender; nothing is lost where somebody takes a longer one.
    cases.push((
        "1.2.7 16 bits for a short length",
        with_length(FIN | BINARY, &probe(5), Length::In16Bits),
        Echo(5),
    ));
    cases.push((
        "1.2.8 64 bits for a short length",
        with_length(FIN | BINARY, &probe(5), Length::In64Bits),
        Echo(5),
    ));
    // The largest message, which takes 64 bits, is a piece of a frame: taken, and the probe after its rest answered as malformed.
    let mut piece = vec![0; 65_536];
    piece[0] = 126;
    cases.push((
        "1.2.9 65,536 bytes",
        all(&[frame(FIN | BINARY, &piece), frame(FIN | BINARY, &[127, 1])]),
        Close(Some(4400)),
    ));
    cases.push((
        "1.2.10 a claim of 2^63 - 1 bytes",
        claim(FIN | BINARY, i64::MAX as u64),
        Close(Some(4400)),
    ));
    cases.push((
        "1.2.11 a claim of 2^64 - 1 bytes",
        claim(FIN | BINARY, u64::MAX),
        Close(Some(4400)),
    ));
    check("/rt/1/ws", cases).await;
}

#[tokio::test]
async fn chapter_2_pings_and_pongs() {
    let ten = (0..10)
        .map(|_| frame(FIN | PING, b"ten"))
        .collect::<Vec<_>>();
    check(
        "/rt/1/ws",
        vec![
            ("2.1", frame(FIN | PING, b""), Pong(b"")),
            ("2.2", frame(FIN | PING, b"Hello"), Pong(b"Hello")),
            (
                "2.3",
                frame(FIN | PING, &[0, 0xff, 0xfe, 0xfd]),
                Pong(&[0, 0xff, 0xfe, 0xfd]),
            ),
            ("2.4", frame(FIN | PING, &[b'*'; 125]), Pong(&[b'*'; 125])),
            ("2.5", frame(FIN | PING, &[b'*'; 126]), Close(Some(4400))),
            (
                "2.7 a pong nobody asked for",
                all(&[frame(FIN | PONG, b""), frame(FIN | BINARY, &probe(1))]),
                Echo(1),
            ),
            (
                "2.8",
                all(&[
                    frame(FIN | PONG, b"payload"),
                    frame(FIN | BINARY, &probe(1)),
                ]),
                Echo(1),
            ),
            ("2.10 ten pings", all(&ten), Pong(b"ten")),
        ],
    )
    .await;
}

#[tokio::test]
async fn chapter_3_reserved_bits() {
    let mut cases: Vec<Case> = Vec::new();
    for (case, kind) in [("3.1", BINARY), ("3.5", PING), ("3.6", CLOSE)] {
        for rsv in RSV {
            cases.push((case, frame(FIN | rsv | kind, b""), Close(Some(4400))));
        }
    }
    cases.push((
        "3.7 all three",
        frame(FIN | 0x70 | BINARY, &probe(1)),
        Close(Some(4400)),
    ));
    check("/rt/1/ws", cases).await;
}

#[tokio::test]
async fn chapter_4_opcodes() {
    let mut cases: Vec<Case> = Vec::new();
    for opcode in [3, 4, 5, 6, 7] {
        cases.push(("4.1", frame(FIN | opcode, b""), Close(Some(4400))));
    }
    for opcode in [11, 12, 13, 14, 15] {
        cases.push(("4.2", frame(FIN | opcode, b""), Close(Some(4400))));
    }
    cases.push((
        "4.1.3 after a good message",
        all(&[frame(FIN | BINARY, &probe(1)), frame(FIN | 5, b"x")]),
        Close(Some(4400)),
    ));
    check("/rt/1/ws", cases).await;
}

#[tokio::test]
async fn chapter_5_fragments() {
    let whole = probe(300);
    let (a, rest) = whole.split_at(100);
    let (b, c) = rest.split_at(100);
    let bytes: Vec<Vec<u8>> = whole
        .iter()
        .map(|byte| frame(CONTINUATION, &[*byte]))
        .collect();
    check(
        "/rt/1/ws",
        vec![
            (
                "5.1 a ping in pieces",
                all(&[frame(PING, b"a"), frame(FIN | CONTINUATION, b"b")]),
                Close(Some(4400)),
            ),
            (
                "5.2 a pong in pieces",
                all(&[frame(PONG, b"a"), frame(FIN | CONTINUATION, b"b")]),
                Close(Some(4400)),
            ),
            (
                "5.3",
                all(&[frame(BINARY, a), frame(FIN | CONTINUATION, rest)]),
                Echo(300),
            ),
            (
                "5.6 a ping between",
                all(&[
                    frame(BINARY, a),
                    frame(FIN | PING, b"p"),
                    frame(CONTINUATION, b),
                    frame(FIN | CONTINUATION, c),
                ]),
                Echo(300),
            ),
            (
                "5.7 and its pong",
                all(&[frame(BINARY, a), frame(FIN | PING, b"between")]),
                Pong(b"between"),
            ),
            (
                "5.9 nothing to continue",
                frame(FIN | CONTINUATION, &whole),
                Close(Some(4400)),
            ),
            (
                "5.10",
                all(&[frame(FIN | CONTINUATION, b""), frame(FIN | BINARY, &whole)]),
                Close(Some(4400)),
            ),
            ("5.12", frame(CONTINUATION, &whole), Close(Some(4400))),
            (
                "5.15 after the end",
                all(&[
                    frame(BINARY, a),
                    frame(FIN | CONTINUATION, rest),
                    frame(FIN | CONTINUATION, b"x"),
                ]),
                Close(Some(4400)),
            ),
            (
                "5.18 a message within a message",
                all(&[frame(BINARY, a), frame(FIN | BINARY, rest)]),
                Close(Some(4400)),
            ),
            (
                "5.19 every byte for itself",
                all(&[
                    frame(BINARY, b""),
                    all(&bytes),
                    frame(FIN | CONTINUATION, b""),
                ]),
                Echo(300),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn chapter_6_text_is_utf_8() {
    let malformed: [(&str, &[u8]); 6] = [
        (
            "6.3.1",
            &[
                0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xce, 0xbc, 0xce, 0xb5, 0xed, 0xa0, 0x80,
            ],
        ),
        ("6.6.1 cut off", &[0xce]),
        ("6.10 too large", &[0xf7, 0xbf, 0xbf, 0xbf]),
        ("6.12 a lone continuation", &[0x80]),
        ("6.18 overlong", &[0xc0, 0xaf]),
        ("6.20 half a surrogate pair", &[0xed, 0xa0, 0x80]),
    ];
    let mut cases: Vec<Case> = malformed
        .into_iter()
        .map(|(case, bytes)| (case, frame(FIN | TEXT, bytes), Close(Some(4400))))
        .collect();
    // Text means nothing on the Yjs endpoint, and what means nothing is passed over there.
    cases.push((
        "6.1.1 no text",
        all(&[frame(FIN | TEXT, b""), frame(FIN | PING, b"on")]),
        Pong(b"on"),
    ));
    cases.push((
        "6.2.1",
        all(&[
            frame(FIN | TEXT, "한글 κόσμε 🙂".as_bytes()),
            frame(FIN | PING, b"on"),
        ]),
        Pong(b"on"),
    ));
    let text = "한".as_bytes();
    cases.push((
        "6.2.3 cut within a character",
        all(&[
            frame(TEXT, &text[..1]),
            frame(FIN | CONTINUATION, &text[1..]),
            frame(FIN | PING, b"on"),
        ]),
        Pong(b"on"),
    ));
    check("/ws/d", cases).await;
    check(
        "/rt/1/ws",
        vec![(
            "6.1 text has no place in a session",
            frame(FIN | TEXT, b"Hello"),
            Close(Some(4400)),
        )],
    )
    .await;
}

#[tokio::test]
async fn chapter_7_closing() {
    let mut cases: Vec<Case> = vec![
        (
            "7.1.1",
            all(&[frame(FIN | BINARY, &probe(1)), close(1000, b"")]),
            Close(Some(1000)),
        ),
        (
            "7.1.3 a ping after the close",
            all(&[close(1000, b""), frame(FIN | PING, b"")]),
            Close(Some(1000)),
        ),
        (
            "7.1.4 a message after the close",
            all(&[close(1000, b""), frame(FIN | BINARY, &probe(1))]),
            Close(Some(1000)),
        ),
        (
            "7.3.1 without a number",
            frame(FIN | CLOSE, b""),
            Close(None),
        ),
        (
            "7.3.2 half a number",
            frame(FIN | CLOSE, &[3]),
            Close(Some(4400)),
        ),
        (
            "7.3.4 with a reason",
            close(1000, b"Hello"),
            Close(Some(1000)),
        ),
        (
            "7.3.5 the longest reason",
            close(1000, &[b'*'; 123]),
            Close(Some(1000)),
        ),
        (
            "7.3.6 a longer one",
            close(1000, &[b'*'; 124]),
            Close(Some(4400)),
        ),
        (
            "7.5.1 a reason that is no text",
            close(1000, &[0xed, 0xa0, 0x80]),
            Close(Some(4400)),
        ),
    ];
    for code in [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999,
    ] {
        cases.push((
            "7.7 numbers that may be said",
            close(code, b""),
            Close(Some(code)),
        ));
    }
    for code in [
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ] {
        cases.push((
            "7.9 numbers that may not",
            close(code, b""),
            Close(Some(1002)),
        ));
    }
    check("/rt/1/ws", cases).await;
}

#[tokio::test]
async fn a_client_has_to_mask_what_it_says() {
    check(
        "/rt/1/ws",
        vec![
            (
                "5.1 of the RFC, a message",
                unmasked(FIN | BINARY, &probe(1)),
                Close(Some(4400)),
            ),
            (
                "5.1 of the RFC, a ping",
                unmasked(FIN | PING, b""),
                Close(Some(4400)),
            ),
        ],
    )
    .await;
}

/// RFC 6455, 4.2.1.
#[tokio::test]
async fn an_upgrade_that_is_none_is_refused() {
    let server = Running::start(|_| {}).await;
    let whole = [
        "connection: Upgrade\r\n",
        "upgrade: websocket\r\n",
        "sec-websocket-version: 13\r\n",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ];
    for path in ["/rt/1/ws", "/ws/d"] {
        for missing in 0..whole.len() {
            let headers: String = whole
                .iter()
                .enumerate()
                .filter(|(n, _)| *n != missing)
                .map(|(_, line)| *line)
                .collect();
            let reply = server.get(path, &headers).await;
            assert!(
                (400..500).contains(&reply.status),
                "{path} without {}: {}",
                whole[missing],
                reply.status
            );
        }
        let old: String = whole.concat().replace("13", "8");
        assert!(
            (400..500).contains(&server.get(path, &old).await.status),
            "{path} of version 8"
        );
        let mut connection = server.connect().await;
        let posted = connection.request("POST", path, &whole.concat()).await;
        assert!(
            (400..500).contains(&posted.status),
            "{path} by POST: {}",
            posted.status
        );
    }
}

/// No extension is agreed on: a compressed message could hold a thousand times what it weighs (5.1 of the checklist).
#[tokio::test]
async fn compression_is_not_agreed_on() {
    let server = Running::start(|_| {}).await;
    let offer = "sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n";
    let mut raw = Raw(tokio::net::TcpStream::connect(server.addr).await.unwrap());
    raw.write(format!("GET /rt/1/ws HTTP/1.1\r\nhost: maru.test\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offer}\r\n").as_bytes()).await;
    let mut connection = crate::support::Connection(raw.0);
    let reply = connection.reply(true).await;
    assert_eq!(
        (reply.status, reply.header("sec-websocket-extensions")),
        (101, "")
    );
}
