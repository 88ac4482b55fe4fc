//! Packets: the messages of one body of HTTP, one after the other; not their frames, and no rule about who sends which.
//!
//! A message is what one WebSocket message would be: a frame or a piece of one. In a packet each is a length and its
//! bytes. A packet without messages has no bytes.

use bytes::{Bytes, BytesMut};

use super::{FrameError, MAX_FRAME};
use crate::wire::{Reader, put_var_u64};

/// Packs messages.
#[must_use]
pub fn pack<'a>(messages: impl IntoIterator<Item = &'a Bytes>) -> Bytes {
    let mut out = BytesMut::new();
    let mut len = Vec::with_capacity(4);
    for message in messages {
        len.clear();
        put_var_u64(&mut len, message.len() as u64);
        out.reserve(len.len() + message.len());
        out.extend_from_slice(&len);
        out.extend_from_slice(message);
    }
    out.freeze()
}

/// The messages of a packet, in order; they share its memory. The caller bounds the packet's size.
///
/// # Errors
/// [`FrameError`] when the bytes are not whole messages, each with 1 to [`MAX_FRAME`] bytes.
pub fn unpack(packet: &Bytes) -> Result<Vec<Bytes>, FrameError> {
    let mut reader = Reader::new(packet);
    let mut messages = Vec::new();
    while !reader.is_empty() {
        let message = reader.var_bytes(MAX_FRAME)?;
        // Without this a body of zeros would become a list many times its size.
        if message.is_empty() {
            return Err(FrameError::Field("message"));
        }
        messages.push(packet.slice_ref(message));
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::WireError;

    fn messages() -> Vec<Bytes> {
        [1, 127, 128, 16_384, MAX_FRAME]
            .into_iter()
            .map(|len| (0..len).map(|i| (i % 251) as u8).collect())
            .collect()
    }

    #[test]
    fn messages_come_out_as_they_went_in() {
        assert_eq!(unpack(&pack(&messages())), Ok(messages()));
        assert_eq!(pack(&[]), Bytes::new());
        assert_eq!(unpack(&Bytes::new()), Ok(vec![]));
    }

    #[test]
    fn a_packet_that_is_cut_is_an_error_or_its_first_messages() {
        let messages = [&b"one"[..], b"two", b"three"].map(Bytes::from_static);
        let packet = pack(&messages);
        for end in 0..packet.len() {
            if let Ok(whole) = unpack(&packet.slice(..end)) {
                assert!(messages.starts_with(&whole), "cut at {end}");
            }
        }
    }

    #[test]
    fn empty_and_oversized_messages_are_refused() {
        assert_eq!(
            unpack(&Bytes::from_static(&[1, 9, 0])),
            Err(FrameError::Field("message"))
        );
        let large = pack(&[vec![0; MAX_FRAME + 1].into()]);
        assert!(matches!(
            unpack(&large),
            Err(FrameError::Wire(WireError::TooLong { .. }))
        ));
    }

    #[test]
    fn mutated_packets_never_panic_and_give_no_more_than_they_hold() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let messages: Vec<Bytes> = (1..40_u8)
            .map(|len| vec![len; usize::from(len)].into())
            .collect();
        let original = pack(&messages);
        for _ in 0..50_000 {
            let mut bytes = original.to_vec();
            for _ in 0..=(random() % 4) {
                let at = (random() % bytes.len() as u64) as usize;
                bytes[at] = random() as u8;
            }
            bytes.truncate((random() % (bytes.len() as u64 + 1)) as usize);
            let bytes = Bytes::from(bytes);
            if let Ok(messages) = unpack(&bytes) {
                // What is understood is exactly what is there: packed again it is no longer than before.
                assert!(pack(&messages).len() <= bytes.len());
            }
        }
    }
}
