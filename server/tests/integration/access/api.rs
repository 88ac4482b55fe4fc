//! The links of a document over HTTP: who may ask, what is answered, and what is never told.

use protocol::{frame::Role, id::DocId};
use serde_json::{Value, json};
use server::access::{claims::Access, judge::Mode};

use super::{api, link};
use crate::{
    http::client::{answer, ask},
    person::{Person, Way},
    support::Running,
};

#[tokio::test]
async fn links_are_made_listed_changed_and_taken_back() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let who = ada.authorization();
    let none = api(server.addr, "GET d/links", &who, None).await;
    assert_eq!(
        none,
        (
            200,
            json!({"closed": false, "can_close": true, "links": []})
        )
    );
    let wanted = json!({"access": "read", "label": " for the class ", "expires_s": 3600});
    let (status, made) = api(server.addr, "POST d/links", &who, Some(wanted)).await;
    assert_eq!((status, &made["label"]), (201, &json!("for the class")));
    let (id, token) = (
        made["id"].as_str().unwrap(),
        made["token"].as_str().unwrap(),
    );
    let reader = Person::with_token(server.addr, "d", Way::WebSocket, token);
    reader.may(Role::Read).await;
    let (_, list) = api(server.addr, "GET d/links", &who, None).await;
    assert_eq!(list["links"][0]["id"], id);
    assert!(!list.to_string().contains(token), "a token is told once");
    let change = json!({"access": "write", "expires_s": null});
    let (status, changed) = api(
        server.addr,
        &format!("PATCH d/links/{id}"),
        &who,
        Some(change),
    )
    .await;
    assert_eq!(
        (status, &changed["access"], &changed["expires_ms"]),
        (200, &json!("write"), &Value::Null)
    );
    reader.may(Role::Write).await;
    let gone = api(server.addr, &format!("DELETE d/links/{id}"), &who, None).await;
    assert_eq!(gone.0, 204);
    let again = api(server.addr, &format!("DELETE d/links/{id}"), &who, None).await;
    assert!(
        again.0 == 404
            && again.1["error"]
                .as_str()
                .unwrap()
                .contains("Nothing was changed")
    );
    assert_eq!(
        api(server.addr, "GET d/links", &who, None).await.1["links"],
        json!([])
    );
}

#[tokio::test]
async fn only_who_may_write_and_share_that_document_is_answered() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let (_, view) = link(&server, "d", Access::Read, None);
    let (_, other) = link(&server, "e", Access::Write, None);
    let reader = Person::with_token(server.addr, "d", Way::LongPoll, &view);
    reader.may(Role::Read).await;
    let mut wrong_key = ada.authorization();
    wrong_key.replace_range(40..41, if &wrong_key[40..41] == "A" { "B" } else { "A" });
    for (who, status) in [
        (String::new(), 401),
        ("Basic YTpi".to_owned(), 401),
        (wrong_key, 401),
        ("Bearer".to_owned(), 401),
        ("Bearer ".to_owned(), 401),
        ("Bearer nonsense".to_owned(), 401),
        (format!("Bearer {view}"), 403),
        (format!("Bearer {other}"), 401),
        (reader.authorization(), 403),
    ] {
        for (request, body) in [
            ("GET d/links", None),
            ("POST d/links", Some(json!({"access": "write"}))),
            ("PUT d/closed", Some(json!({"closed": true}))),
        ] {
            let (refused, said) = api(server.addr, request, &who, body).await;
            assert_eq!(refused, status, "{request} by {who:?}: {said}");
            assert!(said["error"].is_string());
        }
    }
    // A session of another document is none of this one's.
    let elsewhere = Person::come(server.addr, "e");
    elsewhere.live().await;
    assert_eq!(
        api(server.addr, "GET d/links", &elsewhere.authorization(), None)
            .await
            .0,
        401
    );
    // Cookies are no credential, and a page of another site is refused whatever it has.
    let headers = format!("cookie: authorization={0}\r\n", ada.authorization());
    let cookie = answer(ask(server.addr, "GET /api/v1/docs/d/links", &headers, None).await).await;
    assert_eq!(cookie.status, 401);
    let headers = format!(
        "authorization: {}\r\norigin: https://evil.example\r\n",
        ada.authorization()
    );
    let foreign = answer(ask(server.addr, "GET /api/v1/docs/d/links", &headers, None).await).await;
    assert_eq!(foreign.status, 403);
    assert_eq!(
        api(server.addr, "GET d/links", &ada.authorization(), None)
            .await
            .1["links"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let who = ada.authorization();
    for body in [
        json!({}),
        json!({"access": "admin"}),
        json!({"access": "read", "admin": true}),
        json!({"access": "read", "label": "x".repeat(81)}),
        json!({"access": "read", "label": "a\nb"}),
        json!({"access": "read", "expires_s": 0}),
        json!({"access": "read", "expires_s": -5}),
        json!({"access": "read", "expires_s": u64::MAX}),
        json!({"access": "read", "expires_s": "1"}),
    ] {
        let (status, said) = api(server.addr, "POST d/links", &who, Some(body.clone())).await;
        assert!(
            matches!(status, 400 | 422) && said["error"].is_string(),
            "{body}: {status}"
        );
    }
    let long = json!({"access": "read", "label": "x".repeat(100_000)});
    assert_eq!(
        api(server.addr, "POST d/links", &who, Some(long)).await.0,
        413
    );
    assert_eq!(api(server.addr, "GET .d/links", &who, None).await.0, 404);
    assert_eq!(
        api(server.addr, "GET d/links", &who, None).await.1["links"],
        json!([])
    );
}

#[tokio::test]
async fn a_document_has_at_most_200_live_links() {
    let server = Running::start(|_| {}).await;
    for _ in 0..200 {
        link(&server, "d", Access::Read, None);
    }
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let (status, said) = api(
        server.addr,
        "POST d/links",
        &ada.authorization(),
        Some(json!({"access": "read"})),
    )
    .await;
    assert!(
        status == 429 && said["error"].as_str().unwrap().contains("200"),
        "{said}"
    );
}

#[tokio::test]
async fn with_auth_jwt_every_document_is_closed_and_stays_so() {
    let server = Running::start(|config| config.auth = Mode::Jwt).await;
    let (_, token) = link(&server, "d", Access::Write, None);
    let who = format!("Bearer {token}");
    let (_, list) = api(server.addr, "GET d/links", &who, None).await;
    assert_eq!(
        (&list["closed"], &list["can_close"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        api(
            server.addr,
            "PUT d/closed",
            &who,
            Some(json!({"closed": false}))
        )
        .await
        .0,
        409
    );
}

#[tokio::test]
async fn closing_again_after_a_lost_answer_tells_the_same_key() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let who = ada.authorization();
    let close = |closed: bool| {
        let body = Some(json!({"closed": closed}));
        api(server.addr, "PUT d/closed", &who, body)
    };
    let (status, first) = close(true).await;
    assert!(status == 200 && first["token"].is_string(), "{first}");
    assert_eq!(close(true).await, (200, first.clone()));
    let (_, list) = api(server.addr, "GET d/links", &who, None).await;
    assert_eq!(list["links"].as_array().map(Vec::len), Some(1), "one link");
    let bin = Person::with_token(
        server.addr,
        "d",
        Way::WebSocket,
        first["token"].as_str().unwrap(),
    );
    bin.may(Role::Write).await;
    assert_eq!(
        close(false).await,
        (200, json!({"closed": false, "token": null}))
    );
}

#[tokio::test]
async fn what_changes_nothing_has_nobody_judged() {
    let server = Running::start(|_| {}).await;
    let (id, token) = link(&server, "d", Access::Write, None);
    let who = format!("Bearer {token}");
    let before = server.state.access.version();
    let path = format!("PATCH d/links/{id}");
    for (request, body) in [
        (&path[..], json!({})),
        (&path[..], json!({"access": "write", "expires_s": null})),
        ("PUT d/closed", json!({"closed": false})),
    ] {
        let (status, said) = api(server.addr, request, &who, Some(body)).await;
        assert_eq!(status, 200, "{request}: {said}");
        assert_eq!(server.state.access.version(), before, "{request}");
    }
    let closed = Some(json!({"closed": true}));
    api(server.addr, "PUT d/closed", &who, closed.clone()).await;
    assert_eq!(server.state.access.version(), before + 1);
    api(server.addr, "PUT d/closed", &who, closed).await;
    assert_eq!(server.state.access.version(), before + 1, "it was closed");
}

#[tokio::test]
async fn a_request_of_a_session_is_judged_anew() {
    let server = Running::start(|_| {}).await;
    let (id, token) = link(&server, "d", Access::Write, None);
    let ada = Person::with_token(server.addr, "d", Way::WebSocket, &token);
    ada.may(Role::Write).await;
    let who = ada.authorization();
    let links = server.state.access.links();
    let doc = DocId::parse("d").unwrap();
    // As another process does it, in the moment before this one has looked.
    links
        .change(&doc, &id, Some(Access::Read), None, 1)
        .unwrap()
        .unwrap();
    assert_eq!(api(server.addr, "GET d/links", &who, None).await.0, 403);
    links.revoke(None, &id, 1).unwrap();
    let (status, said) = api(server.addr, "GET d/links", &who, None).await;
    assert_eq!(status, 403);
    assert!(
        said["error"].as_str().unwrap().contains("taken back"),
        "{said}"
    );
}
