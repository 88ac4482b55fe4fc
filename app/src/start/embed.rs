//! What the server puts into a document's page beside its text, and the session that comes of it with what this browser keeps.
use crate::browser::{self, PASSES};
use crate::pass;
use crate::session::Delivered;
use protocol::{client::Embedded, id::DocId};
use serde::{Deserialize, Serialize};

/// The data block `maru-document`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Embed {
    /// The document's name.
    pub doc: String,
    /// Its generation.
    pub generation: u64,
    /// The room's epoch.
    pub epoch: u64,
    /// The entry up to which `state` reaches.
    pub after: u64,
    /// The state as an update in base64; none when it is too large for a page.
    pub state: Option<String>,
    /// The first heading, as the server rendered it.
    pub title: Option<String>,
    /// The document opens by a link only: nothing of it stands in the page, and the session brings it.
    #[serde(default)]
    pub locked: bool,
    /// Where an operator's system gives a new token for this document (`--jwt-renew-url`).
    #[serde(default)]
    pub renew: Option<String>,
}

pub(super) fn delivered(doc: DocId, embed: Embed) -> Delivered {
    let state = embed.state.and_then(|state| browser::from_base64(&state));
    // Without the state the replica is empty, and only an exchange of states fills it.
    let embedded = match &state {
        Some(_) => Embedded {
            generation: embed.generation,
            epoch: embed.epoch,
            after: embed.after,
        },
        None => Embedded::default(),
    };
    // One that came in the address is what the person means now; a browser that keeps nothing has it there only.
    let pass = browser::global("maruPass").or_else(|| PASSES.pass(doc.as_str()));
    Delivered {
        pass: pass.and_then(|pass| pass::tidy(&pass).map(str::to_owned)),
        locked: embed.locked,
        renew: embed.renew,
        doc,
        embedded,
        state,
    }
}
