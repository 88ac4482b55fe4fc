//! Bits that change and bytes that are missing, in one direction of one request or tunnel.

use bytes::{Bytes, BytesMut};

use crate::{Fault, Shared, Way, active::Plan};

/// What happens to the bytes of one direction, and how many of them there were.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    flip_every: Option<usize>,
    truncate_after: Option<usize>,
    at: usize,
}

impl Damage {
    /// What the rules say of this direction; uses them once.
    pub(crate) fn find(shared: &Shared, plan: &Plan, this: Way) -> Self {
        Self {
            flip_every: plan.take(shared, |fault| match fault {
                Fault::Flip { way, every } if *way == this => Some((*every).max(1)),
                _ => None,
            }),
            truncate_after: plan.take(shared, |fault| match fault {
                Fault::Truncate { way, after } if *way == this => Some(*after),
                _ => None,
            }),
            at: 0,
        }
    }

    /// Whether everything passes as it is.
    pub(crate) fn is_none(&self) -> bool {
        self.flip_every.is_none() && self.truncate_after.is_none()
    }

    /// Whether nothing more passes.
    pub(crate) fn is_over(&self) -> bool {
        self.truncate_after.is_some_and(|after| self.at >= after)
    }

    /// What becomes of the next bytes.
    pub(crate) fn next(&mut self, mut bytes: BytesMut) -> Bytes {
        if let Some(after) = self.truncate_after {
            bytes.truncate(after.saturating_sub(self.at));
        }
        if let Some(every) = self.flip_every {
            for (at, byte) in (self.at..).zip(bytes.iter_mut()) {
                if at % every == every - 1 {
                    // Another bit each time, so that lengths, kinds and numbers all have their turn.
                    *byte ^= 1 << (at / every % 8);
                }
            }
        }
        self.at += bytes.len();
        bytes.freeze()
    }

    /// What becomes of bytes that are all there is.
    pub(crate) fn whole(mut self, bytes: Bytes) -> Bytes {
        if self.is_none() {
            bytes
        } else {
            self.next(bytes.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_so_many_th_byte_changes_by_one_bit_however_the_bytes_are_cut() {
        let damage = || Damage {
            flip_every: Some(3),
            ..Damage::default()
        };
        let whole = damage().whole(Bytes::from_static(&[0; 9]));
        assert_eq!(&whole[..], [0, 0, 1, 0, 0, 2, 0, 0, 4]);
        let mut pieces = damage();
        let mut joined = Vec::new();
        for length in [1, 4, 0, 3, 1] {
            joined.extend(pieces.next(BytesMut::zeroed(length)));
        }
        assert_eq!(joined, whole);
    }

    #[test]
    fn what_is_cut_short_has_just_so_many_bytes() {
        let mut damage = Damage {
            truncate_after: Some(5),
            ..Damage::default()
        };
        assert_eq!(damage.next(BytesMut::zeroed(3)).len(), 3);
        assert!(!damage.is_over());
        assert_eq!(damage.next(BytesMut::zeroed(9)).len(), 2);
        assert!(damage.is_over());
        assert_eq!(damage.next(BytesMut::zeroed(9)).len(), 0);
    }
}
