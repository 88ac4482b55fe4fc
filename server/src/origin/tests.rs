//! Tests of who may connect.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

const PROXY: &str = "10.0.0.1";
const STRANGER: &str = "203.0.113.5";

fn check(
    allowed: &[&str],
    peer: &str,
    sent: &[(&'static str, &'static str)],
) -> Result<(), OriginRefusal> {
    let allowed = allowed
        .iter()
        .map(|text| AllowedOrigin::parse(text).unwrap())
        .collect();
    let policy = OriginPolicy::new(
        allowed,
        TrustedProxies::new(vec![PROXY.parse::<IpAddr>().unwrap().into()]),
    );
    let mut headers = HeaderMap::new();
    for (name, value) in sent {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    policy.check(peer.parse().unwrap(), &headers)
}

#[test]
fn a_page_may_connect_to_the_server_it_came_from_and_to_no_other() {
    use OriginRefusal::{Foreign, Opaque, Unreadable};
    let table = [
        ("http://127.0.0.1:3000", "127.0.0.1:3000", Ok(())),
        ("http://[::1]:3000", "[::1]:3000", Ok(())),
        ("http://maru.example", "maru.example", Ok(())),
        ("http://maru.example", "maru.example:80", Ok(())),
        ("http://maru.example:80", "maru.example", Ok(())),
        ("https://maru.example", "maru.example", Ok(())),
        ("https://maru.example", "maru.example:443", Ok(())),
        ("http://MARU.example", "maru.EXAMPLE", Ok(())),
        ("https://maru.example", "maru.example:80", Err(Foreign)),
        ("http://maru.example:3000", "maru.example", Err(Foreign)),
        ("http://127.0.0.1:3001", "127.0.0.1:3000", Err(Foreign)),
        ("http://localhost:3000", "127.0.0.1:3000", Err(Foreign)),
        ("https://evil.example", "maru.example", Err(Foreign)),
        (
            "https://maru.example.evil.example",
            "maru.example",
            Err(Foreign),
        ),
        ("https://evilmaru.example", "maru.example", Err(Foreign)),
        ("https://sub.maru.example", "maru.example", Err(Foreign)),
        (
            "https://maru.example@evil.example",
            "maru.example",
            Err(Foreign),
        ),
        (
            "https://evil.example@maru.example",
            "maru.example",
            Err(Foreign),
        ),
        ("https://maru.example/", "maru.example", Err(Foreign)),
        ("https://maru.example/path", "maru.example", Err(Foreign)),
        ("ftp://maru.example", "maru.example", Err(Foreign)),
        ("chrome-extension://abcdef", "abcdef", Err(Foreign)),
        ("maru.example", "maru.example", Err(Foreign)),
        ("", "maru.example", Err(Foreign)),
        ("null", "maru.example", Err(Opaque)),
        ("https://m\u{e4}ru.example", "maru.example", Err(Unreadable)),
    ];
    for (origin, host, expected) in table {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ORIGIN,
            HeaderValue::from_bytes(origin.as_bytes()).unwrap(),
        );
        headers.insert(header::HOST, HeaderValue::from_static(host));
        let policy = OriginPolicy::new(Vec::new(), TrustedProxies::default());
        assert_eq!(
            policy.check(STRANGER.parse().unwrap(), &headers),
            expected,
            "{origin:?} at {host:?}"
        );
    }
}

#[test]
fn a_client_that_is_no_page_may_connect() {
    assert_eq!(check(&[], STRANGER, &[("host", "maru.example")]), Ok(()));
    assert_eq!(
        check(
            &[],
            STRANGER,
            &[("host", "maru.example"), ("sec-fetch-site", "none")]
        ),
        Ok(())
    );
}

#[test]
fn a_request_that_another_site_caused_without_an_origin_is_refused() {
    for site in ["cross-site", "same-site"] {
        let sent = [("host", "maru.example"), ("sec-fetch-site", site)];
        assert_eq!(
            check(&[], STRANGER, &sent),
            Err(OriginRefusal::Foreign),
            "{site}"
        );
    }
}

#[test]
fn two_origins_are_refused() {
    let sent = [
        ("host", "a.example"),
        ("origin", "http://a.example"),
        ("origin", "http://evil.example"),
    ];
    assert_eq!(
        check(&["*"], STRANGER, &sent),
        Err(OriginRefusal::Unreadable)
    );
}

#[test]
fn an_allowed_origin_must_match_in_scheme_host_and_port() {
    let table = [
        ("https://wiki.example", "https://wiki.example", Ok(())),
        ("https://wiki.example", "https://wiki.example:443", Ok(())),
        (
            "https://wiki.example",
            "http://wiki.example",
            Err(OriginRefusal::Foreign),
        ),
        (
            "https://wiki.example",
            "https://wiki.example:8443",
            Err(OriginRefusal::Foreign),
        ),
        (
            "https://wiki.example",
            "https://a.wiki.example",
            Err(OriginRefusal::Foreign),
        ),
        ("*", "https://anything.example", Ok(())),
        ("*", "null", Ok(())),
    ];
    for (allowed, origin, expected) in table {
        assert_eq!(
            check(
                &[allowed],
                STRANGER,
                &[("host", "maru.example"), ("origin", origin)]
            ),
            expected,
            "{allowed} {origin}"
        );
    }
}

#[test]
fn behind_a_trusted_proxy_the_public_address_is_the_origin() {
    let said = [
        ("host", "inner:3000"),
        ("origin", "https://maru.example"),
        ("x-forwarded-host", "maru.example"),
        ("x-forwarded-proto", "https"),
    ];
    assert_eq!(check(&[], PROXY, &said), Ok(()));
    assert_eq!(
        check(&[], STRANGER, &said),
        Err(OriginRefusal::Foreign),
        "a stranger's word is not taken"
    );
}

#[test]
fn a_plain_page_may_not_connect_to_the_same_name_served_over_tls() {
    let sent = [
        ("host", "maru.example"),
        ("origin", "http://maru.example"),
        ("x-forwarded-proto", "https"),
    ];
    assert_eq!(check(&[], PROXY, &sent), Err(OriginRefusal::Foreign));
}

#[test]
fn with_tls_of_its_own_a_servers_pages_are_https_unless_a_trusted_proxy_says_otherwise() {
    let proxies = TrustedProxies::new(vec![PROXY.parse::<IpAddr>().unwrap().into()]);
    let policy = OriginPolicy::new(Vec::new(), proxies).secure(true);
    for (peer, origin, proto, may) in [
        (STRANGER, "https://maru.example", None, true),
        (STRANGER, "http://maru.example", None, false),
        (STRANGER, "http://maru.example", Some("http"), false),
        (PROXY, "http://maru.example", Some("http"), true),
        (PROXY, "https://maru.example", Some("http"), false),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("maru.example"));
        headers.insert("origin", HeaderValue::from_static(origin));
        if let Some(proto) = proto {
            headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
        }
        let told = policy.check(peer.parse().unwrap(), &headers);
        assert_eq!(told.is_ok(), may, "{peer} {origin} {proto:?}");
    }
}
