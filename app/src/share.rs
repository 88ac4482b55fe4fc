//! What the share dialog knows of a document's links, and what it may ask of the server; it sends nothing itself.
use serde::Deserialize;

mod lifetime;

pub use lifetime::{Left, Lifetime};

/// The longest label of a link, in characters.
pub const LABEL_CHARS: usize = 80;

/// What a link allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// To read, and to follow what the others write.
    #[default]
    Read,
    /// To write too.
    Write,
}

impl Access {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A link that works.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Link {
    /// Names it to the server; opens nothing.
    pub id: String,
    /// What it allows.
    pub access: Access,
    /// What its maker wrote on it.
    #[serde(default)]
    pub label: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: Option<u64>,
}

/// What the server says of a document's links.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Listed {
    /// Whether only people with a link may open the document.
    pub closed: bool,
    /// Whether that may be changed here.
    pub can_close: bool,
    /// The links that work.
    pub links: Vec<Link>,
}

/// A new link: the one time that its token is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Opens the document.
    pub token: String,
    /// What it allows.
    pub access: Access,
    /// It came of closing the document: this browser uses it already.
    pub own: bool,
}

/// Something the dialog asks of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The links there are.
    List,
    /// A new link.
    Make {
        /// What it allows.
        access: Access,
        /// How long it works.
        lifetime: Lifetime,
        /// For whom it is.
        label: String,
    },
    /// Another right for everybody who came by a link, at once.
    Allow(String, Access),
    /// Another end.
    Last(String, Lifetime),
    /// The end, at once.
    Revoke(String),
    /// Only people with a link may open the document, or everybody who knows its address.
    Close(bool),
}

/// A request as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The path on the page's own server.
    pub path: String,
    /// JSON.
    pub body: Option<String>,
}

/// Why something that was asked for was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no connection to the server.
    Offline,
    /// This person may not manage links.
    NotAllowed,
    /// As many links as a document may have.
    TooMany,
    /// The server could not.
    Failed,
}

/// The dialog's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// What the server said last.
    pub listed: Option<Listed>,
    /// When it said so, in milliseconds since 1970.
    pub listed_ms: u64,
    /// The newest link made here.
    pub made: Option<Made>,
    /// Why the last wish was not fulfilled.
    pub problem: Option<Problem>,
    /// An answer is awaited.
    pub waiting: bool,
}

/// What follows from an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Next {
    /// The list has changed, and is to be asked for.
    pub list: bool,
    /// This page's own pass from now on.
    pub adopt: Option<String>,
}

impl Ask {
    /// The request for a document.
    #[must_use]
    pub fn request(&self, doc: &str) -> Request {
        let base = format!("/api/v1/docs/{doc}");
        let links = format!("{base}/links");
        let (method, path, body) = match self {
            Self::List => ("GET", links, None),
            Self::Make {
                access,
                lifetime,
                label,
            } => {
                let label: String = label.trim().chars().take(LABEL_CHARS).collect();
                let body = format!(
                    r#"{{"access":"{}",{},"label":{}}}"#,
                    access.name(),
                    lifetime.field(),
                    serde_json::to_string(&label).unwrap_or_default(),
                );
                ("POST", links, Some(body))
            }
            Self::Allow(id, access) => (
                "PATCH",
                format!("{links}/{id}"),
                Some(format!(r#"{{"access":"{}"}}"#, access.name())),
            ),
            Self::Last(id, lifetime) => (
                "PATCH",
                format!("{links}/{id}"),
                Some(format!("{{{}}}", lifetime.field())),
            ),
            Self::Revoke(id) => ("DELETE", format!("{links}/{id}"), None),
            Self::Close(closed) => (
                "PUT",
                format!("{base}/closed"),
                Some(format!(r#"{{"closed":{closed}}}"#)),
            ),
        };
        Request { method, path, body }
    }
}

impl Share {
    /// Something was asked for.
    pub fn asked(&mut self, ask: &Ask) {
        self.waiting = true;
        if *ask != Ask::List {
            self.problem = None;
            self.made = None;
        }
    }

    /// The answer came, at `now_ms` since 1970: its status and body, or none at all.
    pub fn answered(&mut self, ask: &Ask, answer: Option<(u16, &str)>, now_ms: u64) -> Next {
        #[derive(Deserialize)]
        struct Token {
            token: Option<String>,
        }
        self.waiting = false;
        let (status, body) = match answer {
            Some((status @ 200..=299, body)) => (status, body),
            // It is gone already, which is what was wanted, or what the list will show.
            Some((404, _)) if matches!(ask, Ask::Revoke(_) | Ask::Allow(..) | Ask::Last(..)) => {
                return Next {
                    list: true,
                    adopt: None,
                };
            }
            other => {
                self.problem = Some(problem(other.map(|(status, _)| status)));
                return Next::default();
            }
        };
        if *ask == Ask::List {
            match serde_json::from_str(body) {
                Ok(listed) => (self.listed, self.listed_ms) = (Some(listed), now_ms),
                Err(_) => self.problem = Some(problem(Some(status))),
            }
            return Next::default();
        }
        let token = serde_json::from_str::<Token>(body)
            .ok()
            .and_then(|answer| answer.token);
        let (access, own) = match ask {
            Ask::Make { access, .. } => (*access, false),
            _ => (Access::Write, true),
        };
        self.made = token.clone().map(|token| Made { token, access, own });
        Next {
            list: true,
            adopt: token.filter(|_| own),
        }
    }

    /// The dialog is closed: a link that was told once is not kept on the screen.
    pub fn forget(&mut self) {
        self.made = None;
        self.problem = None;
    }
}

fn problem(status: Option<u16>) -> Problem {
    match status {
        None | Some(502..=504) => Problem::Offline,
        Some(401 | 403) => Problem::NotAllowed,
        Some(409 | 429) => Problem::TooMany,
        Some(_) => Problem::Failed,
    }
}

#[cfg(test)]
mod tests;
