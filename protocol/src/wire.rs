//! lib0's number and byte-string encoding: a reader that never trusts a length, and the matching writers; not a message format.
//!
//! Source: the `lib0` package used by Yjs (`decoding.js`, `encoding.js`). Unsigned numbers are little-endian groups of
//! seven bits, the high bit meaning "more follows". Numbers above 2^53 - 1 are refused, since JavaScript peers cannot
//! hold them.

use thiserror::Error;

/// The largest number that JavaScript holds exactly, and so the largest one on the wire.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Why bytes could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WireError {
    /// The bytes end before the value does.
    #[error("the bytes end too early")]
    Truncated,
    /// A number is longer than eight groups or above [`MAX_SAFE_INTEGER`].
    #[error("a number is too large")]
    NumberTooLarge,
    /// A string or byte string is longer than the caller allows.
    #[error("a field is {len} bytes long, allowed are {max}")]
    TooLong {
        /// The length the bytes claim.
        len: u64,
        /// The length that the caller allows.
        max: usize,
    },
    /// A string is not UTF-8.
    #[error("a string is not UTF-8")]
    NotUtf8,
    /// Bytes are left over after the last field.
    #[error("{0} bytes follow the end")]
    Trailing(usize),
}

/// Reads fields one after the other from borrowed bytes; it allocates nothing and cannot panic.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// How many bytes are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// Whether every byte has been read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// One byte.
    ///
    /// # Errors
    /// [`WireError::Truncated`] at the end.
    pub fn u8(&mut self) -> Result<u8, WireError> {
        let (first, rest) = self.bytes.split_first().ok_or(WireError::Truncated)?;
        self.bytes = rest;
        Ok(*first)
    }

    /// An unsigned number of at most 53 bits.
    ///
    /// # Errors
    /// [`WireError::Truncated`] or [`WireError::NumberTooLarge`].
    pub fn var_u64(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for shift in (0..56).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if value <= MAX_SAFE_INTEGER {
                    Ok(value)
                } else {
                    Err(WireError::NumberTooLarge)
                };
            }
        }
        Err(WireError::NumberTooLarge)
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`WireError::Truncated`] when fewer are left.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        if len > self.bytes.len() {
            return Err(WireError::Truncated);
        }
        let (head, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        Ok(head)
    }

    /// A length and that many bytes, at most `max`.
    ///
    /// # Errors
    /// [`WireError::TooLong`] above `max`, else as [`Reader::take`].
    pub fn var_bytes(&mut self, max: usize) -> Result<&'a [u8], WireError> {
        let len = self.var_u64()?;
        match usize::try_from(len) {
            Ok(fits) if fits <= max => self.take(fits),
            _ => Err(WireError::TooLong { len, max }),
        }
    }

    /// A length and that many bytes of UTF-8, at most `max` bytes.
    ///
    /// # Errors
    /// [`WireError::NotUtf8`], else as [`Reader::var_bytes`].
    pub fn var_str(&mut self, max: usize) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.var_bytes(max)?).map_err(|_| WireError::NotUtf8)
    }

    /// Everything that is left.
    #[must_use]
    pub fn rest(self) -> &'a [u8] {
        self.bytes
    }

    /// Says that nothing may follow.
    ///
    /// # Errors
    /// [`WireError::Trailing`] with the number of bytes left.
    pub fn end(&self) -> Result<(), WireError> {
        if self.bytes.is_empty() {
            Ok(())
        } else {
            Err(WireError::Trailing(self.bytes.len()))
        }
    }
}

/// Appends an unsigned number; the caller keeps it within [`MAX_SAFE_INTEGER`].
pub fn put_var_u64(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a length and the bytes.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_var_u64(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a length and the UTF-8 bytes of a string.
pub fn put_str(out: &mut Vec<u8>, text: &str) {
    put_bytes(out, text.as_bytes());
}

/// How many bytes [`put_var_u64`] appends for `value`.
#[must_use]
pub fn var_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_as_written_and_takes_the_stated_length() {
        for value in [
            0,
            1,
            127,
            128,
            16_383,
            16_384,
            u64::from(u32::MAX),
            MAX_SAFE_INTEGER,
        ] {
            let mut out = Vec::new();
            put_var_u64(&mut out, value);
            assert_eq!(out.len(), var_len(value), "{value}");
            let mut reader = Reader::new(&out);
            assert_eq!(reader.var_u64(), Ok(value));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn numbers_beyond_53_bits_are_refused() {
        let mut out = Vec::new();
        put_var_u64(&mut out, MAX_SAFE_INTEGER + 1);
        assert_eq!(Reader::new(&out).var_u64(), Err(WireError::NumberTooLarge));
        assert_eq!(
            Reader::new(&[0xff; 12]).var_u64(),
            Err(WireError::NumberTooLarge)
        );
    }

    #[test]
    fn a_length_is_checked_before_anything_is_taken() {
        assert_eq!(
            Reader::new(&[5, 1, 2]).var_bytes(10),
            Err(WireError::Truncated)
        );
        assert_eq!(
            Reader::new(&[5, 1, 2, 3, 4, 5]).var_bytes(4),
            Err(WireError::TooLong { len: 5, max: 4 })
        );
        assert_eq!(
            Reader::new(&[2, 0xc3, 0x28]).var_str(4),
            Err(WireError::NotUtf8)
        );
    }
}
