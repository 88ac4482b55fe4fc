//! How much an update, or a whole document, may hold; what a walk counts beyond that is refused by the walk.

use super::ROOT;

/// What an update may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateLimits {
    /// Bytes in all; 1 MiB by default.
    pub bytes: usize,
    /// Blocks in all; 20,000 by default (260,000 edits of a paper leave 11,000). yrs keeps 50 to 700 bytes for each,
    /// however short its text, and blocks placed at one spot cost it time by the square: 10,000 of them half a minute.
    pub blocks: usize,
    /// Clients with blocks, and clients with deletions; 5,000 by default. yrs may recurse once for each, and then
    /// overflows a stack of 2 MiB somewhere between 15,000 and 20,000; a page's stack is 1 MiB.
    pub clients: usize,
    /// Delete ranges in all; 50,000 by default. Each may split a block.
    pub deletes: usize,
    /// How deep the JSON of a format may nest; 32 by default.
    pub depth: u8,
    /// The one root that may hold text; `content` by default. Any other would be text that nobody sees, and each name,
    /// however short, costs yrs some 700 bytes. Nothing here lets every name through.
    pub root: Option<&'static str>,
}

impl Default for UpdateLimits {
    fn default() -> Self {
        Self::update()
    }
}

impl UpdateLimits {
    /// What one update may be; the default.
    #[must_use]
    pub const fn update() -> Self {
        Self {
            bytes: 1 << 20,
            blocks: 20_000,
            clients: 5_000,
            deletes: 50_000,
            depth: 32,
            root: Some(ROOT),
        }
    }

    /// What a whole document may be: 32 MiB, and the counts in proportion. Apply that much from a trusted side only, or
    /// on a stack of 16 MiB.
    #[must_use]
    pub const fn document() -> Self {
        Self {
            bytes: 32 << 20,
            blocks: 3_200_000,
            clients: 100_000,
            deletes: 3_200_000,
            depth: 32,
            root: Some(ROOT),
        }
    }
}
