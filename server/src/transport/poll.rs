//! `/rt/1/poll`: what a session is told next, in one answer; with `wait` it waits for news. When to ask is the page's.

use std::{net::SocketAddr, pin::pin, time::Duration};

use axum::{
    extract::{ConnectInfo, Query, State, rejection::QueryRejection},
    http::HeaderMap,
    response::Response,
};
use protocol::{frame::ErrorCode, session::Ended};
use serde::Deserialize;
use tokio::time::{self, Instant};

use super::{
    admit,
    answer::{delivery, packet, refusal},
    authorization::authorization,
    go_away, unasked,
};
use crate::{http::AppState, metrics::LinkKind};

/// What one answer holds, in bytes, unless a single frame is larger: a page that does not read it costs no more than this.
const ANSWER: usize = 16 << 10;

/// The query.
#[derive(Deserialize)]
pub struct Asked {
    /// The poll's number on its link, from 1.
    n: u64,
    /// How long to wait for news, in seconds.
    #[serde(default)]
    wait: u64,
}

/// Answers a poll.
pub async fn poll(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = admit(&state, peer, &headers) {
        return refusal;
    }
    let answered = match asked {
        Ok(Query(asked)) => answer(&state, &asked, &headers).await,
        Err(rejection) => Err(unasked(&rejection)),
    };
    answered.unwrap_or_else(|ended| refusal(&[], &ended))
}

async fn answer(state: &AppState, asked: &Asked, headers: &HeaderMap) -> Result<Response, Ended> {
    let whose = authorization(headers)?;
    let link = state.http_links.find(state, &whose).await?;
    let kind = if asked.wait == 0 {
        LinkKind::RtShortPoll
    } else {
        LinkKind::RtLongPoll
    };
    let mut turn = link.poll(asked.n, kind)?;
    let until = Instant::now()
        + state
            .config
            .deadlines
            .hold
            .min(Duration::from_secs(asked.wait));
    let mut waited = pin!(time::sleep_until(until));
    let mut stopped = pin!(state.tasks.stopping().wait());
    loop {
        match link.take(&turn, ANSWER) {
            // From here to the return nothing may wait: a request that is given up there would lose what was taken.
            Ok(Some(taken)) if !taken.messages.is_empty() => {
                return Ok(delivery(link, &taken.messages));
            }
            Ok(Some(_)) if asked.wait == 0 => return Ok(packet([])),
            Ok(Some(_)) => {}
            Ok(None) => return Ok(packet([])),
            // A session that moves on while a poll of its old link waits is no fault: a status would be one on the page's
            // console.
            Err(ended) if ended.code == ErrorCode::Superseded => {
                link.end(false);
                return Ok(packet([&ended.frame()]));
            }
            Err(ended) => {
                link.end(false);
                return Err(ended);
            }
        }
        tokio::select! {
            biased;
            () = &mut stopped => {
                link.end(false);
                return Ok(packet([&go_away().0]));
            }
            () = turn.over() => return Ok(packet([])),
            () = link.wake().notified() => {}
            () = &mut waited => return Ok(packet([])),
        }
    }
}
