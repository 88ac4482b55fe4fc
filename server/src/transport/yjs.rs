//! `/ws/{doc}`: plain Yjs clients (npm `y-websocket` and its kin) over a WebSocket, in the same rooms as everybody; no acknowledgement exists there.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, Path, State, ws::WebSocketUpgrade},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use protocol::{
    id::DocId,
    session::{
        Ended,
        yjs::{RENEW_MS, YjsSession},
    },
};
use tokio::{
    sync::Notify,
    time::{self, Instant},
};

use super::{
    check_origin,
    socket::{Incoming, Socket, bounded},
};
use crate::{http::AppState, metrics::LinkKind, rooms::Visit};

/// Messages taken from a socket before what they caused is written.
const BURST: usize = 64;
/// A client that has left three pings unanswered is gone.
const SILENCE: Duration = Duration::from_secs(50);

/// Upgrades the request, if its page may connect and the document has a proper name.
pub async fn upgrade(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(doc): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(refusal) = check_origin(&state, peer, &headers) {
        return refusal;
    }
    let doc = match DocId::parse(&doc) {
        Ok(doc) => doc,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let tasks = state.tasks.clone();
    // A first sync step may carry a week of edits made without a network.
    let max = state.config.max_update.saturating_mul(8) + (64 << 10);
    bounded(upgrade, max)
        .on_upgrade(move |socket| tasks.run(serve(state, doc, Socket::new(socket))))
}

async fn serve(state: AppState, doc: DocId, mut socket: Socket) {
    let _open = state.metrics.link(LinkKind::YjsWebsocket);
    let room = match state.rooms.enter(&doc).await {
        Ok(room) => room,
        Err(ended) => return socket.close(&ended).await,
    };
    let wake = Arc::new(Notify::new());
    let mut session = room.open_yjs(Arc::clone(&wake));
    let end = converse(&state, &room, &mut session, &mut socket, &wake).await;
    room.unlink_yjs(session.author());
    match end {
        End::Lost => {}
        End::Stopping => socket.restart().await,
        End::Refused(ended) => socket.close(&ended).await,
    }
}

enum End {
    Lost,
    Stopping,
    Refused(Ended),
}

async fn converse(
    state: &AppState,
    room: &Visit,
    session: &mut YjsSession,
    socket: &mut Socket,
    wake: &Notify,
) -> End {
    let stopping = state.tasks.stopping();
    let renewal = Duration::from_millis(RENEW_MS);
    let (mut told, mut renew) = (0, false);
    let (mut last_byte, mut renewed) = (Instant::now(), Instant::now());
    loop {
        match room.take_yjs(session, &mut told, std::mem::take(&mut renew)) {
            Ok(taken) if taken.messages.is_empty() => {}
            Ok(taken) => {
                if !socket.send(taken.messages).await {
                    return End::Lost;
                }
            }
            Err(ended) => return End::Refused(ended),
        }
        let incoming = tokio::select! {
            incoming = socket.next() => incoming,
            () = wake.notified() => continue,
            () = time::sleep_until(renewed + renewal) => {
                if last_byte.elapsed() >= SILENCE || !socket.ping().await {
                    return End::Lost;
                }
                (renewed, renew) = (Instant::now(), true);
                continue;
            }
            () = stopping.cancelled() => return End::Stopping,
        };
        last_byte = Instant::now();
        let mut next = Some(incoming);
        for _ in 0..BURST {
            match next.take().or_else(|| socket.next_now()) {
                Some(Incoming::Message(message)) => {
                    if let Err(ended) = room.receive_yjs(session, &message) {
                        return End::Refused(ended);
                    }
                }
                // The provider sends text only when something between it and us did.
                Some(Incoming::Alive | Incoming::Unexpected) => {}
                Some(Incoming::Closed) => return End::Lost,
                None => break,
            }
        }
    }
}
