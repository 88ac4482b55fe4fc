//! The walk over a version 1 update: its blocks, then its delete set; nothing of it is kept but a summary.

use super::scan::{Scan, advance, once};
use super::{Fault, Invalid, json};
use crate::id::ClientId;

mod limits;
mod slices;

pub use limits::UpdateLimits;
pub use slices::slices;

/// What the walk learned, for the room's decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateSummary {
    /// The runs of clocks that the update brings: a client's runs stand together, in order, apart from each other.
    pub structs: Vec<StructRange>,
    /// What the blocks stand on beyond their own client, in the order of the blocks.
    pub needs: Vec<Need>,
    /// For each client with deletions: one past the last clock deleted.
    pub deleted: Vec<(ClientId, u32)>,
    /// How many delete ranges there are.
    pub deletes: usize,
    /// How many clocks they cover.
    pub deleted_clocks: u64,
    /// How many blocks there are, skips included.
    pub blocks: usize,
    /// How much text is inserted, in UTF-16 code units.
    pub text_utf16: u64,
}

/// A run of one client's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StructRange {
    /// Who wrote it.
    pub client: ClientId,
    /// The first clock.
    pub start: u32,
    /// One past the last clock.
    pub end: u32,
}

/// A block that cannot be placed before another client's character is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The block that stands on another.
    pub block: StructRange,
    /// Whose character it stands on.
    pub client: ClientId,
    /// The character's clock.
    pub clock: u32,
}

/// Walks an update that came from outside.
///
/// A block's length is counted as yrs counts it: UTF-16 code units of a string, one for a format.
///
/// # Errors
/// [`Invalid`] with the first thing that is wrong; the bytes must then reach neither the CRDT nor another peer.
pub fn update(bytes: &[u8], limits: &UpdateLimits) -> Result<UpdateSummary, Invalid> {
    let mut counted = 0;
    if bytes.len() > COUNTED {
        let mut walk = Walk::new(bytes, limits)?;
        walk.keeps_needs = false;
        walk.structs()?;
        counted = walk.needs;
    }
    let mut walk = Walk::new(bytes, limits)?;
    walk.summary.needs.reserve_exact(counted);
    walk.structs()?;
    walk.delete_set()?;
    walk.scan.end()?;
    Ok(walk.summary)
}

/// In more bytes than this the needs are counted before they are kept: a list that grows takes up to three times its size.
const COUNTED: usize = 4 << 10;

/// The root that holds a document's text.
pub const ROOT: &str = "content";

/// The least that a client's section takes: count, client, clock, and one block.
const SECTION: usize = 3 + BLOCK;
/// The least that a block takes: its kind and a length.
const BLOCK: usize = 2;
/// The least that a delete range takes: clock and length.
const RANGE: usize = 2;

const HAS_ORIGIN: u8 = 0x80;
const HAS_RIGHT_ORIGIN: u8 = 0x40;
const HAS_KEY: u8 = 0x20;
/// Yjs reads this bit as part of the kind, yrs drops it.
const SPARE: u8 = 0x10;
const KIND: u8 = 0x0f;

struct Walk<'a> {
    scan: Scan<'a>,
    limits: &'a UpdateLimits,
    summary: UpdateSummary,
    needs: usize,
    keeps_needs: bool,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8], limits: &'a UpdateLimits) -> Result<Self, Invalid> {
        Ok(Self {
            scan: Scan::new(bytes, limits.bytes)?,
            limits,
            summary: UpdateSummary::default(),
            needs: 0,
            keeps_needs: true,
        })
    }

    fn structs(&mut self) -> Result<(), Invalid> {
        let sections = self.scan.count(SECTION, "clients", self.limits.clients)?;
        // One section, as a keystroke has, cannot repeat a client and needs no list.
        let mut clients = Vec::with_capacity(if sections > 1 { sections } else { 0 });
        for _ in 0..sections {
            let at = self.scan.at();
            let blocks = self.scan.count(
                BLOCK,
                "blocks",
                self.limits.blocks.saturating_sub(self.summary.blocks),
            )?;
            if blocks == 0 {
                return Err(Invalid {
                    at,
                    fault: Fault::Empty("section"),
                });
            }
            self.summary.blocks = self.summary.blocks.saturating_add(blocks);
            let client = self.scan.client()?;
            if sections > 1 {
                clients.push(client);
            }
            let mut clock = self.scan.clock()?;
            let mut run: Option<StructRange> = None;
            for _ in 0..blocks {
                let Block { end, skip } = self.block(client, clock)?;
                if skip {
                    self.summary.structs.extend(run.take());
                } else {
                    run.get_or_insert(StructRange {
                        client,
                        start: clock,
                        end,
                    })
                    .end = end;
                }
                clock = end;
            }
            self.summary.structs.extend(run);
        }
        once(clients.iter().copied(), self.scan.at())
    }

    fn block(&mut self, client: ClientId, start: u32) -> Result<Block, Invalid> {
        let at = self.scan.at();
        let info = self.scan.u8()?;
        if info == 0 || info == 10 {
            let end = self.length(start)?;
            return Ok(Block {
                end,
                skip: info == 10,
            });
        }
        let kind = info & KIND;
        if !matches!(kind, 1 | 4 | 6) {
            return Err(Invalid {
                at,
                fault: Fault::Kind(kind),
            });
        }
        if info & SPARE != 0 {
            return Err(Invalid {
                at,
                fault: Fault::Flags(info),
            });
        }
        if info & HAS_KEY != 0 {
            return Err(Invalid {
                at,
                fault: Fault::Nested,
            });
        }
        let origin = (info & HAS_ORIGIN != 0)
            .then(|| self.neighbour(client, start))
            .transpose()?
            .flatten();
        let right = (info & HAS_RIGHT_ORIGIN != 0)
            .then(|| self.neighbour(client, start))
            .transpose()?
            .flatten();
        if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
            self.root()?;
        }
        let end = match kind {
            1 => self.length(start)?,
            4 => self.string(start)?,
            _ => self.format(start)?,
        };
        let block = StructRange { client, start, end };
        for (client, clock) in [origin, right].into_iter().flatten() {
            self.needs = self.needs.saturating_add(1);
            if self.keeps_needs {
                self.summary.needs.push(Need {
                    block,
                    client,
                    clock,
                });
            }
        }
        Ok(Block { end, skip: false })
    }

    /// The id of a neighbour, when it is another client's.
    fn neighbour(&mut self, own: ClientId, start: u32) -> Result<Option<(ClientId, u32)>, Invalid> {
        let at = self.scan.at();
        let (client, clock) = (self.scan.client()?, self.scan.clock()?);
        if client != own {
            return Ok(Some((client, clock)));
        }
        if clock < start {
            Ok(None)
        } else {
            Err(Invalid {
                at,
                fault: Fault::Future,
            })
        }
    }

    /// The parent of a block without neighbours, which must be a root.
    fn root(&mut self) -> Result<(), Invalid> {
        let at = self.scan.at();
        match self.scan.number()? {
            1 => {
                let at = self.scan.at();
                let name = self.scan.text(self.limits.bytes)?;
                match self.limits.root {
                    Some(root) if root != name => Err(Invalid {
                        at,
                        fault: Fault::Root,
                    }),
                    _ => Ok(()),
                }
            }
            0 => Err(Invalid {
                at,
                fault: Fault::Nested,
            }),
            _ => Err(Invalid {
                at,
                fault: Fault::Number,
            }),
        }
    }

    fn length(&mut self, start: u32) -> Result<u32, Invalid> {
        let at = self.scan.at();
        match self.scan.clock()? {
            0 => Err(Invalid {
                at,
                fault: Fault::Empty("block"),
            }),
            len => advance(start, len, at),
        }
    }

    fn string(&mut self, start: u32) -> Result<u32, Invalid> {
        let at = self.scan.at();
        let text = self.scan.text(self.limits.bytes)?;
        if text.is_empty() {
            return Err(Invalid {
                at,
                fault: Fault::Empty("block"),
            });
        }
        let len = utf16_len(text);
        self.summary.text_utf16 = self.summary.text_utf16.saturating_add(u64::from(len));
        advance(start, len, at)
    }

    fn format(&mut self, start: u32) -> Result<u32, Invalid> {
        self.scan.text(self.limits.bytes)?;
        let at = self.scan.at();
        let value = self.scan.text(self.limits.bytes)?;
        json::depth(value, self.limits.depth)
            .and_then(|()| json::strict(value))
            .map_err(|fault| Invalid { at, fault })?;
        advance(start, 1, at)
    }

    fn delete_set(&mut self) -> Result<(), Invalid> {
        let sections = self
            .scan
            .count(2 + RANGE, "clients with deletions", self.limits.clients)?;
        self.summary.deleted.reserve_exact(sections);
        for _ in 0..sections {
            let client = self.scan.client()?;
            let at = self.scan.at();
            let left = self.limits.deletes.saturating_sub(self.summary.deletes);
            let ranges = self.scan.count(RANGE, "delete ranges", left)?;
            if ranges == 0 {
                return Err(Invalid {
                    at,
                    fault: Fault::Empty("delete section"),
                });
            }
            self.summary.deletes = self.summary.deletes.saturating_add(ranges);
            let mut end = 0;
            for _ in 0..ranges {
                let at = self.scan.at();
                let start = self.scan.clock()?;
                if start < end {
                    return Err(Invalid {
                        at,
                        fault: Fault::Order,
                    });
                }
                end = self.length(start)?;
                let clocks = u64::from(end.saturating_sub(start));
                self.summary.deleted_clocks = self.summary.deleted_clocks.saturating_add(clocks);
            }
            self.summary.deleted.push((client, end));
        }
        once(
            self.summary.deleted.iter().map(|(client, _)| *client),
            self.scan.at(),
        )
    }
}

/// Where a block ends, and whether it only stands for clocks that are not there.
struct Block {
    end: u32,
    skip: bool,
}

/// The length in UTF-16 code units: one for every character's first byte, and one more where that starts four.
fn utf16_len(text: &str) -> u32 {
    let units = text.bytes().fold(0usize, |units, byte| {
        let first = usize::from(byte & 0xc0 != 0x80);
        units
            .wrapping_add(first)
            .wrapping_add(usize::from(byte >= 0xf0))
    });
    u32::try_from(units).unwrap_or(u32::MAX)
}
