//! The gap check against yrs itself: it must turn down exactly what yrs would leave pending or with a hole.

use protocol::id::ClientId;
use protocol::validate::{Gap, gap, update};
use yrs::updates::decoder::Decode;
use yrs::{ClientID, Doc, ReadTxn, StateVector, Transact, Update};

use crate::corpus::{from_hex, sessions};
use crate::mutation::Random;
use crate::subject::{ANY_ROOT, Fate, document, known, offer};

fn client(id: u64) -> ClientId {
    ClientId::new(id).unwrap()
}

/// Whether yrs, left alone, would have placed every block and deletion of these bytes.
fn yrs_takes_it_whole(doc: &Doc, bytes: &[u8]) -> bool {
    let copy = document();
    let state = Transact::transact(doc).encode_state_as_update_v1(&StateVector::default());
    Transact::transact_mut(&copy)
        .apply_update(Update::decode_v1(&state).unwrap())
        .unwrap();
    Transact::transact_mut(&copy)
        .apply_update(Update::decode_v1(bytes).unwrap())
        .unwrap();
    let txn = Transact::transact(&copy);
    let summary = update(bytes, &ANY_ROOT).unwrap();
    let reached = |run: &protocol::validate::StructRange| {
        txn.state_vector().get(&ClientID::new(run.client.get())) >= run.end
    };
    !txn.has_missing_updates() && summary.structs.iter().all(reached)
}

#[test]
fn updates_lost_or_out_of_order_are_gaps_exactly_where_yrs_would_wait() {
    let (mut gaps, mut whole) = (0, 0);
    let sessions = sessions();
    for seed in 1..=60 {
        let mut random = Random::new(seed);
        let session = &sessions[random.below(sessions.len())];
        let doc = document();
        for _ in 0..session.len() {
            let bytes = &session[random.below(session.len())];
            let expected = yrs_takes_it_whole(&doc, bytes);
            match offer(&doc, bytes) {
                Fate::Applied => whole += 1,
                Fate::Gap(_) => gaps += 1,
                Fate::Refused(invalid) => panic!("{invalid}"),
            }
            let summary = update(bytes, &ANY_ROOT).unwrap();
            assert_eq!(
                gap(&summary, known(&doc)).is_none(),
                expected,
                "seed {seed}"
            );
        }
    }
    assert!(
        gaps > 100 && whole > 100,
        "both sorts occur: {gaps} gaps, {whole} whole"
    );
}

#[test]
fn each_gap_names_what_is_missing() {
    // Client 1 writes "ab" under root "t"; client 2 writes "c" after its first character.
    let (first, second) = (
        "01 01 01 00 04 01 01 74 02 61 62 00",
        "01 01 02 00 84 01 00 01 63 00",
    );
    let summary = |hex| update(&from_hex(hex)[0], &ANY_ROOT).unwrap();
    assert_eq!(gap(&summary(first), |_| 0), None);
    assert_eq!(
        gap(&summary(second), |_| 0),
        Some(Gap::Origin {
            client: client(1),
            clock: 0
        })
    );
    assert_eq!(gap(&summary(second), |c| u32::from(c == client(1))), None);
    let later = summary("01 01 01 05 84 01 04 01 63 00");
    assert_eq!(
        gap(&later, |_| 4),
        Some(Gap::Structs {
            client: client(1),
            known: 4,
            start: 5
        })
    );
    assert_eq!(gap(&later, |_| 5), None);
    let deletes = summary("00 01 01 02 00 01 03 02");
    assert_eq!(
        gap(&deletes, |_| 4),
        Some(Gap::Deletes {
            client: client(1),
            end: 5
        })
    );
    assert_eq!(gap(&deletes, |_| 5), None);
}

#[test]
fn blocks_in_a_circle_are_found_and_blocks_in_any_other_order_are_not() {
    // Client 2's block stands on client 1's second character, which stands on client 2's block.
    let circle = "02 01 02 00 84 01 01 01 78  02 01 00 04 01 01 74 01 61 84 02 00 01 62 00";
    let chain =
        "02 02 02 00 84 01 00 01 78 84 01 01 01 79  02 01 00 04 01 01 74 01 61 84 02 00 01 62 00";
    let summary = |hex| update(&from_hex(hex)[0], &ANY_ROOT).unwrap();
    assert!(matches!(
        gap(&summary(circle), |_| 0),
        Some(Gap::Circle { .. })
    ));
    assert_eq!(gap(&summary(chain), |_| 0), None);
    assert_eq!(offer(&document(), &from_hex(chain)[0]), Fate::Applied);
}

#[test]
fn a_block_that_is_known_in_part_still_has_to_stand_on_something() {
    // "ab" again, now as "abc" with a right neighbour that nobody has: yrs would cut off "ab" and wait for the rest.
    let doc = document();
    assert_eq!(
        offer(&doc, &from_hex("01 01 01 00 04 01 01 74 02 61 62 00")[0]),
        Fate::Applied
    );
    let longer = &from_hex("01 01 01 00 44 09 00 03 61 62 63 00")[0];
    assert!(!yrs_takes_it_whole(&doc, longer));
    assert_eq!(
        offer(&doc, longer),
        Fate::Gap(Gap::Origin {
            client: client(9),
            clock: 0
        })
    );
    // Known in full, it is only a repetition.
    assert_eq!(
        offer(&doc, &from_hex("01 01 01 00 44 09 00 02 61 62 00")[0]),
        Fate::Applied
    );
}
