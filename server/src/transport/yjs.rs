//! `/ws/{doc}`: plain Yjs clients (npm `y-websocket` and its kin) over a WebSocket, in the same rooms as everybody; no acknowledgement exists there.

use std::{net::SocketAddr, pin::pin, sync::Arc};

use axum::{
    Extension,
    extract::{ConnectInfo, Path, Query, State, rejection::QueryRejection, ws::WebSocketUpgrade},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use protocol::{
    frame::{ErrorCode, Token},
    id::DocId,
    session::{Ended, yjs::YjsSession},
    sync,
};
use serde::Deserialize;
use tokio::{
    sync::Notify,
    time::{self, Instant},
};

use super::{
    check_origin, enter, is_behind, pause,
    socket::{Incoming, Socket, bounded},
    unreadable,
};
use crate::{
    access::judge::Denied,
    http::AppState,
    metrics::LinkKind,
    rates::{Guest, LinkRates, too_much},
    rooms::Visit,
};

/// Messages taken from a socket before what they caused is written.
const BURST: usize = 64;

/// The query: the provider has no other way to show a token.
#[derive(Deserialize)]
pub struct Shown {
    token: Option<String>,
}

/// Upgrades the request, if its page may connect and the document has a proper name.
pub async fn upgrade(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(doc): Path<String>,
    shown: Result<Query<Shown>, QueryRejection>,
    Extension(guest): Extension<Guest>,
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
    let shown = shown
        .ok()
        .map(|Query(shown)| shown.token.unwrap_or_default());
    let place = match guest.opens_socket() {
        Ok(place) => place,
        Err(ended) => return too_much(&ended),
    };
    let (tasks, deadlines) = (state.tasks.clone(), state.config.deadlines);
    // A first sync step may carry a week of edits made without a network.
    let max = state.config.max_update.saturating_mul(8) + (64 << 10);
    bounded(upgrade, max).on_upgrade(move |socket| {
        tasks.run(serve(
            state,
            guest,
            doc,
            shown,
            Socket::new(socket, place, deadlines),
        ))
    })
}

async fn serve(
    state: AppState,
    guest: Guest,
    doc: DocId,
    shown: Option<String>,
    mut socket: Socket,
) {
    let _open = state.metrics.link(LinkKind::YjsWebsocket);
    let wake = Arc::new(Notify::new());
    let mut link = match welcome(&state, &guest, &doc, shown, &wake).await {
        Ok(link) => link,
        Err(ended) => return socket.close(&for_provider(ended)).await,
    };
    let end = converse(&state, &mut link, &mut socket, &wake).await;
    // The room first: saying goodbye may take a while.
    drop(link);
    match end {
        End::Lost => socket.finish().await,
        End::Stopping => socket.restart().await,
        End::Refused(ended) => socket.close(&for_provider(ended)).await,
    }
}

/// The npm provider takes the codes 4400 to 4499 for good and never comes again, so that what passes is told as 4503.
/// Source: `defaultShouldReconnect` of y-websocket 3.
fn for_provider(ended: Ended) -> Ended {
    match ended.code {
        ErrorCode::Gone
        | ErrorCode::TooSlow
        | ErrorCode::Superseded
        | ErrorCode::Incomplete
        | ErrorCode::Rate => Ended::new(ErrorCode::Unavailable, ended.message),
        _ => ended,
    }
}

/// Lets the connection in, if its token allows that.
async fn welcome(
    state: &AppState,
    guest: &Guest,
    doc: &DocId,
    shown: Option<String>,
    wake: &Arc<Notify>,
) -> Result<Link, Ended> {
    let rates = guest.opens_link()?;
    guest.opens_session()?;
    let token = shown.and_then(|shown| Token::new(shown).ok());
    let token = token.ok_or_else(|| Denied::BadToken.ended())?;
    let admission = state.access.admit(doc, &token).await?;
    let room = enter(state, guest, doc).await?;
    let session = room.open_yjs(&admission, Arc::clone(wake));
    Ok(Link {
        room,
        rates,
        session,
    })
}

/// A connection in its room. Dropping it tells the room that it is gone.
struct Link {
    room: Visit,
    rates: LinkRates,
    session: YjsSession,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.room.unlink_yjs(self.session.author());
    }
}

enum End {
    Lost,
    Stopping,
    Refused(Ended),
}

async fn converse(state: &AppState, link: &mut Link, socket: &mut Socket, wake: &Notify) -> End {
    let Link {
        room,
        rates,
        session,
    } = link;
    let mut stopped = pin!(state.tasks.stopping().wait());
    let deadlines = state.config.deadlines;
    let (mut told, mut renew) = (0, false);
    let mut heard = Instant::now();
    let mut renewal = pin!(time::sleep(deadlines.renewal));
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
        let behind = is_behind(state);
        if behind {
            // Nobody listens now, so nobody can say that the client is silent.
            heard = Instant::now();
        }
        let incoming = tokio::select! {
            biased;
            () = &mut stopped => return End::Stopping,
            incoming = socket.next(), if !behind => incoming,
            () = wake.notified() => continue,
            () = pause(), if behind => continue,
            () = &mut renewal => {
                if heard.elapsed() >= deadlines.silence || !socket.ping().await {
                    return End::Lost;
                }
                renewal.as_mut().reset(Instant::now() + deadlines.renewal);
                renew = true;
                continue;
            }
        };
        heard = Instant::now();
        let mut next = Some(incoming);
        for _ in 0..BURST {
            match next.take().or_else(|| socket.next_now()) {
                Some(Incoming::Message(message)) => {
                    let received = match count(rates, &message) {
                        Ok(()) => room.receive_yjs(session, &message).await,
                        Err(ended) => Err(ended),
                    };
                    if let Err(ended) = received {
                        return End::Refused(ended);
                    }
                }
                // The provider sends text only when something between it and us did.
                Some(Incoming::Alive(bytes) | Incoming::Unexpected(bytes)) => {
                    if let Err(ended) = rates.heard(bytes) {
                        return End::Refused(ended);
                    }
                }
                Some(Incoming::Unreadable) => return End::Refused(unreadable()),
                Some(Incoming::Closed) => return End::Lost,
                None => break,
            }
        }
    }
}

/// Counts a message; what is none is the session's to refuse.
fn count(rates: &LinkRates, message: &[u8]) -> Result<(), Ended> {
    rates.heard(message.len())?;
    match sync::Message::decode(message) {
        Ok(sync::Message::Awareness(_) | sync::Message::QueryAwareness) => rates.moved(),
        _ => Ok(()),
    }
}
