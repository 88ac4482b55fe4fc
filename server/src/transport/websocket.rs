//! `/rt/1/ws`: a session over a WebSocket, one frame a message; the session itself is `protocol::session`'s.

use std::{future::ready, net::SocketAddr, pin::pin};

use axum::{
    Extension,
    extract::{ConnectInfo, State, ws::WebSocketUpgrade},
    http::HeaderMap,
    response::Response,
};
use bytes::Bytes;
use protocol::{
    frame::{ClientFrame, ErrorCode, MAX_FRAME, ServerFrame, fragment::Assembler},
    session::{Ended, Received},
};
use tokio::time::{self, Instant};

use super::{
    Link, MAX_HELLO, assemble, assembler, check_origin, go_away, is_behind, open, pause, probed,
    pulse::Pulse,
    socket::{Incoming, Socket, bounded},
    unreadable,
};
use crate::{
    http::AppState,
    metrics::LinkKind,
    rates::{Guest, too_much},
    room::TAKE_BYTES,
};

/// Messages taken from a socket before what they caused is written.
const BURST: usize = 64;
/// The largest message that is read only to say that it is too large, in bytes; one larger still just ends the connection.
const MAX_MESSAGE: usize = 4 * MAX_FRAME;

/// Upgrades the request, if its page may connect.
pub async fn upgrade(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(guest): Extension<Guest>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(refusal) = check_origin(&state, peer, &headers) {
        return refusal;
    }
    let place = match guest.opens_socket() {
        Ok(place) => place,
        Err(ended) => return too_much(&ended),
    };
    let tasks = state.tasks.clone();
    let deadlines = state.config.deadlines;
    bounded(upgrade, MAX_MESSAGE)
        .protocols(["rt.1"])
        .on_upgrade(move |socket| {
            tasks.run(serve(state, guest, Socket::new(socket, place, deadlines)))
        })
}

async fn serve(state: AppState, guest: Guest, mut socket: Socket) {
    let _open = state.metrics.link(LinkKind::RtWebsocket);
    let mut link = match greet(&state, &guest, &mut socket).await {
        Ok(Some(link)) => link,
        Ok(None) => return socket.finish().await,
        Err(ended) => {
            socket.send(vec![ended.frame()]).await;
            return socket.close(&ended).await;
        }
    };
    let end = converse(&state, &mut socket, &link).await;
    link.left = matches!(end, End::Left);
    // The room first: saying goodbye may take a while.
    drop(link);
    match end {
        End::Left | End::Lost => socket.finish().await,
        End::Stopping => {
            socket.send(vec![go_away().0]).await;
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
    guest: &Guest,
    socket: &mut Socket,
) -> Result<Option<Link>, Ended> {
    let mut assembler = Assembler::new(MAX_HELLO);
    for _ in 0..2 {
        let due = Instant::now() + state.config.deadlines.hello;
        let first = first_frame(socket, &mut assembler);
        let slow = || Ended::new(ErrorCode::TooSlow, "the connection said nothing in time");
        let Some(first) = time::timeout_at(due, first).await.map_err(|_| slow())?? else {
            return Ok(None);
        };
        let resuming = matches!(first, ClientFrame::Resume { .. });
        match open(state, guest, first).await {
            Ok(link) => {
                if resuming {
                    state.metrics.resumed(LinkKind::RtWebsocket);
                }
                return Ok(Some(link));
            }
            Err(ended) if ended.code == ErrorCode::Gone => {
                if !socket.send(vec![ended.frame()]).await {
                    return Ok(None);
                }
            }
            Err(ended) => return Err(ended),
        }
    }
    Err(Ended::new(ErrorCode::Gone, "this session is over"))
}

/// The first frame that is no probe; a page probes a link before it moves its session there.
async fn first_frame(
    socket: &mut Socket,
    assembler: &mut Assembler,
) -> Result<Option<ClientFrame>, Ended> {
    let mut probes = 0;
    loop {
        match socket.next().await {
            Incoming::Message(bytes) => match assemble(assembler, bytes)? {
                Some(ClientFrame::Probe { nonce, padding }) => {
                    if !socket.send(vec![probed(probes, nonce, padding)?]).await {
                        return Ok(None);
                    }
                    probes += 1;
                }
                Some(frame) => return Ok(Some(frame)),
                None => {}
            },
            Incoming::Alive(_) => {}
            Incoming::Closed => return Ok(None),
            Incoming::Unreadable => return Err(unreadable()),
            Incoming::Unexpected(_) => return Err(unexpected()),
        }
    }
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

async fn converse(state: &AppState, socket: &mut Socket, link: &Link) -> End {
    let mut stopped = pin!(state.tasks.stopping().wait());
    let mut pulse = Pulse::new(state.config.deadlines);
    // Set anew only when it rings: what is due only ever moves further away, and a timer for each message would be dear.
    let mut alarm = pin!(time::sleep_until(pulse.due()));
    let mut assembler = assembler(state);
    let traffic = state.metrics.traffic(LinkKind::RtWebsocket);
    loop {
        let more = match link.room.take(link.author, link.number, TAKE_BYTES) {
            Ok(taken) => {
                if !taken.messages.is_empty() {
                    let bytes: usize = taken.messages.iter().map(Bytes::len).sum();
                    traffic.sent.inc_by(bytes as u64);
                    if !socket.send(taken.messages).await {
                        return End::Lost;
                    }
                    pulse.wrote();
                }
                taken.more
            }
            Err(ended) => return End::Refused(ended),
        };
        let behind = is_behind(state);
        if behind {
            // Nobody listens now, so nobody can say that the client is silent.
            pulse.heard();
        }
        // In this order: what the client says is not kept waiting by what it has to be told.
        let incoming = tokio::select! {
            biased;
            () = &mut stopped => return End::Stopping,
            incoming = socket.next(), if !behind => incoming,
            () = ready(()), if more => continue,
            () = link.wake.notified() => continue,
            () = pause(), if behind => continue,
            () = &mut alarm => {
                if pulse.due() <= Instant::now()
                    && !(pulse.beat() && socket.send(vec![ServerFrame::Pong { nonce: 0 }.encode()]).await)
                {
                    return End::Lost;
                }
                alarm.as_mut().reset(pulse.due());
                continue;
            }
        };
        pulse.heard();
        let mut next = Some(incoming);
        for _ in 0..BURST {
            let Some(incoming) = next.take().or_else(|| socket.next_now()) else {
                break;
            };
            if let Incoming::Message(bytes) = &incoming {
                traffic.received.inc_by(bytes.len() as u64);
            }
            match handle(link, &mut assembler, incoming).await {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(ended) => return End::Refused(ended),
            }
        }
    }
}

async fn handle(
    link: &Link,
    assembler: &mut Assembler,
    incoming: Incoming,
) -> Result<Option<End>, Ended> {
    match incoming {
        Incoming::Message(bytes) => {
            link.rates.heard(bytes.len())?;
            let Some(frame) = assemble(assembler, bytes)? else {
                return Ok(None);
            };
            if matches!(frame, ClientFrame::Presence { .. }) {
                link.rates.moved()?;
            }
            let received = link.room.receive(link.author, link.number, frame).await?;
            Ok((received == Received::Left).then_some(End::Left))
        }
        // Each is answered, and a message to the session it is not.
        Incoming::Alive(bytes) => link.rates.heard(bytes).map(|()| None),
        Incoming::Closed => Ok(Some(End::Lost)),
        Incoming::Unreadable => Err(unreadable()),
        Incoming::Unexpected(_) => Err(unexpected()),
    }
}

fn unexpected() -> Ended {
    Ended::new(
        ErrorCode::Protocol,
        "only binary messages are understood here",
    )
}
