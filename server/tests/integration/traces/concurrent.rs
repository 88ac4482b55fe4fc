//! Two authors at once, each keystroke made when its author had seen just what the recorded one had.

use super::*;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recording {
    end_content: String,
    txns: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Transaction {
    agent: usize,
    parents: Vec<usize>,
    patches: Vec<Patch>,
}

/// How much of it an ordinary run types.
const EDITS: usize = 4_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_authors_at_once_end_with_one_text() {
    let Some(json) = recording("friendsforever.concurrent.json.gz") else {
        return;
    };
    let recording: Recording = serde_json::from_slice(&json).unwrap();
    let edits = if full() { recording.txns.len() } else { EDITS };
    let folder = tempfile::tempdir().unwrap();
    let server = on_disk(folder.path()).await;
    let people = [
        Person::come(server.addr, "friends"),
        Person::come(server.addr, "friends"),
    ];
    for person in &people {
        person.synced().await;
        person.hold_others();
    }
    let begun = Instant::now();
    // For each transaction: how many of either author's its own author had seen after it.
    let mut seen: Vec<[usize; 2]> = Vec::new();
    let mut stands = [[0; 2]; 2];
    let mut at_once = 0;
    for transaction in recording.txns.iter().take(edits) {
        let (me, other) = (transaction.agent, 1 - transaction.agent);
        let mut now = transaction.parents.iter().fold([0; 2], |now, parent| {
            [now[0].max(seen[*parent][0]), now[1].max(seen[*parent][1])]
        });
        assert_eq!(now[me], stands[me][me], "nobody forgets what they wrote");
        people[me].takes_in(now[other] - stands[me][other]).await;
        at_once += usize::from(now[other] < stands[other][other]);
        let [(from, delete, insert)] = &transaction.patches[..] else {
            panic!("one keystroke is one patch")
        };
        // The recording has nothing but ASCII, so its offsets are ours.
        let (from, delete) = (
            u32::try_from(*from).unwrap(),
            u32::try_from(*delete).unwrap(),
        );
        people[me].edit(from, delete, insert);
        now[me] += 1;
        stands[me] = now;
        seen.push(now);
    }
    assert!(at_once > edits / 100, "they did write at once: {at_once}");
    for (me, person) in people.iter().enumerate() {
        let other = 1 - me;
        person
            .takes_in(stands[other][other] - stands[me][other])
            .await;
        person.saved().await;
        assert_eq!(person.sessions(), (1, 0));
    }
    let took = begun.elapsed();
    let text = people[0].text();
    assert_eq!(people[1].text(), text);
    if edits == recording.txns.len() {
        // What was written at once at one place may stand in another order than in the CRDT that it was recorded with.
        let sorted = |text: &str| {
            let mut letters: Vec<char> = text.chars().collect();
            letters.sort_unstable();
            letters
        };
        assert_eq!(sorted(&text), sorted(&recording.end_content));
    }
    let late = Person::come(server.addr, "friends");
    late.sees(&text).await;
    drop((people, late));
    server.stop().await;
    let server = on_disk(folder.path()).await;
    let late = Person::come(server.addr, "friends");
    late.sees(&text).await;
    println!(
        "{edits} edits of two, {at_once} of them at once, in {:.1} s, {} bytes of text, {} bytes on disk",
        took.as_secs_f64(),
        text.len(),
        size(folder.path())
    );
}
