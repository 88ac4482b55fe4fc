//! `/rt/1/ws`: a session over a WebSocket, one frame a message; the session itself is `protocol::session`'s.

use std::{net::SocketAddr, time::Duration};

use axum::{
    extract::{ConnectInfo, State, ws::WebSocketUpgrade},
    http::HeaderMap,
    response::Response,
};
use bytes::Bytes;
use protocol::{
    frame::{
        ClientFrame, ErrorCode, MAX_FRAME, ServerFrame,
        fragment::{Assembler, FragmentError},
    },
    session::{Ended, HEARTBEAT_MS, Received},
};
use tokio::time::{self, Instant};

use super::{
    Link, check_origin, malformed, open,
    socket::{Incoming, Socket, bounded},
};
use crate::{http::AppState, metrics::LinkKind};

/// The first frame must come within this time.
const HELLO: Duration = Duration::from_secs(5);
/// A link without a byte from its client for this long is dead: it has left three heartbeats unanswered.
const SILENCE: Duration = Duration::from_secs(60);
/// Messages taken from a socket before what they caused is written.
const BURST: usize = 64;
/// While this much waits for the disk, in bytes, no more is read from clients.
const BACKLOG: usize = 32 << 20;
/// How long reading pauses then.
const PAUSE: Duration = Duration::from_millis(50);
/// Clients come back after a restart within this time, spread over it.
const COME_BACK_MS: u64 = 2_000;

/// Upgrades the request, if its page may connect.
pub async fn upgrade(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(refusal) = check_origin(&state, peer, &headers) {
        return refusal;
    }
    let tasks = state.tasks.clone();
    bounded(upgrade, MAX_FRAME)
        .protocols(["rt.1"])
        .on_upgrade(move |socket| tasks.run(serve(state, Socket::new(socket))))
}

async fn serve(state: AppState, mut socket: Socket) {
    let _open = state.metrics.link(LinkKind::RtWebsocket);
    let mut assembler = Assembler::new(state.config.max_update.saturating_mul(8) + (1 << 20));
    let link = match greet(&state, &mut socket, &mut assembler).await {
        Ok(Some(link)) => link,
        Ok(None) => return,
        Err(ended) => {
            socket.send(vec![ended.frame()]).await;
            return socket.close(&ended).await;
        }
    };
    let end = converse(&state, &mut socket, &mut assembler, &link).await;
    link.room
        .unlink(link.author, link.number, matches!(end, End::Left));
    match end {
        End::Left | End::Lost => {}
        End::Stopping => {
            let retry_after_ms = rand::random::<u64>() % COME_BACK_MS;
            socket
                .send(vec![ServerFrame::GoAway { retry_after_ms }.encode()])
                .await;
            socket.restart().await;
        }
        End::Refused(ended) => {
            socket.send(vec![ended.frame()]).await;
            socket.close(&ended).await;
        }
    }
}

/// Waits for HELLO or RESUME; a RESUME that comes too late may be followed by a HELLO.
async fn greet(
    state: &AppState,
    socket: &mut Socket,
    assembler: &mut Assembler,
) -> Result<Option<Link>, Ended> {
    for _ in 0..2 {
        let first = async {
            loop {
                match socket.next().await {
                    Incoming::Message(bytes) => match assemble(assembler, bytes)? {
                        Some(frame) => return Ok(Some(frame)),
                        None => continue,
                    },
                    Incoming::Alive => {}
                    Incoming::Closed => return Ok(None),
                    Incoming::Unexpected => return Err(unexpected()),
                }
            }
        };
        let slow = || Ended::new(ErrorCode::TooSlow, "the connection said nothing in time");
        let Some(first) = time::timeout(HELLO, first).await.map_err(|_| slow())?? else {
            return Ok(None);
        };
        match open(state, first).await {
            Err(ended) if ended.code == ErrorCode::Gone => {
                if !socket.send(vec![ended.frame()]).await {
                    return Ok(None);
                }
            }
            opened => return opened.map(Some),
        }
    }
    Err(Ended::new(ErrorCode::Gone, "this session is over"))
}

/// How a link ended.
enum End {
    /// The client said goodbye.
    Left,
    /// The connection broke.
    Lost,
    /// The server stops.
    Stopping,
    /// The client is refused.
    Refused(Ended),
}

async fn converse(
    state: &AppState,
    socket: &mut Socket,
    assembler: &mut Assembler,
    link: &Link,
) -> End {
    let stopping = state.tasks.stopping();
    let heartbeat = Duration::from_millis(HEARTBEAT_MS);
    let (mut last_byte, mut last_write, mut last_beat) =
        (Instant::now(), Instant::now(), Instant::now());
    loop {
        match link.room.take(link.author, link.number) {
            Ok(taken) if taken.messages.is_empty() => {}
            Ok(taken) => {
                if !socket.send(taken.messages).await {
                    return End::Lost;
                }
                last_write = Instant::now();
                if taken.more {
                    continue;
                }
            }
            Err(ended) => return End::Refused(ended),
        }
        let incoming = tokio::select! {
            incoming = socket.next() => incoming,
            () = link.wake.notified() => continue,
            // Also to one who is written to all the time: only an answer shows that it still reads.
            () = time::sleep_until((last_write + heartbeat).min(last_byte.max(last_beat) + heartbeat)) => {
                if last_byte.elapsed() >= SILENCE || !socket.send(vec![ServerFrame::Pong { nonce: 0 }.encode()]).await {
                    return End::Lost;
                }
                (last_write, last_beat) = (Instant::now(), Instant::now());
                continue;
            }
            () = stopping.cancelled() => return End::Stopping,
        };
        last_byte = Instant::now();
        let mut next = Some(incoming);
        for _ in 0..BURST {
            let Some(incoming) = next.take().or_else(|| socket.next_now()) else {
                break;
            };
            match handle(link, assembler, incoming) {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(ended) => return End::Refused(ended),
            }
        }
        if state.rooms.log().backlog() > BACKLOG {
            time::sleep(PAUSE).await;
        }
    }
}

fn handle(
    link: &Link,
    assembler: &mut Assembler,
    incoming: Incoming,
) -> Result<Option<End>, Ended> {
    match incoming {
        Incoming::Message(bytes) => {
            let Some(frame) = assemble(assembler, bytes)? else {
                return Ok(None);
            };
            let received = link.room.receive(link.author, link.number, frame)?;
            Ok((received == Received::Left).then_some(End::Left))
        }
        Incoming::Alive => Ok(None),
        Incoming::Closed => Ok(Some(End::Lost)),
        Incoming::Unexpected => Err(unexpected()),
    }
}

fn assemble(assembler: &mut Assembler, bytes: Bytes) -> Result<Option<ClientFrame>, Ended> {
    let whole = assembler.push(bytes).map_err(|error| {
        let code = match error {
            FragmentError::TooLarge(_) => ErrorCode::TooLarge,
            FragmentError::Oversized | FragmentError::Interrupted => ErrorCode::Protocol,
        };
        Ended::new(code, error.to_string())
    })?;
    whole
        .map(|frame| ClientFrame::decode(&frame).map_err(|error| malformed(&error)))
        .transpose()
}

fn unexpected() -> Ended {
    Ended::new(
        ErrorCode::Protocol,
        "only binary messages are understood here",
    )
}
