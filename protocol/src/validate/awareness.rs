//! The walk over a presence message: who says what about themselves; whether they may is the session's question.

use super::scan::Scan;
use super::{Fault, Invalid, json};
use crate::id::ClientId;

/// What a presence message may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwarenessLimits {
    /// Entries a message; 1,024 by default, a little above the connections a room takes.
    pub entries: usize,
    /// Bytes a state; 4 KiB by default, some twenty times what an editor's caret and name need.
    pub state: usize,
    /// How deep a state's JSON may nest; 16 by default.
    pub depth: u8,
}

impl Default for AwarenessLimits {
    fn default() -> Self {
        Self {
            entries: 1024,
            state: 4096,
            depth: 16,
        }
    }
}

/// One client's presence, borrowed from the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwarenessEntry<'a> {
    /// Whose presence it is, as the sender says.
    pub client: ClientId,
    /// Counts up with every change by that client.
    pub clock: u64,
    /// A JSON object; nothing when the client has gone (`null` on the wire).
    pub state: Option<&'a str>,
}

/// Reads a y-protocols awareness update; entries keep their order and a client may stand twice.
///
/// The JSON is checked because a browser throws on a bad state and then drops the good ones beside it.
///
/// # Errors
/// [`Invalid`] when it is no awareness update, is beyond `limits`, or a state is no JSON object and not `null`.
pub fn awareness<'a>(
    bytes: &'a [u8],
    limits: &AwarenessLimits,
) -> Result<Vec<AwarenessEntry<'a>>, Invalid> {
    let mut scan = Scan::new(bytes, usize::MAX)?;
    let count = scan.count(3, "presence entries", limits.entries)?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let (client, clock) = (scan.client()?, scan.number()?);
        let at = scan.at();
        let text = scan.text(limits.state)?;
        let state = state(text, limits.depth).map_err(|fault| Invalid { at, fault })?;
        entries.push(AwarenessEntry {
            client,
            clock,
            state,
        });
    }
    scan.end()?;
    Ok(entries)
}

fn state(text: &str, depth: u8) -> Result<Option<&str>, Fault> {
    if text == "null" {
        return Ok(None);
    }
    if !text.starts_with('{') {
        return Err(Fault::Json);
    }
    json::depth(text, depth)?;
    json::lenient(text)?;
    Ok(Some(text))
}
