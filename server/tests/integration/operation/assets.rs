//! Files of the site: forms, caching, and no way out of the folder.

use crate::support::{Running, SCRIPT};

const HASHED: &str = "/pkg/maru.0a1b2c3d.js";

#[tokio::test]
async fn a_file_is_sent_in_the_smallest_form_the_browser_takes() {
    let server = Running::start(|_| {}).await;
    for (accepted, encoding, body) in [
        (
            "accept-encoding: gzip, deflate, br, zstd\r\n",
            "br",
            "brotli form",
        ),
        ("accept-encoding: gzip\r\n", "gzip", "gzip form"),
        ("accept-encoding: identity\r\n", "", SCRIPT),
        ("", "", SCRIPT),
    ] {
        let reply = server.get(HASHED, accepted).await;
        assert_eq!(
            (reply.status, reply.header("content-encoding")),
            (200, encoding),
            "{accepted}"
        );
        assert_eq!(reply.body, body, "{accepted}");
        assert_eq!(
            reply.header("content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(reply.header("vary"), "accept-encoding");
    }
}

#[tokio::test]
async fn a_hashed_file_is_kept_for_ever_and_a_plain_one_is_asked_for_again() {
    let server = Running::start(|_| {}).await;
    assert_eq!(
        server.get(HASHED, "").await.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(
        server.get("/robots.txt", "").await.header("cache-control"),
        "no-cache"
    );
}

#[tokio::test]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let server = Running::start(|_| {}).await;
    let etag = server
        .get("/robots.txt", "")
        .await
        .header("etag")
        .to_owned();
    for tags in [etag.clone(), format!("\"other\", W/{etag}"), "*".to_owned()] {
        let reply = server
            .get("/robots.txt", &format!("if-none-match: {tags}\r\n"))
            .await;
        assert_eq!(
            (reply.status, reply.header("etag"), reply.body.as_str()),
            (304, etag.as_str(), ""),
            "{tags}"
        );
    }
    assert_eq!(
        server
            .get("/robots.txt", "if-none-match: \"other\"\r\n")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn each_form_of_a_file_has_a_tag_of_its_own() {
    let server = Running::start(|_| {}).await;
    let plain = server.get(HASHED, "").await.header("etag").to_owned();
    let reply = server
        .get(
            HASHED,
            &format!("accept-encoding: br\r\nif-none-match: {plain}\r\n"),
        )
        .await;
    assert_eq!(reply.status, 200);
    assert_ne!(reply.header("etag"), plain);
}

#[tokio::test]
async fn head_tells_everything_and_sends_nothing() {
    let server = Running::start(|_| {}).await;
    let mut connection = server.connect().await;
    let reply = connection.request("HEAD", HASHED, "").await;
    assert_eq!(
        (reply.status, reply.header("content-length")),
        (200, SCRIPT.len().to_string().as_str())
    );
    // Were a body sent, the next answer would begin with it.
    assert_eq!(
        connection.request("GET", "/robots.txt", "").await.body,
        "User-agent: *\n"
    );
}

#[tokio::test]
async fn no_path_leads_out_of_the_site() {
    let server = Running::start(|_| {}).await;
    for path in [
        "/../../../../etc/passwd",
        "/pkg/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/pkg/..\\..\\etc\\passwd",
        "//etc/passwd",
        "/manifest.json",
        "/pkg/",
        "/pkg/maru.0a1b2c3d.js.br",
    ] {
        let reply = server.get(path, "").await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.body);
    }
}
