//! What sound updates may cost: what people write passes, what was made to be dear is refused, and neither takes long. Figures: `figures`.

use std::{
    collections::HashMap,
    io::Read,
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use protocol::{
    id::ClientId,
    replica::{Edit, Replica, stored::StoredDoc},
    room::{Admitted, Refused, Room, RoomLimits},
    sync::Message,
    validate,
};
use serde_json::Value;

use crate::{
    attack::{self, BASE},
    corpus::sessions,
    subject::{Fate, document, offer, read_back},
};

fn room() -> Room {
    Room::open(7, 1, true, [], RoomLimits::default()).unwrap()
}

/// What became of an update, how long the room was held, and how long its trial took.
struct Outcome {
    admitted: Result<Admitted, Refused>,
    held: Duration,
    tried: Option<Duration>,
}

/// Offers an update as the server does, except that wall time stands for the time of a core.
fn put(room: &mut Room, update: &[u8], whole: bool) -> Outcome {
    let message = Bytes::from(Message::Update(update).encode());
    let message = (!whole).then_some(&message);
    let begun = Instant::now();
    let admitted = room.admit(update, message, 9);
    let mut held = begun.elapsed();
    if admitted != Err(Refused::Heavy) {
        return Outcome {
            admitted,
            held,
            tried: None,
        };
    }
    let begun = Instant::now();
    let trial = room.trial(Bytes::copy_from_slice(update), 9);
    held = held.max(begun.elapsed());
    let begun = Instant::now();
    let weighed = trial.run(|| u64::try_from(begun.elapsed().as_micros()).unwrap());
    let tried = Some(begun.elapsed());
    let begun = Instant::now();
    room.weighed(Some(weighed));
    let admitted = room.admit(update, message, 9);
    held = held.max(begun.elapsed());
    room.weighed(None);
    Outcome {
        admitted,
        held,
        tried,
    }
}

/// How long a document takes to open from its state.
fn opening(room: &mut Room) -> Duration {
    let state = room.state();
    let begun = Instant::now();
    StoredDoc::new().apply(&state).unwrap();
    begun.elapsed()
}

/// Far above what is measured, since a machine may be busy, and far below half a minute.
const SOON: Duration = Duration::from_secs(8);

#[test]
fn updates_made_to_be_dear_are_refused_before_they_cost_much_and_leave_nothing() {
    for (name, first, dear) in [
        ("wide", attack::chain(10_001), attack::wide(2, 10_000)),
        (
            "wide, as large as may be",
            attack::chain(19_001),
            attack::wide(2, 19_000),
        ),
    ] {
        let mut room = room();
        assert!(put(&mut room, &first, false).admitted.is_ok());
        let before = room.state();
        let outcome = put(&mut room, &dear, false);
        println!(
            "{name}: {} bytes, held {:?}, tried {:?}",
            dear.len(),
            outcome.held,
            outcome.tried
        );
        assert_eq!(outcome.admitted, Err(Refused::Costly), "{name}");
        assert!(outcome.tried.unwrap() < SOON, "{name}");
        assert_eq!(room.state(), before, "{name}");
    }
}

/// Each of the updates is cheap. What they leave behind is not, and is noticed before it is much.
#[test]
fn a_dear_document_cannot_be_made_of_cheap_updates() {
    let mut room = room();
    put(&mut room, &attack::chain(10_001), false)
        .admitted
        .unwrap();
    let (mut taken, mut tries, mut held) = (0, 0, Duration::ZERO);
    for i in 0..10_000 {
        let outcome = put(&mut room, &attack::wide_one(2, i, 10_000), false);
        held = held.max(outcome.held);
        tries += usize::from(outcome.tried.is_some());
        match outcome.admitted {
            Ok(_) => taken += 1,
            Err(refused) => {
                assert_eq!(refused, Refused::Costly);
                break;
            }
        }
    }
    let opening = opening(&mut room);
    println!("{taken} taken, {tries} tried, held at most {held:?}, opens in {opening:?}");
    assert!(taken < 10_000 && tries > 0);
    assert!(opening < SOON);
}

#[test]
fn many_clients_at_one_spot_and_many_deletions_cost_little() {
    for (name, first, then) in [
        ("crowd", attack::base(3), attack::crowd(5_000)),
        ("holes", attack::base(100_000), attack::holes(100_000)),
        ("the other way", attack::broken(15_000), attack::crowd(3)),
        ("across", attack::chain(19_000), attack::across(2, 0)),
    ] {
        let mut room = room();
        put(&mut room, &first, false).admitted.unwrap();
        let outcome = put(&mut room, &then, false);
        println!("{name}: held {:?}, tried {:?}", outcome.held, outcome.tried);
        outcome.admitted.unwrap();
        assert!(opening(&mut room) < SOON, "{name}");
    }
}

/// A recording of `shared/data`, where it is there.
fn recording(name: &str) -> Option<Value> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data").join(name))
        .find(|path| path.is_file());
    let Some(path) = found else {
        println!("skipped: there is no shared/data/{name} beside the repository");
        return None;
    };
    let mut json = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_end(&mut json)
        .unwrap();
    Some(serde_json::from_slice(&json).unwrap())
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

fn edits(transaction: &Value) -> Vec<Edit> {
    let patches = transaction["patches"].as_array().unwrap();
    patches
        .iter()
        .map(|patch| Edit {
            from: number(&patch[0]),
            delete: number(&patch[1]),
            insert: patch[2].as_str().unwrap().to_owned(),
        })
        .collect()
}

/// A week without a network, brought at once.
#[test]
fn real_typing_of_any_length_passes_as_one_state() {
    if let Some(paper) = recording("automerge-paper.json.gz") {
        let mut replica = Replica::new(ClientId::from_random(1), || 0);
        for transaction in paper["txns"].as_array().unwrap() {
            replica.edit(&edits(transaction)).unwrap();
        }
        passes("automerge-paper", &replica);
    }
    if let Some(friends) = recording("friendsforever.concurrent.json.gz") {
        let mut people = [1, 2].map(|id| Replica::new(ClientId::from_random(id), || 0));
        // What each has written, and how much of the other's each has seen after each transaction.
        let mut written: [Vec<Bytes>; 2] = [Vec::new(), Vec::new()];
        let mut seen: Vec<[usize; 2]> = Vec::new();
        let mut stands = [[0; 2]; 2];
        for transaction in friends["txns"].as_array().unwrap() {
            let me = number(&transaction["agent"]) as usize;
            let other = 1 - me;
            let parents = transaction["parents"].as_array().unwrap();
            let mut now = parents.iter().fold([0; 2], |now, parent| {
                let parent = seen[number(parent) as usize];
                [now[0].max(parent[0]), now[1].max(parent[1])]
            });
            let news = &written[other][stands[me][other]..now[other]];
            people[me]
                .apply(news.iter().map(|update| &update[..]))
                .unwrap();
            people[me].edit(&edits(transaction)).unwrap();
            written[me].extend(people[me].take_updates());
            now[me] = written[me].len();
            stands[me] = now;
            seen.push(now);
        }
        let rest = people[1].diff(&people[0].state_vector()).unwrap();
        people[0].apply([&rest[..]]).unwrap();
        passes("friendsforever", &people[0]);
    }
}

fn passes(name: &str, replica: &Replica) {
    let state = replica.diff(&[0]).unwrap();
    let mut room = room();
    let outcome = put(&mut room, &state, true);
    println!(
        "{name}: {} bytes, held {:?}, tried {:?}, opens in {:?}",
        state.len(),
        outcome.held,
        outcome.tried,
        opening(&mut room)
    );
    assert!(
        matches!(outcome.admitted, Ok(Admitted::New { .. })),
        "{name}"
    );
    assert_eq!(room.text(), replica.text());
    // Somebody types on in it, and replaces a word everywhere.
    let mut writer = Replica::new(ClientId::from_random(77), || 0);
    writer.apply([&state[..]]).unwrap();
    let everywhere: Vec<Edit> = (0..500)
        .map(|i| Edit {
            from: i * 20,
            delete: 3,
            insert: "word".into(),
        })
        .collect();
    writer.edit(&everywhere).unwrap();
    let update = writer.take_updates().concat();
    let outcome = put(&mut room, &update, false);
    println!(
        "{name}: 500 replacements, held {:?}, tried {:?}",
        outcome.held, outcome.tried
    );
    outcome.admitted.unwrap();
    assert_eq!(room.text(), writer.text());
}

#[test]
fn a_megabyte_that_is_pasted_is_one_block_and_not_tried() {
    let mut room = room();
    let outcome = put(&mut room, &attack::base((1 << 20) - 64), false);
    println!("held {:?}", outcome.held);
    assert!(outcome.admitted.is_ok() && outcome.tried.is_none());
}

#[test]
fn slices_do_together_what_the_update_does() {
    let mut cut = 0;
    for session in sessions() {
        let whole = document();
        let mut session = session;
        session.retain(|update| offer(&whole, update) == Fate::Applied);
        let (text, _) = read_back(&whole);
        // The state as one update, and each update by itself, in slices of several sizes.
        for most in [1, 2, 7, 10_000] {
            let sliced = document();
            let mut clocks: HashMap<ClientId, u32> = HashMap::new();
            for update in &session {
                let known = |client| clocks.get(&client).copied().unwrap_or(0);
                let slices = validate::slices(update, known, most).unwrap();
                cut += slices.len();
                for slice in &slices {
                    let fate = offer(&sliced, slice);
                    assert_eq!(fate, Fate::Applied, "{most}: {slice:x?} of {update:x?}");
                }
                let summary = validate::update(update, &crate::subject::ANY_ROOT).unwrap();
                for run in summary.structs {
                    let clock = clocks.entry(run.client).or_insert(0);
                    *clock = run.end.max(*clock);
                }
            }
            assert_eq!(read_back(&sliced).0, text, "most {most}");
        }
    }
    assert!(cut > 1_000);
}

#[test]
#[ignore = "figures: what yrs alone takes for the attacks; more than half a minute"]
fn figures() {
    for (name, first, then) in [
        (
            "wide 10,000 in one block",
            attack::base(10_001),
            attack::wide_in_one(2, 10_000),
        ),
        (
            "wide 10,000",
            attack::chain(10_001),
            attack::wide(2, 10_000),
        ),
        ("crowd 5,000", attack::base(3), attack::crowd(5_000)),
        (
            "across 200,000",
            attack::chain(200_000),
            attack::across(2, 0),
        ),
        (
            "holes 100,000",
            attack::base(100_000),
            attack::holes(100_000),
        ),
    ] {
        let mut doc = StoredDoc::new();
        doc.apply(&first).unwrap();
        let begun = Instant::now();
        doc.apply(&then).unwrap();
        let applied = begun.elapsed();
        let state = doc.state();
        let begun = Instant::now();
        StoredDoc::new().apply(&state).unwrap();
        println!(
            "{name}, {} bytes: applied in {applied:?}, opened again in {:?}",
            then.len(),
            begun.elapsed()
        );
    }
    assert_eq!(BASE, 1);
}
