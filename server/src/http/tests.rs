//! Tests of the route table and what every answer carries.

use axum::{body::Body, http::Request};
use tower::ServiceExt;

use super::*;

/// The same layers around a handler with a bug: no route of ours has one on purpose.
#[tokio::test]
async fn a_panic_is_answered_with_a_sentence_and_not_with_a_cut() {
    async fn buggy() -> Response {
        panic!("a bug")
    }
    let routes: Router = Router::new()
        .route("/", get(buggy))
        .layer(CatchPanicLayer::custom(|_| after_panic()));
    let response = routes.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = axum::body::to_bytes(response.into_body(), 1_024)
        .await
        .unwrap();
    assert!(body.starts_with(b"the server made a mistake"), "{body:?}");
}
