//! `/api/v1/docs/{doc}/links` and `/closed`: the share links of a document, for who may edit and share it; what links allow is judged elsewhere.
//!
//! Who asks is said in `Authorization`, by a live session (`RT`) or a token (`Bearer`), never by a cookie.

use std::net::SocketAddr;

use axum::{
    Json, Router,
    extract::{ConnectInfo, FromRequestParts, Path, State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, patch, put},
};
use protocol::{
    frame::{Token, authorization::Authorization},
    id::DocId,
};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    Pass, Unavailable,
    claims::Access as Allows,
    judge::{Denied, Grant, Mode},
    links::{Link, MAX_LABEL},
};
use crate::{
    http::AppState,
    rooms::{Visit, now_ms},
};

/// The longest time of a link, in seconds: ten years. More is a mistake in the unit.
const MAX_SECONDS: u64 = 10 * 366 * 24 * 3_600;

/// The routes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/docs/{doc}/links", get(list).post(make))
        .route(
            "/api/v1/docs/{doc}/links/{id}",
            patch(change).delete(revoke),
        )
        .route("/api/v1/docs/{doc}/closed", put(close))
}

mod refusal;

use refusal::{Refusal, nobody, unknown, unread};

/// Somebody who may manage the links of the document that the path names.
struct Manager {
    doc: DocId,
    /// The session that asks, if it is one.
    session: Option<(Visit, u64, Pass)>,
}

impl FromRequestParts<AppState> for Manager {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, state).await;
        let ConnectInfo(peer) = peer.map_err(|_| nobody())?;
        let allowed = state.origins.check(peer.ip(), &parts.headers);
        allowed.map_err(|refusal| Refusal(StatusCode::FORBIDDEN, refusal.to_string()))?;
        let path =
            Path::<std::collections::HashMap<String, String>>::from_request_parts(parts, state)
                .await;
        let doc = path
            .ok()
            .and_then(|Path(names)| DocId::parse(names.get("doc")?).ok())
            .ok_or_else(|| {
                Refusal::new(
                    StatusCode::NOT_FOUND,
                    "no document can have this name. Nothing was changed.",
                )
            })?;
        let (grant, session) = asker(state, &doc, &parts.headers).await?;
        if !grant.manages() {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "your own link does not allow managing links. Nothing was changed. Ask whoever gave it to you.",
            ));
        }
        Ok(Self { doc, session })
    }
}

type Session = (Visit, u64, Pass);

async fn asker(
    state: &AppState,
    doc: &DocId,
    headers: &HeaderMap,
) -> Result<(Grant, Option<Session>), Refusal> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else {
        return Err(nobody());
    };
    let text = value.to_str().map_err(|_| nobody())?;
    if let Some((_, token)) = text
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
    {
        let token = Token::new(token.trim())
            .ok()
            .filter(|token| !token.is_empty());
        let admission = state.access.admit(doc, &token.ok_or_else(nobody)?).await?;
        return Ok((admission.grant, None));
    }
    let asked: Authorization = text.parse().map_err(|_| nobody())?;
    let room = state.rooms.find(&asked.sid).await.ok_or_else(nobody)?;
    let (author, pass) = room.pass_of(&asked.sid, &asked.key).ok_or_else(nobody)?;
    if pass.doc != *doc {
        return Err(nobody());
    }
    // What the session was granted may be older than the last change.
    let judged = state.access.judge_again(vec![pass.clone()]).await;
    let judged = judged.map_err(Unavailable::ended)?.pop();
    let grant = judged.ok_or_else(nobody)?.map_err(Denied::ended)?;
    Ok((grant, Some((room, author, pass))))
}

/// A link as its managers see it; its token is told once, when it is made.
#[derive(Serialize)]
struct Shown {
    id: String,
    access: Allows,
    label: String,
    created_ms: u64,
    expires_ms: Option<u64>,
}

impl From<Link> for Shown {
    fn from(link: Link) -> Self {
        Self {
            id: link.id,
            access: link.access,
            label: link.label,
            created_ms: link.created_ms,
            expires_ms: link.expires_ms,
        }
    }
}

#[derive(Serialize)]
struct List {
    closed: bool,
    can_close: bool,
    links: Vec<Shown>,
}

async fn list(State(state): State<AppState>, manager: Manager) -> Result<Response, Refusal> {
    let Manager { doc, .. } = manager;
    let mode = state.access.mode();
    let (closed, links) = state
        .access
        .off_thread(move |access| {
            let closed = access.links().is_closed(&doc)?;
            Ok::<_, rusqlite::Error>((closed, access.links().live(&doc, now_ms())?))
        })
        .await??;
    Ok(answer(
        StatusCode::OK,
        List {
            closed: closed || mode == Mode::Jwt,
            can_close: mode == Mode::Open,
            links: links.into_iter().map(Shown::from).collect(),
        },
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    access: Allows,
    #[serde(default)]
    label: String,
    #[serde(default)]
    expires_s: Option<u64>,
}

#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    link: Shown,
    token: String,
}

async fn make(
    State(state): State<AppState>,
    manager: Manager,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(wanted) = wanted.map_err(|rejection| unread(&rejection))?;
    let expires_ms = wanted.expires_s.map(from_now).transpose()?;
    let label = wanted.label.trim().to_owned();
    if label.chars().count() > MAX_LABEL || label.chars().any(char::is_control) {
        return Err(Refusal(
            StatusCode::BAD_REQUEST,
            format!(
                "a label has at most {MAX_LABEL} characters, in one line. No link was made. Give a shorter one."
            ),
        ));
    }
    let doc = manager.doc;
    let (link, token) = state
        .access
        .off_thread(move |access| access.issue(&doc, wanted.access, label, expires_ms))
        .await??;
    let link = Shown::from(link);
    Ok(answer(StatusCode::CREATED, Made { link, token }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default)]
    access: Option<Allows>,
    /// `null` takes the end away.
    #[serde(default, deserialize_with = "said")]
    expires_s: Option<Option<u64>>,
}

fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(from).map(Some)
}

async fn change(
    State(state): State<AppState>,
    manager: Manager,
    Path((_, id)): Path<(String, String)>,
    wanted: Result<Json<Change>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(wanted) = wanted.map_err(|rejection| unread(&rejection))?;
    let expires_ms = match wanted.expires_s {
        Some(Some(seconds)) => Some(Some(from_now(seconds)?)),
        Some(None) => Some(None),
        None => None,
    };
    let doc = manager.doc;
    let changed = state
        .access
        .off_thread(move |access| {
            let changed = access
                .links()
                .change(&doc, &id, wanted.access, expires_ms, now_ms())?;
            // Here, since whoever asks may be gone before it is answered.
            if matches!(changed, Some((_, true))) {
                access.moved();
            }
            Ok::<_, rusqlite::Error>(changed)
        })
        .await??;
    let (link, _) = changed.ok_or_else(unknown)?;
    Ok(answer(StatusCode::OK, Shown::from(link)))
}

async fn revoke(
    State(state): State<AppState>,
    manager: Manager,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let doc = manager.doc;
    let revoked = state
        .access
        .off_thread(move |access| {
            let revoked = access.links().revoke(Some(&doc), &id, now_ms())?;
            if revoked {
                access.moved();
            }
            Ok::<_, rusqlite::Error>(revoked)
        })
        .await??;
    if !revoked {
        return Err(unknown());
    }
    Ok((
        StatusCode::NO_CONTENT,
        [(header::CACHE_CONTROL, "no-store")],
    )
        .into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    closed: bool,
}

#[derive(Serialize)]
struct Closed {
    closed: bool,
    /// An edit link for who was in by the name alone.
    token: Option<String>,
}

async fn close(
    State(state): State<AppState>,
    manager: Manager,
    wanted: Result<Json<Closing>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(Closing { closed }) = wanted.map_err(|rejection| unread(&rejection))?;
    if state.access.mode() == Mode::Jwt {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "every document of this server is open only to people with a link or a token (--auth jwt). Nothing was changed.",
        ));
    }
    let Manager { doc, session } = manager;
    let mut token = None;
    if let Some((room, author, pass)) = session.filter(|_| closed) {
        // The answer that told it may have been lost.
        token = room.handed(author);
        // Whoever closes the door from inside is given a key first.
        if token.is_none() && pass.is_name() {
            let of = doc.clone();
            let made = state
                .access
                .off_thread(move |access| access.issue(&of, Allows::Write, String::new(), None));
            let (_, key) = made.await??;
            let shown = Token::new(key.clone()).map_err(|_| Unavailable.ended())?;
            let admission = state.access.admit(&doc, &shown).await?;
            room.hand_over(author, admission, key.clone());
            token = Some(key);
        }
    }
    state
        .access
        .off_thread(move |access| {
            let news = access.links().close(&doc, closed, now_ms())?;
            if news {
                access.moved();
            }
            Ok::<_, rusqlite::Error>(())
        })
        .await??;
    Ok(answer(StatusCode::OK, Closed { closed, token }))
}

fn answer(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn from_now(seconds: u64) -> Result<u64, Refusal> {
    if !(1..=MAX_SECONDS).contains(&seconds) {
        return Err(Refusal(
            StatusCode::BAD_REQUEST,
            format!("expires_s is from 1 to {MAX_SECONDS} seconds. Nothing was changed."),
        ));
    }
    Ok(now_ms() + seconds * 1_000)
}
