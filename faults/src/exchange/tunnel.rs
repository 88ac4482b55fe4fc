//! What an upgrade opened: bytes of a WebSocket in both directions, muted, damaged or cut.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    time,
};

use super::{Body, Broken, damage::Damage, full, upstream};
use crate::{
    Fault, Shared, Way,
    active::{Firing, Plan},
};

/// What is taken at once.
const PIECE: usize = 16 << 10;

/// Passes the request on; when the server agrees, the tunnel is carried beside the answer.
pub(crate) async fn open(
    shared: &Arc<Shared>,
    plan: &Plan,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Broken> {
    let client = hyper::upgrade::on(&mut request);
    let mut response = upstream::forward(shared, request.map(|_| Bytes::new())).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response.map(|body| body.map_err(|_| Broken::End).boxed_unsync()));
    }
    let server = hyper::upgrade::on(&mut response);
    let muted = plan.take(shared, |fault| match fault {
        Fault::Mute {
            to_client,
            to_server,
        } => Some((*to_client, *to_server)),
        _ => None,
    });
    let (to_client, to_server) = muted.unwrap_or_default();
    let course = Course {
        to_client: Direction {
            muted: to_client,
            damage: Damage::find(shared, plan, Way::ToClient),
        },
        to_server: Direction {
            muted: to_server,
            damage: Damage::find(shared, plan, Way::ToServer),
        },
        lifetime: plan.find(|fault| match fault {
            Fault::Lifetime { ms } => Some(Duration::from_millis(*ms)),
            _ => None,
        }),
    };
    shared.count(|seen| seen.upgraded += 1);
    tokio::spawn(carry(Arc::clone(shared), client, server, course));
    Ok(response.map(|_| full(Bytes::new())))
}

struct Course {
    to_client: Direction,
    to_server: Direction,
    lifetime: Option<(Duration, Firing)>,
}

struct Direction {
    muted: bool,
    damage: Damage,
}

async fn carry(shared: Arc<Shared>, client: OnUpgrade, server: OnUpgrade, course: Course) {
    let Course {
        to_client,
        to_server,
        lifetime,
    } = course;
    let (Ok(client), Ok(server)) = tokio::join!(client, server) else {
        return;
    };
    let (from_client, into_client) = tokio::io::split(TokioIo::new(client));
    let (from_server, into_server) = tokio::io::split(TokioIo::new(server));
    let late = async {
        match &lifetime {
            Some((lifetime, firing)) => {
                time::sleep(*lifetime).await;
                if !firing.fires(&shared) {
                    std::future::pending::<()>().await;
                }
            }
            None => std::future::pending().await,
        }
    };
    let both = async {
        tokio::try_join!(
            pass(from_client, into_server, to_server),
            pass(from_server, into_client, to_client)
        )
    };
    let cut = tokio::select! {
        ended = both => ended == Err(Broken::Cut),
        () = late => true,
        () = shared.stopped() => false,
    };
    shared.count(|seen| seen.cut += u64::from(cut));
}

/// Passes one direction on to its end, and the end too.
async fn pass(
    mut from: ReadHalf<TokioIo<Upgraded>>,
    mut into: WriteHalf<TokioIo<Upgraded>>,
    mut direction: Direction,
) -> Result<(), Broken> {
    let mut buffer = BytesMut::with_capacity(PIECE);
    loop {
        buffer.reserve(PIECE);
        let read = from.read_buf(&mut buffer).await;
        if !matches!(read, Ok(1..)) {
            // Whoever does not take the end is gone already.
            into.shutdown().await.ok();
            return Ok(());
        }
        let bytes = buffer.split();
        if direction.muted {
            continue;
        }
        let bytes = direction.damage.next(bytes);
        into.write_all(&bytes).await.map_err(|_| Broken::End)?;
        into.flush().await.map_err(|_| Broken::End)?;
        if direction.damage.is_over() {
            return Err(Broken::Cut);
        }
    }
}
