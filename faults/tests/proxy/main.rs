//! The proxy itself, between a small server and a small client: each fault does what it says, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod control;
mod lines;
mod posts;
mod responses;
mod server;
mod tunnels;

use std::{future::Future, time::Duration};

use faults::{Faults, Proxy};

use server::Upstream;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a test looks whether something comes that must not. Only a broken proxy could use more of it.
const GLANCE: Duration = Duration::from_millis(150);

/// A server, and the proxy in front of it.
async fn pair(faults: Faults) -> (Upstream, Proxy) {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(upstream.addr, faults).await.unwrap();
    (upstream, proxy)
}

/// What comes, and soon.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("it comes within half a minute")
}

/// Whether nothing comes for a while.
async fn nothing<T>(what: impl Future<Output = T>) -> bool {
    tokio::time::timeout(GLANCE, what).await.is_err()
}

#[tokio::test]
async fn only_loopback_is_exposed_to_it() {
    let outside = "192.0.2.1:80".parse().unwrap();
    assert!(Proxy::start(outside, Faults::default()).await.is_err());
}
