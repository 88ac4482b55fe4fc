//! `/rt/1/session`, `/rt/1/send`, `/rt/1/bye`: what a page says in requests; what it is told comes by [`super::poll`] or [`super::event_stream`].
//!
//! The answer to a `send` holds nothing but a refusal: beside a stream or a poll, anything else could overtake what comes
//! there, and a repeated request gets an answer that its page may never see.

use std::{net::SocketAddr, num::NonZeroU64};

use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use http_body_util::LengthLimitError;
use protocol::{
    frame::{
        ClientFrame, ErrorCode, MAX_FRAME, authorization::Authorization, fragment::Assembler,
        packet::unpack,
    },
    session::{Ended, Received},
};
use serde::Deserialize;
use tokio::time::{self, Instant};

use super::{
    MAX_HELLO, admit,
    answer::{PACKET, delivery, packet, refusal},
    assemble, assembler,
    authorization::authorization,
    is_behind, malformed, open, pause, probed, unasked,
};
use crate::{http::AppState, rates::Guest, room};

/// The largest body of messages within a session, in bytes: one message at its largest and as much again.
const MAX_BODY: usize = 2 * MAX_FRAME;
/// What the answer that opens a link holds, in bytes, unless a single frame is larger.
const ANSWER: usize = 16 << 10;

/// The query of a `send`.
#[derive(Deserialize)]
pub struct Asked {
    /// The POST's number on its link, from 1.
    n: NonZeroU64,
}

/// Opens or resumes a session on a link of plain requests. Probes alone are answered, and open nothing.
pub async fn session(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(guest): Extension<Guest>,
    request: Request,
) -> Response {
    let body = match admitted(&state, peer, request) {
        Ok((_, body)) => body,
        Err(response) => return response,
    };
    // What is answered to probes is told also when what follows them is refused.
    let mut answers = Vec::new();
    match greet(&state, &guest, body, &mut answers).await {
        Ok(response) => response,
        Err(ended) => refusal(&answers, &ended),
    }
}

async fn greet(
    state: &AppState,
    guest: &Guest,
    body: Body,
    answers: &mut Vec<Bytes>,
) -> Result<Response, Ended> {
    let messages = messages(state, guest, body, MAX_HELLO).await?;
    let Some(first) = first_frame(messages, answers)? else {
        return Ok(packet(&*answers));
    };
    let resumed = matches!(first, ClientFrame::Resume { .. });
    let link = open(state, guest, first).await?;
    let link = state.http_links.open(link, resumed, assembler(state));
    // From here to the return nothing may wait: a request that is given up there would lose what was taken.
    match link.take_first(ANSWER) {
        Ok(taken) => {
            answers.extend(taken.messages);
            Ok(delivery(link, answers))
        }
        Err(ended) => {
            link.end(false);
            Err(ended)
        }
    }
}

/// The frame that opens the link, which is the last; `None` when only probes came.
fn first_frame(
    messages: Vec<Bytes>,
    answers: &mut Vec<Bytes>,
) -> Result<Option<ClientFrame>, Ended> {
    let out_of_place = || {
        Ended::new(
            ErrorCode::Protocol,
            "a session begins with PROBEs, if any, and one HELLO or RESUME, and nothing after it",
        )
    };
    let mut assembler = Assembler::new(MAX_HELLO);
    let mut first = None;
    for message in messages {
        match assemble(&mut assembler, message)? {
            _ if first.is_some() => return Err(out_of_place()),
            Some(ClientFrame::Probe { nonce, padding }) => {
                answers.push(probed(answers.len(), nonce, padding)?);
            }
            frame => first = frame,
        }
    }
    if first.is_none() && answers.is_empty() {
        return Err(out_of_place());
    }
    Ok(first)
}

/// Takes in messages of a session.
pub async fn send(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    asked: Result<Query<Asked>, QueryRejection>,
    Extension(guest): Extension<Guest>,
    request: Request,
) -> Response {
    let (headers, body) = match admitted(&state, peer, request) {
        Ok(parts) => parts,
        Err(response) => return response,
    };
    let sent = match asked {
        Ok(Query(asked)) => receive(&state, &guest, &asked, &headers, body).await,
        Err(rejection) => Err(unasked(&rejection)),
    };
    match sent {
        Ok(()) => packet([]),
        Err(ended) => refusal(&[], &ended),
    }
}

async fn receive(
    state: &AppState,
    guest: &Guest,
    asked: &Asked,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), Ended> {
    let whose = authorization(headers)?;
    let link = state.http_links.find(state, &whose).await?;
    let messages = messages(state, guest, body, MAX_BODY).await?;
    let n = asked.n.get();
    // A request may be given up while it waits, and what it said is to be taken in whole.
    tokio::spawn(async move { link.receive(n, messages).await })
        .await
        .unwrap_or_else(|_| Err(failed()))
}

/// The last words of a page that goes: edits that are not saved, and a goodbye. They belong to the session's newest link,
/// whatever carries that.
pub async fn bye(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(guest): Extension<Guest>,
    request: Request,
) -> Response {
    let (headers, body) = match admitted(&state, peer, request) {
        Ok(parts) => parts,
        Err(response) => return response,
    };
    match last_words(&state, &guest, &headers, body).await {
        Ok(()) => packet([]),
        Err(ended) => refusal(&[], &ended),
    }
}

async fn last_words(
    state: &AppState,
    guest: &Guest,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), Ended> {
    let Authorization { sid, key, link } = authorization(headers)?;
    let room = state.rooms.find(&sid).await.ok_or_else(room::gone)?;
    let messages = messages(state, guest, body, MAX_BODY).await?;
    let rates = guest.speaks(&sid);
    let mut frames = Vec::new();
    let mut put = |message: &Bytes| {
        rates.heard(message.len())?;
        match ClientFrame::decode(message).map_err(|error| malformed(&error))? {
            frame @ (ClientFrame::Data { .. } | ClientFrame::Bye) => frames.push(frame),
            _ => return Err(no_last_word()),
        }
        Ok(())
    };
    let mut then = messages.iter().try_for_each(&mut put);
    if frames.is_empty() {
        then = then.and(Err(Ended::new(
            ErrorCode::Protocol,
            "last words without a word",
        )));
    }
    // Not given up with the request: the page that sent it is gone.
    let words = tokio::spawn(async move { room.last_words(&sid, &key, link, frames).await });
    if words.await.unwrap_or_else(|_| Err(failed()))? == Received::Left {
        state.http_links.supersede(&sid, link + 1);
        return Ok(());
    }
    then
}

/// What a page is told that asks for more than to be taken in when it is left.
fn no_last_word() -> Ended {
    Ended::new(
        ErrorCode::Protocol,
        "last words are edits and a goodbye, and nothing else",
    )
}

fn failed() -> Ended {
    Ended::new(
        ErrorCode::Unavailable,
        "the server failed to take this in: nothing is lost, it is sent again",
    )
}

/// Lets a POST in: from a page that may connect, of a type that a foreign page's form cannot send.
#[expect(clippy::result_large_err, reason = "made once a refused request")]
fn admitted(
    state: &AppState,
    peer: SocketAddr,
    request: Request,
) -> Result<(HeaderMap, Body), Response> {
    let (head, body) = request.into_parts();
    admit(state, peer, &head.headers)?;
    if head.headers.get(header::CONTENT_TYPE) != Some(&PACKET) {
        let ended = Ended::new(
            ErrorCode::Protocol,
            "a request of a session has the type application/octet-stream",
        );
        let mut response = refusal(&[], &ended);
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(response);
    }
    Ok((head.headers, body))
}

/// The messages of a body, read within a time, and not while the disk is behind.
async fn messages(
    state: &AppState,
    guest: &Guest,
    body: Body,
    max: usize,
) -> Result<Vec<Bytes>, Ended> {
    let _under_way = guest.sends()?;
    let due = Instant::now() + state.config.deadlines.body;
    while is_behind(state) {
        if due <= Instant::now() {
            return Err(Ended::new(
                ErrorCode::Unavailable,
                "the server's disk is behind: nothing is lost, the page tries again",
            ));
        }
        pause().await;
    }
    let read = time::timeout_at(due, to_bytes(body, max)).await;
    let packet = read
        .map_err(|_| Ended::new(ErrorCode::TooSlow, "the request did not come in time"))?
        .map_err(|error| {
            if error.into_inner().is::<LengthLimitError>() {
                let text = format!("a request of a session has at most {max} bytes");
                Ended::new(ErrorCode::TooLarge, text)
            } else {
                Ended::new(ErrorCode::Protocol, "the request was cut off")
            }
        })?;
    unpack(&packet).map_err(|error| malformed(&error))
}
