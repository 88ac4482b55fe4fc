//! The page of a document that its name alone does not open: without its text, its state, or a word on whether there is one.

use protocol::frame::{ClientFrame, Token};
use serde_json::{Value, json};
use server::{
    access::{claims::Access, judge::Mode},
    config::RenewUrl,
};

use super::link;
use crate::{
    http::client::session,
    person::{Person, Way},
    support::{Reply, Running},
    wire::hello,
};

fn embedded(html: &str) -> Value {
    let (_, rest) = html
        .split_once("id=\"maru-document\"")
        .expect("the page carries its document");
    let (json, _) = rest
        .split_once('>')
        .unwrap()
        .1
        .split_once("</script>")
        .unwrap();
    serde_json::from_str(json).unwrap()
}

#[tokio::test]
async fn a_locked_page_holds_no_text_and_no_state_and_opens_nothing() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.append("# geheimnis\n\nund mehr");
    ada.saved().await;
    assert!(server.get("/d/d", "").await.body.contains("geheimnis"));
    let doc = protocol::id::DocId::parse("d").unwrap();
    server.state.access.links().close(&doc, true, 1).unwrap();
    let page = server.get("/d/d", "").await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("geheimnis") && !page.body.contains("und mehr"));
    let told = embedded(&page.body);
    assert_eq!(
        told,
        json!({"doc": "d", "generation": 0, "epoch": 0, "after": 0, "state": null, "title": null, "locked": true, "renew": null})
    );
    // One that has never been says the same, but for its name.
    server
        .state
        .access
        .links()
        .close(&protocol::id::DocId::parse("e").unwrap(), true, 1)
        .unwrap();
    let never = server.get("/d/e", "").await;
    assert_eq!(page.body.len(), never.body.len());
}

#[tokio::test]
async fn the_address_of_renewal_is_told_to_the_page_and_allowed_to_it_alone() {
    let server = Running::start(|config| {
        config.auth = Mode::Jwt;
        config.jwt_renew_url = Some(RenewUrl::parse("https://id.example/maru?doc={doc}").unwrap());
    })
    .await;
    let page = server.get("/d/plan", "").await;
    assert_eq!(
        embedded(&page.body)["renew"],
        "https://id.example/maru?doc=plan"
    );
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("connect-src 'self' https://id.example;"),
        "{policy}"
    );
    let plain = Running::start(|_| {}).await;
    let page = plain.get("/d/plan", "").await;
    assert!(
        page.header("content-security-policy")
            .contains("connect-src 'self';")
    );
}

/// The page without what differs from one answer to the next: the document's name, the room's random number, the policy's nonce.
fn alike(page: &Reply, doc: &str) -> String {
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    let nonce = policy.split_once("'nonce-").unwrap().1;
    let nonce = nonce.split_once('\'').unwrap().0;
    let epoch = embedded(&page.body)["epoch"].to_string();
    page.body
        .replace(nonce, "(nonce)")
        .replace(&format!("\"epoch\":{epoch}"), "(epoch)")
        .replace(doc, "(doc)")
}

#[tokio::test]
async fn a_name_that_nobody_used_looks_like_an_empty_document() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "kept-open");
    ada.live().await;
    let empty = server.get("/d/kept-open", "").await;
    let never = server.get("/d/not-there", "").await;
    assert_eq!(alike(&empty, "kept-open"), alike(&never, "not-there"));
}

#[tokio::test]
async fn where_a_token_is_needed_nothing_tells_whether_a_name_is_used() {
    let server = Running::start(|config| config.auth = Mode::Jwt).await;
    let (_, token) = link(&server, "kept-open", Access::Write, None);
    let ada = Person::with_token(server.addr, "kept-open", Way::WebSocket, &token);
    ada.append("geheimnis");
    ada.saved().await;
    let mut told = Vec::new();
    for doc in ["kept-open", "not-there"] {
        let page = server.get(&format!("/d/{doc}"), "").await;
        let mut answers = vec![alike(&page, doc)];
        let path = format!("/api/v1/docs/{doc}/links");
        for who in ["", "authorization: Bearer nonsense\r\n"] {
            let refused = server.get(&path, who).await;
            answers.push(format!("{} {}", refused.status, refused.body));
        }
        for shown in ["", "nonsense"] {
            let mut hello = hello(doc);
            hello.token = Token::new(shown).unwrap();
            let refused = session(server.addr, &[ClientFrame::Hello(hello)]).await;
            answers.push(format!("{} {:?}", refused.status, refused.body));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn no_request_lists_documents_or_brings_or_fetches_one_as_a_file() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "kept-open");
    ada.append("geheimnis");
    ada.saved().await;
    for (method, path) in [
        ("GET", "/d"),
        ("GET", "/d/"),
        ("GET", "/api"),
        ("GET", "/api/v1/docs"),
        ("GET", "/api/v1/docs/"),
        ("GET", "/api/v1/docs/kept-open"),
        ("GET", "/d/kept-open/export/txt"),
        ("GET", "/d/kept-open/download"),
        ("GET", "/p/kept-open/export/etherpad"),
        ("GET", "/admin"),
        ("GET", "/admin/settings"),
        ("GET", "/data/maru.db"),
        ("PUT", "/d/kept-open"),
        ("POST", "/d/kept-open"),
        ("POST", "/d/kept-open/import"),
        ("POST", "/p/kept-open/import"),
        ("POST", "/api/v1/docs"),
        ("DELETE", "/api/v1/docs/kept-open"),
    ] {
        let mut connection = server.connect().await;
        let empty = "content-length: 0\r\n";
        let refused = connection.request(method, path, empty).await;
        assert!(
            matches!(refused.status, 404 | 405),
            "{method} {path}: {}",
            refused.status
        );
        assert!(
            !refused.body.contains("geheimnis") && !refused.body.contains("kept-open"),
            "{method} {path}: {}",
            refused.body
        );
    }
    for path in ["/", "/lab", "/metrics", "/healthz", "/readyz"] {
        let page = server.get(path, "").await;
        assert!(!page.body.contains("kept-open"), "{path}");
    }
}
