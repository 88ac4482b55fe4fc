//! The bytes of one tail row: the records of one document in one commit, and the checksum every row carries; no SQL.
//!
//! A row is the records one after the other, each `at_ms` and `author` as lib0 numbers and the update as a lib0 byte
//! string. Record `k` of `n` in the row with id `i` has the place `i - (n - 1) + k` in the log, so the row's id is the
//! place of its last record.

use bytes::Bytes;
use protocol::{
    id::ClientId,
    wire::{MAX_SAFE_INTEGER, Reader, WireError, put_bytes, put_var_u64},
};

use crate::log::Record;

/// Writes records as one row.
pub(super) fn encode<'a>(records: impl Iterator<Item = &'a Record> + Clone) -> Vec<u8> {
    // Two numbers and a length take at most 8 bytes each.
    let mut out = Vec::with_capacity(records.clone().map(|r| r.update.len() + 24).sum());
    for record in records {
        put_var_u64(&mut out, record.at_ms.min(MAX_SAFE_INTEGER));
        put_var_u64(&mut out, record.author.get());
        put_bytes(&mut out, &record.update);
    }
    out
}

/// Reads a row; the updates share its memory.
///
/// # Errors
/// [`WireError`] when the bytes are no such row.
pub(super) fn decode(row: &Bytes) -> Result<Vec<Record>, WireError> {
    let mut reader = Reader::new(row);
    let mut records = Vec::new();
    while !reader.is_empty() {
        let at_ms = reader.var_u64()?;
        let author = ClientId::from_random(reader.var_u64()?);
        let update = row.slice_ref(reader.var_bytes(usize::MAX)?);
        records.push(Record {
            update,
            at_ms,
            author,
            awaited: false,
        });
    }
    Ok(records)
}

/// The checksum of a row or snapshot. It covers where the row belongs as well as what it holds, since SQLite itself
/// checks only the pages in its write-ahead log, not those in the file.
pub(super) fn checksum(doc: i64, place: i64, data: &[u8]) -> i64 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&doc.to_le_bytes());
    crc.update(&place.to_le_bytes());
    crc.update(data);
    i64::from(crc.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(update: &'static [u8], at_ms: u64, author: u64) -> Record {
        Record {
            update: Bytes::from_static(update),
            at_ms,
            author: ClientId::from_random(author),
            awaited: false,
        }
    }

    #[test]
    fn a_row_gives_back_each_record_with_its_time_and_author() {
        let records = [
            record(b"one", 1_763_856_000_000, 7),
            record(b"", 0, MAX_SAFE_INTEGER),
            record(b"three", 3, 0),
        ];
        let read = decode(&encode(records.iter()).into()).unwrap();
        let plain = |r: &Record| (r.update.clone(), r.at_ms, r.author);
        assert_eq!(
            read.iter().map(plain).collect::<Vec<_>>(),
            records.iter().map(plain).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_row_cut_short_is_refused() {
        let whole = encode([record(b"abc", 300, 300)].iter());
        for len in 1..whole.len() {
            assert!(
                decode(&Bytes::copy_from_slice(&whole[..len])).is_err(),
                "{len} bytes"
            );
        }
    }

    #[test]
    fn the_checksum_covers_the_place_and_the_document() {
        let sum = checksum(1, 2, b"abc");
        assert_ne!(sum, checksum(2, 2, b"abc"));
        assert_ne!(sum, checksum(1, 3, b"abc"));
        assert_ne!(sum, checksum(1, 2, b"abd"));
    }
}
