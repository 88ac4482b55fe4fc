//! Whether a page of some origin may open a socket or stream here, or post; who its user is, is not asked here.
//!
//! A browser lets any page open a WebSocket to any server and tells the server only the page's origin, so this check is what
//! keeps a foreign page from using a visitor's network position: a server behind a firewall is reached by whatever its people
//! browse. A request without `Origin` comes from no page (curl, Node, another server) and is let through: Maru takes no cookie
//! as a credential, so such a client has nothing but what its user gave it.

use std::{fmt, net::IpAddr};

use axum::{
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use thiserror::Error;

use crate::forwarded::{Target, TrustedProxies};

/// An entry of `--allowed-origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// `*`: pages of every origin.
    Any,
    /// Pages of this origin.
    Exactly(Origin),
}

impl AllowedOrigin {
    /// Reads `*` or `scheme://host[:port]`.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        Origin::parse(text)
            .map(Self::Exactly)
            .ok_or("give an origin such as https://wiki.example or http://127.0.0.1:8080, without a path, or * for every one")
    }
}

impl fmt::Display for AllowedOrigin {
    /// As [`Self::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exactly(origin) if usual_port(&origin.scheme) == Some(origin.port) => {
                write!(f, "{}://{}", origin.scheme, origin.host)
            }
            Self::Exactly(origin) => {
                write!(f, "{}://{}:{}", origin.scheme, origin.host, origin.port)
            }
        }
    }
}

/// Scheme, host and port of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// Reads `scheme://host[:port]` of http or https; `None` for anything else.
    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?);
        // An origin ends with its authority: no user before it, no path, query or lone slash after it.
        if authority.as_str().contains('@') || !text.ends_with(authority.as_str()) {
            return None;
        }
        let (host, port) = host_and_port(authority.as_str(), &scheme)?;
        Some(Self { scheme, host, port })
    }

    /// Whether this is the origin of a page that `target` served.
    fn is(&self, target: Target<'_>) -> bool {
        let same_scheme = target
            .scheme
            .is_none_or(|scheme| scheme.eq_ignore_ascii_case(&self.scheme));
        let served = target
            .host
            .and_then(|host| host_and_port(host, &self.scheme));
        same_scheme && served.is_some_and(|(host, port)| host == self.host && port == self.port)
    }
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Splits `host[:port]`; a missing port is the scheme's.
fn host_and_port(text: &str, scheme: &str) -> Option<(String, u16)> {
    let usual = usual_port(scheme)?;
    let authority: axum::http::uri::Authority = text.parse().ok()?;
    // Names and addresses have no other signs; a `;` would end a directive of the page's policy.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if !authority.host().chars().all(plain) {
        return None;
    }
    let port = match text.strip_prefix(authority.host())? {
        "" => usual,
        port => port.strip_prefix(':')?.parse().ok()?,
    };
    Some((authority.host().to_ascii_lowercase(), port))
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OriginRefusal {
    /// The page has no origin of its own: a sandboxed frame, a local file.
    #[error(
        "this page has no origin of its own, so it may not connect. Nothing was changed. Open the document on its server's own address."
    )]
    Opaque,
    /// The page belongs to another site, which nobody allowed.
    #[error(
        "pages of this origin may not connect here. Nothing was changed. Open the document on its server's own address, or ask its operator to allow the origin (--allowed-origin)."
    )]
    Foreign,
    /// The header is none that a browser sends.
    #[error(
        "the Origin header cannot be read. Nothing was changed. Send one, as scheme://host:port, or none."
    )]
    Unreadable,
}

impl IntoResponse for OriginRefusal {
    fn into_response(self) -> Response {
        (StatusCode::FORBIDDEN, format!("{self}\n")).into_response()
    }
}

/// Which origins may connect.
#[derive(Debug, Clone)]
pub struct OriginPolicy {
    allowed: Vec<AllowedOrigin>,
    proxies: TrustedProxies,
    secure: bool,
}

impl OriginPolicy {
    /// The server's own origin and `allowed`, where the own one is what `proxies` say it is.
    #[must_use]
    pub fn new(allowed: Vec<AllowedOrigin>, proxies: TrustedProxies) -> Self {
        Self {
            allowed,
            proxies,
            secure: false,
        }
    }

    /// The same where this server itself speaks TLS: then its own pages are https, unless a trusted proxy says otherwise. A page
    /// of the same host that came without TLS may be anybody's.
    #[must_use]
    pub fn secure(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    /// Checks a request for a socket or a stream, or a POST; `peer` is the other end of its connection.
    ///
    /// # Errors
    /// [`OriginRefusal`], which is also the response (403).
    pub fn check(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), OriginRefusal> {
        let mut sent = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = sent.next() else {
            return without_origin(headers);
        };
        if sent.next().is_some() {
            return Err(OriginRefusal::Unreadable);
        }
        if self.allowed.contains(&AllowedOrigin::Any) {
            return Ok(());
        }
        let text = origin.to_str().map_err(|_| OriginRefusal::Unreadable)?;
        if text == "null" {
            return Err(OriginRefusal::Opaque);
        }
        let origin = Origin::parse(text).ok_or(OriginRefusal::Foreign)?;
        let mut target = self.proxies.target(peer, headers);
        target.scheme = target.scheme.or(self.secure.then_some("https"));
        if origin.is(target) || self.allowed.contains(&AllowedOrigin::Exactly(origin)) {
            return Ok(());
        }
        Err(OriginRefusal::Foreign)
    }
}

/// Some requests of a page carry no `Origin` (an image, a link); browsers mark those that come from another site.
fn without_origin(headers: &HeaderMap) -> Result<(), OriginRefusal> {
    match headers
        .get("sec-fetch-site")
        .map(axum::http::HeaderValue::as_bytes)
    {
        Some(b"cross-site" | b"same-site") => Err(OriginRefusal::Foreign),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
