//! How long an edit takes from leaving the client until it counts as saved, beside what the disk itself needs for a write that lasts.

use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::SinkExt;
use protocol::{
    frame::{ClientFrame, Hello, ServerFrame, VERSION},
    id::{ClientId, DocId},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    Setting,
    client::{self, Socket},
    contender::MARU,
    report::{Bar, Report, Section, median, percentile},
    typing::keystrokes,
};

/// The most that a saved edit may take, in syncs of the same disk.
const BAR: f64 = 2.0;
/// Edits or syncs in one turn.
const TURN: usize = 200;
/// Turns of each kind in one round, alternating: a disk's speed swings within seconds.
const TURNS: usize = 3;

/// Measures Maru beside the disk.
///
/// # Errors
/// When the server or the disk fails.
pub(crate) async fn measure(setting: &Setting, report: &mut Report) -> Result<()> {
    let (mut saved, mut synced) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..setting.rounds {
        let server = MARU.start(setting).await?;
        let messages = keystrokes(TURN * TURNS)?;
        let mut writer = Writer::open(server.at()).await?;
        for turn in messages.chunks(TURN) {
            let disk = sync(server.folder(), turn)?;
            let mut edits = Vec::with_capacity(TURN);
            for message in turn {
                edits.push(micros(writer.save(message.clone()).await?));
            }
            add(&mut synced, disk);
            add(&mut saved, edits);
        }
    }
    let [p50, p99] = saved.map(|figures| median(figures) / 1e3);
    let [disk50, disk99] = synced.map(|figures| median(figures) / 1e3);
    report.add(Section {
        title: "saved: one writer, from DATA to SAVED, beside write + fdatasync on the same disk"
            .to_owned(),
        columns: vec!["p50 ms", "p99 ms", "syncs of p50"],
        rows: vec![
            ("maru".to_owned(), vec![p50, p99, p50 / disk50]),
            ("the disk".to_owned(), vec![disk50, disk99, 1.0]),
        ],
        bars: vec![Bar {
            what: "syncs of the disk until an edit is saved, p50".to_owned(),
            value: p50 / disk50,
            most: BAR,
        }],
    });
    Ok(())
}

/// One session of `rt/1` that waits for every edit to be saved before it makes the next one.
struct Writer {
    socket: Socket,
    seq: u64,
}

impl Writer {
    async fn open(at: SocketAddr) -> Result<Self> {
        let mut socket = client::connect(at, "/rt/1/ws").await?;
        let hello = ClientFrame::Hello(Hello {
            version: VERSION,
            doc: DocId::parse("saved").context("a proper name")?,
            client: ClientId::from_random(7),
            generation: 0,
            epoch: 0,
            after: 0,
            state_vector: Bytes::from_static(&[0]),
            token: protocol::frame::Token::default(),
        });
        socket.send(Message::Binary(hello.encode())).await?;
        let mut writer = Self { socket, seq: 0 };
        while !matches!(writer.receive().await?, ServerFrame::Batch { .. }) {}
        Ok(writer)
    }

    async fn save(&mut self, message: Bytes) -> Result<Duration> {
        self.seq += 1;
        let data = ClientFrame::Data {
            seq: self.seq,
            message,
        };
        let begun = Instant::now();
        self.socket.send(Message::Binary(data.encode())).await?;
        loop {
            match self.receive().await? {
                ServerFrame::Saved { seq } if seq == self.seq => return Ok(begun.elapsed()),
                ServerFrame::Error { message, .. } => bail!("an edit was refused: {message}"),
                _ => {}
            }
        }
    }

    async fn receive(&mut self) -> Result<ServerFrame> {
        Ok(ServerFrame::decode(
            &client::receive(&mut self.socket).await?,
        )?)
    }
}

/// Writes the same bytes to the end of a file, each made durable before the next.
fn sync(folder: &Path, messages: &[Bytes]) -> Result<Vec<u32>> {
    let mut file = File::create(folder.join("synced"))?;
    messages
        .iter()
        .map(|message| {
            let begun = Instant::now();
            file.write_all(message)?;
            file.sync_data()?;
            Ok(micros(begun.elapsed()))
        })
        .collect()
}

fn add(figures: &mut [Vec<f64>; 2], mut turn: Vec<u32>) {
    turn.sort_unstable();
    figures[0].push(f64::from(percentile(&turn, 50)));
    figures[1].push(f64::from(percentile(&turn, 99)));
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
