//! How much of an update a document lacks: what it has already costs nothing, however much of it comes once more.
//!
//! Whoever exchanges states tells all deletions that it knows, each time; thousands of them come with every page that is
//! opened on an old document, and nearly all are known.

use super::Room;
use crate::validate::UpdateSummary;

/// So many deletions are taken for new without a look.
const FEW: usize = 2;
/// Looking for deletions means a walk over the document's blocks. So many take as long as placing one.
const BLOCKS_A_PIECE: usize = 64;

/// What an update brings that the document lacks, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct News {
    /// Blocks.
    pub(super) blocks: usize,
    /// Ranges of deletions.
    pub(super) deletes: usize,
}

impl News {
    /// All that is in an update.
    pub(super) fn all(summary: &UpdateSummary) -> Self {
        Self {
            blocks: summary.blocks,
            deletes: summary.deletes,
        }
    }

    /// What is placed or looked for one by one.
    pub(super) fn pieces(self) -> usize {
        self.blocks.saturating_add(self.deletes)
    }
}

impl Room {
    /// What of an update is new, its deletions counted without a look.
    pub(super) fn news(&self, summary: &UpdateSummary) -> News {
        let mut runs = summary.structs.iter();
        let new = runs.any(|run| run.end > self.known(run.client));
        News {
            blocks: if new { summary.blocks } else { 0 },
            deletes: summary.deletes,
        }
    }

    /// Looks for an update's deletions in the document, if they are many or the update is about to be `refused`.
    pub(super) fn look_for_deletions(&mut self, update: &[u8], news: News, refused: bool) -> News {
        if news.deletes == 0 || (news.deletes <= FEW && !refused) {
            return news;
        }
        self.pieces += self.weight.blocks / BLOCKS_A_PIECE;
        News {
            deletes: self.doc.lacks_deletions(update).unwrap_or(news.deletes),
            ..news
        }
    }
}

#[cfg(test)]
mod tests;
