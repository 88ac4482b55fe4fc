//! Rows 6 and 7: something on the way has little patience with quiet connections, or with old ones.

use std::time::Duration;

use faults::{Fault, Faults, Line, Rule};
use protocol::ladder::Rung;
use tokio::time;

use crate::scene::{Scene, Writer};

/// Longer than the longest patience of row 6, and than two lifetimes of row 7.
const LONG: Duration = Duration::from_secs(66);

async fn idle(seconds: u64, cuts: u64) {
    let line = Line {
        idle_ms: Some(seconds * 1_000),
        ..Line::default()
    };
    let scene = Scene::new(Faults::line(line)).await;
    let (page, witness) = (scene.page(), scene.witness());
    page.on(Rung::WebSocket).await;
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        witness.finds(&ada.write()).await;
        time::sleep(LONG).await;
        let cut = scene.proxy.seen().cut;
        println!("figure: row 6: {cut} connections cut in {LONG:?} by a patience of {seconds} s");
        assert_eq!(cut, cuts);
        witness.finds(&ada.write()).await;
        page.finds(&bin.write()).await;
    }
    assert_eq!(page.rungs(), [Rung::WebSocket]);
    scene.ends_well(vec![page, witness]).await;
}

pub(crate) async fn row_06_idle_connections_killed_at_60_s() {
    idle(60, 0).await;
}

pub(crate) async fn row_06_idle_connections_killed_at_30_s() {
    idle(30, 0).await;
}

/// The page learns from the second cut and uses its connection more often from then on.
pub(crate) async fn row_06_idle_connections_killed_at_15_s() {
    idle(15, 2).await;
}

async fn lifetimes(blocked: Option<Rule>, rung: Rung) {
    let old = Rule::to("/", Fault::Lifetime { ms: 30_000 });
    let scene = Scene::new(Faults::rules(blocked.into_iter().chain([old]))).await;
    let (page, witness) = scene.seen_by_a_witness(rung).await;
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        let pause = Duration::from_millis(150);
        tokio::join!(ada.type_for(LONG, pause), bin.type_for(LONG, pause));
        witness.finds(&ada.write()).await;
        page.finds(&bin.write()).await;
    }
    witness.saw_one_all_the_time();
    assert_eq!(page.rungs(), [rung]);
    assert_eq!(page.opened(rung), 3, "two lifetimes were over");
    scene.ends_well(vec![page, witness]).await;
}

pub(crate) async fn row_07_every_response_lives_30_s() {
    lifetimes(None, Rung::WebSocket).await;
}

pub(crate) async fn row_07_every_response_lives_30_s_without_websocket() {
    let blocked = Rule::upgrade(Fault::answer(400, ""));
    lifetimes(Some(blocked), Rung::EventStream).await;
}
