//! The pages as a browser's first request gets them, before any script runs.

use base64::{Engine, engine::general_purpose::STANDARD};
use protocol::{
    client::Embedded,
    id::ClientId,
    replica::{Edit, Replica},
};
use serde_json::Value;

use crate::{
    http::client::{answer, ask},
    person::Person,
    support::Running,
    wire::Wire,
};

/// The data that the page carries for its script.
fn embedded(html: &str) -> Value {
    let (_, rest) = html
        .split_once("id=\"maru-document\"")
        .expect("the page carries its document");
    let (_, rest) = rest.split_once('>').unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

fn state_of(page: &Value) -> Vec<u8> {
    STANDARD.decode(page["state"].as_str().unwrap()).unwrap()
}

fn place_of(page: &Value) -> Embedded {
    Embedded {
        generation: page["generation"].as_u64().unwrap(),
        epoch: page["epoch"].as_u64().unwrap(),
        after: page["after"].as_u64().unwrap(),
    }
}

#[tokio::test]
async fn the_text_is_in_the_page_and_the_state_beside_it_is_the_same_text() {
    let server = Running::start(|_| {}).await;
    let text = "# 제목 & <b>\n\n첫 문단 🙂 with `code`.\n</script><script>alert(1)</script>\n";
    let ada = Person::come(server.addr, "d");
    ada.append(text);
    ada.saved().await;
    let page = server.get("/d/d", "").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("제목 &amp;"),
        "readable without a script"
    );
    let article = page.body.split_once("첫 문단").expect("all of it").1;
    assert!(article.contains("🙂 with <code"), "{article}");
    assert!(!page.body.contains("<script>alert(1)"));
    assert_eq!(page.header("cache-control"), "private, no-cache");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self' 'wasm-unsafe-eval';"),
        "{policy}"
    );
    let nonce = page.body.split_once(" nonce=\"").expect("a nonce").1;
    let nonce = nonce.split('"').next().unwrap();
    assert!(
        policy.contains(&format!("style-src 'self' 'nonce-{nonce}';")),
        "{nonce} is not in {policy}"
    );
    let again = server.get("/d/d", "").await;
    assert!(!again.body.contains(nonce), "each answer has its own");
    let mut replica = Replica::new(ClientId::from_random(9), || 0);
    let state = state_of(&embedded(&page.body));
    assert_eq!(replica.apply([&state[..]]), Ok(true));
    assert_eq!(replica.text(), text);
}

#[tokio::test]
async fn a_page_joins_where_its_state_ends_and_exchanges_no_states() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.append("before ");
    ada.saved().await;
    let page = embedded(&server.get("/d/d", "").await.body);
    ada.append("meanwhile ");
    ada.saved().await;

    let place = place_of(&page);
    let mut wire = Wire::rt(server.addr).await;
    let mut replica = Replica::new(ClientId::from_random(9), || 0);
    replica.apply([&state_of(&page)[..]]).unwrap();
    wire.say(&protocol::frame::ClientFrame::Hello(
        protocol::frame::Hello {
            generation: place.generation,
            epoch: place.epoch,
            after: place.after,
            state_vector: replica.state_vector().into(),
            token: protocol::frame::Token::default(),
            ..crate::wire::hello("d")
        },
    ))
    .await;
    let protocol::frame::ServerFrame::Welcome(welcome) = wire.hear().await else {
        panic!("no WELCOME")
    };
    assert_eq!(welcome.after, Some(place.after));
    let protocol::frame::ServerFrame::Batch { messages, .. } = wire.hear().await else {
        panic!("no BATCH")
    };
    let [message] = &messages[..] else {
        panic!("{messages:?}")
    };
    let Ok(protocol::sync::Message::Update(update)) = protocol::sync::Message::decode(message)
    else {
        panic!("what was written meanwhile, and no state")
    };
    replica.apply([update]).unwrap();
    assert_eq!(replica.text(), "before meanwhile ");

    let bo = Person::with_page(server.addr, "d", place, &state_of(&page));
    bo.sees("before meanwhile ").await;
    bo.append("bo");
    ada.sees("before meanwhile bo").await;
}

#[tokio::test]
async fn a_page_of_an_earlier_incarnation_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        Running::start(|config| {
            config.store = server::config::Store::Sqlite;
            config.data_dir = folder.path().to_path_buf();
        })
        .await
    };
    let server = start().await;
    let ada = Person::come(server.addr, "d");
    ada.append("text ");
    ada.saved().await;
    let page = embedded(&server.get("/d/d", "").await.body);
    ada.append("more");
    ada.saved().await;
    drop(ada);
    server.stop().await;
    let server = start().await;
    let bo = Person::with_page(server.addr, "d", place_of(&page), &state_of(&page));
    bo.sees("text more").await;
}

#[tokio::test]
async fn a_large_state_stays_out_of_the_page_and_comes_with_the_first_sync() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    let mut replica = Replica::new(ClientId::from_random(9), || 0);
    let insert = "word ".repeat(40_000);
    let edit = Edit {
        from: 0,
        delete: 0,
        insert,
    };
    replica.edit(&[edit]).unwrap();
    ada.append(&replica.text());
    ada.saved().await;
    let page = server.get("/d/d", "").await;
    let document = embedded(&page.body);
    assert_eq!((page.status, &document["state"]), (200, &Value::Null));
    assert!(page.body.contains("word word"));
}

#[tokio::test]
async fn a_new_document_has_a_name_that_nobody_can_guess() {
    let server = Running::start(|_| {}).await;
    let mut names = Vec::new();
    for _ in 0..20 {
        let reply = server.get("/new", "").await;
        assert_eq!(
            (reply.status, reply.header("cache-control")),
            (303, "no-store")
        );
        let name = reply.header("location").strip_prefix("/d/").unwrap();
        // 26 letters of 31 are 128 bits and more.
        assert_eq!(name.len(), 26);
        names.push(name.to_owned());
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 20);
}

#[tokio::test]
async fn a_document_is_opened_by_name_or_address_and_anything_else_leads_home() {
    let server = Running::start(|_| {}).await;
    for (typed, leads_to) in [
        ("notes", "/d/notes"),
        ("http%3A%2F%2Fx%2Fd%2Fnotes%3Fa%3D1", "/d/notes"),
        ("%20notes%20", "/d/notes"),
        ("", "/?refused"),
        ("a%2Fb", "/d/a"),
        ("%ED%95%9C", "/?refused"),
        ("..", "/?refused"),
    ] {
        let reply = server.get(&format!("/open?doc={typed}"), "").await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, leads_to),
            "{typed}"
        );
    }
    let reply = server.get("/d/%ED%95%9C", "").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/?refused"));
    assert_eq!(server.get("/?refused", "").await.status, 200);
}

#[tokio::test]
async fn a_link_that_a_form_sends_is_in_no_address_and_its_token_goes_no_further() {
    let server = Running::start(|_| {}).await;
    let form = "application/x-www-form-urlencoded";
    for (kind, body, leads_to) in [
        (form, "doc=notes", "/d/notes"),
        (
            form,
            "doc=http%3A%2F%2Fx%2Fd%2Fnotes%23t%3Da.b.c",
            "/d/notes",
        ),
        (form, "doc=%ED%95%9C", "/?refused"),
        (form, "name=notes", "/?refused"),
        ("text/plain", "doc=notes", "/?refused"),
    ] {
        let headers = format!("content-type: {kind}\r\n");
        let asked = ask(server.addr, "POST /open", &headers, Some(body.as_bytes())).await;
        let reply = answer(asked).await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, leads_to),
            "{body}"
        );
    }
}

#[tokio::test]
async fn pages_speak_the_language_that_was_chosen_or_else_the_browsers() {
    let server = Running::start(|_| {}).await;
    for path in ["/", "/d/d"] {
        for (headers, lang) in [
            ("", "en"),
            ("accept-language: ko-KR,ko;q=0.9,en;q=0.8\r\n", "ko"),
            ("accept-language: fr,en;q=0.5\r\n", "en"),
            ("cookie: maru-lang=ko\r\n", "ko"),
            ("accept-language: ko\r\ncookie: a=b; maru-lang=en\r\n", "en"),
        ] {
            let page = server.get(path, headers).await;
            let tag = format!("lang=\"{lang}\"");
            let html = page.body.split_once('>').unwrap().1;
            assert!(
                html.split_once('>').unwrap().0.contains(&tag),
                "{path} with {headers:?}"
            );
        }
    }
}
