//! Why a request about links is refused: a status, and a sentence that says what was changed; what is refused is [`super`]'s.

use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::{frame::ErrorCode, session::Ended};

use crate::access::links::LinksError;

/// Why a request is refused, for a person.
pub(super) struct Refusal(pub(super) StatusCode, pub(super) String);

impl Refusal {
    pub(super) fn new(status: StatusCode, why: &str) -> Self {
        Self(status, why.to_owned())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(serde_json::json!({ "error": self.1 }));
        let mut response = (self.0, [(header::CACHE_CONTROL, "no-store")], body).into_response();
        if self.0 == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, 5.into());
        }
        response
    }
}

impl From<Ended> for Refusal {
    fn from(ended: Ended) -> Self {
        let status = match ended.code {
            ErrorCode::NoToken | ErrorCode::Expired | ErrorCode::Gone => StatusCode::UNAUTHORIZED,
            ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::FORBIDDEN,
        };
        Self(status, ended.message)
    }
}

impl From<LinksError> for Refusal {
    fn from(error: LinksError) -> Self {
        match error {
            LinksError::Full => Self(StatusCode::TOO_MANY_REQUESTS, error.to_string()),
            LinksError::Unsigned => Self(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            LinksError::Store(error) => error.into(),
        }
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        tracing::error!(%error, "the store of links failed");
        Self(
            StatusCode::SERVICE_UNAVAILABLE,
            "the server's store of links failed. The document and its links are as they were. Try again.".to_owned(),
        )
    }
}

pub(super) fn nobody() -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "the request does not say who asks (Authorization: RT of a session, or Bearer and a token). Nothing was changed.",
    )
}

pub(super) fn unknown() -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "this document has no such live link. Nothing was changed. Look at the list again.",
    )
}

pub(super) fn unread(rejection: &JsonRejection) -> Refusal {
    Refusal(
        rejection.status(),
        format!(
            "the request could not be read: {}. Nothing was changed.",
            rejection.body_text()
        ),
    )
}
