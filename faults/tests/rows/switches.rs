//! Rows 12 and 13, and the way back up: sessions that move while an old link is still there, or the new one dies.

use std::time::{Duration, Instant};

use faults::{Fault, Faults, Line, Rule, Way};
use protocol::ladder::Rung;

use crate::{
    page::Page,
    scene::{Scene, Writer, figure},
};

const PAUSE: Duration = Duration::from_millis(20);

fn no_websocket() -> Rule {
    Rule::upgrade(Fault::answer(400, ""))
}

/// Both write until something is so.
async fn write_until(ada: &mut Writer<'_>, bin: &mut Writer<'_>, so: impl Future<Output = ()>) {
    let ever = Duration::from_secs(3_600);
    tokio::select! {
        () = so => {}
        () = ada.type_for(ever, PAUSE) => {}
        () = bin.type_for(ever, PAUSE) => {}
    }
}

async fn zombies(rules: Vec<Rule>, rung: Rung) {
    let scene = Scene::new(Faults::rules(rules.clone())).await;
    let (page, witness) = scene.seen_by_a_witness(rung).await;
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        witness.finds(&ada.write()).await;
        // What the page posts now comes late, and on a link that is over.
        let slow = Rule::to("/rt/1/send", Fault::Delay { ms: 2_000 }).times(1);
        scene.proxy.set(Faults {
            rules: rules.into_iter().chain([slow]).collect(),
            line: Line {
                holds_open: true,
                ..Line::default()
            },
        });
        ada.write();
        page.unplug();
        bin.write();
        let resumed = async {
            page.until("live again", |page| page.lives().len() == 2)
                .await;
            scene.proxy.until(|seen| seen.held > 0).await;
        };
        write_until(&mut ada, &mut bin, resumed).await;
        witness.finds(&ada.write()).await;
        page.finds(&bin.write()).await;
    }
    assert!(scene.proxy.seen().held > 0, "the old link is still open");
    witness.saw_one_all_the_time();
    scene.ends_well(vec![page, witness]).await;
}

pub(crate) async fn row_12_zombie_websocket() {
    zombies(Vec::new(), Rung::WebSocket).await;
}

pub(crate) async fn row_12_zombie_stream() {
    zombies(vec![no_websocket()], Rung::EventStream).await;
}

/// The server's half of a WebSocket, from the 101 on, up to the answer to the probe: four bytes of a WebSocket's header, then a
/// frame of kind, nonce, length and 1,500 bytes.
const PROVEN: usize = 4 + 1 + 1 + 2 + 1_500;

pub(crate) async fn row_13_websocket_dies_while_the_session_moves() {
    let scene = Scene::new(Faults::rules([no_websocket()])).await;
    let (page, witness) = scene.seen_by_a_witness(Rung::EventStream).await;
    // The proof passes, and the first byte after it is the last.
    scene
        .proxy
        .set(Faults::rules([Rule::upgrade(Fault::Truncate {
            way: Way::ToClient,
            after: PROVEN + 1,
        })]));
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        for attempt in 1..=3 {
            let dies = async {
                page.wake();
                scene
                    .proxy
                    .until(|seen| seen.upgraded == attempt && seen.cut == attempt)
                    .await;
                page.until("back on one link", |page| page.links() == 1)
                    .await;
            };
            write_until(&mut ada, &mut bin, dies).await;
            witness.finds(&ada.write()).await;
            page.finds(&bin.write()).await;
        }
    }
    assert_eq!(page.rungs(), [Rung::EventStream], "the stream went on");
    witness.saw_one_all_the_time();
    scene.ends_well(vec![page, witness]).await;
}

async fn climbs(page: &Page, witness: &Page, scene: &Scene) -> Duration {
    let (mut ada, mut bin) = (Writer::new(page, "ada"), Writer::new(witness, "bin"));
    witness.finds(&ada.write()).await;
    scene.proxy.set(Faults::default());
    let lifted = Instant::now();
    let up = async {
        page.on(Rung::WebSocket).await;
    };
    write_until(&mut ada, &mut bin, up).await;
    let took = lifted.elapsed();
    witness.finds(&ada.write()).await;
    page.finds(&bin.write()).await;
    took
}

pub(crate) async fn back_on_websocket_after_a_block() {
    let scene = Scene::new(Faults::rules([no_websocket()])).await;
    let (page, witness) = scene.seen_by_a_witness(Rung::EventStream).await;
    let took = climbs(&page, &witness, &scene).await;
    figure(
        "back on WebSocket after the block is lifted",
        took,
        Duration::from_secs(35),
        Duration::from_secs(40),
    );
    assert_eq!(page.rungs(), [Rung::EventStream, Rung::WebSocket]);
    assert_eq!(page.lives().len(), 1, "make before break");
    witness.saw_one_all_the_time();
    assert_eq!(page.status().limited, None);
    scene.ends_well(vec![page, witness]).await;
}
