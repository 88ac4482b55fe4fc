//! What the share dialog knows of a document's links, and what it may ask of the server; it sends nothing itself.
use serde::Deserialize;

mod lifetime;

pub use lifetime::{Left, Lifetime};

/// The longest label of a link, in characters.
pub const LABEL_CHARS: usize = 80;
/// A list that could not be had is asked for again after this time at the earliest, in milliseconds.
const AGAIN_MS: u64 = 2_000;

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
    /// An edit link of one's own, for whoever is in by the name alone and is about to close the document: if its answer is lost,
    /// nobody has lost the way in.
    Key,
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
    /// There is no connection to the server, or the session was over: nothing was done.
    Offline,
    /// This person may not manage links.
    NotAllowed,
    /// As many links as a document may have.
    TooMany,
    /// The server could not.
    Failed,
    /// It was asked, and no answer came: it may or may not have been done.
    Unanswered,
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
    refused: Option<Problem>,
    /// Why the list is not known, or is an old one.
    unlisted: Option<Problem>,
    /// When that became known, in milliseconds since 1970.
    unlisted_ms: u64,
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
    /// With this token the document is to be closed now.
    pub close: Option<String>,
}

impl Next {
    fn list() -> Self {
        Self {
            list: true,
            ..Self::default()
        }
    }
}

impl Ask {
    /// Closing a document, or opening it. Who holds no pass gets one first.
    #[must_use]
    pub fn to_close(closed: bool, has_pass: bool) -> Self {
        if closed && !has_pass {
            Self::Key
        } else {
            Self::Close(closed)
        }
    }

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
            } => ("POST", links, Some(new_link(*access, *lifetime, label))),
            Self::Key => {
                let body = new_link(Access::Write, Lifetime::Ever, "");
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

/// The body that asks for a link.
fn new_link(access: Access, lifetime: Lifetime, label: &str) -> String {
    let label: String = label.trim().chars().take(LABEL_CHARS).collect();
    format!(
        r#"{{"access":"{}",{},"label":{}}}"#,
        access.name(),
        lifetime.field(),
        serde_json::to_string(&label).unwrap_or_default(),
    )
}

impl Share {
    /// Something was asked for.
    pub fn asked(&mut self, ask: &Ask) {
        self.waiting = true;
        if *ask != Ask::List {
            self.refused = None;
        }
        // A link that is told once stays to be copied whatever is done beside it.
        let replaces = match ask {
            Ask::Make { .. } | Ask::Key => true,
            Ask::Close(_) => self.made.as_ref().is_some_and(|made| !made.own),
            _ => false,
        };
        if replaces {
            self.made = None;
        }
    }

    /// What is in the way, the newest wish first.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        self.refused.or(self.unlisted)
    }

    /// It could not be asked for at all, at `now_ms` since 1970.
    pub fn unsent(&mut self, ask: &Ask, now_ms: u64) -> Next {
        self.failed(ask, Problem::Offline, now_ms)
    }

    /// The answer came, at `now_ms` since 1970: its status and body, or none at all.
    pub fn answered(&mut self, ask: &Ask, answer: Option<(u16, &str)>, now_ms: u64) -> Next {
        #[derive(Deserialize)]
        struct Token {
            token: Option<String>,
        }
        let (status, body) = match answer {
            Some((status @ 200..=299, body)) => (status, body),
            // It is gone already, which is what was wanted, or what the list will show.
            Some((404, _)) if matches!(ask, Ask::Revoke(_) | Ask::Allow(..) | Ask::Last(..)) => {
                self.waiting = false;
                return Next::list();
            }
            other => {
                let problem = problem(ask, other.map(|(status, _)| status));
                return self.failed(ask, problem, now_ms);
            }
        };
        if *ask == Ask::List {
            let Ok(listed) = serde_json::from_str(body) else {
                return self.failed(ask, problem(ask, Some(status)), now_ms);
            };
            (self.listed, self.listed_ms) = (Some(listed), now_ms);
            (self.waiting, self.unlisted) = (false, None);
            return Next::default();
        }
        self.waiting = false;
        let token = serde_json::from_str::<Token>(body)
            .ok()
            .and_then(|answer| answer.token);
        let (access, own) = match ask {
            Ask::Make { access, .. } => (*access, false),
            _ => (Access::Write, true),
        };
        if let Some(token) = token.clone() {
            self.made = Some(Made { token, access, own });
        }
        let own = token.filter(|_| own);
        Next {
            list: true,
            close: own.clone().filter(|_| *ask == Ask::Key),
            adopt: own,
        }
    }

    /// Whether to ask for the list again, at `now_ms` since 1970: it could not be had before there was a link.
    #[must_use]
    pub fn wants_list(&self, now_ms: u64) -> bool {
        let due = now_ms.abs_diff(self.unlisted_ms) >= AGAIN_MS;
        !self.waiting && self.unlisted == Some(Problem::Offline) && due
    }

    /// The dialog is closed: a link that was told once is not kept on the screen.
    pub fn forget(&mut self) {
        self.made = None;
        self.refused = None;
        self.unlisted = None;
    }

    /// After a wish whose end is not known, or that may have been one of several, the list says what is.
    fn failed(&mut self, ask: &Ask, problem: Problem, now_ms: u64) -> Next {
        self.waiting = false;
        if *ask == Ask::List {
            (self.unlisted, self.unlisted_ms) = (Some(problem), now_ms);
            return Next::default();
        }
        self.refused = Some(problem);
        Next {
            list: matches!(problem, Problem::Offline | Problem::Unanswered)
                || matches!(ask, Ask::Close(_)),
            ..Next::default()
        }
    }
}

fn problem(ask: &Ask, status: Option<u16>) -> Problem {
    match status {
        // Whoever stands between may have passed it on; looking at the list changes nothing.
        None | Some(502 | 504) if *ask != Ask::List => Problem::Unanswered,
        // The session that asked is over; the page is opening the next one.
        None | Some(401 | 502..=504) => Problem::Offline,
        Some(403) => Problem::NotAllowed,
        Some(409 | 429) => Problem::TooMany,
        Some(_) => Problem::Failed,
    }
}

#[cfg(test)]
mod tests;
