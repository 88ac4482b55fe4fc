//! What it costs the server when somebody with nothing joins a document that was written in a quarter of a million edits.

use std::{fs::File, io::BufReader, path::Path, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;
use protocol::{
    replica::{Edit, Replica},
    sync::Message,
};
use serde::Deserialize;

use crate::{
    Setting, client,
    contender::{self, Contender, Running},
    report::{Bar, Report, Section, median},
    typing::replica,
};

/// The most that a join may cost, as a part of y-websocket's.
const BAR: f64 = 1.0 / 5.0;
/// Joins in one turn: the kernel counts CPU time to 10 ms.
const JOINS: u32 = 200;
const PATH: &str = "paper";

/// Measures all contenders that keep documents.
///
/// # Errors
/// When a server fails, or gives a joiner anything but the whole document.
pub(crate) async fn measure(setting: &Setting, report: &mut Report) -> Result<()> {
    if !setting.trace.is_file() {
        println!(
            "\njoin: left out, there is no trace at {}; give one with --trace",
            setting.trace.display()
        );
        return Ok(());
    }
    let paper = Paper::read(&setting.trace)?;
    let keepers = || {
        contender::ALL
            .into_iter()
            .filter(|contender| contender.keeps_documents)
    };
    let mut costs: Vec<Vec<f64>> = keepers().map(|_| Vec::new()).collect();
    for _ in 0..setting.rounds {
        for (contender, costs) in keepers().zip(&mut costs) {
            costs.push(turn(contender, &paper, setting).await?.as_secs_f64() * 1e6);
        }
    }
    let costs: Vec<f64> = costs.into_iter().map(median).collect();
    report.add(Section {
        title: format!(
            "join: a document of {} edits, {} bytes from its author",
            paper.edits,
            paper.state.len()
        ),
        columns: vec!["CPU µs/join", "maru is x of it"],
        rows: keepers()
            .zip(&costs)
            .map(|(contender, cost)| (contender.name.to_owned(), vec![*cost, costs[0] / cost]))
            .collect(),
        bars: vec![Bar {
            what: "CPU a join beside y-websocket".to_owned(),
            value: costs[0] / costs[1],
            most: BAR,
        }],
    });
    Ok(())
}

async fn turn(contender: &Contender, paper: &Paper, setting: &Setting) -> Result<Duration> {
    let server = contender.start(setting).await?;
    let path = server.room(PATH);
    // Kept open, so that no contender puts the document away between two joins.
    let (mut author, _) = client::join(server.at(), &path).await?;
    client::send(&mut author, &Message::Step2(&paper.state)).await?;
    let whole = arrived(&server, &path, paper).await?;
    let before = server.cpu()?;
    for _ in 0..JOINS {
        let (_, state) = client::join(server.at(), &path).await?;
        ensure!(
            state.len() == whole,
            "a joiner got {} bytes of {whole}",
            state.len()
        );
    }
    Ok(server.cpu()?.saturating_sub(before) / JOINS)
}

/// Joins until the document is there, compares its text once, and tells how many bytes it is sent as: a server may encode it
/// more tightly than the author did.
async fn arrived(server: &Running, path: &str, paper: &Paper) -> Result<usize> {
    for _ in 0..100 {
        let (_, state) = client::join(server.at(), path).await?;
        let mut reader = replica(1);
        reader.apply([&state[..]])?;
        if reader.text() == paper.text {
            return Ok(state.len());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the document that was sent does not come back")
}

/// The document and its history.
struct Paper {
    edits: usize,
    text: String,
    /// All of it as one update.
    state: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    start_content: String,
    end_content: String,
    txns: Vec<Txn>,
}

#[derive(Deserialize)]
struct Txn {
    patches: Vec<(u32, u32, String)>,
}

impl Paper {
    /// Types a trace, edit by edit.
    fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let trace: Trace = serde_json::from_reader(BufReader::new(GzDecoder::new(file)))
            .with_context(|| format!("{} is no editing trace", path.display()))?;
        let mut replica = replica(0);
        type_in(&mut replica, 0, 0, trace.start_content)?;
        let mut edits = 0;
        for (from, delete, insert) in trace.txns.into_iter().flat_map(|txn| txn.patches) {
            type_in(&mut replica, from, delete, insert)?;
            edits += 1;
        }
        let text = replica.text();
        ensure!(
            text == trace.end_content,
            "the trace does not end as it says"
        );
        Ok(Self {
            edits,
            text,
            state: replica.diff(&[0])?,
        })
    }
}

fn type_in(replica: &mut Replica, from: u32, delete: u32, insert: String) -> Result<()> {
    Ok(replica.edit(&[Edit {
        from,
        delete,
        insert,
    }])?)
}
