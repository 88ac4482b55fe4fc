//! Bytes by chance against the server's own readers of what decides who gets in: tokens, and names in addresses. How a door is
//! tried, and for how long, is `protocol/tests/fuzz/run.rs`'s.

use std::net::SocketAddr;

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::Response};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use protocol::id::DocId;
use serde::Deserialize;
use server::{
    Config, Server,
    access::{
        claims::Claims,
        judge::{Denied, Mode, Shown, judge},
        keys::{KeyRing, OperatorKey, Signer, Verified},
        links::Link,
    },
    config::{Site, Store},
    http,
};
use tokio::runtime::Runtime;
use tower::ServiceExt;

#[path = "../../../../protocol/tests/fuzz/run.rs"]
#[allow(dead_code, reason = "the protocol's tests use the rest")]
mod run;

use run::Home;

const HOME: Home = Home {
    regressions: concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/integration/access/regressions"
    ),
    corpus: concat!(env!("CARGO_TARGET_TMPDIR"), "/corpus"),
};

const SECRET: &[u8] = b"a secret of the operator, long enough";
const NOW: u64 = 1_700_000_000_000;

struct Keys {
    own: KeyRing,
    operator: OperatorKey,
    addressed: OperatorKey,
}

thread_local! {
    static KEYS: Keys = Keys {
        own: KeyRing::fresh(),
        operator: OperatorKey::new(SECRET).unwrap(),
        addressed: OperatorKey::new(SECRET)
            .unwrap()
            .addressed(Some("id".to_owned()), Some("maru".to_owned())),
    };
    static SERVER: (Runtime, Router) = serve();
}

#[derive(Deserialize)]
struct Said {
    iss: String,
}

fn part(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn signed(header: &[u8], claims: &[u8], secret: &[u8]) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let signature = ring::hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", part(signature.as_ref()))
}

/// A header, the end of a line, and claims: signed by who may, and by who may not, and as they are.
fn token(input: &[u8]) -> bool {
    let split = input.iter().position(|byte| *byte == b'\n');
    let (header, claims) = input.split_at(split.unwrap_or(input.len()));
    let claims = claims.strip_prefix(b"\n").unwrap_or(claims);
    KEYS.with(|keys| {
        let verify = |token: &str| keys.own.verify(Some(&keys.operator), token);
        let raw = String::from_utf8_lossy(input);
        let forged = signed(header, claims, b"a secret of somebody else, long enough");
        let unsigned = format!("{}.{}.", part(header), part(claims));
        for forged in [&*raw, &forged, &unsigned] {
            assert!(verify(forged).is_err(), "{forged} is nobody's");
        }
        let token = signed(header, claims, SECRET);
        let addressed = keys.own.verify(Some(&keys.addressed), &token);
        let Ok(read) = verify(&token) else {
            assert!(addressed.is_err(), "who asks for more takes no more");
            return false;
        };
        if let Ok(addressed) = addressed {
            assert_eq!(addressed, read);
            // Not as a whole: what nobody looks at need not even be text.
            let said: Said = serde_json::from_slice(claims).unwrap();
            assert_eq!(said.iss, "id");
        }
        assert_eq!(read.signer, Signer::Operator);
        // What was read is written the same, by whoever signs it.
        let again = serde_json::to_vec(&read.claims).unwrap();
        assert_eq!(verify(&signed(header, &again, SECRET)), Ok(read.clone()));
        let own = keys.own.sign(&read.claims).unwrap();
        assert_eq!(verify(&own).map(|own| own.claims), Ok(read.claims.clone()));
        judged(&read);
        true
    })
}

/// A verdict follows from the claims, and nothing overflows on the way.
fn judged(read: &Verified) {
    let Claims {
        doc,
        access,
        jti,
        exp,
        ..
    } = &read.claims;
    for now in [0, NOW, u64::MAX - 100_000] {
        match judge(Mode::Open, false, doc, Shown::Token(read, None), now) {
            Ok(grant) => {
                let ends = grant.expires_at.expect("an operator's token ends");
                assert!(ends > now && ends / 1_000 <= exp.unwrap());
                assert_eq!((grant.role, grant.jti.as_ref()), (access.role(), Some(jti)));
            }
            Err(denied) => assert!(matches!(denied, Denied::BadToken | Denied::Expired)),
        }
        let elsewhere = DocId::parse("another").unwrap();
        if elsewhere != *doc {
            let shown = Shown::Token(read, None);
            let refused = judge(Mode::Open, false, &elsewhere, shown, now);
            assert_eq!(refused, Err(Denied::BadToken));
        }
        // The same claims as a link's: its row decides, and without one there is none.
        let link = Verified {
            signer: Signer::Maru("key".to_owned()),
            claims: read.claims.clone(),
        };
        let row = Link {
            id: jti.clone(),
            doc: doc.clone(),
            access: *access,
            label: String::new(),
            created_ms: 0,
            expires_ms: None,
            revoked: true,
        };
        for row in [None, Some(&row)] {
            let judged = judge(Mode::Open, false, doc, Shown::Token(&link, row), now);
            assert!(matches!(judged, Err(Denied::Revoked | Denied::BadToken)));
        }
    }
}

fn tokens() -> Vec<Vec<u8>> {
    [
        r#"{"doc":"plan","access":"write","jti":"one","exp":1800000000}"#,
        r#"{"doc":"plan","access":"read","jti":"2","exp":1800000000,"nbf":1600000000,"name":"아다","share":false}"#,
        r#"{"iss":"id","aud":"maru","doc":"a-b_c.d~e","access":"read","jti":"3","exp":18446744073709551615}"#,
        r#"{"iss":"id","aud":["wiki","maru"],"sub":"ada","doc":"plan","access":"write","jti":"4","iat":1.5,"exp":0}"#,
        r#"{"doc":"plan","access":"write","jti":"\u0041","name":"\ud83d\ude00"}"#,
    ]
    .iter()
    .flat_map(|claims| {
        [r#"{"alg":"HS256"}"#, r#"{"alg":"HS256","typ":"JWT","kid":"theirs"}"#]
            .map(|header| format!("{header}\n{claims}").into_bytes())
    })
    .collect()
}

/// The file of an operator's key.
fn key(input: &[u8]) -> bool {
    let Ok(key) = OperatorKey::new(input) else {
        return false;
    };
    // What looks like a key that everybody may know is no secret: nothing that is signed with the file's bytes counts.
    if input.windows(5).any(|five| five == b"-----") {
        let claims = &tokens()[0];
        let claims = &claims[claims.iter().position(|byte| *byte == b'\n').unwrap() + 1..];
        for secret in [input, input.trim_ascii(), input.trim_ascii_end()] {
            let forged = signed(br#"{"alg":"HS256"}"#, claims, secret);
            KEYS.with(|keys| assert!(keys.own.verify(Some(&key), &forged).is_err()));
        }
    }
    true
}

fn key_files() -> Vec<Vec<u8>> {
    let der = [
        &[
            0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
        ][..],
        &[7; 32],
    ]
    .concat();
    let body = base64::prelude::BASE64_STANDARD.encode(der);
    [
        SECRET.to_vec(),
        [SECRET, b"\r\n"].concat(),
        vec![0xff; 32],
        b"{braces are no JSON, and this is long enough".to_vec(),
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n").into_bytes(),
    ]
    .into()
}

fn serve() -> (Runtime, Router) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let site = tempfile::tempdir().unwrap();
    std::fs::write(site.path().join("manifest.json"), "{}").unwrap();
    let config = Config {
        store: Store::Memory,
        site: Site::Folder(site.path().to_path_buf()),
        ..Config::default()
    };
    let router =
        runtime.block_on(async { http::routes(Server::new(config).unwrap().state().clone()) });
    (runtime, router)
}

fn get(path: &str) -> Option<Response> {
    let mut request = Request::get(path).body(Body::empty()).ok()?;
    let here = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9)));
    request.extensions_mut().insert(here);
    let answer = SERVER.with(|(runtime, router)| runtime.block_on(router.clone().oneshot(request)));
    Some(answer.unwrap())
}

fn location(answer: &Response) -> &str {
    let to = answer.headers().get("location");
    to.map_or("", |to| to.to_str().unwrap())
}

/// What a person typed or pasted to open a document, and the same bytes as an address has them.
fn address(input: &[u8]) -> bool {
    let in_path = std::str::from_utf8(input).is_ok_and(is_no_document);
    if in_path && let Some(answer) = get(&format!("/d/{}", String::from_utf8_lossy(input))) {
        let status = answer.status().as_u16();
        assert!(
            (status == 303 && location(&answer) == "/?refused") || (400..500).contains(&status),
            "{status} {:?}",
            answer.headers()
        );
    }
    let escaped: String = input.iter().map(|byte| format!("%{byte:02X}")).collect();
    let answer = get(&format!("/open?doc={escaped}")).unwrap();
    let Ok(typed) = std::str::from_utf8(input) else {
        // Bytes that are no text become signs for that, or are refused.
        assert!(answer.status().as_u16() < 500);
        return false;
    };
    assert_eq!(answer.status().as_u16(), 303, "{typed:?}");
    let Some(name) = location(&answer).strip_prefix("/d/") else {
        assert_eq!(location(&answer), "/?refused", "{typed:?}");
        assert!(DocId::parse(typed).is_err(), "{typed:?} is a name");
        return false;
    };
    // Nowhere but to a document, and to one whose name was typed.
    assert_eq!(DocId::parse(name).unwrap().as_str(), name);
    assert!(typed.contains(name), "{typed:?} has no {name}");
    let whole = get(&format!("/open?doc=https://maru.example/d/{name}")).unwrap();
    assert_eq!(location(&whole), format!("/d/{name}"));
    true
}

/// Whether a path is no document's. A document's page would be rendered, which is not what is tried here.
fn is_no_document(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let escaped = digits
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    std::str::from_utf8(&bytes).is_ok_and(|name| DocId::parse(name).is_err())
}

fn addresses() -> Vec<Vec<u8>> {
    [
        "notes",
        " a-b_c.d~e\n",
        "https://maru.example/d/notes?x=1#t=a.b.c",
        "http://[::1]:3000/d/plan/",
        "/d/d/d/x",
        "a%2Fb/d/%6eotes/d/z",
    ]
    .map(|typed| typed.as_bytes().to_vec())
    .to_vec()
}

#[test]
fn no_token_counts_but_a_signed_one_and_it_says_what_is_judged() {
    run::run(&HOME, "token", tokens(), token);
}

#[test]
fn no_file_makes_a_secret_of_what_looks_like_a_public_key() {
    run::run(&HOME, "key", key_files(), key);
}

#[test]
fn an_address_leads_to_the_document_that_it_names_or_nowhere() {
    run::run(&HOME, "address", addresses(), address);
}
