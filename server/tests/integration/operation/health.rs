//! `/healthz`, `/readyz`, `/metrics`, and what every answer carries.

use std::sync::Arc;

use server::log::Log;

use crate::{scripted_log::ScriptedLog, support::Running};

#[tokio::test]
async fn a_living_server_says_so_with_its_version() {
    let server = Running::start(|_| {}).await;
    let reply = server.get("/healthz", "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.body,
        format!(
            r#"{{"status":"ok","version":"{}"}}"#,
            server::config::version()
        )
    );
}

#[tokio::test]
async fn readiness_turns_red_with_the_store_and_health_does_not() {
    let log = Arc::new(ScriptedLog::default());
    let server = Running::with_log(log.clone(), |_| {}).await;
    assert_eq!(server.get("/readyz", "").await.status, 200);
    log.fail("the disk is full");
    while log.failure().is_none() {
        tokio::task::yield_now().await;
    }
    let reply = server.get("/readyz", "").await;
    assert_eq!(reply.status, 503);
    assert!(reply.body.contains("the disk is full"), "{}", reply.body);
    assert_eq!(server.get("/healthz", "").await.status, 200);
}

#[tokio::test]
async fn readiness_turns_red_when_the_server_is_told_to_stop() {
    let server = Running::start(|_| {}).await;
    server.state.tasks.stopping().give();
    assert_eq!(
        server.state.readiness.refusal().as_deref(),
        Some("shutting down")
    );
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_never_by_path() {
    let server = Running::start(|_| {}).await;
    server.get("/healthz", "").await;
    server.get("/d/secret-plan", "").await;
    let reply = server.get("/metrics", "").await;
    assert_eq!(reply.header("content-type"), server::metrics::CONTENT_TYPE);
    for line in [
        r#"maru_http_requests_total{route="/healthz",status="2xx"} 1"#,
        r#"maru_http_requests_total{route="/d/{doc}",status="2xx"} 1"#,
        "maru_connections_open ",
        "maru_sent_bytes_total ",
        "# EOF",
    ] {
        assert!(reply.body.contains(line), "{line} in {}", reply.body);
    }
    assert!(!reply.body.contains("secret-plan"));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Running::start(|_| {}).await;
    for path in ["/healthz", "/robots.txt", "/nothing-here"] {
        let reply = server.get(path, "").await;
        let policy = reply.header("content-security-policy");
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval';"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            reply.header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_allowed_get_a_sentence() {
    let server = Running::start(|_| {}).await;
    let missing = server.get("/nothing-here", "").await;
    assert_eq!((missing.status, missing.body.is_empty()), (404, false));
    for path in ["/healthz", "/robots.txt"] {
        let refused = server
            .connect()
            .await
            .request("POST", path, "content-length: 0\r\n")
            .await;
        assert_eq!(
            (refused.status, refused.body.is_empty()),
            (405, false),
            "{path}"
        );
        assert!(refused.header("allow").contains("GET"), "{path}");
    }
}
