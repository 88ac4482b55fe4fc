//! Tests of keys and signatures: what is signed by somebody else, by another algorithm, or says something else, is unreadable.

use std::os::unix::fs::PermissionsExt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use protocol::id::DocId;
use serde_json::{Value, json};

use super::{operator::ED25519_SPKI, *};
use crate::access::claims::Access;

pub(super) const SECRET: &[u8] = b"a secret of the operator, long enough";

fn claims() -> Claims {
    Claims {
        doc: DocId::parse("plan").unwrap(),
        access: Access::Write,
        jti: "one".to_owned(),
        exp: Some(2_000_000_000),
        nbf: None,
        name: Some("아다".to_owned()),
        share: Some(false),
    }
}

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token of this header and these claims, with a signature by `sign`.
pub(super) fn token(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

pub(super) fn mac(secret: &[u8]) -> impl FnOnce(&[u8]) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    move |message| ring::hmac::sign(&key, message).as_ref().to_vec()
}

pub(super) fn pair(ring: &KeyRing) -> Ed25519KeyPair {
    Ed25519KeyPair::from_pkcs8(&ring.keys.back().unwrap().pkcs8).unwrap()
}

/// The public key as an operator has it in a file.
pub(super) fn pem(public: &[u8]) -> Vec<u8> {
    let der = [&ED25519_SPKI[..], public].concat();
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n").into_bytes()
}

pub(super) fn whole() -> Value {
    serde_json::to_value(claims()).unwrap()
}

pub(super) fn hs256() -> Value {
    json!({"alg": "HS256", "typ": "JWT"})
}

#[test]
fn what_maru_signs_it_reads_and_says_by_which_key() {
    let keys = KeyRing::fresh();
    let token = keys.sign(&claims()).unwrap();
    let read = keys.verify(None, &token).unwrap();
    assert_eq!(read.claims, claims());
    assert_eq!(read.signer, Signer::Maru(keys.keys[0].id.clone()));
    assert_eq!(
        KeyRing::fresh().verify(None, &token),
        Err(Unreadable),
        "another server's"
    );
}

#[test]
fn an_operators_secret_and_public_key_are_each_for_one_algorithm() {
    let keys = KeyRing::fresh();
    let secret = OperatorKey::new(SECRET).unwrap();
    let shared = token(&hs256(), &whole(), mac(SECRET));
    assert_eq!(
        keys.verify(Some(&secret), &shared).unwrap().signer,
        Signer::Operator
    );
    assert_eq!(
        keys.verify(None, &shared),
        Err(Unreadable),
        "no operator's key is set"
    );
    let other = pair(&KeyRing::fresh());
    let public = OperatorKey::new(&pem(other.public_key().as_ref())).unwrap();
    let header = json!({"alg": "EdDSA", "kid": "theirs"});
    let signed = token(&header, &whole(), |message| {
        other.sign(message).as_ref().to_vec()
    });
    assert_eq!(
        keys.verify(Some(&public), &signed).unwrap().claims,
        claims()
    );
    assert_eq!(keys.verify(Some(&secret), &signed), Err(Unreadable));
    assert_eq!(keys.verify(Some(&public), &shared), Err(Unreadable));
}

#[test]
fn a_public_key_is_no_secret_of_hs256() {
    let other = pair(&KeyRing::fresh());
    let file = pem(other.public_key().as_ref());
    let public = OperatorKey::new(&file).unwrap();
    let keys = KeyRing::fresh();
    for secret in [&file[..], file.trim_ascii(), other.public_key().as_ref()] {
        let forged = token(&hs256(), &whole(), mac(secret));
        assert_eq!(keys.verify(Some(&public), &forged), Err(Unreadable));
    }
    // The same with the id and the public half of Maru's own key.
    let own = pair(&keys);
    let header = json!({"alg": "HS256", "kid": keys.keys[0].id});
    let forged = token(&header, &whole(), mac(own.public_key().as_ref()));
    assert_eq!(keys.verify(Some(&public), &forged), Err(Unreadable));
}

#[test]
fn no_algorithm_but_the_signers_own_is_taken() {
    let keys = KeyRing::fresh();
    let secret = OperatorKey::new(SECRET).unwrap();
    for alg in [
        "none", "None", "NONE", "", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "hs256",
    ] {
        let header = json!({"alg": alg});
        let unsigned = token(&header, &whole(), |_| Vec::new());
        assert_eq!(
            keys.verify(Some(&secret), &unsigned),
            Err(Unreadable),
            "{alg}"
        );
        let signed = token(&header, &whole(), mac(SECRET));
        assert_eq!(
            keys.verify(Some(&secret), &signed),
            Err(Unreadable),
            "{alg}"
        );
    }
    let unsigned = token(&hs256(), &whole(), |_| Vec::new());
    assert_eq!(keys.verify(Some(&secret), &unsigned), Err(Unreadable));
}

#[test]
fn the_id_of_a_key_only_chooses_among_ours() {
    let keys = KeyRing::fresh();
    let secret = OperatorKey::new(SECRET).unwrap();
    for kid in [
        json!("../../../dev/null"),
        json!("' OR 1=1 --"),
        json!(""),
        json!("a".repeat(4_000)),
    ] {
        let header = json!({"alg": "HS256", "kid": kid});
        // With an empty key, as a file of nothing would be.
        let forged = token(&header, &whole(), mac(b""));
        assert_eq!(keys.verify(Some(&secret), &forged), Err(Unreadable));
    }
    // A key that a token brings itself is not looked at.
    let own = pair(&KeyRing::fresh());
    let x = BASE64_URL_SAFE_NO_PAD.encode(own.public_key().as_ref());
    for header in [
        json!({"alg": "EdDSA", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": x}}),
        json!({"alg": "EdDSA", "kid": keys.keys[0].id, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": x}}),
        json!({"alg": "EdDSA", "jku": "http://127.0.0.1:9/keys"}),
        json!({"alg": "EdDSA", "x5u": "http://127.0.0.1:9/cert"}),
    ] {
        let forged = token(&header, &whole(), |message| {
            own.sign(message).as_ref().to_vec()
        });
        assert_eq!(
            keys.verify(Some(&secret), &forged),
            Err(Unreadable),
            "{header}"
        );
    }
    let header = json!({"alg": "HS256", "crit": ["b64"], "b64": false});
    assert_eq!(
        keys.verify(Some(&secret), &token(&header, &whole(), mac(SECRET))),
        Err(Unreadable)
    );
}

#[test]
fn claims_are_checked_by_value_and_not_by_presence() {
    let keys = KeyRing::fresh();
    let secret = OperatorKey::new(SECRET).unwrap();
    let changed = |field: &str, value: Value| {
        let mut claims = whole();
        claims[field] = value;
        keys.verify(Some(&secret), &token(&hs256(), &claims, mac(SECRET)))
    };
    assert!(changed("name", json!("Ada")).is_ok());
    for (field, value) in [
        // A wrong `exp` or `nbf` is no missing one (the type confusion of older readers of tokens).
        ("exp", json!("2000000000")),
        ("exp", json!(null)),
        ("exp", json!(-1)),
        ("exp", json!(2_000_000_000.5)),
        ("exp", json!([2_000_000_000])),
        ("nbf", json!("0")),
        ("nbf", json!(null)),
        ("access", json!("admin")),
        ("access", json!("Write")),
        ("access", json!(["write"])),
        ("access", json!(null)),
        ("doc", json!("*")),
        ("doc", json!("")),
        ("doc", json!(["plan"])),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("jti", json!("a".repeat(1_000))),
        ("share", json!("false")),
        ("name", json!("a\nb")),
    ] {
        assert_eq!(
            changed(field, value.clone()),
            Err(Unreadable),
            "{field}: {value}"
        );
    }
    for field in ["doc", "access", "jti"] {
        let mut claims = whole();
        claims.as_object_mut().unwrap().remove(field);
        let without = token(&hs256(), &claims, mac(SECRET));
        assert_eq!(
            keys.verify(Some(&secret), &without),
            Err(Unreadable),
            "{field}"
        );
    }
    // Said twice, a reader may take the one and a checker the other.
    let twice = r#"{"doc":"plan","doc":"notes","access":"write","jti":"one","exp":2000000000}"#;
    let message = format!(
        "{}.{}",
        part(&hs256()),
        BASE64_URL_SAFE_NO_PAD.encode(twice)
    );
    let signature = BASE64_URL_SAFE_NO_PAD.encode(mac(SECRET)(message.as_bytes()));
    assert_eq!(
        keys.verify(Some(&secret), &format!("{message}.{signature}")),
        Err(Unreadable)
    );
}

#[test]
fn a_token_that_was_touched_anywhere_is_unreadable() {
    let keys = KeyRing::fresh();
    let token = keys.sign(&claims()).unwrap();
    for at in 0..token.len() {
        let mut touched = token.clone().into_bytes();
        touched[at] = if touched[at] == b'A' { b'B' } else { b'A' };
        let touched = String::from_utf8(touched).unwrap();
        // The last letter of a signature has bits that stand for nothing: they have to be zero.
        assert!(
            touched == token || keys.verify(None, &touched).is_err(),
            "{at}"
        );
    }
    for end in 0..token.len() {
        assert!(keys.verify(None, &token[..end]).is_err(), "{end}");
    }
    for odd in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        &format!("{token}."),
        &format!("{token}="),
    ] {
        assert!(keys.verify(None, odd).is_err(), "{odd:?}");
    }
}

#[test]
fn the_key_file_is_its_owners_alone_and_is_refused_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyRing::open(folder.path()).unwrap();
    let path = folder.path().join(FILE);
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    let token = keys.sign(&claims()).unwrap();
    assert!(
        KeyRing::open(folder.path())
            .unwrap()
            .verify(None, &token)
            .is_ok(),
        "the same after a restart"
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = KeyRing::open(folder.path())
        .err()
        .expect("others may read it");
    assert!(matches!(refused, KeyError::Open { mode: 0o640, .. }));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "{\"keys\": [\"c2VjcmV0\"]}").unwrap();
    let refused = KeyRing::open(folder.path()).err().expect("no keys");
    assert!(
        !refused.to_string().contains("c2VjcmV0"),
        "a key stands in no error"
    );
    assert!(
        fs::read_to_string(&path).unwrap().contains("c2Vj"),
        "nothing was written over it"
    );
}

#[test]
fn a_new_key_signs_and_the_old_ones_go_on_until_they_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = KeyRing::open(folder.path()).unwrap();
    let before = Stamp::of(folder.path()).unwrap();
    let old = keys.sign(&claims()).unwrap();
    keys.rotate(folder.path(), false).unwrap();
    assert_ne!(
        Stamp::of(folder.path()).unwrap(),
        before,
        "a running server sees it"
    );
    let read = KeyRing::load(folder.path()).unwrap();
    let new = read.sign(&claims()).unwrap();
    assert_ne!(
        read.verify(None, &new).unwrap().signer,
        read.verify(None, &old).unwrap().signer
    );
    keys.rotate(folder.path(), true).unwrap();
    let read = KeyRing::load(folder.path()).unwrap();
    assert!(read.verify(None, &old).is_err() && read.verify(None, &new).is_err());
    let mode = fs::metadata(folder.path().join(FILE))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn keys_beyond_the_most_that_are_kept_end_and_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = KeyRing::open(folder.path()).unwrap();
    let old = keys.sign(&claims()).unwrap();
    for _ in 1..MAX_KEYS {
        assert_eq!(keys.rotate(folder.path(), false).unwrap(), 0);
    }
    assert!(keys.verify(None, &old).is_ok());
    assert_eq!(keys.rotate(folder.path(), false).unwrap(), 1);
    assert!(keys.verify(None, &old).is_err());
    assert_eq!(keys.rotate(folder.path(), true).unwrap(), MAX_KEYS);
}

#[test]
fn keys_that_could_not_be_replaced_are_what_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = KeyRing::open(folder.path()).unwrap();
    let token = keys.sign(&claims()).unwrap();
    let gone = folder.path().join("gone");
    assert!(keys.rotate(&gone, false).is_err());
    assert!(keys.verify(None, &token).is_ok() && keys.sign(&claims()).is_ok());
}

#[test]
fn new_keys_belong_to_whom_the_old_ones_did_and_the_first_to_whose_the_folder_is() {
    const SOMEBODY: u32 = 12_345;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let owner = || {
        let found = fs::metadata(&path).unwrap();
        (found.uid(), found.gid(), found.mode() & 0o777)
    };
    if std::os::unix::fs::chown(folder.path(), Some(SOMEBODY), Some(SOMEBODY)).is_err() {
        println!("only root may give files away: nothing to see");
        return;
    }
    let mut keys = KeyRing::open(folder.path()).unwrap();
    assert_eq!(owner(), (SOMEBODY, SOMEBODY, 0o600));
    std::os::unix::fs::chown(&path, Some(SOMEBODY + 1), Some(SOMEBODY + 2)).unwrap();
    keys.rotate(folder.path(), true).unwrap();
    assert_eq!(owner(), (SOMEBODY + 1, SOMEBODY + 2, 0o600));
}
