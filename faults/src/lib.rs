//! A proxy that breaks things on purpose, on loopback only: for tests of what Maru does when the network, or something in it, fails.
//!
//! A connection goes through two stages. [`line`] carries its bytes and can be silent, slow or cut. Behind it, [`exchange`] reads
//! HTTP/1.1 and does to single requests, responses and tunnels what the [`Rule`]s say. What goes wrong ([`Faults`]) can be
//! changed while it runs, and what passed is counted ([`Seen`]), so that a test can tell that its fault really happened.
//!
//! Bounded: 1,024 connections, 32 KiB of a connection's bytes, 8 MiB of a request's body, 1 MiB of a response that is held back.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    time,
};

mod active;
pub mod control;
mod exchange;
mod fault;
mod line;
mod seen;

pub use fault::{Buffering, Fault, Faults, Line, Rule, Way};
pub use seen::Seen;

use active::Active;

/// Further connections wait in the system's queue.
const CONNECTIONS: usize = 1_024;

/// A running proxy; dropping it ends it and every connection.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

/// What every connection looks at.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) orders: watch::Sender<Orders>,
    pub(crate) seen: watch::Sender<Seen>,
}

/// What holds now.
#[derive(Debug)]
pub(crate) struct Orders {
    pub(crate) upstream: SocketAddr,
    pub(crate) active: Arc<Active>,
    /// Connections with smaller numbers end.
    pub(crate) cut_before: u64,
    /// On connections with smaller numbers nothing passes any more.
    pub(crate) stranded_before: u64,
    pub(crate) stopped: bool,
}

impl Proxy {
    /// Starts one on a free port, in front of `upstream`.
    ///
    /// # Errors
    /// When no port can be had, or `upstream` is not on loopback.
    pub async fn start(upstream: SocketAddr, faults: Faults) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Self::on(listener, upstream, faults)
    }

    /// Starts one on a socket of the caller's.
    ///
    /// # Errors
    /// When it or `upstream` is not on loopback: nobody else is to be exposed to this.
    pub fn on(listener: TcpListener, upstream: SocketAddr, faults: Faults) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        for address in [addr, upstream] {
            if !address.ip().is_loopback() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("{address} is not on loopback"),
                ));
            }
        }
        let seen = Seen {
            fired: vec![0; faults.rules.len()],
            ..Seen::default()
        };
        let shared = Arc::new(Shared {
            orders: watch::Sender::new(Orders {
                upstream,
                active: Arc::new(Active::new(faults)),
                cut_before: 0,
                stranded_before: 0,
                stopped: false,
            }),
            seen: watch::Sender::new(seen),
        });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// From now on this goes wrong, and nothing else. Requests under way keep the rules that they met; what is said of lines
    /// holds for open connections too.
    pub fn set(&self, faults: Faults) {
        // Counted from zero before the first of the new rules can do something.
        let rules = faults.rules.len();
        let active = Arc::new(Active::new(faults));
        self.shared.orders.send_modify(|orders| {
            self.shared
                .seen
                .send_modify(|seen| seen.fired = vec![0; rules]);
            orders.active = active;
        });
    }

    /// What goes wrong now.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.orders.borrow().active.faults.clone()
    }

    /// New requests go to another server.
    pub fn redirect(&self, upstream: SocketAddr) {
        self.shared
            .orders
            .send_modify(|orders| orders.upstream = upstream);
    }

    /// Cuts every open connection.
    pub fn cut(&self) {
        let next = self.seen().connections;
        self.shared
            .orders
            .send_modify(|orders| orders.cut_before = next);
    }

    /// On the connections that are open now nothing passes any more, and nobody is told, as when a laptop changes networks. New
    /// ones work.
    pub fn strand(&self) {
        let next = self.seen().connections;
        self.shared
            .orders
            .send_modify(|orders| orders.stranded_before = next);
    }

    /// What has passed so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.shared.seen.borrow().clone()
    }

    /// Waits until what has passed is so.
    pub async fn until(&self, so: impl FnMut(&Seen) -> bool) -> Seen {
        let mut seen = self.shared.seen.subscribe();
        match seen.wait_for(so).await {
            Ok(seen) => seen.clone(),
            // Its sender is ours.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared
            .orders
            .send_modify(|orders| orders.stopped = true);
    }
}

impl Shared {
    pub(crate) fn count(&self, count: impl FnOnce(&mut Seen)) {
        self.seen.send_modify(count);
    }

    pub(crate) fn active(&self) -> Arc<Active> {
        Arc::clone(&self.orders.borrow().active)
    }

    /// Resolves when the proxy is dropped.
    pub(crate) async fn stopped(&self) {
        let mut orders = self.orders.subscribe();
        if orders.wait_for(|orders| orders.stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let next = async {
            // The semaphore is never closed.
            let place = place.await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = shared.stopped() => return,
        };
        match accepted {
            Ok((socket, _)) => {
                let mut id = 0;
                shared.count(|seen| {
                    id = seen.connections;
                    seen.connections += 1;
                });
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    line::carry(shared, socket, id).await;
                    drop(place);
                });
            }
            // Too many open files, most likely: some will be closed.
            Err(_) => time::sleep(Duration::from_millis(20)).await,
        }
    }
}
