//! An update cut into smaller ones that do the same together, in the order in which yrs would place the blocks; it judges nothing.
//!
//! yrs cannot be stopped while it applies an update. Cut into slices, what an update costs can be looked at in between.

use std::collections::HashMap;

use super::{Block, Walk};
use crate::{
    id::ClientId,
    validate::{Fault, Invalid, UpdateLimits},
    wire::put_var_u64,
};

/// Cuts an update that has no gap for a document which knows each client up to `known`, into updates of at most `most`
/// blocks or delete ranges each. Blocks that the document knows are left out.
///
/// # Errors
/// [`Invalid`] when the validator would refuse the update, or the document has a gap for it.
pub fn slices(
    bytes: &[u8],
    known: impl Fn(ClientId) -> u32,
    most: usize,
) -> Result<Vec<Vec<u8>>, Invalid> {
    let limits = UpdateLimits::document();
    let mut walk = Walk::new(bytes, &limits)?;
    let mut cut = Cut {
        bytes,
        most: most.max(1),
        lanes: lanes(&mut walk, &known)?,
        batch: Vec::new(),
        held: 0,
        out: Vec::new(),
    };
    cut.structs(&known).ok_or(Invalid {
        at: 0,
        fault: Fault::Future,
    })?;
    cut.flush();
    cut.deletions(&mut walk)?;
    Ok(cut.out)
}

/// One block that is new to the document.
struct Piece {
    from: usize,
    to: usize,
    start: u32,
    end: u32,
    needs: [Option<(ClientId, u32)>; 2],
}

/// The new blocks of one client.
struct Lane {
    client: ClientId,
    pieces: Vec<Piece>,
    next: usize,
    done: u32,
    /// The first piece that is in the batch.
    begun: Option<usize>,
}

fn lanes(walk: &mut Walk<'_>, known: &impl Fn(ClientId) -> u32) -> Result<Vec<Lane>, Invalid> {
    let mut lanes = Vec::new();
    for _ in 0..walk.scan.number()? {
        let blocks = walk.scan.number()?;
        let client = walk.scan.client()?;
        let mut clock = walk.scan.clock()?;
        let done = known(client);
        let mut pieces = Vec::new();
        for _ in 0..blocks {
            let from = walk.scan.at();
            walk.summary.needs.clear();
            let Block { end, skip } = walk.block(client, clock)?;
            if !skip && end > done {
                let mut needs = walk
                    .summary
                    .needs
                    .iter()
                    .map(|need| (need.client, need.clock));
                pieces.push(Piece {
                    from,
                    to: walk.scan.at(),
                    start: clock,
                    end,
                    needs: [needs.next(), needs.next()],
                });
            }
            clock = end;
        }
        lanes.push(Lane {
            client,
            pieces,
            next: 0,
            done,
            begun: None,
        });
    }
    Ok(lanes)
}

struct Cut<'a> {
    bytes: &'a [u8],
    most: usize,
    lanes: Vec<Lane>,
    /// The lanes of which something is in the batch, and how many blocks they have there together.
    batch: Vec<usize>,
    held: usize,
    out: Vec<Vec<u8>>,
}

impl Cut<'_> {
    /// A block that stands on another client's waits on a stack for that client's blocks, as in yrs. Nothing comes back when
    /// a block stands on something that is nowhere.
    fn structs(&mut self, known: &impl Fn(ClientId) -> u32) -> Option<()> {
        let places: HashMap<ClientId, usize> = self
            .lanes
            .iter()
            .enumerate()
            .map(|(place, lane)| (lane.client, place))
            .collect();
        let mut stack = Vec::new();
        for first in 0..self.lanes.len() {
            stack.push(first);
            while let Some(&top) = stack.last() {
                let lane = self.lanes.get(top)?;
                let Some(piece) = lane.pieces.get(lane.next) else {
                    stack.pop();
                    continue;
                };
                let unmet = piece.needs.iter().flatten().find(|(client, clock)| {
                    let done = places
                        .get(client)
                        .and_then(|place| self.lanes.get(*place))
                        .map_or_else(|| known(*client), |lane| lane.done);
                    *clock >= done
                });
                if let Some((client, _)) = unmet {
                    let place = *places.get(client)?;
                    let lane = self.lanes.get(place)?;
                    if lane.next >= lane.pieces.len() || stack.len() > self.lanes.len() {
                        return None;
                    }
                    stack.push(place);
                    continue;
                }
                self.take(top)?;
                if stack.len() > 1 {
                    stack.pop();
                }
            }
        }
        Some(())
    }

    /// Puts a lane's next block into the batch.
    fn take(&mut self, place: usize) -> Option<()> {
        let lane = self.lanes.get(place)?;
        let start = lane.pieces.get(lane.next)?.start;
        let apart = lane
            .next
            .checked_sub(1)
            .and_then(|before| lane.pieces.get(before))
            .is_some_and(|before| before.end != start);
        if apart && lane.begun.is_some() {
            self.flush();
        }
        let lane = self.lanes.get_mut(place)?;
        if lane.begun.is_none() {
            lane.begun = Some(lane.next);
            self.batch.push(place);
        }
        lane.done = lane.pieces.get(lane.next)?.end;
        lane.next = lane.next.saturating_add(1);
        self.held = self.held.saturating_add(1);
        if self.held >= self.most {
            self.flush();
        }
        Some(())
    }

    /// Writes the batch as an update.
    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return;
        }
        self.held = 0;
        let mut out = Vec::new();
        put_var_u64(&mut out, batch.len() as u64);
        for place in batch {
            let Some(lane) = self.lanes.get_mut(place) else {
                continue;
            };
            let pieces = lane
                .begun
                .take()
                .and_then(|begun| lane.pieces.get(begun..lane.next));
            if let Some([first, ..]) = pieces
                && let Some([.., last]) = pieces
                && let Some(blocks) = self.bytes.get(first.from..last.to)
            {
                put_var_u64(&mut out, pieces.map_or(0, <[Piece]>::len) as u64);
                put_var_u64(&mut out, lane.client.get());
                put_var_u64(&mut out, first.start.into());
                out.extend_from_slice(blocks);
            }
        }
        put_var_u64(&mut out, 0);
        self.out.push(out);
    }

    /// Deletions come last: they may be of what the update brings.
    fn deletions(&mut self, walk: &mut Walk<'_>) -> Result<(), Invalid> {
        for _ in 0..walk.scan.number()? {
            let client = walk.scan.client()?;
            let mut left = usize::try_from(walk.scan.number()?).unwrap_or(usize::MAX);
            while left > 0 {
                let count = left.min(self.most);
                left = left.saturating_sub(count);
                let from = walk.scan.at();
                for _ in 0..count {
                    walk.scan.clock()?;
                    walk.scan.clock()?;
                }
                let mut out = Vec::new();
                put_var_u64(&mut out, 0);
                put_var_u64(&mut out, 1);
                put_var_u64(&mut out, client.get());
                put_var_u64(&mut out, count as u64);
                out.extend_from_slice(self.bytes.get(from..walk.scan.at()).unwrap_or_default());
                self.out.push(out);
            }
        }
        walk.scan.end()
    }
}
