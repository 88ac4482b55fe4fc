//! Who gets a connection: so many all together, so many from one address; when a place is free again is its `Drop`'s to say.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    Config,
    forwarded::{TrustedProxies, network},
};

/// The limits and who holds places now.
pub(super) struct Admission {
    total: Arc<Semaphore>,
    per_address: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    proxies: TrustedProxies,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// `--max-connections` are open.
    Server,
    /// `--max-connections-per-address` are open from there.
    Address,
}

/// A place held by one connection; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _address: Option<AddressPlace>,
}

impl Admission {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            total: Arc::new(Semaphore::new(config.max_connections)),
            per_address: config.max_connections_per_address,
            open: Arc::default(),
            proxies: config.trusted_proxies.clone(),
        }
    }

    /// Gives `peer` a place, if there is one.
    pub(super) fn admit(&self, peer: IpAddr) -> Result<Place, Full> {
        let permit = Arc::clone(&self.total)
            .try_acquire_owned()
            .map_err(|_| Full::Server)?;
        Ok(Place {
            _permit: permit,
            _address: self.admit_address(peer.to_canonical())?,
        })
    }

    /// A reverse proxy speaks for everyone behind it, and on the same machine it needs not be configured, so neither a trusted
    /// one nor this machine is counted.
    fn admit_address(&self, peer: IpAddr) -> Result<Option<AddressPlace>, Full> {
        if peer.is_loopback() || self.proxies.trusts(peer) {
            return Ok(None);
        }
        let network = network(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= self.per_address {
            return Err(Full::Address);
        }
        *count += 1;
        Ok(Some(AddressPlace {
            network,
            open: Arc::clone(&self.open),
        }))
    }
}

#[derive(Debug)]
struct AddressPlace {
    network: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            // Else the map would keep every address that ever came.
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}

impl Full {
    /// 503 for the server's limit, 429 for the address'; both may be tried again.
    pub(super) fn response(self) -> Response {
        let (status, text) = match self {
            Self::Server => (
                StatusCode::SERVICE_UNAVAILABLE,
                "this server has as many connections as it may (--max-connections). Documents are safe. Try again in a few seconds.\n",
            ),
            Self::Address => (
                StatusCode::TOO_MANY_REQUESTS,
                "your address has as many connections to this server as it may (--max-connections-per-address). Documents are safe. Close another tab or try again in a few seconds.\n",
            ),
        };
        let mut response = (status, text).into_response();
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(total: usize, per_address: usize) -> Admission {
        Admission::new(&Config {
            max_connections: total,
            max_connections_per_address: per_address,
            trusted_proxies: TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]),
            ..Config::default()
        })
    }

    fn from(peer: &str) -> IpAddr {
        peer.parse().unwrap()
    }

    #[test]
    fn the_total_is_a_limit_for_everyone() {
        let admission = admission(1, 10);
        let place = admission.admit(from("127.0.0.1")).unwrap();
        assert_eq!(
            admission.admit(from("203.0.113.5")).unwrap_err(),
            Full::Server
        );
        drop(place);
        assert!(admission.admit(from("203.0.113.5")).is_ok());
    }

    #[test]
    fn one_address_leaves_places_for_others() {
        let admission = admission(10, 1);
        let place = admission.admit(from("203.0.113.5")).unwrap();
        assert_eq!(
            admission.admit(from("::ffff:203.0.113.5")).unwrap_err(),
            Full::Address
        );
        assert!(admission.admit(from("203.0.113.6")).is_ok());
        drop(place);
        assert!(admission.admit(from("203.0.113.5")).is_ok());
        assert!(
            admission.open.lock().unwrap().is_empty(),
            "an address without connections is forgotten"
        );
    }

    #[test]
    fn a_refused_address_takes_no_place_of_the_total() {
        let admission = admission(2, 1);
        let _place = admission.admit(from("203.0.113.5")).unwrap();
        assert!(admission.admit(from("203.0.113.5")).is_err());
        assert!(admission.admit(from("203.0.113.6")).is_ok());
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let admission = admission(10, 1);
        let _place = admission.admit(from("2001:db8:0:1::5")).unwrap();
        assert_eq!(
            admission.admit(from("2001:db8:0:1:ffff::6")).unwrap_err(),
            Full::Address
        );
        assert!(admission.admit(from("2001:db8:0:2::5")).is_ok());
    }

    #[test]
    fn this_machine_and_trusted_proxies_speak_for_many() {
        for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3"] {
            let admission = admission(10, 1);
            let _places = [
                admission.admit(from(peer)).unwrap(),
                admission.admit(from(peer)).unwrap(),
            ];
        }
    }
}
