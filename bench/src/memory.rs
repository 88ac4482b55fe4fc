//! What a connection that says nothing costs in memory: two thousand of them, two in a room, above the server as it started.

use std::time::Duration;

use anyhow::Result;
use tokio::time;

use crate::{
    Setting, client,
    contender::{self, Contender},
    report::{Bar, Report, Section, median},
};

const ROOMS: usize = 1_000;
const PEOPLE: usize = 2;
/// The most that Maru may need for each, in KiB.
const BAR: f64 = 8.0;
/// What a server does after its start and after a rush, such as collecting garbage, is left to it.
const SETTLE: Duration = Duration::from_secs(3);

/// One turn of one contender, in KiB.
struct Turn {
    empty: f64,
    each: f64,
}

/// Measures all contenders.
///
/// # Errors
/// When a server fails.
pub(crate) async fn measure(setting: &Setting, report: &mut Report) -> Result<()> {
    let mut turns: Vec<Vec<Turn>> = contender::ALL.map(|_| Vec::new()).into();
    for _ in 0..setting.rounds {
        for (contender, turns) in contender::ALL.iter().zip(&mut turns) {
            turns.push(turn(contender, setting).await?);
        }
    }
    let of = |turns: &[Turn], figure: fn(&Turn) -> f64| median(turns.iter().map(figure).collect());
    let rows: Vec<(String, Vec<f64>)> = contender::ALL
        .iter()
        .zip(&turns)
        .map(|(contender, turns)| {
            let cells = vec![
                of(turns, |turn| turn.each),
                of(turns, |turn| turn.empty / 1024.0),
            ];
            (contender.name.to_owned(), cells)
        })
        .collect();
    let bars = vec![Bar {
        what: "KiB for an idle connection".to_owned(),
        value: of(&turns[0], |turn| turn.each),
        most: BAR,
    }];
    report.add(Section {
        title: format!("memory: {ROOMS} rooms x {PEOPLE} idle connections"),
        columns: vec!["KiB/connection", "empty process MiB"],
        rows,
        bars,
    });
    Ok(())
}

async fn turn(contender: &Contender, setting: &Setting) -> Result<Turn> {
    let server = contender.start(setting).await?;
    time::sleep(SETTLE).await;
    let empty = server.resident_kib()? as f64;
    let mut open = Vec::with_capacity(ROOMS * PEOPLE);
    for room in 0..ROOMS {
        let path = server.room(&format!("room-{room}"));
        for _ in 0..PEOPLE {
            open.push(if contender.keeps_documents {
                client::join(server.at(), &path).await?.0
            } else {
                client::connect(server.at(), &path).await?
            });
        }
    }
    time::sleep(SETTLE).await;
    let full = server.resident_kib()? as f64;
    Ok(Turn {
        empty,
        each: (full - empty) / open.len() as f64,
    })
}
