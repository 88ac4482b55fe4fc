//! How much one connection and one address may ask for in a time, and what each is told that asks for more; counting open sockets is the listener's.
//!
//! A limit ends what went beyond it and touches nothing else: the page connects again and sends what is unsaved. They are set so
//! that no person, and no program that writes as fast as a fast person, meets one; see docs/decisions/022.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use protocol::{frame::ErrorCode, session::Ended};

use crate::{
    Config,
    forwarded::{TrustedProxies, network},
    http::AppState,
    metrics::Metrics,
    transport::answer::refusal,
};

mod bucket;
#[cfg(test)]
mod tests;

pub use bucket::{Bucket, Rate};

/// Addresses that are remembered before those are forgotten which ask for nothing.
const REMEMBERED: usize = 1_024;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Messages on one link.
    Messages,
    /// Bytes of messages on one link.
    Bytes,
    /// Changes of presence on one link.
    Presence,
    /// Links open at once from one address.
    Links,
    /// Messages from one address.
    AddressMessages,
    /// Bytes of messages from one address.
    AddressBytes,
    /// Sessions opened, or asked for in vain, from one address.
    Sessions,
    /// Documents brought into memory from one address.
    Documents,
    /// Requests from one address.
    Requests,
}

/// The limits themselves; tests set them lower.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// [`Limit::Messages`]. A person who types fast with three others in sight causes 30 a second, a program that plays
    /// 260,000 recorded keystrokes back as fast as they are taken says them within five seconds, and then rests.
    pub messages: Rate,
    /// [`Limit::Bytes`]. A page that comes back from a week without network brings up to eight of the largest edits at once.
    pub bytes: Rate,
    /// [`Limit::Presence`]. Our page tells its caret at most 17 times a second; a Yjs editor with every key and mouse move.
    pub presence: Rate,
    /// [`Limit::Links`].
    pub links: usize,
    /// [`Limit::AddressMessages`]: an office behind one address.
    pub address_messages: Rate,
    /// [`Limit::AddressBytes`].
    pub address_bytes: Rate,
    /// [`Limit::Sessions`]. After a restart everybody behind an address comes back at once, each with a RESUME in vain and a
    /// HELLO.
    pub sessions: Rate,
    /// [`Limit::Documents`]: everybody behind an address with a document each, after a restart.
    pub documents: Rate,
    /// [`Limit::Requests`]: everybody behind an address by short poll, each twice a second.
    pub requests: Rate,
}

impl Rates {
    /// What fits so many connections from one address (`--max-connections-per-address`) and documents of so many bytes.
    #[must_use]
    pub fn new(connections: usize, max_document: usize) -> Self {
        let (many, document) = (connections as u64, max_document as u64);
        Self {
            messages: Rate::per_second(5_000, 300_000),
            bytes: Rate::per_second(4 << 20, 2 * document + (64 << 20)),
            presence: Rate::per_second(200, 2_000),
            links: connections,
            address_messages: Rate::per_second(20 * many, 400_000),
            address_bytes: Rate::per_second(16 << 20, 8 * document + (256 << 20)),
            sessions: Rate::per_minute(many, 4 * many),
            documents: Rate::per_minute(many, 2 * many),
            requests: Rate::per_second(4 * many, 20 * many),
        }
    }
}

impl Default for Rates {
    /// What fits the default of the flags.
    fn default() -> Self {
        Self::new(500, 32 << 20)
    }
}

/// Who asks for how much.
pub struct Visitors {
    rates: Rates,
    proxies: TrustedProxies,
    metrics: Arc<Metrics>,
    addresses: Mutex<HashMap<IpAddr, Arc<Address>>>,
}

/// One address, or one network of IPv6.
struct Address {
    links: AtomicUsize,
    messages: Bucket,
    bytes: Bucket,
    sessions: Bucket,
    documents: Bucket,
    requests: Bucket,
}

impl Visitors {
    /// Nobody is here.
    #[must_use]
    pub fn new(config: &Config, metrics: &Arc<Metrics>) -> Self {
        Self {
            rates: config.rates,
            proxies: config.trusted_proxies.clone(),
            metrics: Arc::clone(metrics),
            addresses: Mutex::default(),
        }
    }

    /// Who sends a request over a connection from `peer`. This machine is nobody: a proxy on it need not be configured, and a
    /// trusted proxy that does not say for whom it speaks speaks for everybody.
    #[must_use]
    pub fn guest(self: &Arc<Self>, peer: IpAddr, headers: &HeaderMap) -> Guest {
        let client = self.proxies.client(peer, headers);
        let counted = !client.is_loopback() && !self.proxies.trusts(client);
        Guest {
            address: counted.then(|| self.address(network(client))),
            visitors: Arc::clone(self),
        }
    }

    fn address(&self, address: IpAddr) -> Arc<Address> {
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // A power of two, so that looking through all of them is rare however many there are.
        if addresses.len() >= REMEMBERED
            && addresses.len().is_power_of_two()
            && !addresses.contains_key(&address)
        {
            addresses.retain(|_, address| Arc::strong_count(address) > 1 || !address.is_quiet());
        }
        let new = || Arc::new(Address::new(&self.rates));
        Arc::clone(addresses.entry(address).or_insert_with(new))
    }

    fn refuse(&self, limit: Limit) -> Ended {
        self.metrics.limited(limit);
        Ended::new(ErrorCode::Rate, limit.message())
    }
}

impl Address {
    fn new(rates: &Rates) -> Self {
        Self {
            links: AtomicUsize::new(0),
            messages: Bucket::new(rates.address_messages),
            bytes: Bucket::new(rates.address_bytes),
            sessions: Bucket::new(rates.sessions),
            documents: Bucket::new(rates.documents),
            requests: Bucket::new(rates.requests),
        }
    }

    /// Whether forgetting it gives it nothing.
    fn is_quiet(&self) -> bool {
        [
            &self.messages,
            &self.bytes,
            &self.sessions,
            &self.documents,
            &self.requests,
        ]
        .into_iter()
        .all(Bucket::is_full)
    }
}

/// Somebody who asks.
#[derive(Clone)]
pub struct Guest {
    visitors: Arc<Visitors>,
    address: Option<Arc<Address>>,
}

impl Guest {
    fn take(&self, limit: Limit, of: impl FnOnce(&Address) -> &Bucket) -> Result<(), Ended> {
        match &self.address {
            Some(address) if !of(address).take(1) => Err(self.visitors.refuse(limit)),
            _ => Ok(()),
        }
    }

    /// A request came.
    ///
    /// # Errors
    /// [`Ended`] with what its client is told.
    pub fn asks(&self) -> Result<(), Ended> {
        self.take(Limit::Requests, |address| &address.requests)
    }

    /// A session is to be opened, or one was asked for that is not there: guessing costs as much as opening.
    ///
    /// # Errors
    /// [`Ended`] with what its client is told.
    pub fn opens_session(&self) -> Result<(), Ended> {
        self.take(Limit::Sessions, |address| &address.sessions)
    }

    /// A document is to be brought into memory.
    ///
    /// # Errors
    /// [`Ended`] with what its client is told.
    pub fn opens_document(&self) -> Result<(), Ended> {
        self.take(Limit::Documents, |address| &address.documents)
    }

    /// A link is to be opened; dropping what is returned says that it has ended.
    ///
    /// # Errors
    /// [`Ended`] with what its client is told.
    pub fn opens_link(&self) -> Result<LinkRates, Ended> {
        let rates = &self.visitors.rates;
        if let Some(address) = &self.address
            && address.links.fetch_add(1, Ordering::AcqRel) >= rates.links
        {
            address.links.fetch_sub(1, Ordering::AcqRel);
            return Err(self.visitors.refuse(Limit::Links));
        }
        Ok(LinkRates {
            guest: self.clone(),
            messages: Bucket::new(rates.messages),
            bytes: Bucket::new(rates.bytes),
            presence: Bucket::new(rates.presence),
        })
    }
}

/// What one link may still say.
pub struct LinkRates {
    guest: Guest,
    messages: Bucket,
    bytes: Bucket,
    presence: Bucket,
}

impl LinkRates {
    /// A message of so many bytes came.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told; the link is to be closed.
    pub fn heard(&self, bytes: usize) -> Result<(), Ended> {
        let bytes = bytes as u64;
        let limit = if !self.messages.take(1) {
            Limit::Messages
        } else if !self.bytes.take(bytes) {
            Limit::Bytes
        } else {
            match &self.guest.address {
                Some(address) if !address.messages.take(1) => Limit::AddressMessages,
                Some(address) if !address.bytes.take(bytes) => Limit::AddressBytes,
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
        if self.presence.take(1) {
            return Ok(());
        }
        Err(self.guest.visitors.refuse(Limit::Presence))
    }
}

impl Drop for LinkRates {
    fn drop(&mut self) {
        if let Some(address) = &self.guest.address {
            address.links.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Limit {
    /// Its name in the metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Bytes => "bytes",
            Self::Presence => "presence",
            Self::Links => "links",
            Self::AddressMessages => "address_messages",
            Self::AddressBytes => "address_bytes",
            Self::Sessions => "sessions",
            Self::Documents => "documents",
            Self::Requests => "requests",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Messages => {
                "this connection sent more messages than it may in a time. The document is safe, and what is unsaved is kept by the page, which connects again and goes on. A program that sends this much should gather several edits in one."
            }
            Self::Bytes => {
                "this connection sent more bytes than it may in a time. The document is safe, and what is unsaved is kept by the page, which connects again and goes on. Bring large texts in parts."
            }
            Self::Presence => {
                "this connection moved its caret more often than it may in a time. The document is safe, and what is unsaved is kept by the page, which connects again and goes on. A program that does this should tell its caret less often."
            }
            Self::Links => {
                "your address has as many connections to documents as it may (--max-connections-per-address). Documents are safe, and the page tries again. Close another tab, or wait a little."
            }
            Self::AddressMessages => {
                "your address sent more messages than it may in a time. Documents are safe, and what is unsaved is kept by its page, which connects again and goes on. Wait a little."
            }
            Self::AddressBytes => {
                "your address sent more bytes than it may in a time. Documents are safe, and what is unsaved is kept by its page, which connects again and goes on. Wait a little."
            }
            Self::Sessions => {
                "your address opened more sessions than it may in a minute. Documents are safe, and what is unsaved is kept by its page, which tries again. Wait a little."
            }
            Self::Documents => {
                "your address opened more documents than it may in a minute. Documents are safe, and what is unsaved is kept by its page, which tries again. Wait a little."
            }
            Self::Requests => {
                "your address sent more requests than it may in a time. Documents are safe, and what is unsaved is kept by its page, which tries again. Wait a little."
            }
        }
    }
}

/// Counts a request, and tells its handler who asks.
pub(crate) async fn count(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let guest = state.visitors.guest(peer.ip(), request.headers());
    if let Err(ended) = guest.asks() {
        // A page takes an answer without a packet for somebody else's.
        return if request.uri().path().starts_with("/rt/1/") {
            refusal(&[], &ended)
        } else {
            too_much(&ended)
        };
    }
    request.extensions_mut().insert(guest);
    next.run(request).await
}

/// The answer to somebody who asked for too much with a request that is no session's.
pub(crate) fn too_much(ended: &Ended) -> Response {
    (
        StatusCode::TOO_MANY_REQUESTS,
        [(header::RETRY_AFTER, "5")],
        format!("{}\n", ended.message),
    )
        .into_response()
}
