//! The route table, on one screen, and what every answer carries; what the routes do is their modules' own.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    Config,
    access::{self, Access},
    assets::{self, Assets},
    health::{self, Readiness},
    listener::Tasks,
    metrics::{self, Metrics},
    origin::OriginPolicy,
    page,
    rates::{self, Visitors},
    rooms::Rooms,
    transport::{self, http_link::HttpLinks},
};

mod body;
mod observe;
pub(crate) mod security;

/// The largest body a route takes unless it says otherwise, in bytes. It covers what axum's extractors read; a route that reads
/// the raw stream counts for itself.
const MAX_BODY: usize = 64 << 10;

/// What the routes share; a clone is a handle on the same.
#[derive(Clone)]
pub struct AppState {
    /// Who may open which document.
    pub access: Arc<Access>,
    /// What the operator set.
    pub config: Arc<Config>,
    /// The built site.
    pub assets: Arc<Assets>,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// Who asks for how much.
    pub visitors: Arc<Visitors>,
    /// Who may open a socket or stream, or post.
    pub origins: Arc<OriginPolicy>,
    /// Whether new people should be sent here.
    pub readiness: Arc<Readiness>,
    /// The open documents.
    pub rooms: Arc<Rooms>,
    /// The sessions that are connected over plain requests.
    pub http_links: Arc<HttpLinks>,
    /// What runs, and when it has to end.
    pub tasks: Tasks,
}

/// Everything this server answers.
pub fn routes(state: AppState) -> Router {
    Router::new()
        .route("/", get(page::home))
        .route("/lab", get(page::lab))
        .route("/new", get(page::new))
        .route("/open", opening(&state))
        .route("/d/{doc}", get(page::document))
        .route("/rt/1/ws", any(transport::websocket::upgrade))
        .merge(plain_requests())
        .merge(management(&state))
        .route("/ws/{doc}", any(transport::yjs::upgrade))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics_text))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(|_| after_panic()))
        .layer(middleware::from_fn_with_state(state.clone(), rates::count))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            observe::request,
        ))
        .layer(middleware::from_fn_with_state(
            security::Headers::new(&state.config),
            security::add_headers,
        ))
        .with_state(state)
}

/// The session protocol where WebSocket does not pass.
fn plain_requests() -> Router<AppState> {
    Router::new()
        .route("/rt/1/session", post(transport::post::session))
        .route("/rt/1/send", post(transport::post::send))
        .route("/rt/1/bye", post(transport::post::bye))
        .route("/rt/1/stream", get(transport::event_stream::stream))
        .route("/rt/1/poll", get(transport::poll::poll))
        .route_layer(middleware::from_fn(transport::answer::add_headers))
}

/// The home page's form, whose body axum reads too; and addresses that name a document.
fn opening(state: &AppState) -> MethodRouter<AppState> {
    post(page::open_posted)
        .route_layer(middleware::from_fn_with_state(state.clone(), body::in_time))
        .get(page::open)
}

/// The links of documents. Their bodies are short and read by axum, which waits for them for ever.
fn management(state: &AppState) -> Router<AppState> {
    access::api::routes().route_layer(middleware::from_fn_with_state(state.clone(), body::in_time))
}

async fn metrics_text(State(state): State<AppState>) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, metrics::CONTENT_TYPE),
            (header::CACHE_CONTROL, "no-store"),
        ],
        {
            let backlog = state.rooms.log().backlog();
            state
                .metrics
                .log_backlog_bytes
                .set(i64::try_from(backlog).unwrap_or(i64::MAX));
            state.metrics.encode()
        },
    )
}

/// The answer for a path that is nothing here.
pub(crate) fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        "there is nothing at this address. Documents are at /d/ and their name.\n",
    )
        .into_response()
}

/// The answer for a path that is something, but not for this method. axum adds which methods it is for.
pub(crate) async fn method_not_allowed() -> Response {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        "this address does not take this kind of request. Nothing was changed.\n",
    )
        .into_response()
}

/// The answer when a handler had a bug. The panic itself was reported by the process' panic hook.
fn after_panic() -> Response {
    let text = "the server made a mistake with this request. Edits that were shown as saved are safe. Try again.\n";
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

#[cfg(test)]
mod tests;
