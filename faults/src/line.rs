//! One connection's bytes between its socket and the HTTP behind it: silent, slow, cut, or held open. Knows no HTTP.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::{self, Instant},
};

use crate::{Line, Orders, Seen, Shared, exchange::exchange};

/// How much of a direction is on its way inside of us.
const PIPE: usize = 16 << 10;

/// How long a client whose connection we have ended may still send what nobody reads. Closing at once would make the system
/// throw away what the client has not read yet.
const LINGER: Duration = Duration::from_secs(2);

/// Carries one connection to its end.
pub(crate) async fn carry(shared: Arc<Shared>, socket: TcpStream, id: u64) {
    // Without this a test would measure the system's delays; without effect it only does.
    socket.set_nodelay(true).ok();
    let _open = Counted::new(&shared, |seen| &mut seen.open);
    let (near, far) = tokio::io::duplex(PIPE);
    let service = service_fn(|request| exchange(Arc::clone(&shared), request));
    let serving = http1::Builder::new()
        .serve_connection(TokioIo::new(far), service)
        .with_upgrades();
    let (from_client, to_client) = socket.into_split();
    let (from_server, to_server) = tokio::io::split(near);
    let connection = Connection {
        id,
        shared: &shared,
        born: Instant::now(),
        last: AtomicU64::new(0),
    };
    let mut up = pin!(connection.up(from_client, to_server));
    // An error here is a client that left, or one of our faults: both are counted where they happen.
    let mut down = pin!(async { tokio::join!(serving, connection.down(from_server, to_client)).1 });
    let ended = async {
        tokio::select! {
            () = &mut up => down.await,
            () = &mut down => {
                time::timeout(LINGER, up).await.ok();
            }
        }
    };
    tokio::select! {
        () = ended => {}
        cut = connection.is_cut() => if cut {
            shared.count(|seen| seen.cut += 1);
        }
    }
}

struct Connection<'a> {
    id: u64,
    shared: &'a Shared,
    born: Instant,
    /// When something passed last, in milliseconds since it was born.
    last: AtomicU64,
}

impl Connection<'_> {
    async fn up(&self, mut from: OwnedReadHalf, mut into: WriteHalf<DuplexStream>) {
        let mut orders = self.shared.orders.subscribe();
        let mut buffer = vec![0; PIPE];
        let mut heard = true;
        loop {
            // A reset is an end too.
            let read = from.read(&mut buffer).await.unwrap_or(0);
            self.passable(&mut orders).await;
            if read == 0 {
                break;
            }
            self.passed();
            self.shared.count(|seen| seen.to_server += read as u64);
            // Behind us everything may have ended; what still comes is thrown away, as a system does.
            heard = heard && into.write_all(&buffer[..read]).await.is_ok();
        }
        if orders.borrow_and_update().line().holds_open {
            let _held = Counted::new(self.shared, |seen| &mut seen.held);
            orders
                .wait_for(|orders| !orders.line().holds_open)
                .await
                .ok();
        }
        into.shutdown().await.ok();
    }

    async fn down(&self, mut from: ReadHalf<DuplexStream>, mut into: OwnedWriteHalf) {
        let mut orders = self.shared.orders.subscribe();
        let mut buffer = vec![0; PIPE];
        let mut taken = true;
        loop {
            let rate = orders.borrow_and_update().line().bytes_per_second;
            let piece = match rate {
                Some(0) => {
                    if orders.changed().await.is_err() {
                        return;
                    }
                    continue;
                }
                // Twenty pieces a second are steady enough.
                Some(rate) => usize::try_from(rate / 20).unwrap_or(PIPE).clamp(1, PIPE),
                None => PIPE,
            };
            let Ok(read @ 1..) = from.read(&mut buffer[..piece]).await else {
                break;
            };
            self.passable(&mut orders).await;
            self.passed();
            self.shared.count(|seen| seen.to_clients += read as u64);
            // A client that left takes nothing; while its connection is held open the server is not to notice.
            taken = taken && into.write_all(&buffer[..read]).await.is_ok();
            if let Some(rate) = rate {
                time::sleep(Duration::from_micros(read as u64 * 1_000_000 / rate)).await;
            }
        }
        self.passable(&mut orders).await;
        into.shutdown().await.ok();
    }

    fn passed(&self) {
        let now = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// Waits while nothing may pass.
    async fn passable(&self, orders: &mut watch::Receiver<Orders>) {
        let passes = |orders: &Orders| !orders.line().silent && self.id >= orders.stranded_before;
        orders.wait_for(passes).await.ok();
    }

    /// Resolves when the connection has to end; tells whether a fault is why.
    async fn is_cut(&self) -> bool {
        let mut orders = self.shared.orders.subscribe();
        loop {
            let idle = {
                let orders = orders.borrow_and_update();
                if orders.stopped || self.id < orders.cut_before {
                    return !orders.stopped;
                }
                orders.line().idle_ms
            };
            let silent = async {
                let Some(idle) = idle.map(Duration::from_millis) else {
                    return std::future::pending().await;
                };
                let last = || Duration::from_millis(self.last.load(Ordering::Relaxed));
                let mut due = self.born + last() + idle;
                while due > Instant::now() {
                    time::sleep_until(due).await;
                    due = self.born + last() + idle;
                }
            };
            tokio::select! {
                changed = orders.changed() => if changed.is_err() {
                    return false;
                },
                () = silent => return true,
            }
        }
    }
}

impl Orders {
    fn line(&self) -> &Line {
        &self.active.faults.line
    }
}

/// One more of something for as long as it lives.
struct Counted<'a> {
    shared: &'a Shared,
    what: fn(&mut Seen) -> &mut u64,
}

impl<'a> Counted<'a> {
    fn new(shared: &'a Shared, what: fn(&mut Seen) -> &mut u64) -> Self {
        shared.count(|seen| *what(seen) += 1);
        Self { shared, what }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.shared.count(|seen| *(self.what)(seen) -= 1);
    }
}
