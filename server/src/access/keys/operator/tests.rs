//! Tests of the operator's key: in which forms it is taken, and that no form of a public key becomes a secret.

use std::{fs, os::unix::fs::PermissionsExt};

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::KeyPair;
use serde_json::{Value, json};

use super::*;
use crate::access::keys::{
    KeyRing,
    tests::{SECRET, hs256, mac, pair, pem, token, whole},
};

#[test]
fn what_is_no_key_of_an_operator_is_refused_at_the_start() {
    for wrong in [
        &b""[..],
        b"too short",
        b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIE\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n, and more to be long enough",
    ] {
        assert!(OperatorKey::new(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
    }
}

#[test]
fn a_public_key_that_is_not_pem_is_no_secret() {
    let pair = pair(&KeyRing::fresh());
    let public = pair.public_key().as_ref();
    let der = [&ED25519_SPKI[..], public].concat();
    let rsa = [&[0x30, 0x82, 1, 0x22, 0x30][..], &[7; 0x121]].concat();
    let base64 = BASE64_STANDARD.encode(&der);
    let x = BASE64_URL_SAFE_NO_PAD.encode(public);
    let ssh = [b"\0\0\0\x0bssh-ed25519\0\0\0 ", public].concat();
    let ssh = BASE64_STANDARD.encode(ssh);
    let hex: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
    let utf_16: Vec<u8> = pem(public).iter().flat_map(|byte| [*byte, 0]).collect();
    for (form, word) in [
        (der.clone(), "DER"),
        ([&der[..], b"\n"].concat(), "DER"),
        (rsa, "DER"),
        (base64.clone().into_bytes(), "PEM"),
        (format!("  {base64}\r\n").into_bytes(), "PEM"),
        (
            format!("{}\n{}\n", &base64[..32], &base64[32..]).into_bytes(),
            "PEM",
        ),
        (BASE64_URL_SAFE_NO_PAD.encode(&der).into_bytes(), "PEM"),
        (BASE64_STANDARD.encode(pem(public)).into_bytes(), "PEM"),
        (hex.into_bytes(), "PEM"),
        (utf_16, "PEM"),
        (
            json!({"kty": "OKP", "crv": "Ed25519", "x": x})
                .to_string()
                .into_bytes(),
            "JWK",
        ),
        (
            format!("\u{feff}\n {{ \"keys\": [{{\"x\": \"{x}\"}}] }}\n").into_bytes(),
            "JWK",
        ),
        (
            format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{x}\"").into_bytes(),
            "JWK",
        ),
        (format!("ssh-ed25519 {ssh} ada@desk\n").into_bytes(), "SSH"),
        (
            format!("---- BEGIN SSH2 PUBLIC KEY ----\n{ssh}\n").into_bytes(),
            "SSH",
        ),
        (ssh.into_bytes(), "PEM"),
    ] {
        let refused = OperatorKey::new(&form).err();
        let refused = refused.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&form)));
        assert!(refused.contains(word), "{refused}");
    }
}

#[test]
fn a_secret_is_all_that_is_in_its_file_but_for_the_end_of_its_line() {
    let keys = KeyRing::fresh();
    let reads = |file: &[u8], secret: &[u8]| {
        let operator = OperatorKey::new(file).unwrap();
        let signed = token(&hs256(), &whole(), mac(secret));
        keys.verify(Some(&operator), &signed).is_ok()
    };
    let text = |tail: &str| [SECRET, tail.as_bytes()].concat();
    for end in ["", "\n", "\r\n"] {
        assert!(reads(&text(end), SECRET), "{end:?}");
    }
    assert!(reads(&text("\n\n"), &text("\n")), "one and no more");
    assert!(reads(&text(" \n"), &text(" ")));
    let mut binary = vec![0xff; 30];
    binary.extend(b" \n");
    assert!(reads(&binary, &binary), "bytes have no lines");
    assert!(OperatorKey::new(&[b' '; 64]).is_err(), "that is nothing");
    assert!(reads(
        b"{braces are no JSON, and this is long enough",
        b"{braces are no JSON, and this is long enough"
    ));
}

#[test]
fn the_operators_secret_is_its_owners_alone_and_a_public_key_is_anybodys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let opens = |bytes: &[u8], mode| {
        fs::remove_file(&path).ok();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        OperatorKey::open(&path.clone().into()).map(drop)
    };
    for mode in [0o444, 0o644, 0o604, 0o620] {
        let refused = opens(SECRET, mode);
        assert!(
            matches!(refused, Err(KeyError::OpenSecret { mode: found, .. }) if found == mode),
            "{mode:o}"
        );
    }
    for mode in [0o400, 0o600] {
        assert!(opens(SECRET, mode).is_ok(), "{mode:o}");
    }
    let pair = pair(&KeyRing::fresh());
    assert!(opens(&pem(pair.public_key().as_ref()), 0o444).is_ok());
}

#[test]
fn the_group_may_read_a_secret_of_roots_and_nobody_elses() {
    for (owner, mode, open) in [
        (0, 0o400, false),
        (0, 0o440, false),
        (0, 0o640, false),
        (0, 0o444, true),
        (0, 0o460, true),
        (0, 0o402, true),
        (1_000, 0o400, false),
        (1_000, 0o600, false),
        (1_000, 0o440, true),
        (1_000, 0o640, true),
        (1_000, 0o444, true),
    ] {
        assert_eq!(is_open(owner, mode), open, "{owner} {mode:o}");
    }
}

#[test]
fn a_secret_that_is_refused_or_not_there_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let said = || {
        let refused = OperatorKey::open(&path.clone().into()).err();
        refused.expect("it is refused").to_string()
    };
    let missing = said();
    for word in ["the key of your own", "No such file", "--jwt-secret-file"] {
        assert!(missing.contains(word), "{missing}");
    }
    fs::write(&path, SECRET).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let open = said();
    for word in [
        path.to_str().unwrap(),
        "mode 444",
        "`chmod 400`",
        "`mode: 0400` and `uid`",
        "`defaultMode: 0400` and `fsGroup`",
        "MARU_JWT_SECRET_FILE",
    ] {
        assert!(open.contains(word), "{open}");
    }
    assert!(!open.contains("a secret of the operator, long"), "{open}");
}

#[test]
fn a_token_says_the_issuer_and_the_audience_that_the_operator_set() {
    let keys = KeyRing::fresh();
    let reads = |issuer: Option<&str>, audience: Option<&str>, said: &[(&str, Value)]| {
        let key = OperatorKey::new(SECRET).unwrap();
        let key = key.addressed(issuer.map(str::to_owned), audience.map(str::to_owned));
        let mut claims = whole();
        for (claim, value) in said {
            claims[claim] = value.clone();
        }
        keys.verify(Some(&key), &token(&hs256(), &claims, mac(SECRET)))
            .is_ok()
    };
    let (id, maru) = (Some("https://id.example"), Some("maru"));
    let iss = |value: Value| ("iss", value);
    let aud = |value: Value| ("aud", value);
    let theirs = || iss(json!("https://id.example"));
    assert!(reads(id, None, &[theirs()]));
    assert!(reads(id, maru, &[theirs(), aud(json!("maru"))]));
    assert!(reads(id, maru, &[theirs(), aud(json!(["wiki", "maru"]))]));
    assert!(!reads(id, maru, &[theirs()]), "each that is set");
    assert!(!reads(id, maru, &[aud(json!("maru"))]), "each that is set");
    for odd in [
        json!(null),
        json!(""),
        json!(7),
        json!(true),
        json!("HTTPS://ID.EXAMPLE"),
        json!("https://id.example/"),
        json!("https://id.example.evil.example"),
        json!(["https://id.example"]),
        json!({"https://id.example": true}),
    ] {
        assert!(!reads(id, None, &[iss(odd.clone())]), "iss {odd}");
        assert!(
            reads(None, None, &[iss(odd.clone())]),
            "nobody looks: {odd}"
        );
        assert!(
            reads(None, maru, &[iss(odd.clone()), aud(json!("maru"))]),
            "nor here: {odd}"
        );
    }
    for odd in [
        json!(null),
        json!(""),
        json!(7),
        json!("Maru"),
        json!("maru wiki"),
        json!([]),
        json!(["wiki"]),
        json!(["maru", 7]),
        json!([["maru"]]),
        json!({"maru": "maru"}),
    ] {
        assert!(!reads(None, maru, &[aud(odd.clone())]), "aud {odd}");
        assert!(
            reads(id, None, &[theirs(), aud(odd.clone())]),
            "nobody looks: {odd}"
        );
    }
    assert!(
        !reads(id, None, &[]) && !reads(None, maru, &[]),
        "no claim is no answer"
    );
}

#[test]
fn an_issuer_that_is_said_twice_is_none_and_links_need_none() {
    let keys = KeyRing::fresh();
    let key = OperatorKey::new(SECRET).unwrap();
    let key = key.addressed(Some("id".to_owned()), Some("maru".to_owned()));
    let own = keys
        .sign(&serde_json::from_value(whole()).unwrap())
        .unwrap();
    assert!(
        keys.verify(Some(&key), &own).is_ok(),
        "a link is Maru's own"
    );
    let reads = |address: &str| {
        let claims = whole().to_string();
        let claims = format!("{},{address}}}", claims.strip_suffix('}').unwrap());
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", part(&hs256().to_string()), part(&claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(mac(SECRET)(message.as_bytes()));
        keys.verify(Some(&key), &format!("{message}.{signature}"))
            .is_ok()
    };
    assert!(reads(r#""iss":"id","aud":"maru""#));
    assert!(!reads(r#""iss":"evil","iss":"id","aud":"maru""#));
    assert!(!reads(r#""iss":"id","aud":"maru","aud":"wiki""#));
}
