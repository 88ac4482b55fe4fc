//! Row 24: somebody reads slowly, or not at all, while others write a lot.

use std::time::Duration;

use faults::{Faults, Line};
use protocol::ladder::Rung;
use tokio::time;

use crate::{
    page::Page,
    scene::{Scene, Writer, token},
};

/// How long others write.
const BUSY: Duration = Duration::from_secs(6);
/// Between two words of one of them.
const PAUSE: Duration = Duration::from_millis(10);

async fn busy(bytes_per_second: u64) {
    let scene = Scene::new(Faults::default()).await;
    let slow = scene.page();
    slow.on(Rung::WebSocket).await;
    slow.saved().await;
    let writers: [Page; 3] = std::array::from_fn(|_| scene.witness());
    let reader = scene.witness();
    for page in writers.iter().chain([&reader]) {
        page.saved().await;
    }
    scene.proxy.set(Faults::line(Line {
        bytes_per_second: Some(bytes_per_second),
        ..Line::default()
    }));
    let mut latencies = Vec::new();
    {
        let [a, b, c] = &writers;
        let (mut ada, mut bin, mut chan) = (
            Writer::new(a, "ada"),
            Writer::new(b, "bin"),
            Writer::new(c, "chan"),
        );
        let watching = async {
            let mut number = 0;
            loop {
                // Words that are not written yet are waited for, so this is the time between two words or the time of one.
                let before = time::Instant::now();
                reader.finds(&token("chan", number)).await;
                latencies.push(before.elapsed().saturating_sub(PAUSE));
                number += 1;
            }
        };
        tokio::select! {
            () = async { tokio::join!(ada.type_for(BUSY, PAUSE), bin.type_for(BUSY, PAUSE), chan.type_for(BUSY, PAUSE)); } => {}
            () = watching => {}
        }
        for writer in [&mut ada, &mut bin, &mut chan] {
            reader.finds(&writer.write()).await;
        }
    }
    latencies.sort_unstable();
    let p95 = latencies[latencies.len() * 95 / 100];
    println!(
        "figure: row 24, {bytes_per_second} bytes/s: others see {} words, p95 {p95:.2?} late",
        latencies.len()
    );
    assert!(
        p95 < Duration::from_millis(500),
        "others wait for nobody: {p95:?}"
    );
    let behind = reader.text().len() - slow.text().len();
    println!(
        "figure: row 24, {bytes_per_second} bytes/s: the slow one is {behind} characters behind"
    );
    assert!(behind > 0, "the line was slow");
    let lifted = time::Instant::now();
    scene.proxy.set(Faults::default());
    slow.until("told everything", |slow| slow.text() == reader.text())
        .await;
    println!(
        "figure: row 24, {bytes_per_second} bytes/s: level {:.2?} after the line was free",
        lifted.elapsed()
    );
    let [a, b, c] = writers;
    scene.ends_well(vec![slow, reader, a, b, c]).await;
}

pub(crate) async fn row_24_slow_reader_in_a_busy_room() {
    busy(1 << 10).await;
}

pub(crate) async fn row_24_reader_that_takes_nothing_in_a_busy_room() {
    busy(0).await;
}
