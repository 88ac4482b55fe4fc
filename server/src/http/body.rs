//! Reads a request's short body within a time, for routes whose extractors have none; what is in it is theirs.

use std::error::Error;

use axum::{
    Extension, Json,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use tokio::time;

use super::{AppState, MAX_BODY};
use crate::rates::{Guest, too_much};

const NO_STORE: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// Goes on with the body at hand.
pub(super) async fn in_time(
    State(state): State<AppState>,
    Extension(guest): Extension<Guest>,
    request: Request,
    next: Next,
) -> Response {
    let (head, body) = request.into_parts();
    let under_way = match guest.sends() {
        Ok(place) => place,
        Err(ended) => return too_much(&ended),
    };
    let read = time::timeout(state.config.deadlines.body, to_bytes(body, MAX_BODY)).await;
    drop(under_way);
    let (status, why) = match read {
        Ok(Ok(bytes)) => return next.run(Request::from_parts(head, Body::from(bytes))).await,
        Ok(Err(error)) if is_too_large(&error) => {
            (StatusCode::PAYLOAD_TOO_LARGE, "the request is too large")
        }
        Ok(Err(_)) => (StatusCode::BAD_REQUEST, "the request was cut off"),
        Err(_) => (
            StatusCode::REQUEST_TIMEOUT,
            "the request did not come in time",
        ),
    };
    let why = format!("{why}. Nothing was changed.");
    // A program is told as by the routes themselves, a person in a sentence.
    if head.uri.path().starts_with("/api/") {
        let body = Json(serde_json::json!({ "error": why }));
        (status, [NO_STORE], body).into_response()
    } else {
        (status, [NO_STORE], format!("{why}\n")).into_response()
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    error
        .source()
        .is_some_and(<dyn Error>::is::<LengthLimitError>)
}
