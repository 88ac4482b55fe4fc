//! What stands in a token, each value checked for what it is; who signed it is [`super::keys`]'s, what follows from it [`super::judge`]'s.

use std::fmt;

use protocol::{frame::Role, id::DocId};
use serde::{Deserialize, Deserializer, Serialize, de};

/// The longest id of a token, in bytes.
const MAX_ID: usize = 128;
/// The longest name of a person, in bytes.
pub const MAX_NAME: usize = 256;

/// The claims of a token. One that is there and is not what it has to be makes the token unreadable: a wrong `exp` is no
/// missing one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The document.
    #[serde(deserialize_with = "doc", serialize_with = "doc_name")]
    pub doc: DocId,
    /// What may be done there.
    pub access: Access,
    /// The token's own name: of Maru's tokens, the link's.
    #[serde(deserialize_with = "id")]
    pub jti: String,
    /// When it ends, in seconds since 1970.
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub exp: Option<u64>,
    /// When it begins, in seconds since 1970.
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub nbf: Option<u64>,
    /// Whose it is, for people.
    #[serde(
        default,
        deserialize_with = "name",
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<String>,
    /// Whether its holder may manage links, if it may write; without a word it may.
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub share: Option<bool>,
}

/// What a token or a link allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// To read.
    Read,
    /// To read and write.
    Write,
}

impl Access {
    /// The role of a session that has it.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::Read => Role::Read,
            Self::Write => Role::Write,
        }
    }

    /// As in a token.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A document's name and a person's stay out of logs.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("access", &self.access)
            .field("exp", &self.exp)
            .finish_non_exhaustive()
    }
}

/// Whether a text may name a token.
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a text may name a person.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME && !text.chars().any(char::is_control)
}

/// A value where there is one: `null` is none.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

fn doc<'de, D: Deserializer<'de>>(from: D) -> Result<DocId, D::Error> {
    let name = String::deserialize(from)?;
    DocId::parse(&name).map_err(de::Error::custom)
}

fn doc_name<S: serde::Serializer>(doc: &DocId, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(doc.as_str())
}

fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let id = String::deserialize(from)?;
    if is_id(&id) {
        Ok(id)
    } else {
        Err(de::Error::custom("jti is no id"))
    }
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(from)?;
    if is_name(&name) {
        Ok(Some(name))
    } else {
        Err(de::Error::custom("name is too long, or no name"))
    }
}
