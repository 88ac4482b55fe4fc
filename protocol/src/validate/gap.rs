//! Whether a document can take an update whole; it says what is missing and asks nobody for it.
//!
//! yrs keeps an update that lacks something as pending, for ever if need be, and fills a hole in a client's clocks with
//! a placeholder that Yjs 13 does not know. Both states have panics behind them in yrs 0.28.1. So a room asks here
//! first, and an update with a gap is answered by a resync instead of being applied.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{Need, UpdateSummary};
use crate::id::ClientId;

/// What keeps an update from being applied whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Gap {
    /// Earlier edits of the same client are missing.
    #[error("client {client} is known up to {known}, the update starts at {start}")]
    Structs {
        /// The client.
        client: ClientId,
        /// The next clock that the document awaits.
        known: u32,
        /// The clock that came instead.
        start: u32,
    },
    /// A character that a block stands on is neither in the document nor in the update.
    #[error("client {client}'s clock {clock} is referred to and missing")]
    Origin {
        /// Whose character it is.
        client: ClientId,
        /// Its clock.
        clock: u32,
    },
    /// Characters are deleted that are neither in the document nor in the update.
    #[error("client {client} is deleted up to {end} and known less far")]
    Deletes {
        /// Whose characters they are.
        client: ClientId,
        /// One past the last clock deleted.
        end: u32,
    },
    /// Blocks of the update stand on each other in a circle. No peer writes that, and no resync mends it.
    #[error("client {client}'s block at {clock} stands on itself")]
    Circle {
        /// Whose block is in the circle.
        client: ClientId,
        /// The block's first clock.
        clock: u32,
    },
}

/// What is missing before a document that knows each client up to `known` (exclusive, 0 for a stranger) can take the
/// update that `summary` describes; nothing when it can.
///
/// The document must itself be free of gaps, as it is when every update it took was asked about here.
pub fn gap(summary: &UpdateSummary, known: impl Fn(ClientId) -> u32) -> Option<Gap> {
    let mut ends: Vec<(ClientId, u32)> = Vec::with_capacity(summary.structs.len().min(16));
    for run in &summary.structs {
        let reached = match ends.last() {
            Some((client, end)) if *client == run.client => *end,
            _ => {
                let end = known(run.client);
                ends.push((run.client, end));
                end
            }
        };
        if run.start > reached {
            return Some(Gap::Structs {
                client: run.client,
                known: reached,
                start: run.start,
            });
        }
        if let Some((_, end)) = ends.last_mut() {
            *end = reached.max(run.end);
        }
    }
    ends.sort_unstable();
    let place = |client| {
        ends.binary_search_by_key(&client, |(client, _)| *client)
            .ok()
    };
    let end = |client| {
        place(client)
            .and_then(|i| ends.get(i))
            .map_or_else(|| known(client), |(_, end)| *end)
    };

    let mut inner = Vec::new();
    for need in &summary.needs {
        // A block that the document has already is cut away before it is placed.
        if need.clock < known(need.client) || need.block.end <= known(need.block.client) {
            continue;
        }
        match (place(need.client), place(need.block.client)) {
            (Some(on), Some(owner)) if need.clock < end(need.client) => {
                inner.push(Inner { owner, on, need });
            }
            _ => {
                return Some(Gap::Origin {
                    client: need.client,
                    clock: need.clock,
                });
            }
        }
    }
    circle(&ends, &inner).or_else(|| {
        let missing = summary
            .deleted
            .iter()
            .find(|(client, deleted)| *deleted > end(*client))?;
        Some(Gap::Deletes {
            client: missing.0,
            end: missing.1,
        })
    })
}

/// A need that only the update itself can meet; clients by their place among those with blocks.
struct Inner<'a> {
    owner: usize,
    on: usize,
    need: &'a Need,
}

/// One client's way through its own needs.
struct Lane<'a> {
    needs: std::slice::Iter<'a, Inner<'a>>,
    /// Placed up to here.
    done: u32,
    end: u32,
}

/// Names a block that no order of placing can place.
fn circle(ends: &[(ClientId, u32)], inner: &[Inner<'_>]) -> Option<Gap> {
    let stuck = match inner.first() {
        None => None,
        Some(first) => place_all(ends, inner).map_or(Some(first), |lanes| {
            lanes
                .into_iter()
                .find_map(|lane| lane.needs.as_slice().first())
        }),
    }?;
    let block = stuck.need.block;
    Some(Gap::Circle {
        client: block.client,
        clock: block.start,
    })
}

/// Places blocks in any order that their needs allow; what is left of a lane could not be placed. Nothing comes back
/// when a place is outside `ends`, which [`gap`] never asks for.
fn place_all<'a>(ends: &[(ClientId, u32)], inner: &'a [Inner<'a>]) -> Option<Vec<Lane<'a>>> {
    let mut lanes: Vec<Lane<'_>> = ends
        .iter()
        .map(|(_, end)| Lane {
            needs: [].iter(),
            done: 0,
            end: *end,
        })
        .collect();
    // A client's blocks stand together in an update, so its needs do too.
    for chunk in inner.chunk_by(|a, b| a.owner == b.owner) {
        lanes.get_mut(chunk.first()?.owner)?.needs = chunk.iter();
    }
    // Who waits, as (on whom, for which clock, who): every need waits at most once.
    let mut waiting: BTreeSet<(usize, u32, usize)> = BTreeSet::new();
    let mut ready: Vec<usize> = (0..lanes.len()).collect();
    while let Some(owner) = ready.pop() {
        let mut needs = lanes.get(owner)?.needs.clone();
        let mut reached = lanes.get(owner)?.end;
        while let Some(next) = needs.as_slice().first() {
            if next.need.clock >= lanes.get(next.on)?.done {
                waiting.insert((next.on, next.need.clock, owner));
                reached = next.need.block.start;
                break;
            }
            needs.next();
        }
        let lane = lanes.get_mut(owner)?;
        lane.needs = needs;
        lane.done = reached;
        while let Some(first) = waiting.range((owner, 0, 0)..(owner, reached, 0)).next() {
            let first = *first;
            waiting.remove(&first);
            ready.push(first.2);
        }
    }
    Some(lanes)
}
