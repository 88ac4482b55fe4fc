//! What a link may say: what its session has left, and of its address once that says more than a person does; who opens links is the caller's.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use protocol::{frame::SessionId, session::Ended};
use tokio::sync::OwnedSemaphorePermit;

use super::{Address, Bucket, Guest, Limit, Rates};

/// What one session may still say. It goes from link to link, so that a RESUME is no new allowance.
#[derive(Debug)]
pub(super) struct Speech {
    messages: Bucket,
    bytes: Bucket,
    presence: Bucket,
    free_messages: Bucket,
    free_bytes: Bucket,
    free_presence: Bucket,
}

impl Speech {
    pub(super) fn new(rates: &Rates) -> Arc<Self> {
        Arc::new(Self {
            messages: Bucket::new(rates.messages),
            bytes: Bucket::new(rates.bytes),
            presence: Bucket::new(rates.presence),
            free_messages: Bucket::new(rates.free_messages),
            free_bytes: Bucket::new(rates.free_bytes),
            free_presence: Bucket::new(rates.free_presence),
        })
    }

    /// Whether forgetting it gives it nothing.
    pub(super) fn is_quiet(&self) -> bool {
        [
            &self.messages,
            &self.bytes,
            &self.presence,
            &self.free_messages,
            &self.free_bytes,
            &self.free_presence,
        ]
        .into_iter()
        .all(Bucket::is_full)
    }
}

/// What one link may still say. Dropping it says that the link has ended.
pub struct LinkRates {
    pub(super) guest: Guest,
    pub(super) speech: Arc<Speech>,
    pub(super) _open: Option<Counted>,
}

impl LinkRates {
    /// The session is this one: its next link goes on with what it has left.
    pub fn remember(&self, sid: &SessionId) {
        self.guest.visitors.speech(sid, || Arc::clone(&self.speech));
    }

    /// A message of so many bytes came, of whatever kind.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told; the link is to be closed.
    pub fn heard(&self, bytes: usize) -> Result<(), Ended> {
        let (speech, bytes) = (&self.speech, bytes as u64);
        let limit = if !speech.messages.take(1) {
            Limit::Messages
        } else if !speech.bytes.take(bytes) {
            Limit::Bytes
        } else {
            // The address is charged with what goes beyond a person's writing: else a flood would end the link of whoever
            // speaks next, and that is seldom the one who floods.
            match &self.guest.address {
                Some(address) if !(speech.free_messages.take(1) || address.messages.take(1)) => {
                    Limit::AddressMessages
                }
                Some(address) if !(speech.free_bytes.take(bytes) || address.bytes.take(bytes)) => {
                    Limit::AddressBytes
                }
                _ => return Ok(()),
            }
        };
        Err(self.guest.visitors.refuse(limit))
    }

    /// What came was a change of presence, or asked for everybody's.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told; the link is to be closed.
    pub fn moved(&self) -> Result<(), Ended> {
        let speech = &self.speech;
        let limit = if !speech.presence.take(1) {
            Limit::Presence
        } else {
            match &self.guest.address {
                Some(address) if !(speech.free_presence.take(1) || address.presence.take(1)) => {
                    Limit::AddressPresence
                }
                _ => return Ok(()),
            }
        };
        Err(self.guest.visitors.refuse(limit))
    }
}

/// A socket or a body that is open, whether anybody spoke on it or not. Dropping it says that it is no more.
pub struct Place {
    pub(super) _address: Option<Counted>,
    pub(super) _socket: Option<OwnedSemaphorePermit>,
}

/// One of those that are counted of an address.
pub(super) struct Counted {
    address: Arc<Address>,
    of: fn(&Address) -> &AtomicUsize,
}

impl Counted {
    /// One more, however many there are.
    pub(super) fn one(address: &Arc<Address>, of: fn(&Address) -> &AtomicUsize) -> Self {
        of(address).fetch_add(1, Ordering::AcqRel);
        Self {
            address: Arc::clone(address),
            of,
        }
    }

    /// One more, if there are fewer than `limit`.
    pub(super) fn one_of(
        address: &Arc<Address>,
        of: fn(&Address) -> &AtomicUsize,
        limit: usize,
    ) -> Option<Self> {
        let before = of(address).fetch_add(1, Ordering::AcqRel);
        let counted = Self {
            address: Arc::clone(address),
            of,
        };
        (before < limit).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.of)(&self.address).fetch_sub(1, Ordering::AcqRel);
    }
}
