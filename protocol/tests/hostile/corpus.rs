//! Real updates to mutate, from yrs and from Yjs 13, and the promise that each of them is let through as it is.

use protocol::validate::{Fault, UpdateLimits, UpdateSummary, state_vector, update};
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{Any, ClientID, Doc, OffsetKind, Options, ReadTxn, StateVector, Text, Transact, Update};

use crate::mutation::Random;
use crate::subject::{Fate, document, offer, read_back};

/// Updates that build one document when offered in order.
pub(crate) type Session = Vec<Vec<u8>>;

/// Every session there is: written by `corpus/make.mjs` with Yjs, and made here with yrs.
pub(crate) fn sessions() -> Vec<Session> {
    let mut sessions: Vec<Session> = [
        include_str!("corpus/yjs-one-writer.hex"),
        include_str!("corpus/yjs-three-writers.hex"),
        include_str!("corpus/yjs-formats.hex"),
    ]
    .iter()
    .map(|file| from_hex(file))
    .collect();
    // Each of these is a document of its own.
    let states = [
        include_str!("corpus/yjs-states.hex"),
        include_str!("corpus/yjs-merged.hex"),
    ];
    sessions.extend(
        states
            .iter()
            .flat_map(|file| from_hex(file))
            .map(|state| vec![state]),
    );
    sessions.extend((1..=4).map(|seed| written_by_yrs(&mut Random::new(seed), 60)));
    sessions
}

/// Lines of hexadecimal digits; what follows a `#` is a remark.
pub(crate) fn from_hex(file: &str) -> Vec<Vec<u8>> {
    let digits = file
        .lines()
        .map(|line| line.split('#').next().unwrap().replace(' ', ""));
    digits
        .filter(|line| !line.is_empty())
        .map(|line| {
            (0..line.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(&line[i..i + 2], 16).unwrap())
                .collect()
        })
        .collect()
}

fn written_by_yrs(random: &mut Random, edits: usize) -> Session {
    let docs = [3, 1 << 33, (1 << 53) - 1].map(|id| {
        Doc::with_options(Options {
            offset_kind: OffsetKind::Utf16,
            ..Options::with_client_id(ClientID::new(id))
        })
    });
    let mut session = Session::new();
    for _ in 0..edits {
        let doc = &docs[random.below(docs.len())];
        let text = doc.get_or_insert_text("content");
        let before = Transact::transact(doc).state_vector();
        let mut txn = Transact::transact_mut(doc);
        let len = text.len(&txn);
        let at = u32::try_from(random.below(len as usize + 1)).unwrap();
        let span = u32::try_from(random.below(7)).unwrap().min(len - at);
        match random.below(6) {
            0..3 => text.insert(
                &mut txn,
                at,
                ["x", "word ", "한글", "😀", "é\n", "0123456789 0123456789"][random.below(6)],
            ),
            3 | 4 => text.remove_range(&mut txn, at, span),
            _ => text.format(
                &mut txn,
                at,
                span,
                [("bold".into(), Any::from(random.below(2) == 0))].into(),
            ),
        }
        drop(txn);
        session.push(Transact::transact(doc).encode_state_as_update_v1(&before));
        if random.below(3) > 0 {
            let state = Transact::transact(doc).encode_state_as_update_v1(&StateVector::default());
            for other in &docs {
                Transact::transact_mut(other)
                    .apply_update(Update::decode_v1(&state).unwrap())
                    .unwrap();
            }
        }
    }
    session
}

/// What the walk says of the clocks, as yrs would put it: the runs that start at 0, and where each client starts.
fn clocks(summary: &UpdateSummary) -> (StateVector, StateVector) {
    let (mut upper, mut lower) = (StateVector::default(), StateVector::default());
    for run in summary.structs.iter().rev() {
        let client = ClientID::new(run.client.get());
        if run.start == 0 {
            upper.set_max(client, run.end);
        }
    }
    let mut last = None;
    for run in &summary.structs {
        if last.replace(run.client) != Some(run.client) {
            lower.set_max(ClientID::new(run.client.get()), run.start);
        }
    }
    (upper, lower)
}

#[test]
fn real_updates_pass_and_the_summary_says_what_yrs_says() {
    let sessions = sessions();
    let mut text = 0;
    for bytes in sessions.iter().flatten() {
        let summary = update(bytes, &UpdateLimits::default()).unwrap();
        let decoded = Update::decode_v1(bytes).unwrap();
        let (upper, lower) = clocks(&summary);
        assert_eq!(upper, decoded.state_vector());
        assert_eq!(lower, decoded.state_vector_lower());
        let ranges: usize = decoded
            .delete_set()
            .iter()
            .map(|(_, ranges)| ranges.into_iter().count())
            .sum();
        assert_eq!(ranges, summary.deletes);
        for (client, ranges) in decoded.delete_set().iter() {
            let end = ranges.into_iter().next_back().unwrap().end;
            assert!(
                summary
                    .deleted
                    .iter()
                    .any(|(c, e)| c.get() == client.get() && *e == end)
            );
        }
        text += summary.text_utf16;
        let clocks = decoded.state_vector();
        let read = state_vector(&clocks.encode_v1(), 100).unwrap();
        assert!(
            read.len() == clocks.len()
                && read
                    .iter()
                    .all(|(c, n)| clocks.get(&ClientID::new(c.get())) == *n)
        );
    }
    assert!(text > 2_000, "the corpus holds text: {text}");
}

#[test]
fn a_session_played_in_order_leaves_no_gap_and_reads_back() {
    for (index, session) in sessions().iter().enumerate() {
        // A merged update with a hole in it is the one that a fresh document has to turn down.
        let hole = update(&session[0], &UpdateLimits::default())
            .unwrap()
            .structs
            .first()
            .is_some_and(|r| r.start > 0)
            || session.len() == 1 && has_hole(&session[0]);
        let doc = document();
        let fates: Vec<Fate> = session.iter().map(|bytes| offer(&doc, bytes)).collect();
        if hole {
            assert!(
                fates.iter().all(|fate| matches!(fate, Fate::Gap(_))),
                "session {index}: {fates:?}"
            );
        } else {
            assert!(
                fates.iter().all(|fate| *fate == Fate::Applied),
                "session {index}: {fates:?}"
            );
            let (here, there) = read_back(&doc);
            assert_eq!(here, there);
        }
    }
}

fn has_hole(bytes: &[u8]) -> bool {
    let summary = update(bytes, &UpdateLimits::default()).unwrap();
    summary
        .structs
        .array_windows()
        .any(|[a, b]| a.client == b.client)
        || summary.structs.iter().any(|r| r.start > 0)
}

#[test]
fn limits_hold_on_real_updates() {
    let state = from_hex(include_str!("corpus/yjs-states.hex")).remove(2);
    let whole = UpdateLimits::default();
    let summary = update(&state, &whole).unwrap();
    let exact = UpdateLimits {
        bytes: state.len(),
        blocks: summary.blocks,
        clients: 3,
        deletes: summary.deletes,
        ..whole
    };
    assert_eq!(update(&state, &exact), Ok(summary));
    let short = |limits| update(&state, &limits).unwrap_err().fault;
    assert!(matches!(
        short(UpdateLimits {
            bytes: exact.bytes - 1,
            ..exact
        }),
        Fault::TooLong { .. }
    ));
    for limits in [
        UpdateLimits {
            blocks: exact.blocks - 1,
            ..exact
        },
        UpdateLimits {
            clients: 2,
            ..exact
        },
        UpdateLimits {
            deletes: exact.deletes - 1,
            ..exact
        },
    ] {
        assert!(matches!(short(limits), Fault::TooMany { .. }));
    }
    assert_eq!(short(UpdateLimits { depth: 0, ..exact }), Fault::Depth(0));
}

#[test]
fn text_under_another_root_is_refused() {
    let elsewhere = from_hex("01 01 07 00 04 01 01 74 01 61 00").remove(0);
    assert_eq!(
        update(&elsewhere, &UpdateLimits::default())
            .unwrap_err()
            .fault,
        Fault::Root
    );
    assert!(
        update(
            &elsewhere,
            &UpdateLimits {
                root: None,
                ..UpdateLimits::default()
            }
        )
        .is_ok()
    );
}
