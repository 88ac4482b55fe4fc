//! Tests of the operator's key: in which forms it is taken, and that no form of a public key becomes a secret.

use std::{fs, os::unix::fs::PermissionsExt};

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::KeyPair;
use serde_json::json;

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
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        OperatorKey::open(&path).map(drop)
    };
    for mode in [0o644, 0o640, 0o604, 0o620] {
        let refused = opens(SECRET, mode);
        assert!(
            matches!(refused, Err(KeyError::OpenSecret { mode: found, .. }) if found == mode),
            "{mode:o}"
        );
    }
    assert!(opens(SECRET, 0o600).is_ok());
    let pair = pair(&KeyRing::fresh());
    assert!(opens(&pem(pair.public_key().as_ref()), 0o644).is_ok());
}
