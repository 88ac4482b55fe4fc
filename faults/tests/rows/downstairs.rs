//! Rows 1 to 5: something on the way breaks WebSockets, or streams, and the page finds what works.

use std::time::Duration;

use faults::{Buffering, Fault, Faults, Rule};
use protocol::ladder::{Reason, Rung};

use crate::{
    page::Page,
    scene::{Scene, Writer, figure},
};

/// Somebody behind the proxy and somebody before it write to each other, and all ends well.
async fn both_write(scene: Scene, page: Page, written: usize) {
    let witness = scene.witness();
    witness.saved().await;
    {
        let mut ada = Writer::new(&page, "ada").after(written);
        let mut bin = Writer::new(&witness, "bin");
        for _ in 0..5 {
            witness.finds(&ada.write()).await;
            page.finds(&bin.write()).await;
        }
    }
    scene.ends_well(vec![page, witness]).await;
}

/// Opens a page that has something to save, and waits for the rung that works.
async fn come_down(scene: &Scene, rung: Rung, reason: Reason) -> (Page, Duration) {
    let page = scene.page();
    Writer::new(&page, "ada").write();
    page.on(rung).await;
    page.saved().await;
    let took = page.age();
    assert_eq!(page.status().limited, Some(reason));
    assert!(!page.rungs().contains(&Rung::WebSocket) || reason == Reason::ShortLived);
    (page, took)
}

async fn refused(status: u16) {
    let scene = Scene::new(Faults::refused_upgrade(status)).await;
    let (page, took) = come_down(&scene, Rung::EventStream, Reason::Refused).await;
    let what = format!("row 1, {status}: an edit is saved after page load");
    figure(&what, took, Duration::from_secs(1), Duration::from_secs(4));
    assert_eq!(page.memory().unwrap().rung, Rung::EventStream);
    assert_eq!(scene.proxy.seen().upgraded, 0);
    // The next page of this browser begins where this one is.
    let next = scene.remembering(page.memory());
    next.saved().await;
    assert_eq!(next.rungs(), [Rung::EventStream]);
    next.leave();
    both_write(scene, page, 1).await;
}

pub(crate) async fn row_01_refused_upgrade_400() {
    refused(400).await;
}

pub(crate) async fn row_01_refused_upgrade_426() {
    refused(426).await;
}

pub(crate) async fn row_01_refused_upgrade_200() {
    refused(200).await;
}

pub(crate) async fn row_02_swallowed_upgrade() {
    let scene = Scene::new(Faults::rules([Rule::upgrade(Fault::Swallow)])).await;
    let (page, took) = come_down(&scene, Rung::EventStream, Reason::Unanswered).await;
    let (bar, at_most) = (Duration::from_secs(3), Duration::from_secs(7));
    figure(
        "row 2: an edit is saved after page load",
        took,
        bar,
        at_most,
    );
    assert_eq!(page.links(), 2, "the WebSocket may still come");
    page.until("rid of the WebSocket", |page| page.links() == 1)
        .await;
    let gave_up = page.age();
    figure(
        "row 2: the WebSocket is given up",
        gave_up,
        Duration::from_secs(10),
        Duration::from_secs(14),
    );
    assert!(gave_up > Duration::from_secs(8), "{gave_up:?}");
    both_write(scene, page, 1).await;
}

async fn muted(to_client: bool, to_server: bool) {
    let mute = Fault::Mute {
        to_client,
        to_server,
    };
    let scene = Scene::new(Faults::rules([Rule::upgrade(mute)])).await;
    let (page, took) = come_down(&scene, Rung::EventStream, Reason::Silent).await;
    let what = format!(
        "row 3, silent to client {to_client}, to server {to_server}: an edit is saved after page load"
    );
    figure(&what, took, Duration::from_secs(6), Duration::from_secs(11));
    assert!(scene.proxy.seen().upgraded > 0);
    both_write(scene, page, 1).await;
}

pub(crate) async fn row_03_nothing_passes_after_101() {
    muted(true, true).await;
}

pub(crate) async fn row_03_nothing_comes_after_101() {
    muted(true, false).await;
}

pub(crate) async fn row_03_nothing_goes_after_101() {
    muted(false, true).await;
}

pub(crate) async fn row_04_killed_after_200_ms_each_time() {
    let scene = Scene::new(Faults::rules([Rule::upgrade(Fault::Lifetime { ms: 200 })])).await;
    // The document is open already: reading it is no part of the 200 ms.
    let before = scene.witness();
    before.saved().await;
    before.leave();
    let (page, took) = come_down(&scene, Rung::EventStream, Reason::ShortLived).await;
    println!("figure: row 4: on an event stream after {took:.2?}");
    assert_eq!(scene.proxy.seen().upgraded, 3, "three strikes");
    both_write(scene, page, 1).await;
}

fn held(buffering: Buffering) -> Faults {
    Faults::rules([
        Rule::upgrade(Fault::answer(400, "")),
        Rule::to("/rt/1/stream", Fault::Buffer(buffering)),
    ])
}

async fn polls(buffering: Buffering) {
    let scene = Scene::new(held(buffering)).await;
    let (page, took) = come_down(&scene, Rung::LongPoll, Reason::Buffered).await;
    let what = format!("row 5, {buffering:?}: on long polls after page load");
    figure(&what, took, Duration::from_secs(4), Duration::from_secs(9));
    both_write(scene, page, 1).await;
}

pub(crate) async fn row_05_stream_held_whole() {
    polls(Buffering::Whole).await;
}

pub(crate) async fn row_05_stream_held_after_the_first_flush() {
    polls(Buffering::AfterFirst).await;
}

pub(crate) async fn row_05_stream_held_until_4_kib() {
    let scene = Scene::new(held(Buffering::Until(4 << 10))).await;
    let (page, _) = come_down(&scene, Rung::EventStream, Reason::Refused).await;
    page.until("sure of its stream", |page| page.status().rtt_ms.is_some())
        .await;
    let age = page.age();
    println!("figure: row 5, until 4 KiB: the stream is proven {age:.2?} after page load");
    assert_eq!(
        page.rungs(),
        [Rung::EventStream],
        "the padding fills the buffer"
    );
    both_write(scene, page, 1).await;
}
