//! Frames above 48 KiB cut into pieces and put together again; pieces of one frame follow each other on a link.

use bytes::{Bytes, BytesMut};
use thiserror::Error;

use super::MAX_FRAME;

const MORE: u8 = 126;
const LAST: u8 = 127;
/// Bytes of a frame that one piece carries: a quarter below the limit, so that base64 and headers still fit.
const PIECE: usize = MAX_FRAME / 4 * 3;
/// Pieces smaller than this on the average are refused, in bytes: to take each is work, however little it holds.
const SMALL_PIECE: usize = PIECE / 16;
/// Any frame may come in so many pieces.
const FEW_PIECES: usize = 16;

/// Cuts a frame; one that fits comes back as it is.
pub fn split(frame: Bytes) -> impl Iterator<Item = Bytes> {
    let whole = frame.len() <= PIECE;
    let mut rest = frame;
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        if whole {
            done = true;
            return Some(std::mem::take(&mut rest));
        }
        let piece = rest.split_to(rest.len().min(PIECE));
        done = rest.is_empty();
        let mut out = BytesMut::with_capacity(piece.len() + 1);
        out.extend_from_slice(&[if done { LAST } else { MORE }]);
        out.extend_from_slice(&piece);
        Some(out.freeze())
    })
}

/// Why pieces make no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FragmentError {
    /// The pieces together are larger than allowed.
    #[error("a frame in pieces is larger than {0} bytes")]
    TooLarge(usize),
    /// One piece is larger than any frame.
    #[error("a frame is larger than {MAX_FRAME} bytes")]
    Oversized,
    /// There are more pieces than a frame of any size that is allowed needs.
    #[error("a frame comes in more than {0} pieces")]
    TooMany(usize),
    /// A whole frame came between the pieces of another.
    #[error("the pieces of a frame are interrupted")]
    Interrupted,
}

/// Puts the pieces of one link together; make a new one for a new link.
#[derive(Debug)]
pub struct Assembler {
    partial: BytesMut,
    pieces: usize,
    open: bool,
    max: usize,
}

impl Assembler {
    /// Frames of up to `max` bytes are put together.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            partial: BytesMut::new(),
            pieces: 0,
            open: false,
            max,
        }
    }

    /// Takes what one message of the link carried; gives a frame when it is whole.
    ///
    /// # Errors
    /// [`FragmentError`]; the link is to be closed.
    pub fn push(&mut self, bytes: Bytes) -> Result<Option<Bytes>, FragmentError> {
        if bytes.len() > MAX_FRAME {
            return Err(FragmentError::Oversized);
        }
        let (more, piece) = match bytes.first() {
            Some(&MORE) => (true, &bytes[1..]),
            Some(&LAST) => (false, &bytes[1..]),
            _ if self.open => return Err(FragmentError::Interrupted),
            _ => return Ok(Some(bytes)),
        };
        if self.partial.len() + piece.len() > self.max {
            return Err(FragmentError::TooLarge(self.max));
        }
        let most = FEW_PIECES + self.max / SMALL_PIECE;
        if self.pieces == most {
            return Err(FragmentError::TooMany(most));
        }
        self.pieces = if more { self.pieces + 1 } else { 0 };
        self.partial.extend_from_slice(piece);
        self.open = more;
        Ok((!more).then(|| std::mem::take(&mut self.partial).freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_frame_travels_in_pieces_and_comes_out_whole() {
        for len in [0, 1, PIECE, PIECE + 1, 3 * PIECE, 1_000_000] {
            let frame: Bytes = (0..len).map(|i| (i % 100) as u8).collect();
            let mut assembler = Assembler::new(2_000_000);
            let pieces: Vec<Bytes> = split(frame.clone()).collect();
            let (last, before) = pieces.split_last().unwrap();
            for piece in before {
                assert!(piece.len() <= MAX_FRAME);
                assert_eq!(assembler.push(piece.clone()), Ok(None));
            }
            assert_eq!(assembler.push(last.clone()), Ok(Some(frame)), "{len}");
        }
    }

    #[test]
    fn reassembly_is_bounded_and_not_interrupted() {
        let mut assembler = Assembler::new(10);
        assert_eq!(
            assembler.push(Bytes::from_static(&[MORE, 1, 2, 3])),
            Ok(None)
        );
        assert_eq!(
            assembler.push(Bytes::from_static(&[8])),
            Err(FragmentError::Interrupted)
        );
        assert_eq!(
            assembler.push(Bytes::from_static(&[MORE, 1, 2, 3, 4, 5, 6, 7, 8])),
            Err(FragmentError::TooLarge(10))
        );
        assert_eq!(
            assembler.push(vec![0; MAX_FRAME + 1].into()),
            Err(FragmentError::Oversized)
        );
    }

    #[test]
    fn a_frame_in_countless_small_pieces_is_refused() {
        let max = 9 << 20;
        let most = FEW_PIECES + max / SMALL_PIECE;
        for piece in [&[MORE][..], &[MORE, 7]] {
            let mut assembler = Assembler::new(max);
            let piece = Bytes::from_static(piece);
            for _ in 0..most {
                assert_eq!(assembler.push(piece.clone()), Ok(None));
            }
            assert_eq!(assembler.push(piece), Err(FragmentError::TooMany(most)));
        }
        // Counted a frame, not a link.
        let mut assembler = Assembler::new(max);
        for _ in 0..2 * most {
            assert_eq!(assembler.push(Bytes::from_static(&[MORE, 1])), Ok(None));
            let whole = assembler.push(Bytes::from_static(&[LAST, 2])).unwrap();
            assert_eq!(whole, Some(Bytes::from_static(&[1, 2])));
        }
    }
}
