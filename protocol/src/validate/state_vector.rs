//! The walk over a state vector: what a peer says it has; it is not compared with any document here.

use super::Invalid;
use super::scan::{Scan, once};
use crate::id::ClientId;

/// Reads a version 1 state vector, in its own order.
///
/// # Errors
/// [`Invalid`] when it is no state vector, names a client twice, or names more than `max_clients`.
pub fn state_vector(bytes: &[u8], max_clients: usize) -> Result<Vec<(ClientId, u32)>, Invalid> {
    let mut scan = Scan::new(bytes, usize::MAX)?;
    let count = scan.count(2, "clients", max_clients)?;
    let mut clocks = Vec::with_capacity(count);
    for _ in 0..count {
        clocks.push((scan.client()?, scan.clock()?));
    }
    scan.end()?;
    once(clocks.iter().map(|(client, _)| *client), 0)?;
    Ok(clocks)
}
