//! The transports of a page without a browser: they carry messages as the page's own do, and decide nothing.

use std::sync::Arc;

use bytes::Bytes;
use protocol::{
    connection::{LinkId, Why},
    ladder::Rung,
};
use tokio::sync::{mpsc, watch};

use crate::page::Shared;

mod poll;
mod post;
pub(crate) mod request;
mod stream;
mod websocket;

/// What a link of HTTP has to know once its session is open.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// The value of `Authorization`.
    pub(crate) authorization: String,
    /// How long the server may hold a poll, in seconds.
    pub(crate) hold_s: u64,
}

/// Messages to the server; they end when the connection closes the link.
type Outgoing = mpsc::UnboundedReceiver<Bytes>;

/// Carries a link from its opening to its end, and tells the page of both.
pub(crate) async fn carry(
    shared: Arc<Shared>,
    link: LinkId,
    rung: Rung,
    check: bool,
    outgoing: Outgoing,
    opened: watch::Receiver<Option<Opened>>,
) {
    let why = match rung {
        Rung::WebSocket => websocket::carry(&shared, link, outgoing).await,
        _ => http(&shared, link, rung, check, outgoing, opened).await,
    };
    if let Some(why) = why {
        shared.closed(link, why);
    }
}

/// A link of requests: one way by POSTs, the other by a stream or polls. Gives no reason when the page closed it.
async fn http(
    shared: &Arc<Shared>,
    link: LinkId,
    rung: Rung,
    check: bool,
    outgoing: Outgoing,
    opened: watch::Receiver<Option<Opened>>,
) -> Option<Why> {
    if check && let Err(why) = stream::check(shared.server).await {
        return Some(why);
    }
    shared.opened(link);
    let sent = tokio::sync::Notify::new();
    let reading = async {
        let mut opened = opened.clone();
        let opened = match opened.wait_for(Option::is_some).await {
            Ok(opened) => opened.clone(),
            Err(_) => None,
        };
        match (opened, rung) {
            (Some(opened), Rung::EventStream) => stream::read(shared, link, &opened).await,
            (Some(opened), rung) => poll::read(shared, link, &opened, rung, &sent).await,
            // The link was closed before its session opened; posting tells that.
            (None, _) => std::future::pending().await,
        }
    };
    tokio::select! {
        why = post::write(shared, link, outgoing, &opened, &sent) => why,
        why = reading => Some(why),
    }
}
