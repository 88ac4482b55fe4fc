//! Who may sign tokens: Maru's own keys, in a file that only its owner reads, and the operator's; each with one algorithm.

use std::{
    collections::VecDeque,
    fs::{self, File, Metadata},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
    path::Path,
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

mod error;
mod operator;

pub use error::KeyError;
use operator::Address;
pub use operator::{OperatorFile, OperatorKey};

/// The file of Maru's keys in the data folder.
pub const FILE: &str = "access.key";
/// As many keys are kept at most: a token's key is looked for by its id, not by trying.
pub const MAX_KEYS: usize = 32;

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

#[derive(Clone)]
struct OwnKey {
    id: String,
    pkcs8: Vec<u8>,
    public: DecodingKey,
}

/// How a file looked when it was read, to see that it is another by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    modified: (i64, i64),
    /// Also when only who may read it has changed.
    changed: (i64, i64),
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
        Self::make(dir)?;
        Self::load(dir)
    }

    /// Makes a key for a data folder that has none.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be written.
    pub fn make(dir: &Path) -> Result<(), KeyError> {
        let path = dir.join(FILE);
        if path.exists() {
            return Ok(());
        }
        let failed = |error| unusable(&path, error);
        match Self::fresh().file(dir)?.persist_noclobber(&path) {
            Ok(_) => sync_names(dir).map_err(failed),
            // Another process was faster.
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(failed(error.error)),
        }
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

    /// Adds a new key, which signs from now on; tokens of the older ones go on, unless those are dropped, or are more than
    /// [`MAX_KEYS`] with it. Tells how many keys have ended.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be written; then these keys are what they were, and so is the file, unless only its
    /// folder could not be made durable.
    pub fn rotate(&mut self, dir: &Path, drop_old: bool) -> Result<usize, KeyError> {
        let kept = if drop_old { 0 } else { MAX_KEYS - 1 };
        let ended = self.keys.len().saturating_sub(kept);
        let mut keys: VecDeque<OwnKey> = self.keys.iter().skip(ended).cloned().collect();
        keys.push_back(OwnKey::fresh());
        let next = Self { keys };
        let path = dir.join(FILE);
        let failed = |error| unusable(&path, error);
        let file = next.file(dir)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        sync_names(dir).map_err(failed)?;
        *self = next;
        Ok(ended)
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
        if let (Signer::Operator, Some(operator)) = (&signer, operator)
            && operator.asks_for_address()
        {
            let said = decode::<Address>(token, key, &checks).map_err(|_| Unreadable)?;
            if !operator.takes(&said.claims) {
                return Err(Unreadable);
            }
        }
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
            give(file.as_file(), &owned_as(dir)?);
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
            changed: (found.ctime(), found.ctime_nsec()),
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

fn unusable(path: &Path, source: io::Error) -> KeyError {
    KeyError::File {
        path: path.to_owned(),
        source,
    }
}

/// Whose the file is to be: who had it before, or has the folder. An administrator who makes a key beside a server would
/// else lock the server's user out.
fn owned_as(dir: &Path) -> io::Result<Metadata> {
    fs::metadata(dir.join(FILE)).or_else(|_| fs::metadata(dir))
}

/// Whoever may not give files away is mostly their owner already; the group of a file of mode 0600 reads nothing.
fn give(file: &File, to: &Metadata) {
    fchown(file, None, Some(to.gid())).ok();
    fchown(file, Some(to.uid()), None).ok();
}

/// Makes the folder's names durable, not just the files behind them.
fn sync_names(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;
