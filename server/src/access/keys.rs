//! Who may sign tokens: Maru's own keys, in a file that only its owner reads, and the operator's; each with one algorithm.

use std::{
    collections::VecDeque,
    fs, io,
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header,
};
use ring::{
    digest,
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{algorithm, claims::Claims};

/// The file of Maru's keys in the data folder.
pub const FILE: &str = "access.key";
/// As many keys are kept at most: a token's key is looked for by its id, not by trying.
const MAX_KEYS: usize = 32;
/// The shortest shared secret, in bytes: as long as the hash that it keys (RFC 7518, 3.2).
const MIN_SECRET: usize = 32;

/// Why keys cannot be used. No message holds a key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error(
        "the keys of share links in {} cannot be used: {source}. No document was touched. Let this user read and write that file.",
        path.display()
    )]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// Somebody else than its owner may read it.
    #[error(
        "{} may be read by others (mode {mode:o}): whoever reads it can make links to every document. No document was touched. \
         If nobody did, run `chmod 600` on it; else remove it, which ends all links.",
        path.display()
    )]
    Open {
        /// Which.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It holds something else.
    #[error(
        "{} holds no keys of share links. No document was touched. Bring back the file from a backup, or remove it, which ends all links.",
        path.display()
    )]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// The operator's key is none.
    #[error(
        "{} holds no key for tokens: {reason}. No document was touched. Give a file with a PEM public key of Ed25519, or with a \
         shared secret of at least {MIN_SECRET} bytes (--jwt-secret-file, MARU_JWT_SECRET_FILE).",
        path.display()
    )]
    Operator {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Who signed a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signer {
    /// Maru itself, by the key of this id.
    Maru(String),
    /// The operator's own system.
    Operator,
}

/// A token whose signature holds and whose claims are what they have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// By whom.
    pub signer: Signer,
    /// What it says.
    pub claims: Claims,
}

/// A token that says nothing: why is nobody's business but a test's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the token cannot be read or verified")]
pub struct Unreadable;

/// Maru's own keys, the newest last.
pub struct KeyRing {
    keys: VecDeque<OwnKey>,
}

struct OwnKey {
    id: String,
    pkcs8: Vec<u8>,
    public: DecodingKey,
}

/// The operator's key.
pub struct OperatorKey {
    key: DecodingKey,
    algorithm: Algorithm,
}

/// How a file looked when it was read, to see that it is another by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    modified: (i64, i64),
    size: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    keys: Vec<String>,
}

impl KeyRing {
    /// One new key, kept nowhere.
    #[must_use]
    pub fn fresh() -> Self {
        algorithm::install();
        Self {
            keys: VecDeque::from([OwnKey::fresh()]),
        }
    }

    /// The keys of a data folder; one is made when there is none.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be used.
    pub fn open(dir: &Path) -> Result<Self, KeyError> {
        let path = dir.join(FILE);
        if !path.exists() {
            let made = Self::fresh().file(dir)?.persist_noclobber(&path);
            match made {
                Ok(_) => {}
                // Another process was faster.
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unusable(&path, error.error)),
            }
        }
        Self::load(dir)
    }

    /// The keys as the file has them now.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be used.
    pub fn load(dir: &Path) -> Result<Self, KeyError> {
        algorithm::install();
        let path = dir.join(FILE);
        let failed = |error| unusable(&path, error);
        let mode = fs::metadata(&path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Open { path, mode });
        }
        let text = fs::read(&path).map_err(failed)?;
        let keys = serde_json::from_slice::<Stored>(&text)
            .ok()
            .filter(|stored| (1..=MAX_KEYS).contains(&stored.keys.len()))
            .and_then(|stored| stored.keys.iter().map(|key| OwnKey::decode(key)).collect());
        match keys {
            Some(keys) => Ok(Self { keys }),
            None => Err(KeyError::Damaged { path }),
        }
    }

    /// Adds a new key, which signs from now on; tokens of the older ones go on, unless those are dropped.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be written; then nothing has changed.
    pub fn rotate(&mut self, dir: &Path, drop_old: bool) -> Result<(), KeyError> {
        let mut keys: VecDeque<OwnKey> = if drop_old {
            VecDeque::new()
        } else {
            std::mem::take(&mut self.keys)
        };
        keys.push_back(OwnKey::fresh());
        while keys.len() > MAX_KEYS {
            keys.pop_front();
        }
        let next = Self { keys };
        let path = dir.join(FILE);
        next.file(dir)?
            .persist(&path)
            .map_err(|error| unusable(&path, error.error))?;
        *self = next;
        Ok(())
    }

    /// Whether tokens of this key count.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id == id)
    }

    /// Makes a token, by the newest key.
    ///
    /// # Errors
    /// [`Unreadable`] when the library cannot sign, which a key that was read cannot cause.
    pub fn sign(&self, claims: &Claims) -> Result<String, Unreadable> {
        let key = self.keys.back().ok_or(Unreadable)?;
        let header = Header {
            kid: Some(key.id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let secret = EncodingKey::from_ed_der(&key.pkcs8);
        jsonwebtoken::encode(&header, claims, &secret).map_err(|_| Unreadable)
    }

    /// Reads a token. Who has to have signed it follows from the key's id in its header, and the algorithm from the signer:
    /// the header's own word on the algorithm is only compared.
    ///
    /// # Errors
    /// [`Unreadable`] when it is none, or signed by nobody here.
    pub fn verify(
        &self,
        operator: Option<&OperatorKey>,
        token: &str,
    ) -> Result<Verified, Unreadable> {
        let header = decode_header(token).map_err(|_| Unreadable)?;
        // What a header calls critical and we do not know makes the token invalid (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return Err(Unreadable);
        }
        let own = |id: &str| self.keys.iter().find(|key| key.id == id);
        let (signer, key, algorithm) = match header.kid.as_deref().and_then(own) {
            Some(key) => (Signer::Maru(key.id.clone()), &key.public, Algorithm::EdDSA),
            None => {
                let operator = operator.ok_or(Unreadable)?;
                (Signer::Operator, &operator.key, operator.algorithm)
            }
        };
        let mut checks = Validation::new(algorithm);
        // Times are judged with the rest, by value and by one clock.
        checks.required_spec_claims.clear();
        (
            checks.validate_exp,
            checks.validate_nbf,
            checks.validate_aud,
        ) = (false, false, false);
        let claims = decode::<Claims>(token, key, &checks)
            .map_err(|_| Unreadable)?
            .claims;
        Ok(Verified { signer, claims })
    }

    fn file(&self, dir: &Path) -> Result<tempfile::NamedTempFile, KeyError> {
        let stored = Stored {
            keys: self
                .keys
                .iter()
                .map(|key| BASE64_STANDARD.encode(&key.pkcs8))
                .collect(),
        };
        let write = || {
            // Made with mode 0600.
            let mut file = tempfile::Builder::new()
                .prefix(".access")
                .tempfile_in(dir)?;
            serde_json::to_writer_pretty(&mut file, &stored)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        write().map_err(|error| unusable(&dir.join(FILE), error))
    }
}

impl Stamp {
    /// How the key file of a data folder looks now.
    ///
    /// # Errors
    /// The operating system's.
    pub fn of(dir: &Path) -> io::Result<Self> {
        let found = fs::metadata(dir.join(FILE))?;
        Ok(Self {
            inode: found.ino(),
            modified: (found.mtime(), found.mtime_nsec()),
            size: found.size(),
        })
    }
}

impl OwnKey {
    #[expect(
        clippy::expect_used,
        reason = "no entropy at the start of a server: nothing can go on"
    )]
    fn fresh() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let pkcs8 = made.expect("the operating system has random numbers");
        Self::new(pkcs8.as_ref().to_vec()).expect("what ring made, it reads")
    }

    fn decode(text: &str) -> Option<Self> {
        Self::new(BASE64_STANDARD.decode(text).ok()?)
    }

    fn new(pkcs8: Vec<u8>) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).ok()?;
        let public = pair.public_key().as_ref();
        let hash = digest::digest(&digest::SHA256, public);
        Some(Self {
            id: BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..12]),
            public: DecodingKey::from_ed_der(public),
            pkcs8,
        })
    }
}

impl OperatorKey {
    /// Reads the operator's key: a PEM public key verifies EdDSA and nothing else, anything else is a secret for HS256 and
    /// nothing else. So nobody can use the public key, which is no secret, as one.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be read or holds no such key.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        algorithm::install();
        let bytes = fs::read(path).map_err(|source| KeyError::File {
            path: path.to_owned(),
            source,
        })?;
        Self::new(&bytes).map_err(|reason| KeyError::Operator {
            path: path.to_owned(),
            reason,
        })
    }

    /// As [`OperatorKey::open`], from the file's bytes.
    ///
    /// # Errors
    /// Says why they are no key.
    pub fn new(bytes: &[u8]) -> Result<Self, &'static str> {
        algorithm::install();
        let bytes = bytes.trim_ascii();
        if bytes.windows(5).any(|five| five == b"-----") {
            let public = ed25519_of_pem(bytes).ok_or("it is PEM, but no public key of Ed25519")?;
            return Ok(Self {
                key: DecodingKey::from_ed_der(&public),
                algorithm: Algorithm::EdDSA,
            });
        }
        if bytes.len() < MIN_SECRET {
            return Err("the secret is too short");
        }
        Ok(Self {
            key: DecodingKey::from_secret(bytes),
            algorithm: Algorithm::HS256,
        })
    }
}

/// The SubjectPublicKeyInfo of an Ed25519 key is always these bytes and the key (RFC 8410).
const ED25519_SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

fn ed25519_of_pem(pem: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(pem).ok()?;
    let body = text.strip_prefix("-----BEGIN PUBLIC KEY-----")?;
    let body = body.strip_suffix("-----END PUBLIC KEY-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = BASE64_STANDARD.decode(body).ok()?;
    let key = der.strip_prefix(&ED25519_SPKI)?;
    (key.len() == 32).then(|| key.to_vec())
}

fn unusable(path: &Path, source: io::Error) -> KeyError {
    KeyError::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
