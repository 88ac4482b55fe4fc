//! `maru token`: makes tokens, takes links back and makes new keys, beside a running server or without one.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use protocol::id::DocId;
use thiserror::Error;

use super::{
    claims::{self, Access},
    issue,
    keys::{KeyError, KeyRing, MAX_KEYS},
    links::{self, Link, Links, LinksError, MAX_LABEL, OpenLinksError},
    new_id,
};
use crate::rooms::now_ms;

/// The flags of `maru token`.
#[derive(Debug, Args)]
pub struct TokenFlags {
    /// Folder of the documents, as the server has it.
    #[arg(
        long,
        env = "MARU_DATA_DIR",
        value_name = "FOLDER",
        default_value = "./data"
    )]
    data_dir: PathBuf,
    /// The document that the token is for.
    #[arg(long, value_parser = doc, requires = "access", required_unless_present_any = ["revoke", "rotate_key"])]
    doc: Option<DocId>,
    /// What it allows: read or write.
    #[arg(long, value_parser = access, requires = "doc", required_unless_present_any = ["revoke", "rotate_key"])]
    access: Option<Access>,
    /// Whose it is.
    #[arg(long, value_parser = name, requires = "doc")]
    name: Option<String>,
    /// When it ends: 90m, 12h, 7d or 4w from now [default: never].
    #[arg(long, value_name = "TIME", value_parser = time, requires = "doc")]
    expires: Option<Duration>,
    /// What it is for; shown in the list of links.
    #[arg(long, default_value = "", value_parser = label, requires = "doc")]
    label: String,
    /// The server's address in the link that is printed.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:3000",
        requires = "doc"
    )]
    url: String,
    /// Make a new key that signs from now on. Links of the old ones go on, of the newest 31.
    #[arg(long)]
    rotate_key: bool,
    /// With --rotate-key: end every link made before.
    #[arg(long, requires = "rotate_key")]
    drop_old_keys: bool,
    /// Take back the link of this id.
    #[arg(
        long,
        value_name = "ID",
        conflicts_with_all = ["doc", "access", "name", "expires", "label", "url", "rotate_key", "drop_old_keys"]
    )]
    revoke: Option<String>,
}

/// Said where keys are and links are not, before a new store hides that from the server's start.
const LOST: &str = "access.key was there and access.sqlite3 was not: no link made before works, and documents that were closed are open. \
    If there was one, bring it back from a backup.\n";

/// Why the command did nothing.
#[derive(Debug, Error)]
pub enum TokenError {
    /// There is no such folder.
    #[error("{} is no data folder. Nothing was changed. Name the server's with --data-dir (MARU_DATA_DIR).", .0.display())]
    NoFolder(PathBuf),
    /// There are keys and no links.
    #[error(
        "access.key is there and access.sqlite3 is not: there are no links to take back. Nothing was changed. Bring it back from a backup."
    )]
    Lost,
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The links cannot be opened.
    #[error(transparent)]
    Links(#[from] OpenLinksError),
    /// A link could not be stored.
    #[error(transparent)]
    Store(#[from] LinksError),
    /// There is none of this id.
    #[error(
        "there is no live link {0}. Nothing was changed. Its id stands in the list of links, and was printed when it was made."
    )]
    Unknown(String),
}

impl TokenFlags {
    /// Does what the flags say; what is to be printed.
    ///
    /// # Errors
    /// [`TokenError`] says why nothing was done.
    pub fn run(self) -> Result<String, TokenError> {
        if !self.data_dir.is_dir() {
            return Err(TokenError::NoFolder(self.data_dir));
        }
        let mut told = String::new();
        if links::are_lost(&self.data_dir) {
            if self.revoke.is_some() {
                return Err(TokenError::Lost);
            }
            told.push_str(LOST);
        }
        let links = Links::open(&self.data_dir)?;
        let mut keys = KeyRing::open(&self.data_dir)?;
        if let Some(id) = self.revoke {
            let revoked = links
                .revoke(None, &id, now_ms())
                .map_err(LinksError::from)?;
            return if revoked {
                Ok(format!(
                    "link {id} was taken back; a running server ends it within a second\n"
                ))
            } else {
                Err(TokenError::Unknown(id))
            };
        }
        if self.rotate_key {
            let ended = keys.rotate(&self.data_dir, self.drop_old_keys)?;
            told.push_str("a new key signs from now on; ");
            told.push_str(&match ended {
                _ if self.drop_old_keys => "every link made before has ended\n".to_owned(),
                0 => "the links made before go on\n".to_owned(),
                _ => format!(
                    "the links made before go on but for the oldest key's, which have ended: {MAX_KEYS} keys are kept\n"
                ),
            });
        }
        if let (Some(doc), Some(access)) = (self.doc, self.access) {
            let expires_ms = self.expires.map(|time| now_ms() + time.as_millis() as u64);
            let link = Link {
                id: new_id(),
                doc,
                access,
                label: self.label,
                created_ms: now_ms(),
                expires_ms,
                revoked: false,
            };
            let token = issue(&keys, &links, &link, self.name)?;
            told.push_str(&format!(
                "id     {}\ntoken  {token}\nlink   {}/d/{}#t={token}\n",
                link.id,
                self.url.trim_end_matches('/'),
                link.doc,
            ));
        }
        Ok(told)
    }
}

fn doc(text: &str) -> Result<DocId, &'static str> {
    DocId::parse(text).map_err(|_| "give a document's name: up to 128 letters, digits and -_.~")
}

fn access(text: &str) -> Result<Access, &'static str> {
    match text {
        "read" => Ok(Access::Read),
        "write" => Ok(Access::Write),
        _ => Err("give read or write"),
    }
}

fn name(text: &str) -> Result<String, String> {
    if claims::is_name(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "give at most {} bytes in one line",
            claims::MAX_NAME
        ))
    }
}

fn label(text: &str) -> Result<String, String> {
    if text.chars().count() <= MAX_LABEL && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("give at most {MAX_LABEL} characters in one line"))
    }
}

/// Minutes, hours, days or weeks, at most ten years.
fn time(text: &str) -> Result<Duration, &'static str> {
    const ALLOWED: &str = "give a time such as 90m, 12h, 7d or 4w, at most ten years";
    let last = text.char_indices().next_back();
    let (number, unit) = text.split_at(last.map_or(0, |(at, _)| at));
    let unit: u64 = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(ALLOWED),
    };
    let number: u64 = number.parse().map_err(|_| ALLOWED)?;
    number
        .checked_mul(unit)
        .filter(|seconds| (1..=10 * 366 * 86_400).contains(seconds))
        .map(Duration::from_secs)
        .ok_or(ALLOWED)
}
