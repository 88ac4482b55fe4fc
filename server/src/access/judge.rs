//! Who may do what in a document: one pure function of everything that decides it; where that comes from is its callers'.

use protocol::{
    frame::{ErrorCode, Role},
    id::DocId,
    session::{Ended, Rights},
};

use super::{
    keys::{Signer, Verified},
    links::Link,
};

/// How far the clock of whoever issued a token may be ahead of ours, in milliseconds.
const SKEW_MS: u64 = 60_000;

/// Who is let in where no token is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Whoever knows a document's name may edit it, unless somebody closed it.
    Open,
    /// Nobody.
    Jwt,
}

/// What somebody came with.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// Nothing but the document's name.
    Name,
    /// A token that cannot be read or verified.
    Unreadable,
    /// A token, and the row of its link if it is one of Maru's and known.
    Token(&'a Verified, Option<&'a Link>),
}

/// What somebody may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Read, or read and write.
    pub role: Role,
    /// The token's or link's name.
    pub jti: Option<String>,
    /// When that ends, in milliseconds since 1970.
    pub expires_at: Option<u64>,
    /// Whose the token is, for people.
    pub name: Option<String>,
    /// Whether links may be managed.
    pub may_share: bool,
}

/// Why somebody may do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// A token is needed.
    NoToken,
    /// The token cannot be read or verified, is for another document, or is not valid yet.
    BadToken,
    /// Its time is over.
    Expired,
    /// It was taken back, or is of a link that is not known here.
    Revoked,
}

impl Grant {
    /// What a session of this is told at a time.
    #[must_use]
    pub fn rights(&self, now_ms: u64) -> Rights {
        Rights {
            role: self.role,
            expires_in_ms: self.expires_at.map(|at| at.saturating_sub(now_ms)),
        }
    }

    /// Whether links may be managed with it.
    #[must_use]
    pub fn manages(&self) -> bool {
        self.role == Role::Write && self.may_share
    }
}

impl Denied {
    /// What the client is told.
    #[must_use]
    pub fn ended(self) -> Ended {
        let (code, message) = match self {
            Self::NoToken => (
                ErrorCode::NoToken,
                "this document is open only to people with a link to it; ask whoever shared it for one",
            ),
            Self::BadToken => (
                ErrorCode::NoToken,
                "the link cannot be read or is for another document; open it again, whole, or ask for a new one",
            ),
            Self::Expired => (
                ErrorCode::Expired,
                "the time of this link is over; what was saved is safe, and a new link lets you in again",
            ),
            Self::Revoked => (
                ErrorCode::Revoked,
                "this link was taken back; what was saved is safe, and another link lets you in again",
            ),
        };
        Ended::new(code, message)
    }
}

/// Judges. A token decides when one is shown, also where none is needed: a view link gives no more than it says, and one
/// that was taken back gives nothing.
///
/// # Errors
/// [`Denied`] says why nothing may be done.
pub fn judge(
    mode: Mode,
    closed: bool,
    doc: &DocId,
    shown: Shown<'_>,
    now_ms: u64,
) -> Result<Grant, Denied> {
    match shown {
        Shown::Name if mode == Mode::Open && !closed => Ok(Grant {
            role: Role::Write,
            jti: None,
            expires_at: None,
            name: None,
            may_share: true,
        }),
        Shown::Name => Err(Denied::NoToken),
        Shown::Unreadable => Err(Denied::BadToken),
        Shown::Token(token, row) => judge_token(doc, token, row, now_ms),
    }
}

fn judge_token(
    doc: &DocId,
    token: &Verified,
    row: Option<&Link>,
    now_ms: u64,
) -> Result<Grant, Denied> {
    let claims = &token.claims;
    let ms = |seconds: u64| seconds.saturating_mul(1_000);
    if claims.doc != *doc || claims.nbf.is_some_and(|nbf| ms(nbf) > now_ms + SKEW_MS) {
        return Err(Denied::BadToken);
    }
    let (role, ends) = match token.signer {
        Signer::Maru(_) => {
            let row = row.filter(|row| row.id == claims.jti && row.doc == *doc);
            let row = row.ok_or(Denied::Revoked)?;
            if row.revoked {
                return Err(Denied::Revoked);
            }
            (row.access.role(), row.expires_ms)
        }
        // Nobody here could end it.
        Signer::Operator if claims.exp.is_none() => return Err(Denied::BadToken),
        Signer::Operator => (claims.access.role(), None),
    };
    let expires_at = claims.exp.map(ms).into_iter().chain(ends).min();
    if expires_at.is_some_and(|at| at <= now_ms) {
        return Err(Denied::Expired);
    }
    Ok(Grant {
        role,
        jti: Some(claims.jti.clone()),
        expires_at,
        name: claims.name.clone(),
        may_share: claims.share.unwrap_or(true),
    })
}

#[cfg(test)]
mod tests;
