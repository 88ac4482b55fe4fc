//! Rows 9 to 11: requests that come late, twice, or not, answers that are lost, and limits on the way.

use std::time::Duration;

use faults::{Buffering, Fault, Faults, Rule};
use protocol::ladder::Rung;

use crate::{
    page::Page,
    scene::{Scene, Writer, figure},
};

const SEND: &str = "/rt/1/send";
const POLL: &str = "/rt/1/poll";

fn blocked(rules: impl IntoIterator<Item = Rule>) -> Faults {
    let no_websocket = Rule::upgrade(Fault::answer(400, ""));
    Faults::rules([no_websocket].into_iter().chain(rules))
}

/// A page on an event stream, and a witness, before anything else goes wrong.
async fn on_a_stream() -> (Scene, Page, Page) {
    let scene = Scene::new(blocked([])).await;
    let (page, witness) = (scene.page(), scene.witness());
    page.on(Rung::EventStream).await;
    page.saved().await;
    witness.saved().await;
    (scene, page, witness)
}

/// Both write while one thing after the other happens to POSTs; all of it arrives once. Gives the longest time until a word
/// was seen.
async fn exchange(fault: Fault, times: u32, words: usize) -> Duration {
    let (scene, page, witness) = on_a_stream().await;
    scene
        .proxy
        .set(blocked([Rule::to(SEND, fault).times(times)]));
    let mut longest = Duration::ZERO;
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        for _ in 0..words {
            let (from_ada, from_bin) = (ada.write(), bin.write());
            longest = longest.max(witness.finds(&from_ada).await);
            page.finds(&from_bin).await;
        }
    }
    assert_eq!(scene.proxy.seen().fired(1), u64::from(times));
    scene.ends_well(vec![page, witness]).await;
    longest
}

pub(crate) async fn row_09_post_sent_twice() {
    exchange(Fault::Twice { after_ms: 30 }, 8, 12).await;
}

pub(crate) async fn row_09_post_delayed_10_s() {
    let longest = exchange(Fault::Delay { ms: 10_000 }, 1, 3).await;
    println!("figure: row 9, delayed: the word arrived after {longest:.2?}");
}

pub(crate) async fn row_09_post_overtaken() {
    let overtaken = Fault::Overtaken { at_most_ms: 60_000 };
    let longest = exchange(overtaken, 1, 3).await;
    println!("figure: row 9, overtaken: the word arrived after {longest:.2?}");
}

pub(crate) async fn row_09_post_response_lost() {
    // The first four are answered when they are sent again; then both tries of one are lost, and the page resumes.
    exchange(Fault::LoseResponse { larger_than: None }, 1, 3).await;
    let longest = exchange(Fault::LoseResponse { larger_than: None }, 2, 3).await;
    println!("figure: row 9, both answers lost: the word arrived after {longest:.2?}");
}

pub(crate) async fn row_10_body_over_the_limit() {
    let (scene, page, witness) = on_a_stream().await;
    let limit = Fault::LargerThan { bytes: 4 << 10 };
    scene.proxy.set(blocked([Rule::to(SEND, limit)]));
    {
        let mut ada = Writer::new(&page, "ada");
        // One POST is under way while the rest gathers.
        let words: Vec<String> = (0..400).map(|_| ada.write()).collect();
        witness.finds(words.last().unwrap()).await;
    }
    assert!(scene.proxy.seen().answers(SEND, 413) > 0);
    assert_eq!(
        page.opened(Rung::EventStream),
        1,
        "nothing was connected anew"
    );
    scene.ends_well(vec![page, witness]).await;
}

pub(crate) async fn row_10_too_many_requests() {
    let (scene, page, witness) = on_a_stream().await;
    let before = scene.proxy.seen().requests(SEND);
    scene
        .proxy
        .set(blocked([Rule::to(SEND, Fault::later(429, 1)).times(3)]));
    let took = {
        let mut ada = Writer::new(&page, "ada");
        witness.finds(&ada.write()).await
    };
    figure(
        "row 10: a word arrives after three times 1 s to wait",
        took,
        Duration::from_secs(3),
        Duration::from_secs(6),
    );
    assert!(took >= Duration::from_secs(3), "{took:?}");
    let asked = scene.proxy.seen().requests(SEND) - before;
    assert!((4..8).contains(&asked), "{asked} requests");
    assert_eq!(
        page.opened(Rung::EventStream),
        1,
        "nothing was connected anew"
    );
    scene.ends_well(vec![page, witness]).await;
}

pub(crate) async fn row_11_poll_response_lost() {
    let scene = Scene::new(blocked([])).await;
    let (page, witness) = (scene.page(), scene.witness());
    page.force(Some(Rung::LongPoll));
    page.on(Rung::LongPoll).await;
    page.saved().await;
    witness.saved().await;
    let lost = Fault::LoseResponse {
        larger_than: Some(0),
    };
    scene.proxy.set(blocked([Rule::to(POLL, lost).times(3)]));
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        for _ in 0..6 {
            let (from_ada, from_bin) = (ada.write(), bin.write());
            page.finds(&from_bin).await;
            witness.finds(&from_ada).await;
        }
    }
    assert_eq!(scene.proxy.seen().fired(1), 3);
    assert_eq!(page.rungs(), [Rung::LongPoll]);
    scene.ends_well(vec![page, witness]).await;
}

/// A proxy that gives up on polls after 8 s makes the page ask for shorter ones, and not for more of them than that.
pub(crate) async fn row_11_poll_cut_by_a_proxy() {
    let rules = [
        Rule::to("/rt/1/stream", Fault::Buffer(Buffering::Whole)),
        Rule::to(
            POLL,
            Fault::GiveUp {
                after_ms: 8_000,
                status: 502,
            },
        ),
    ];
    let scene = Scene::new(blocked(rules)).await;
    let (page, witness) = (scene.page(), scene.witness());
    page.on(Rung::LongPoll).await;
    let cuts = scene.proxy.until(|seen| seen.answers(POLL, 502) == 4).await;
    let good = cuts.answers(POLL, 200);
    // Two whole polls of 6 s, and no cut between them.
    let after = scene
        .proxy
        .until(|seen| seen.answers(POLL, 200) >= good + 3)
        .await;
    assert_eq!(after.answers(POLL, 502), 4, "shorter polls are not cut");
    println!(
        "figure: row 11: polls are short enough after {:.2?}",
        page.age()
    );
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        page.finds(&bin.write()).await;
        witness.finds(&ada.write()).await;
    }
    assert_eq!(page.rungs(), [Rung::EventStream, Rung::LongPoll]);
    scene.ends_well(vec![page, witness]).await;
}
