//! Who may open which document: tokens, links and closed documents put together, now and again while sessions are open; the verdict itself is [`judge`]'s.
//!
//! A token is verified and its link looked up off the async threads. Whatever may change a verdict moves the version, and
//! everybody who is in is judged anew.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use protocol::{frame::Token, id::DocId, session::Ended};
use thiserror::Error;
use tokio::{sync::Notify, task};

mod algorithm;
pub mod api;
pub mod claims;
pub mod command;
pub mod judge;
pub mod keys;
pub mod links;
mod pass;
mod watch;

pub use pass::{Admission, Pass, Unavailable};

use crate::rooms::now_ms;
use claims::{Access as Allows, Claims};
use judge::{Denied, Grant, Mode, Shown, judge};
use keys::{KeyError, KeyRing, OperatorKey, Signer, Stamp};
use links::{Link, Links, OpenLinksError};

/// What keeps access from being judged at all, at the start.
#[derive(Debug, Error)]
pub enum AccessError {
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The links.
    #[error(transparent)]
    Links(#[from] OpenLinksError),
}

/// Judges who may open what.
pub struct Access {
    mode: Mode,
    keys: RwLock<KeyRing>,
    operator: Option<OperatorKey>,
    links: Links,
    /// Where keys and links are, if another process may change them.
    folder: Option<PathBuf>,
    seen: Mutex<Seen>,
    version: AtomicU64,
    changed: Notify,
}

/// How keys and links looked when they were last looked at.
#[derive(Debug, Default)]
struct Seen {
    links: i64,
    /// The keys that are in use.
    keys: Option<Stamp>,
    /// Keys that could not be read: told once, and tried again.
    unreadable: Option<Stamp>,
}

impl Access {
    /// With keys and links of a data folder.
    ///
    /// # Errors
    /// [`AccessError`] when a file there, or the operator's key, cannot be used.
    pub fn open(
        mode: Mode,
        folder: &Path,
        operator: Option<OperatorKey>,
    ) -> Result<Self, AccessError> {
        if links::are_lost(folder) {
            tracing::warn!(
                "{} is there and {} is not: no link that was made before works, and a document that was closed is open to whoever \
                 knows its name, unless --auth jwt says otherwise. If there was one, stop the server and bring it back from a backup.",
                folder.join(keys::FILE).display(),
                links::FILE,
            );
        }
        let links = Links::open(folder)?;
        KeyRing::make(folder)?;
        // Before the keys are read: those that come meanwhile are read again.
        let seen = Seen {
            links: links.version().unwrap_or(0),
            keys: Stamp::of(folder).ok(),
            unreadable: None,
        };
        let keys = KeyRing::load(folder)?;
        let folder = Some(folder.to_owned());
        Ok(Self {
            folder,
            seen: Mutex::new(seen),
            ..Self::new(mode, keys, links, operator)
        })
    }

    /// With a key and links that end with the process.
    ///
    /// # Errors
    /// [`AccessError`] when SQLite has no memory.
    pub fn in_memory(mode: Mode, operator: Option<OperatorKey>) -> Result<Self, AccessError> {
        Ok(Self::new(
            mode,
            KeyRing::fresh(),
            Links::in_memory()?,
            operator,
        ))
    }

    fn new(mode: Mode, keys: KeyRing, links: Links, operator: Option<OperatorKey>) -> Self {
        Self {
            mode,
            keys: RwLock::new(keys),
            operator,
            links,
            folder: None,
            seen: Mutex::default(),
            version: AtomicU64::new(1),
            changed: Notify::new(),
        }
    }

    /// Who is let in without a token.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Moves with everything that may change a verdict.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Judges somebody who comes with a token, or with none.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub async fn admit(self: &Arc<Self>, doc: &DocId, token: &Token) -> Result<Admission, Ended> {
        let version = self.version();
        let (doc, token) = (doc.clone(), token.clone());
        let (pass, judged) = self
            .off_thread(move |access| {
                let pass = access.read(doc, &token);
                let judged = access.judge(&pass, now_ms());
                (pass, judged)
            })
            .await?;
        let grant = judged.map_err(Unavailable::ended)?.map_err(Denied::ended)?;
        Ok(Admission {
            pass,
            grant,
            version,
        })
    }

    /// Judges again who is in.
    ///
    /// # Errors
    /// [`Unavailable`] when the store cannot be read: what was granted stays.
    pub async fn judge_again(
        self: &Arc<Self>,
        passes: Vec<Pass>,
    ) -> Result<Vec<Result<Grant, Denied>>, Unavailable> {
        self.off_thread(move |access| {
            let now = now_ms();
            passes.iter().map(|pass| access.judge(pass, now)).collect()
        })
        .await
        .map_err(|_| Unavailable)?
    }

    /// Whether whoever knows a document's name may read it.
    ///
    /// # Errors
    /// [`Unavailable`] when the store cannot be read.
    pub async fn is_open(self: &Arc<Self>, doc: &DocId) -> Result<bool, Unavailable> {
        let pass = Pass {
            doc: doc.clone(),
            token: None,
        };
        let judged = self.judge_again(vec![pass]).await?;
        Ok(judged.first().is_some_and(Result::is_ok))
    }

    /// Makes a link and its token.
    ///
    /// # Errors
    /// [`links::LinksError`] when the store does not take it.
    pub fn issue(
        &self,
        doc: &DocId,
        allows: Allows,
        label: String,
        expires_ms: Option<u64>,
    ) -> Result<(Link, String), links::LinksError> {
        let link = Link {
            id: new_id(),
            doc: doc.clone(),
            access: allows,
            label,
            created_ms: now_ms(),
            expires_ms,
            revoked: false,
        };
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let token = issue(&keys, &self.links, &link, None)?;
        Ok((link, token))
    }

    /// The store of links; whoever changes something tells [`Access::moved`].
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Something that may change a verdict has changed.
    pub fn moved(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_one();
    }

    /// Whether another process changed keys or links since the last look. Keys that cannot be read stay what they were, until
    /// they can: whoever replaced them may have to give them to the server's user first.
    fn look(&self) {
        let Some(folder) = &self.folder else {
            return;
        };
        let mut seen = lock(&self.seen);
        let before = seen.links;
        if let Ok(now) = self.links.version() {
            seen.links = now;
        }
        let mut moved = before != seen.links;
        if let Ok(now) = Stamp::of(folder)
            && seen.keys != Some(now)
        {
            match KeyRing::load(folder) {
                Ok(keys) => {
                    *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
                    seen.keys = Some(now);
                    seen.unreadable = None;
                    moved = true;
                }
                Err(error) => {
                    if seen.unreadable.replace(now) != Some(now) {
                        tracing::error!(%error, "the keys of links were changed and cannot be read; the old ones go on until they can");
                    }
                }
            }
        }
        drop(seen);
        if moved {
            self.moved();
        }
    }

    fn read(&self, doc: DocId, token: &Token) -> Pass {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let token = (!token.is_empty()).then(|| {
            let verified = keys.verify(self.operator.as_ref(), token.as_str());
            verified.map(Arc::new)
        });
        Pass { doc, token }
    }

    fn judge(&self, pass: &Pass, now_ms: u64) -> Result<Result<Grant, Denied>, Unavailable> {
        let unreadable = |error: rusqlite::Error| {
            tracing::error!(%error, "the store of links cannot be read; nobody new is let in");
            Unavailable
        };
        let mut closed = false;
        let row;
        let shown = match &pass.token {
            None => {
                closed = self.links.is_closed(&pass.doc).map_err(unreadable)?;
                Shown::Name
            }
            Some(Err(_)) => Shown::Unreadable,
            Some(Ok(token)) => {
                row = match &token.signer {
                    // Whoever drops a key drops its tokens.
                    Signer::Maru(key) if !self.has_key(key) => return Ok(Err(Denied::Revoked)),
                    Signer::Maru(_) => self.links.find(&token.claims.jti).map_err(unreadable)?,
                    Signer::Operator => None,
                };
                Shown::Token(token, row.as_ref())
            }
        };
        Ok(judge(self.mode, closed, &pass.doc, shown, now_ms))
    }

    fn has_key(&self, id: &str) -> bool {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.has(id)
    }

    /// Signatures and SQLite: not on a thread that carries everybody's keystrokes.
    pub(crate) async fn off_thread<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Ended> {
        let access = Arc::clone(self);
        task::spawn_blocking(move || work(&access))
            .await
            .map_err(|_| Unavailable.ended())
    }
}

/// Makes a link's token and stores the link. The token has no end of its own: the row's can be moved and taken away.
fn issue(
    keys: &KeyRing,
    links: &Links,
    link: &Link,
    name: Option<String>,
) -> Result<String, links::LinksError> {
    let claims = Claims {
        doc: link.doc.clone(),
        access: link.access,
        jti: link.id.clone(),
        exp: None,
        nbf: None,
        name,
        share: None,
    };
    let token = keys
        .sign(&claims)
        .map_err(|_| links::LinksError::Unsigned)?;
    links.add(link)?;
    Ok(token)
}

/// A name for a link: 96 random bits.
fn new_id() -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 12]>())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks leaves them half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
