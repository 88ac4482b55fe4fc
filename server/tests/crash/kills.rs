//! Four people type, the server is killed at random moments; every promise is checked before anybody has come back.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    maru::{Maru, kill},
    person::Person,
};

const PEOPLE: usize = 4;
/// Kills in an ordinary run, and in a full one (`MARU_FULL=1`).
const ROUNDS: [usize; 2] = [15, 50];
/// Where the random places and moments come from; printed, so that a failure can be tried again with `MARU_SEED`.
const SEED: u64 = 0x6b69_6c6c;
/// As many words wait for the disk at once: then a person stops typing and looks at the mark.
const UNSAVED: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_saved_is_lost_and_nothing_is_doubled_by_kill_9() {
    let full = std::env::var_os("MARU_FULL").is_some_and(|value| value == "1");
    let seed = std::env::var("MARU_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(SEED);
    println!("MARU_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let begun = Instant::now();
    let maru = Maru::new();
    let mut server = maru.start().await;
    let people: Vec<Arc<Person>> = (0..PEOPLE)
        .map(|_| Arc::new(Person::come(maru.addr, "crash")))
        .collect();
    let done = Arc::new(AtomicBool::new(false));
    let typists: Vec<_> = (0..PEOPLE)
        .map(|number| {
            let (person, done) = (Arc::clone(&people[number]), Arc::clone(&done));
            tokio::spawn(type_words(number, person, done, seed + number as u64))
        })
        .collect();

    let rounds = ROUNDS[usize::from(full)];
    let mut checked = 0;
    for round in 0..rounds {
        // Everybody is back and writing; then at any moment.
        for person in &people {
            let enough = person.promised().1 + random.random_range(1..=40);
            person
                .until("promised more", |person| person.promised().1 >= enough)
                .await;
        }
        tokio::time::sleep(Duration::from_micros(random.random_range(0..20_000))).await;
        kill(server).await;
        people.iter().for_each(|person| person.go_offline());
        let promised: Vec<usize> = people.iter().map(|person| person.promised().1).collect();

        server = maru.start().await;
        let reader = Person::come(maru.addr, "crash");
        reader.synced().await;
        let text = reader.text();
        let there = count(&text);
        for (number, promised) in promised.iter().enumerate() {
            for word in 0..*promised {
                let word = token(number, word);
                assert_eq!(there.get(&word[..]), Some(&1), "round {round}: {word}");
            }
        }
        checked = promised.iter().sum();
        drop(reader);
        people.iter().for_each(|person| person.go_online());
    }
    done.store(true, Ordering::SeqCst);
    let mut words = Vec::new();
    for typist in typists {
        words.push(typist.await.unwrap());
    }
    for person in &people {
        person.saved().await;
    }
    let reader = Person::come(maru.addr, "crash");
    let all: usize = words.iter().sum();
    reader
        .until("shown every word", |reader| {
            reader.text().matches('>').count() >= all
        })
        .await;
    let text = reader.text();
    let there = count(&text);
    for (number, words) in words.iter().enumerate() {
        for word in 0..*words {
            let word = token(number, word);
            assert_eq!(there.get(&word[..]), Some(&1), "{word}");
        }
    }
    assert_eq!(there.len(), all, "and nothing else");
    for person in &people {
        person.sees(&text).await;
    }
    kill(server).await;
    println!(
        "{rounds} kills in {:.1} s, {all} words, {checked} of them promised before the last kill, {} bytes on disk",
        begun.elapsed().as_secs_f64(),
        maru.bytes_on_disk()
    );
}

fn token(person: usize, word: usize) -> String {
    format!("<{person}:{word}>")
}

/// How often each word stands in a text.
fn count(text: &str) -> HashMap<&str, usize> {
    let mut words: HashMap<&str, usize> = HashMap::new();
    for word in text.split_inclusive('>') {
        *words.entry(word).or_default() += 1;
    }
    words
}

/// Types words at random places between other words; tells how many.
async fn type_words(number: usize, person: Arc<Person>, done: Arc<AtomicBool>, seed: u64) -> usize {
    let mut random = StdRng::seed_from_u64(seed);
    let mut word = 0;
    while !done.load(Ordering::SeqCst) {
        person.edit_where(
            |text| {
                let ends: Vec<usize> = text.match_indices('>').map(|(at, _)| at + 1).collect();
                let place = match ends.len() {
                    0 => 0,
                    count => ends[random.random_range(0..count)],
                };
                u32::try_from(place).unwrap()
            },
            &token(number, word),
        );
        word = person.promised().0;
        person
            .until("less unsaved", |person| {
                let (made, promised) = person.promised();
                made < promised + UNSAVED || done.load(Ordering::SeqCst)
            })
            .await;
        tokio::task::yield_now().await;
    }
    word
}
