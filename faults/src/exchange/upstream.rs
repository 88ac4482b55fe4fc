//! The server's side: one connection a request, and when a request arrives there. What comes back is passed on elsewhere.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpSocket, sync::oneshot, time};

use super::Broken;
use crate::{
    Fault, Shared,
    active::{Firing, Pair, Plan},
};

/// What the system keeps of an answer that nobody takes. By itself it would take megabytes, and a slow reader would look quick.
const SYSTEM_BUFFER: u32 = 32 << 10;

/// Asks the server. Dropping the future, or the answer's body, ends the connection.
pub(crate) async fn forward(
    shared: &Shared,
    request: Request<Bytes>,
) -> Result<Response<Incoming>, Broken> {
    let upstream = shared.orders.borrow().upstream;
    let socket = if upstream.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    };
    let connected = async {
        let socket = socket?;
        socket.set_recv_buffer_size(SYSTEM_BUFFER)?;
        let stream = socket.connect(upstream).await?;
        stream.set_nodelay(true)?;
        Ok::<_, std::io::Error>(stream)
    };
    let stream = connected.await.map_err(|_| Broken::End)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Broken::End)?;
    // It ends with the answer's body; with an upgrade the socket leaves it.
    tokio::spawn(connection.with_upgrades());
    let asked = sender.send_request(request.map(Full::new));
    asked.await.map_err(|_| Broken::End)
}

/// How a request comes to the server when it does not come at once, and once.
pub(crate) struct Arrival {
    delay: Option<Duration>,
    overtaken: Option<(Duration, Firing)>,
    again: Option<Duration>,
}

impl Arrival {
    /// What the rules say; uses them once.
    pub(crate) fn new(shared: &Shared, plan: &Plan) -> Self {
        let again = plan.take(shared, |fault| match fault {
            Fault::Twice { after_ms } => Some(Duration::from_millis(*after_ms)),
            _ => None,
        });
        Self {
            delay: plan.take(shared, |fault| match fault {
                Fault::Delay { ms } => Some(Duration::from_millis(*ms)),
                _ => None,
            }),
            overtaken: plan.find_pair(),
            again,
        }
    }

    /// Whether there is anything about it.
    pub(crate) fn is_odd(&self) -> bool {
        self.delay.is_some() || self.overtaken.is_some() || self.again.is_some()
    }
}

/// Asks the server, also when nobody waits for the answer any more: what was sent arrives, as packets do.
pub(crate) async fn regardless(
    shared: &Arc<Shared>,
    request: Request<Bytes>,
    arrival: Arrival,
) -> Result<Response<Incoming>, Broken> {
    let (answer, answered) = oneshot::channel();
    let proxy = Arc::clone(shared);
    tokio::spawn(async move {
        let shared = &proxy;
        tokio::select! {
            () = shared.stopped() => {}
            () = arrive(shared, request, arrival, answer) => {}
        }
    });
    answered.await.unwrap_or(Err(Broken::End))
}

async fn arrive(
    shared: &Shared,
    request: Request<Bytes>,
    arrival: Arrival,
    answer: oneshot::Sender<Result<Response<Incoming>, Broken>>,
) {
    if let Some(delay) = arrival.delay {
        time::sleep(delay).await;
    }
    let mut behind = None;
    if let Some((at_most, firing)) = arrival.overtaken {
        match firing.pair(shared) {
            Some(Pair::Waits(through)) => {
                time::timeout(at_most, through).await.ok();
            }
            Some(Pair::Overtakes(waiting)) => behind = Some(waiting),
            None => {}
        }
    }
    let again = arrival.again.map(|after| (after, request.clone()));
    let response = forward(shared, request).await;
    if let Some(behind) = behind {
        // It may have given up waiting.
        behind.send(()).ok();
    }
    // Whoever asked may be gone; then the answer is lost, and its connection with it.
    answer.send(response).ok();
    if let Some((after, request)) = again {
        time::sleep(after).await;
        if let Ok(response) = forward(shared, request).await {
            response.collect().await.ok();
        }
    }
}
