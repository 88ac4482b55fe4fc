//! The page of a document that its name alone does not open: without its text, its state, or a word on whether there is one.

use serde_json::{Value, json};
use server::{access::judge::Mode, config::RenewUrl};

use crate::{person::Person, support::Running};

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
