//! A link that is a WebSocket.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use protocol::connection::{LinkId, Why};
use tokio::time;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use super::Outgoing;
use crate::page::Shared;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) async fn carry(
    shared: &Arc<Shared>,
    link: LinkId,
    mut outgoing: Outgoing,
) -> Option<Why> {
    let mut request = format!("ws://{}/rt/1/ws", shared.server)
        .into_client_request()
        .unwrap();
    let protocol = "rt.1".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    // The page may close the link while it is being opened.
    let connected = tokio::select! {
        connected = tokio_tungstenite::connect_async(request) => connected,
        () = closed(&mut outgoing) => return None,
    };
    let Ok((mut socket, _)) = connected else {
        return Some(Why::Refused);
    };
    shared.opened(link);
    loop {
        tokio::select! {
            bytes = outgoing.recv() => match bytes {
                Some(bytes) => if socket.feed(Message::Binary(bytes)).await.is_err() {
                    return Some(Why::Lost);
                },
                None => {
                    // Nobody waits for how this ends.
                    drop(time::timeout(GOODBYE, socket.close(None)).await);
                    return None;
                }
            },
            message = socket.next() => match message {
                Some(Ok(Message::Binary(bytes))) => shared.message(link, bytes),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Some(Why::Lost),
            },
        }
        if outgoing.is_empty() && socket.flush().await.is_err() {
            return Some(Why::Lost);
        }
    }
}

/// Resolves when the page closes a link that is not open; before that it sends nothing on it.
async fn closed(outgoing: &mut Outgoing) {
    while outgoing.recv().await.is_some() {}
}
