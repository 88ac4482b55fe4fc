//! Who a request comes from and where it was sent, as a trusted reverse proxy reports it; without one, as the socket says.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The proxies whose word is taken (`--trusted-proxy`). Anybody can write these headers, so nobody else's is.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts the addresses in `networks`.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether `peer` is one of them. An IPv4 address that arrived over an IPv6 socket counts as itself.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|network| network.contains(&peer))
    }

    /// The address of the person's machine. Proxies append to `X-Forwarded-For`, so it is read from the right: the last entry
    /// that is no trusted proxy itself. Everything left of it may be invented.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        // Each entry by itself: what a stranger wrote on the left, of whatever bytes, must not hide what a proxy wrote after it.
        let entries: Vec<&[u8]> = headers
            .get_all(FOR)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .collect();
        for entry in entries.into_iter().rev() {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = address(entry) else {
                break;
            };
            client = address.to_canonical();
        }
        client
    }

    /// The address that the person's browser shows, as far as it is known: what the proxy says, else the `Host` header.
    #[must_use]
    pub fn target<'a>(&self, peer: IpAddr, headers: &'a HeaderMap) -> Target<'a> {
        let trusted = self.trusts(peer);
        let forwarded = |name: HeaderName| if trusted { last(headers, &name) } else { None };
        Target {
            host: forwarded(HOST).or_else(|| {
                headers
                    .get(header::HOST)
                    .and_then(|value| value.to_str().ok())
            }),
            scheme: forwarded(PROTO),
        }
    }
}

/// What counts as one address: of IPv6 one subscriber has a whole /64.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Where a request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// `host` or `host:port`.
    pub host: Option<&'a str>,
    /// `https` or `http`, when a trusted proxy said so. That a socket came without TLS says nothing: a proxy that is not
    /// configured as trusted may stand in between and speak it.
    pub scheme: Option<&'a str>,
}

/// The last entry: the one that the nearest proxy wrote.
fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.as_bytes();
    let entry = value.rsplit(|byte| *byte == b',').next()?;
    let entry = std::str::from_utf8(entry.trim_ascii()).ok()?;
    (!entry.is_empty() && entry.is_ascii()).then_some(entry)
}

/// An entry of `X-Forwarded-For`. Some proxies write the port as well, or brackets around IPv6.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry.trim_ascii()).ok()?;
    let bare = || {
        entry
            .strip_prefix('[')
            .and_then(|entry| entry.strip_suffix(']'))
            .and_then(|entry| entry.parse::<Ipv6Addr>().ok())
            .map(IpAddr::from)
    };
    entry
        .parse()
        .or_else(|_| entry.parse().map(|with: SocketAddr| with.ip()))
        .ok()
        .or_else(bare)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn proxies() -> TrustedProxies {
        TrustedProxies::new(vec!["10.0.0.0/24".parse().unwrap()])
    }

    fn headers(entries: &[(HeaderName, &'static str)]) -> HeaderMap {
        entries
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_client_is_the_last_address_no_trusted_proxy_vouches_for() {
        let table = [
            ("203.0.113.5", "192.0.2.9", "203.0.113.5"),
            (PROXY, "192.0.2.9", "192.0.2.9"),
            (PROXY, "6.6.6.6, 192.0.2.9", "192.0.2.9"),
            (PROXY, "6.6.6.6, 192.0.2.9, 10.0.0.2", "192.0.2.9"),
            (PROXY, "192.0.2.9, nonsense", PROXY),
            ("::ffff:10.0.0.1", "192.0.2.9", "192.0.2.9"),
            (PROXY, "2001:db8::1", "2001:db8::1"),
            (PROXY, "6.6.6.6, 192.0.2.9:4711", "192.0.2.9"),
            (PROXY, "[2001:db8::1]:4711", "2001:db8::1"),
            (PROXY, "[2001:db8::1]", "2001:db8::1"),
            (PROXY, "[::ffff:192.0.2.9]", "192.0.2.9"),
            (PROXY, "192.0.2.9, [192.0.2.8]", PROXY),
        ];
        for (peer, forwarded, client) in table {
            let headers = headers(&[(FOR, forwarded)]);
            let found = proxies().client(peer.parse().unwrap(), &headers);
            assert_eq!(
                found,
                client.parse::<IpAddr>().unwrap(),
                "{peer} {forwarded}"
            );
        }
    }

    #[test]
    fn what_a_stranger_wrote_does_not_hide_what_a_proxy_wrote_after_it() {
        let table: [&[&[u8]]; 6] = [
            &[b"\xff, 192.0.2.9"],
            &[b"caf\xc3\xa9,\t192.0.2.9 "],
            &[b"\x80", b"192.0.2.9"],
            &[b"\xff", b"6.6.6.6, 192.0.2.9", b"10.0.0.2"],
            &[b"unknown, 192.0.2.9:4711"],
            &[b",,192.0.2.9, 10.0.0.2:80"],
        ];
        for lines in table {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FOR, HeaderValue::from_bytes(line).unwrap());
            }
            let found = proxies().client(PROXY.parse().unwrap(), &headers);
            assert_eq!(found, "192.0.2.9".parse::<IpAddr>().unwrap(), "{headers:?}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_where_a_request_was_sent() {
        let said = headers(&[
            (header::HOST, "inner:3000"),
            (HOST, "maru.example"),
            (PROTO, "https"),
        ]);
        let trusted = proxies().target(PROXY.parse().unwrap(), &said);
        assert_eq!(
            trusted,
            Target {
                host: Some("maru.example"),
                scheme: Some("https")
            }
        );
        let stranger = proxies().target("203.0.113.5".parse().unwrap(), &said);
        assert_eq!(
            stranger,
            Target {
                host: Some("inner:3000"),
                scheme: None
            }
        );
    }
}
