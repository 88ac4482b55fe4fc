//! The operator's key: a file that verifies another system's tokens by one algorithm, which follows from what is in it.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::PathBuf,
};

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_STANDARD_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::{KeyError, algorithm};

/// The shortest shared secret, in bytes: as long as the hash that it keys (RFC 7518, 3.2).
pub(super) const MIN_SECRET: usize = 32;

/// Where the operator's key is, and what the tokens that it verifies have to say besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorFile {
    /// The file of the key.
    pub path: PathBuf,
    /// What `iss` has to be; without it nobody looks at that.
    pub issuer: Option<String>,
    /// What `aud` has to be, or to have among others; without it nobody looks at that.
    pub audience: Option<String>,
}

impl From<PathBuf> for OperatorFile {
    /// A key whose tokens have to say nothing besides.
    fn from(path: PathBuf) -> Self {
        Self {
            path,
            issuer: None,
            audience: None,
        }
    }
}

/// The operator's key.
pub struct OperatorKey {
    pub(super) key: DecodingKey,
    pub(super) algorithm: Algorithm,
    issuer: Option<String>,
    audience: Option<String>,
}

/// From whom and for whom a token is, as far as it says.
#[derive(Deserialize)]
pub(super) struct Address {
    #[serde(default)]
    iss: Value,
    #[serde(default)]
    aud: Value,
}

impl OperatorKey {
    /// Reads the operator's key: a PEM public key verifies EdDSA and nothing else, a secret HS256 and nothing else. So nobody
    /// can use the public key, which is no secret, as one. A secret may be read by its owner only, and one of root's by its group.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be read or holds no such key.
    pub fn open(file: &OperatorFile) -> Result<Self, KeyError> {
        let path = || file.path.clone();
        let (owner, mode, bytes) = read(file).map_err(|source| KeyError::OperatorFile {
            path: path(),
            source,
        })?;
        let key = Self::new(&bytes).map_err(|reason| KeyError::Operator {
            path: path(),
            reason,
        })?;
        if key.algorithm == Algorithm::HS256 && is_open(owner, mode) {
            return Err(KeyError::OpenSecret { path: path(), mode });
        }
        Ok(key.addressed(file.issuer.clone(), file.audience.clone()))
    }

    /// The same key for tokens that have to name this issuer, and this audience.
    #[must_use]
    pub fn addressed(self, issuer: Option<String>, audience: Option<String>) -> Self {
        Self {
            issuer,
            audience,
            ..self
        }
    }

    /// Whether its tokens have to say from whom or for whom they are.
    pub(super) fn asks_for_address(&self) -> bool {
        self.issuer.is_some() || self.audience.is_some()
    }

    /// Whether a token that says this is from whom and for whom it has to be.
    pub(super) fn takes(&self, address: &Address) -> bool {
        let is = |said: &Value, wanted: &str| said.as_str() == Some(wanted);
        let issued = |wanted: &String| is(&address.iss, wanted);
        // One audience, or several (RFC 7519, 4.1.3).
        let meant = |wanted: &String| match &address.aud {
            Value::Array(several) => {
                several.iter().all(Value::is_string) && several.iter().any(|one| is(one, wanted))
            }
            one => is(one, wanted),
        };
        self.issuer.as_ref().is_none_or(issued) && self.audience.as_ref().is_none_or(meant)
    }

    /// As [`OperatorKey::open`], from the file's bytes.
    ///
    /// # Errors
    /// Says why they are no key.
    pub fn new(bytes: &[u8]) -> Result<Self, &'static str> {
        algorithm::install();
        if is_pem(bytes) {
            let public = ed25519_of_pem(bytes.trim_ascii())
                .ok_or("it is PEM, but no public key of Ed25519")?;
            return Ok(Self {
                key: DecodingKey::from_ed_der(&public),
                algorithm: Algorithm::EdDSA,
                issuer: None,
                audience: None,
            });
        }
        // As a secret it would be one that everybody knows.
        if let Some(form) = key_in_another_form(bytes) {
            return Err(form);
        }
        Ok(Self {
            key: DecodingKey::from_secret(secret(bytes)?),
            algorithm: Algorithm::HS256,
            issuer: None,
            audience: None,
        })
    }
}

fn read(file: &OperatorFile) -> io::Result<(u32, u32, Vec<u8>)> {
    let mut file = File::open(&file.path)?;
    let found = file.metadata()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok((found.uid(), found.mode() & 0o777, bytes))
}

/// Whether others than those whom it is for may read a secret, or write it. Its group may read one of root's: so Kubernetes hands a
/// secret to a user who is not root, and PostgreSQL takes its keys.
fn is_open(owner: u32, mode: u32) -> bool {
    let allowed = if owner == 0 { 0o040 } else { 0 };
    mode & 0o077 & !allowed != 0
}

/// A text's last line ends and that is no part of the secret; in other bytes everything is.
fn secret(bytes: &[u8]) -> Result<&[u8], &'static str> {
    let (secret, said) = match std::str::from_utf8(bytes) {
        Ok(text) => {
            let line = text.strip_suffix('\n');
            let line = line.map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
            (line.as_bytes(), text.trim().len())
        }
        Err(_) => (bytes, bytes.len()),
    };
    if said < MIN_SECRET {
        return Err("the secret is too short");
    }
    Ok(secret)
}

/// Also in the UTF-16 that some shells write.
fn is_pem(bytes: &[u8]) -> bool {
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    text.windows(5).any(|five| five == b"-----")
}

fn key_in_another_form(bytes: &[u8]) -> Option<&'static str> {
    if is_der(bytes) {
        return Some("it is a key in DER and has to be PEM");
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if is_json(text.as_bytes()) || text.contains("\"kty\"") {
        return Some("it is JSON, as a JWK is, and has to be PEM");
    }
    if text.contains(" AAAA") || text.contains("BEGIN SSH2") {
        return Some("it is a key of SSH and has to be PEM");
    }
    let packed: String = text.split_ascii_whitespace().collect();
    let packed = packed.trim_end_matches('=');
    let standard = packed.replace('-', "+").replace('_', "/");
    let is_key = |bytes: Vec<u8>| {
        is_der(&bytes) || is_pem(&bytes) || is_json(&bytes) || bytes.starts_with(SSH_ED25519)
    };
    let in_base64 = BASE64_STANDARD_NO_PAD.decode(standard).is_ok_and(is_key);
    let in_hex = packed.to_ascii_lowercase().starts_with(ED25519_SPKI_HEX);
    (in_base64 || in_hex).then_some("it is a key without the lines of PEM around it")
}

/// A SEQUENCE as long as the whole, but for the end of a line, that begins with another one or with a number.
fn is_der(bytes: &[u8]) -> bool {
    let (len, body) = match bytes {
        [0x30, 0x81, len, body @ ..] => (usize::from(*len), body),
        [0x30, 0x82, high, low, body @ ..] => {
            (usize::from(u16::from_be_bytes([*high, *low])), body)
        }
        [0x30, len @ ..=0x7f, body @ ..] => (usize::from(*len), body),
        _ => return false,
    };
    (len..=len + 2).contains(&body.len()) && matches!(body.first(), Some(0x30 | 0x02))
}

fn is_json(bytes: &[u8]) -> bool {
    let value = serde_json::from_slice::<Value>(bytes);
    value.is_ok_and(|value| value.is_object() || value.is_array())
}

/// The SubjectPublicKeyInfo of an Ed25519 key is always these bytes and the key (RFC 8410).
pub(super) const ED25519_SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const ED25519_SPKI_HEX: &str = "302a300506032b6570";
/// How the second column of an Ed25519 key of SSH begins.
const SSH_ED25519: &[u8] = b"\0\0\0\x0bssh-ed25519";

fn ed25519_of_pem(pem: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(pem).ok()?;
    let body = text.strip_prefix("-----BEGIN PUBLIC KEY-----")?;
    let body = body.strip_suffix("-----END PUBLIC KEY-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = BASE64_STANDARD.decode(body).ok()?;
    let key = der.strip_prefix(&ED25519_SPKI)?;
    (key.len() == 32).then(|| key.to_vec())
}

#[cfg(test)]
mod tests;
