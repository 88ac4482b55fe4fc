//! `/healthz` and `/readyz`: whether the process lives, and whether it should be sent people; how it fares is in [`crate::metrics`].

use std::sync::OnceLock;

use crate::{config::version, http::AppState, listener::Signal};
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

/// Says why the store acknowledges nothing any more, if so.
pub type StoreFailure = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Whether new people should be sent here.
pub struct Readiness {
    stopping: Signal,
    store: OnceLock<StoreFailure>,
}

impl Readiness {
    /// Ready until `stopping` is given.
    #[must_use]
    pub fn new(stopping: Signal) -> Self {
        Self {
            stopping,
            store: OnceLock::new(),
        }
    }

    /// From now on asks `store` as well. The first call counts: a server has one store.
    pub fn watch_store(&self, store: StoreFailure) {
        drop(self.store.set(store));
    }

    /// Why nobody should be sent here, in words for the operator.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        if self.stopping.is_given() {
            return Some("shutting down".to_owned());
        }
        self.store.get().and_then(|failure| failure())
    }
}

/// The body of both answers.
#[derive(Serialize)]
pub(crate) struct Report {
    status: &'static str,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The process lives: it answers. A failed store does not make it unhealthy, since a restart would lose what is only in memory.
pub(crate) async fn healthz() -> Json<Report> {
    Json(Report {
        status: "ok",
        version: version(),
        reason: None,
    })
}

/// 503 while draining or when the store failed, so that a load balancer sends new people elsewhere.
pub(crate) async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Report>) {
    let reason = state.readiness.refusal();
    let (code, status) = if reason.is_some() {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    } else {
        (StatusCode::OK, "ready")
    };
    (
        code,
        Json(Report {
            status,
            version: version(),
            reason,
        }),
    )
}
