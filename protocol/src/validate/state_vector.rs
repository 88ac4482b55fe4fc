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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::Fault;

    #[test]
    fn a_state_vector_names_each_client_once_and_no_more_than_allowed() {
        let read = state_vector(&[2, 1, 5, 9, 0], 2).unwrap();
        assert_eq!(
            read.iter().map(|(c, n)| (c.get(), *n)).collect::<Vec<_>>(),
            [(1, 5), (9, 0)]
        );
        let fault = |bytes: &[u8], max| state_vector(bytes, max).unwrap_err().fault;
        assert!(matches!(
            fault(&[2, 1, 5, 9, 0], 1),
            Fault::TooMany { max: 1, .. }
        ));
        assert_eq!(fault(&[2, 1, 5, 1, 6], 2), Fault::Repeated(1));
        assert_eq!(
            fault(&[1, 1, 0xff, 0xff, 0xff, 0xff, 0x07], 2),
            Fault::Clock
        );
        assert_eq!(fault(&[0, 0], 2), Fault::Trailing(1));
    }
}
