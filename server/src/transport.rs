//! What every transport does before a session: check where the request comes from and who comes, open or resume; the wire is each adapter's own.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::rejection::QueryRejection,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use protocol::{
    frame::{
        ClientFrame, ErrorCode, FrameError, MAX_PADDING, MAX_STATE_VECTOR, ServerFrame, SessionId,
        SessionKey,
        fragment::{Assembler, FragmentError},
    },
    id::DocId,
    session::{Ended, MAX_PROBES},
};
use tokio::{sync::Notify, time};

use crate::{
    http::AppState,
    rates::{Guest, LinkRates},
    room,
    rooms::Visit,
};

pub mod answer;
pub mod authorization;
pub mod deadlines;
pub mod event_stream;
mod gate;
pub mod http_link;
pub mod poll;
pub mod post;
pub mod pulse;
pub mod socket;
pub mod websocket;
pub mod yjs;

/// A session's link: the room it is in, and its number there. Dropping it tells the room that it is gone.
pub struct Link {
    /// The room, kept open by this.
    pub room: Visit,
    /// The session.
    pub author: u64,
    /// The session's name.
    pub sid: SessionId,
    /// The session's secret.
    pub key: SessionKey,
    /// The link among those of the session.
    pub number: u64,
    /// Notified when there is something to take.
    pub wake: Arc<Notify>,
    /// What may still come on it.
    pub rates: LinkRates,
    /// Whether the client left for good, so that nobody waits for it.
    pub left: bool,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.room.unlink(self.author, self.number, self.left);
    }
}

/// The largest HELLO, probes before it included: a state vector and a little more.
const MAX_HELLO: usize = MAX_STATE_VECTOR + MAX_PROBES * 2 * MAX_PADDING + (4 << 10);

/// Clients come back after a restart within this time, spread over it.
const COME_BACK_MS: u64 = 2_000;

/// While this much waits for the disk, in bytes, no more is read from clients.
const BACKLOG: usize = 32 << 20;

/// How often a link whose client waits for the disk looks whether it may read again.
const PAUSE: Duration = Duration::from_millis(50);

/// Whether the disk is so far behind that clients have to wait.
fn is_behind(state: &AppState) -> bool {
    state.rooms.log().backlog() > BACKLOG
}

/// Waits until it is time to look again whether the disk has caught up.
async fn pause() {
    time::sleep(PAUSE).await;
}

/// Refuses requests from pages of other sites.
///
/// # Errors
/// The answer for such a request.
#[expect(clippy::result_large_err, reason = "made once a refused request")]
pub fn check_origin(
    state: &AppState,
    peer: SocketAddr,
    headers: &HeaderMap,
) -> Result<(), Response> {
    state
        .origins
        .check(peer.ip(), headers)
        .map_err(|refusal| (StatusCode::FORBIDDEN, format!("{refusal}\n")).into_response())
}

/// Lets a request of a session in: from a page that may connect, while the server is not about to stop.
///
/// # Errors
/// The answer for another.
#[expect(clippy::result_large_err, reason = "made once a refused request")]
fn admit(state: &AppState, peer: SocketAddr, headers: &HeaderMap) -> Result<(), Response> {
    check_origin(state, peer, headers)?;
    if state.tasks.stopping().is_given() {
        return Err(answer::going_away());
    }
    Ok(())
}

/// Opens or resumes the session that a link's first frame asks for.
///
/// # Errors
/// [`Ended`] with what the client is told; after [`ErrorCode::Gone`] it may try a HELLO on the same link.
pub async fn open(state: &AppState, guest: &Guest, first: ClientFrame) -> Result<Link, Ended> {
    let wake = Arc::new(Notify::new());
    match first {
        ClientFrame::Hello(hello) => {
            let rates = guest.opens_link()?;
            guest.opens_session()?;
            // Before anything is opened for somebody who may not come in.
            let admission = state.access.admit(&hello.doc, &hello.token).await?;
            let room = enter(state, guest, &hello.doc).await?;
            let (sid, key) = (rand::random(), rand::random());
            let author = room.open_session(&hello, sid, key, &admission, Arc::clone(&wake))?;
            rates.remember(&sid);
            Ok(Link {
                room,
                author,
                sid,
                key,
                number: 0,
                wake,
                rates,
                left: false,
            })
        }
        ClientFrame::Resume {
            sid,
            key,
            link,
            epoch,
            after,
        } => {
            let Some(room) = state.rooms.find(&sid).await else {
                guest.opens_session()?;
                return Err(room::gone());
            };
            let judged = room.judge_session(&sid, &key).await;
            let resumed = judged
                .and_then(|()| room.resume(&sid, &key, link, epoch, after, Arc::clone(&wake)));
            if resumed.is_err() {
                guest.opens_session()?;
            }
            let author = resumed?;
            state.http_links.supersede(&sid, link);
            Ok(Link {
                room,
                author,
                sid,
                key,
                number: link,
                wake,
                rates: guest.resumes_link(&sid),
                left: false,
            })
        }
        _ => Err(Ended::new(
            ErrorCode::Protocol,
            "a connection begins with HELLO or RESUME",
        )),
    }
}

/// Enters a document's room. Bringing it into memory counts, joining those who have it there does not.
///
/// # Errors
/// [`Ended`] with what the client is told.
async fn enter(state: &AppState, guest: &Guest, doc: &DocId) -> Result<Visit, Ended> {
    if !state.rooms.is_open(doc) {
        guest.opens_document()?;
    }
    state.rooms.enter(doc).await
}

/// What a client is told about messages that no WebSocket of ours takes: too large, cut off, or no text where it says so.
fn unreadable() -> Ended {
    Ended::new(
        ErrorCode::Protocol,
        "a message was larger than allowed here, or broke the rules of WebSocket",
    )
}

/// A piece of a frame or all of it: the frame, when it is whole.
///
/// # Errors
/// [`Ended`] with what the client is told.
fn assemble(assembler: &mut Assembler, bytes: Bytes) -> Result<Option<ClientFrame>, Ended> {
    let whole = assembler.push(bytes).map_err(|error| {
        let code = match error {
            FragmentError::TooLarge(_) | FragmentError::TooMany(_) => ErrorCode::TooLarge,
            FragmentError::Oversized | FragmentError::Interrupted => ErrorCode::Protocol,
        };
        Ended::new(code, error.to_string())
    })?;
    whole
        .map(|frame| ClientFrame::decode(&frame).map_err(|error| malformed(&error)))
        .transpose()
}

/// What puts the frames of an open session together.
fn assembler(state: &AppState) -> Assembler {
    Assembler::new(state.config.max_update.saturating_mul(8) + (1 << 20))
}

/// The answer to a probe before a session is open, of which a link may bring a few.
///
/// # Errors
/// [`Ended`] with what the client is told about one too many.
fn probed(before: usize, nonce: u64, padding: Bytes) -> Result<Bytes, Ended> {
    if before >= MAX_PROBES {
        return Err(Ended::new(
            ErrorCode::Protocol,
            format!("a connection takes at most {MAX_PROBES} PROBEs before HELLO or RESUME"),
        ));
    }
    Ok(ServerFrame::Probed { nonce, padding }.encode())
}

/// What a client is told when the server stops: when to come back, so that not all come at once.
fn go_away() -> (Bytes, Duration) {
    let retry_after_ms = rand::random::<u64>() % COME_BACK_MS;
    let frame = ServerFrame::GoAway { retry_after_ms }.encode();
    (frame, Duration::from_millis(retry_after_ms))
}

/// What a client is told about a query that says not what it has to.
fn unasked(rejection: &QueryRejection) -> Ended {
    let why = rejection.body_text();
    Ended::new(
        ErrorCode::Protocol,
        format!("the request could not be read: {why}"),
    )
}

/// What a client is told about bytes that are no frame.
#[must_use]
pub fn malformed(error: &FrameError) -> Ended {
    Ended::new(
        ErrorCode::Protocol,
        format!("a frame could not be read: {error}"),
    )
}
