//! What a reader costs that takes nothing for a minute in a busy room, beside one that reads: memory of the server, by transport.
//!
//! Clients of the WebSocket are plain Yjs clients; those of the event stream are sessions whose stream is asked for and then not read.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use protocol::{
    frame::{
        ClientFrame, Hello, ServerFrame, Token, VERSION, authorization::Authorization, packet,
    },
    id::{ClientId, DocId},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task, time,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    Setting, client,
    contender::{MARU, Running},
    report::{Bar, Report, Section, median},
    typing::pastes,
};

/// Readers beside the one who writes.
const READERS: usize = 200;
/// Pastes a second.
const RATE: u64 = 50;
/// Letters of a paste: in all this is more than the kernel holds for a connection, so that the server has to wait.
const LETTERS: u32 = 3_000;
/// How long it goes on.
const SPAN: Duration = Duration::from_secs(60);
/// The most that one of them may need above one that reads, in KiB.
const BAR: f64 = 64.0;
/// What the kernel takes for a reader that does not read; the rest stays with the server.
const KERNEL_BUFFER: u32 = 4 << 10;

#[derive(Debug, Clone, Copy)]
enum Way {
    WebSocket,
    EventStream,
}

/// Measures both transports.
///
/// # Errors
/// When the server fails.
pub(crate) async fn measure(setting: &Setting, report: &mut Report) -> Result<()> {
    let (mut rows, mut bars) = (Vec::new(), Vec::new());
    for (name, way) in [
        ("WebSocket", Way::WebSocket),
        ("event stream", Way::EventStream),
    ] {
        let (mut reading, mut still) = (Vec::new(), Vec::new());
        for _ in 0..setting.rounds {
            reading.push(turn(setting, way, true).await?);
            still.push(turn(setting, way, false).await?);
        }
        let (reading, still) = (median(reading), median(still));
        bars.push(Bar {
            what: format!("KiB more for one that takes nothing, by {name}"),
            value: still - reading,
            most: BAR,
        });
        rows.push((name.to_owned(), vec![reading, still]));
    }
    report.add(Section {
        title: format!(
            "slow readers: {READERS} beside one who pastes {LETTERS} letters {RATE} times a second for {} s, at its height",
            SPAN.as_secs()
        ),
        columns: vec!["reads KiB", "takes nothing KiB"],
        rows,
        bars,
    });
    Ok(())
}

/// KiB of the server for each reader, at its height.
async fn turn(setting: &Setting, way: Way, reads: bool) -> Result<f64> {
    let server = MARU.start(setting).await?;
    let updates = pastes(usize::try_from(RATE * SPAN.as_secs())?, LETTERS)?;
    let (mut writer, _) = client::join(server.at(), &server.room("busy")).await?;
    let before = server.resident_kib()? as f64;
    let mut readers = Vec::with_capacity(READERS);
    for _ in 0..READERS {
        readers.push(match way {
            Way::WebSocket => by_websocket(&server, reads).await?,
            Way::EventStream => by_event_stream(&server, reads).await?,
        });
    }
    let mut most = 0;
    let begun = Instant::now();
    for (number, update) in updates.into_iter().enumerate() {
        let due = begun + Duration::from_millis(1_000 * number as u64 / RATE);
        time::sleep_until(due.into()).await;
        writer.send(Message::Binary(update)).await?;
        // Whoever was let go costs nothing any more: what counts is the most, looked for five times a second.
        if number % 10 == 0 {
            most = most.max(server.resident_kib()?);
        }
    }
    drop(readers);
    Ok((most as f64 - before) / READERS as f64)
}

/// Ends with what it stands for.
struct Reader(task::JoinHandle<()>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn by_websocket(server: &Running, reads: bool) -> Result<Reader> {
    let stream = connect(server, reads).await?;
    let url = format!("ws://{}{}", server.at(), server.room("busy"));
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await?;
    Ok(Reader(task::spawn_local(async move {
        while reads && socket.next().await.is_some_and(|message| message.is_ok()) {}
        std::future::pending::<()>().await;
    })))
}

async fn by_event_stream(server: &Running, reads: bool) -> Result<Reader> {
    let hello = ClientFrame::Hello(Hello {
        version: VERSION,
        doc: DocId::parse("busy").context("the name of the room")?,
        client: ClientId::from_random(u64::from(std::process::id())),
        generation: 0,
        epoch: 0,
        after: 0,
        state_vector: Bytes::from_static(&[0]),
        token: Token::default(),
    });
    let mut session = connect(server, true).await?;
    let body = packet::pack([&hello.encode()]);
    let head = format!(
        "POST /rt/1/session HTTP/1.1\r\nHost: maru\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    session.write_all(head.as_bytes()).await?;
    session.write_all(&body).await?;
    let mut answer = Vec::new();
    session.read_to_end(&mut answer).await?;
    let authorization = welcomed(&answer).context("the answer to HELLO")?;
    let mut stream = connect(server, reads).await?;
    let head = format!(
        "GET /rt/1/stream?n=1 HTTP/1.1\r\nHost: maru\r\nAuthorization: {authorization}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    Ok(Reader(task::spawn_local(async move {
        let mut piece = vec![0; 16 << 10];
        while reads && stream.read(&mut piece).await.is_ok_and(|len| len > 0) {}
        std::future::pending::<()>().await;
    })))
}

async fn connect(server: &Running, reads: bool) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if !reads {
        socket.set_recv_buffer_size(KERNEL_BUFFER)?;
    }
    let stream = socket.connect(server.at()).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The link that an answer of `/rt/1/session` opened.
fn welcomed(answer: &[u8]) -> Result<Authorization> {
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .context("it has no end of its head")?;
    let body = Bytes::copy_from_slice(&answer[end + 4..]);
    for message in packet::unpack(&body)? {
        if let Ok(ServerFrame::Welcome(welcome)) = ServerFrame::decode(&message) {
            return Ok(Authorization {
                sid: welcome.sid,
                key: welcome.key,
                link: 0,
            });
        }
    }
    bail!("{}", String::from_utf8_lossy(answer))
}
