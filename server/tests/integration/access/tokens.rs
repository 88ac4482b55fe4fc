//! Tokens at the door: what lets in, what does not, and that nothing is opened for who may not come in.

use std::slice::from_ref;

use protocol::{
    frame::{ClientFrame, ErrorCode, Role, ServerFrame, Token},
    session::HEARTBEAT_MS,
};
use server::access::{claims::Access, judge::Mode, keys::OperatorFile};

use super::{WAYS, from_now, link};
use crate::{
    http::client::{PACKET, post, session},
    person::{Person, Way},
    support::Running,
    wire::{Wire, hello, knock, typed},
};

#[tokio::test]
async fn with_auth_jwt_a_document_opens_by_a_token_and_not_by_its_name() {
    let server = Running::start(|config| config.auth = Mode::Jwt).await;
    let unknown = Person::come(server.addr, "d");
    assert_eq!(unknown.refused().await, ErrorCode::NoToken);
    assert!(
        server.state.rooms.directory().is_empty(),
        "nothing was opened"
    );
    for way in WAYS {
        let stranger = Person::come_by(server.addr, "d", way);
        assert_eq!(stranger.refused().await, ErrorCode::NoToken, "{way:?}");
        let (_, token) = link(&server, "d", Access::Write, None);
        stranger.shows(&token);
        stranger.append("in");
        stranger.saved().await;
        stranger.leave();
        let other = Person::with_token(server.addr, "e", way, &token);
        assert_eq!(
            other.refused().await,
            ErrorCode::NoToken,
            "{way:?}: it is for d"
        );
        Person::with_token(server.addr, "d", way, &token)
            .finds("in")
            .await;
    }
}

#[tokio::test]
async fn refusals_of_tokens_have_their_codes_and_statuses() {
    let server = Running::start(|_| {}).await;
    let (id, revoked) = link(&server, "d", Access::Write, None);
    server.state.access.links().revoke(None, &id, 1).unwrap();
    let (_, over) = link(&server, "d", Access::Write, Some(1));
    for (token, code, status) in [
        ("nonsense", ErrorCode::NoToken, 401),
        (&over, ErrorCode::Expired, 401),
        (&revoked, ErrorCode::Revoked, 403),
    ] {
        let mut hello = hello("d");
        hello.token = Token::new(token).unwrap();
        let mut wire = Wire::rt(server.addr).await;
        wire.say(&ClientFrame::Hello(hello.clone())).await;
        assert_eq!(wire.refused().await.0, code);
        let answer = session(server.addr, &[ClientFrame::Hello(hello)]).await;
        assert_eq!(answer.refused(), (status, code));
        assert!(
            !String::from_utf8_lossy(&answer.body).contains(token),
            "{code:?} says the token"
        );
    }
}

#[tokio::test]
async fn welcome_says_the_role_and_when_it_ends() {
    let server = Running::start(|_| {}).await;
    let (_, token) = link(&server, "d", Access::Read, from_now(90_000));
    let mut first = hello("d");
    first.token = Token::new(token).unwrap();
    let mut wire = Wire::rt(server.addr).await;
    wire.say(&ClientFrame::Hello(first)).await;
    let ServerFrame::Welcome(welcome) = wire.hear().await else {
        panic!("no WELCOME")
    };
    assert_eq!(
        (welcome.role, welcome.heartbeat_ms),
        (Role::Read, HEARTBEAT_MS)
    );
    let ends = welcome.expires_in_ms.expect("it ends");
    assert!((60_000..=90_000).contains(&ends), "{ends}");
    // A page that writes all the same is refused, and nothing of it is in the document.
    let edit = protocol::sync::Message::Update(&typed(&["no"])[0]).encode();
    let data = ClientFrame::Data {
        seq: 1,
        message: edit.into(),
    };
    wire.say(&data).await;
    assert_eq!(wire.refused().await.0, ErrorCode::ReadOnly);
    let witness = Person::come(server.addr, "d");
    witness.append("yes");
    witness.saved().await;
    assert_eq!(witness.text(), "yes");
}

#[tokio::test]
async fn an_operators_own_tokens_let_in_beside_links() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let file = tempfile::NamedTempFile::new().unwrap();
    let secret = b"a secret of the operator, long enough";
    std::fs::write(file.path(), secret).unwrap();
    let server = Running::start(|config| {
        config.auth = Mode::Jwt;
        config.jwt_secret_file = Some(Box::new(OperatorFile {
            audience: Some("maru".to_owned()),
            ..file.path().to_owned().into()
        }));
    })
    .await;
    let token = |claims: serde_json::Value| {
        let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        let message = format!(
            "{}.{}",
            part(r#"{"alg":"HS256"}"#.into()),
            part(claims.to_string())
        );
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
        let signature = BASE64_URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes()));
        format!("{message}.{signature}")
    };
    let exp = server::rooms::now_ms() / 1_000 + 600;
    for way in WAYS {
        let mine = token(
            serde_json::json!({"doc": "d", "access": "write", "jti": "a", "exp": exp, "aud": "maru"}),
        );
        let ada = Person::with_token(server.addr, "d", way, &mine);
        ada.append("in ");
        ada.saved().await;
        let endless =
            token(serde_json::json!({"doc": "d", "access": "write", "jti": "b", "aud": "maru"}));
        let bin = Person::with_token(server.addr, "d", way, &endless);
        assert_eq!(
            bin.refused().await,
            ErrorCode::NoToken,
            "{way:?}: it has no end"
        );
        let elsewhere = token(
            serde_json::json!({"doc": "d", "access": "write", "jti": "c", "exp": exp, "aud": "wiki"}),
        );
        let cay = Person::with_token(server.addr, "d", way, &elsewhere);
        assert_eq!(
            cay.refused().await,
            ErrorCode::NoToken,
            "{way:?}: it is for another system"
        );
        let (_, key) = link(&server, "d", Access::Read, None);
        Person::with_token(server.addr, "d", way, &key)
            .finds("in ")
            .await;
    }
}

#[tokio::test]
async fn a_token_in_an_address_opens_no_page_and_counts_for_no_request() {
    let server = Running::start(|config| config.auth = Mode::Jwt).await;
    let (_, token) = link(&server, "d", Access::Write, None);
    let ada = Person::with_token(server.addr, "d", Way::WebSocket, &token);
    ada.append("geheimnis");
    ada.saved().await;
    for name in ["t", "token"] {
        let page = server.get(&format!("/d/d?{name}={token}"), "").await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("geheimnis"), "{name}");
        assert!(!page.body.contains(&token), "{name} is in the page");
        let links = format!("/api/v1/docs/d/links?{name}={token}");
        assert_eq!(server.get(&links, "").await.status, 401, "{name}");
        let greeting = ClientFrame::Hello(hello("d"));
        let path = format!("/rt/1/session?{name}={token}");
        let answer = post(server.addr, &path, PACKET, from_ref(&greeting)).await;
        assert_eq!(answer.refused(), (401, ErrorCode::NoToken), "{name}");
        let path = format!("/rt/1/ws?{name}={token}");
        let mut wire = knock(server.addr, &path, None).await.unwrap();
        wire.say(&greeting).await;
        assert_eq!(wire.refused().await.0, ErrorCode::NoToken, "{name}");
    }
}
