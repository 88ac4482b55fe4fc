//! One author's whole paper, a keystroke an edit.

use super::*;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recording {
    end_content: String,
    txns: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Transaction {
    patches: Vec<Patch>,
}

/// How much of it an ordinary run types.
const EDITS: usize = 20_000;
/// Edits under way before the disk is waited for, as when somebody types faster than it writes.
const AHEAD: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paper_typed_key_by_key_is_the_paper_in_the_end_and_after_a_restart() {
    let Some(json) = recording("automerge-paper.json.gz") else {
        return;
    };
    let recording: Recording = serde_json::from_slice(&json).unwrap();
    let edits = if full() { recording.txns.len() } else { EDITS };
    let folder = tempfile::tempdir().unwrap();
    let server = on_disk(folder.path()).await;
    let ada = Person::come(server.addr, "paper");
    ada.live().await;
    let mut expected: Vec<char> = Vec::new();
    let begun = Instant::now();
    for (number, transaction) in recording.txns.iter().take(edits).enumerate() {
        for (from, delete, insert) in &transaction.patches {
            // The recording has no character beyond 16 bits, so its offsets are ours.
            expected.splice(from..&(from + delete), insert.chars());
            ada.edit(
                u32::try_from(*from).unwrap(),
                u32::try_from(*delete).unwrap(),
                insert,
            );
        }
        if number % AHEAD == 0 {
            ada.saved().await;
        }
    }
    ada.saved().await;
    let took = begun.elapsed();
    let expected: String = expected.into_iter().collect();
    if edits == recording.txns.len() {
        assert_eq!(expected, recording.end_content);
    }
    ada.sees(&expected).await;
    assert_eq!(ada.sessions(), (1, 0));
    let bo = Person::come(server.addr, "paper");
    bo.sees(&expected).await;
    drop((ada, bo));
    let before = size(folder.path());
    server.stop().await;
    let after = size(folder.path());

    let server = on_disk(folder.path()).await;
    let begun = Instant::now();
    let page = server.get("/d/paper", "").await;
    let opened = begun.elapsed();
    assert_eq!(page.status, 200);
    let carl = Person::come(server.addr, "paper");
    carl.sees(&expected).await;
    println!(
        "{edits} edits in {:.1} s ({:.0} us each), {} bytes of text, {before} bytes on disk, {after} after the stop; page in {} ms",
        took.as_secs_f64(),
        took.as_secs_f64() * 1e6 / edits as f64,
        expected.len(),
        opened.as_millis()
    );
}
