//! Counts and logs every request by its route's pattern: a path names a document, and the name may be what opens it.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;
use tracing::Instrument;

use super::AppState;

/// The route of what no route matched: files of the site, and nothing at all.
const NO_ROUTE: &str = "(file)";

pub(super) async fn request(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let span = tracing::debug_span!("request", method = %request.method(), route);
    let begun = Instant::now();
    async move {
        let response = next.run(request).await;
        let (status, took) = (response.status(), begun.elapsed());
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), ?took, route, "answered");
        } else {
            tracing::debug!(status = status.as_u16(), ?took, "answered");
        }
        state.metrics.answered(route, status.as_u16());
        response
    }
    .instrument(span)
    .await
}
