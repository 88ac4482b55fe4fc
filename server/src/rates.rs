//! How much one session and one address may ask for in a time and have open, and what each is told that asks for more; counting connections is the listener's.
//!
//! A limit ends what went beyond it and touches nothing else: the page connects again and sends what is unsaved. They are set so
//! that no person, and no program that writes as fast as a fast person, meets one; see docs/decisions/022.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use protocol::{
    frame::{ErrorCode, SessionId},
    session::Ended,
};
use tokio::sync::Semaphore;

use crate::{
    Config,
    forwarded::{TrustedProxies, network},
    http::AppState,
    metrics::Metrics,
    transport::answer::refusal,
};

mod bucket;
mod limit;
mod link;
#[cfg(test)]
mod tests;

pub use bucket::{Bucket, Rate};
pub use limit::Limit;
use link::{Counted, Speech};
pub use link::{LinkRates, Place};

/// Addresses, or sessions, that are remembered before those are forgotten which ask for nothing.
const REMEMBERED: usize = 1_024;

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
    /// Messages of a link that its address is not charged with: twice what a person causes who types fast.
    pub free_messages: Rate,
    /// The same in bytes.
    pub free_bytes: Rate,
    /// The same for changes of presence: what our page causes.
    pub free_presence: Rate,
    /// [`Limit::Links`].
    pub links: usize,
    /// [`Limit::UnderWay`]: after the network was gone, a dead socket and its successor for each link.
    pub under_way: usize,
    /// [`Limit::AddressMessages`]: what an office behind one address says beyond what is free for each.
    pub address_messages: Rate,
    /// [`Limit::AddressBytes`].
    pub address_bytes: Rate,
    /// [`Limit::AddressPresence`].
    pub address_presence: Rate,
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
            free_messages: Rate::per_second(60, 600),
            free_bytes: Rate::per_second(16 << 10, 256 << 10),
            free_presence: Rate::per_second(20, 200),
            links: connections,
            under_way: connections.saturating_mul(2),
            address_messages: Rate::per_second(20 * many, 400_000),
            address_bytes: Rate::per_second(16 << 20, 8 * document + (256 << 20)),
            address_presence: Rate::per_second(200 + 4 * many, 2_000 + 40 * many),
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
    sessions: Mutex<HashMap<SessionId, Arc<Speech>>>,
    /// A connection of HTTP/2 carries many sockets, so that counting connections does not bound them.
    sockets: Arc<Semaphore>,
}

/// One address, or one network of IPv6.
struct Address {
    links: AtomicUsize,
    under_way: AtomicUsize,
    messages: Bucket,
    bytes: Bucket,
    presence: Bucket,
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
            sessions: Mutex::default(),
            sockets: Arc::new(Semaphore::new(config.max_connections)),
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

    /// What a session may still say; of one that is not remembered, `new`.
    fn speech(&self, sid: &SessionId, new: impl FnOnce() -> Arc<Speech>) -> Arc<Speech> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        // As for addresses.
        if sessions.len() >= REMEMBERED
            && sessions.len().is_power_of_two()
            && !sessions.contains_key(sid)
        {
            sessions.retain(|_, speech| Arc::strong_count(speech) > 1 || !speech.is_quiet());
        }
        Arc::clone(sessions.entry(*sid).or_insert_with(new))
    }

    fn refuse(&self, limit: Limit) -> Ended {
        self.metrics.limited(limit);
        Ended::new(limit.code(), limit.message())
    }
}

impl Address {
    fn new(rates: &Rates) -> Self {
        Self {
            links: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            messages: Bucket::new(rates.address_messages),
            bytes: Bucket::new(rates.address_bytes),
            presence: Bucket::new(rates.address_presence),
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
            &self.presence,
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

    /// A socket is to be opened.
    ///
    /// # Errors
    /// [`Ended`] with what its client is told.
    pub fn opens_socket(&self) -> Result<Place, Ended> {
        let sockets = Arc::clone(&self.visitors.sockets);
        let socket = sockets
            .try_acquire_owned()
            .map_err(|_| self.visitors.refuse(Limit::Sockets))?;
        Ok(Place {
            _socket: Some(socket),
            ..self.sends()?
        })
    }

    /// The body of a request is to be read.
    ///
    /// # Errors
    /// [`Ended`] with what its client is told.
    pub fn sends(&self) -> Result<Place, Ended> {
        Ok(Place {
            _address: self.one_of(
                |address| &address.under_way,
                self.visitors.rates.under_way,
                Limit::UnderWay,
            )?,
            _socket: None,
        })
    }

    /// A link of a new session is to be opened; [`LinkRates::remember`] says later which one that is.
    ///
    /// # Errors
    /// [`Ended`] with what its client is told.
    pub fn opens_link(&self) -> Result<LinkRates, Ended> {
        let rates = &self.visitors.rates;
        Ok(LinkRates {
            guest: self.clone(),
            speech: Speech::new(rates),
            _open: self.one_of(|address| &address.links, rates.links, Limit::Links)?,
        })
    }

    /// A link of a session that goes on. It is counted and never refused: the session's dead link may still be among those
    /// that fill its address.
    #[must_use]
    pub fn resumes_link(&self, sid: &SessionId) -> LinkRates {
        let address = self.address.as_ref();
        LinkRates {
            _open: address.map(|address| Counted::one(address, |address| &address.links)),
            ..self.speaks(sid)
        }
    }

    /// Something is said for a session beside its link.
    #[must_use]
    pub fn speaks(&self, sid: &SessionId) -> LinkRates {
        LinkRates {
            guest: self.clone(),
            speech: self
                .visitors
                .speech(sid, || Speech::new(&self.visitors.rates)),
            _open: None,
        }
    }

    fn one_of(
        &self,
        of: fn(&Address) -> &AtomicUsize,
        most: usize,
        limit: Limit,
    ) -> Result<Option<Counted>, Ended> {
        let Some(address) = &self.address else {
            return Ok(None);
        };
        match Counted::one_of(address, of, most) {
            None => Err(self.visitors.refuse(limit)),
            counted => Ok(counted),
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
    let status = match ended.code {
        ErrorCode::Rate => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (
        status,
        [(header::RETRY_AFTER, "5")],
        format!("{}\n", ended.message),
    )
        .into_response()
}
