//! What every transport does before a session: check where the request comes from, open or resume; the wire is each adapter's own.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use protocol::{
    frame::{ClientFrame, ErrorCode, FrameError},
    session::Ended,
};
use tokio::{sync::Notify, time};

use crate::{http::AppState, rooms::Visit};

pub mod deadlines;
mod gate;
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
    /// The link among those of the session.
    pub number: u64,
    /// Notified when there is something to take.
    pub wake: Arc<Notify>,
    /// Whether the client left for good, so that nobody waits for it.
    pub left: bool,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.room.unlink(self.author, self.number, self.left);
    }
}

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

/// Opens or resumes the session that a link's first frame asks for.
///
/// # Errors
/// [`Ended`] with what the client is told; after [`ErrorCode::Gone`] it may try a HELLO on the same link.
pub async fn open(state: &AppState, first: ClientFrame) -> Result<Link, Ended> {
    let wake = Arc::new(Notify::new());
    match first {
        ClientFrame::Hello(hello) => {
            let room = state.rooms.enter(&hello.doc).await?;
            let (sid, key) = (rand::random(), rand::random());
            let author = room.open_session(&hello, sid, key, Arc::clone(&wake))?;
            Ok(Link {
                room,
                author,
                number: 0,
                wake,
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
            let gone = || {
                Ended::new(
                    ErrorCode::Gone,
                    "this session is over: the page opens a new one",
                )
            };
            let room = state.rooms.find(&sid).await.ok_or_else(gone)?;
            let author = room.resume(&sid, &key, link, epoch, after, Arc::clone(&wake))?;
            Ok(Link {
                room,
                author,
                number: link,
                wake,
                left: false,
            })
        }
        _ => Err(Ended::new(
            ErrorCode::Protocol,
            "a connection begins with HELLO or RESUME",
        )),
    }
}

/// What a client is told about messages that no WebSocket of ours takes: too large, cut off, or no text where it says so.
fn unreadable() -> Ended {
    Ended::new(
        ErrorCode::Protocol,
        "a message was larger than allowed here, or broke the rules of WebSocket",
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
