//! One light client connection: it opens, joins a document and hands messages on; what they mean for a figure is the scenario's.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use protocol::sync::Message as Sync;
use tokio::{net::TcpStream, time};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::WebSocketConfig},
};

/// A WebSocket over plain TCP.
pub(crate) type Socket = WebSocketStream<TcpStream>;

/// A server that does not answer for this long is stuck: the figure would mean nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a WebSocket.
///
/// # Errors
/// When the server refuses or does not answer.
pub(crate) async fn connect(at: SocketAddr, path: &str) -> Result<Socket> {
    let open = async {
        let stream = TcpStream::connect(at).await?;
        stream.set_nodelay(true)?;
        // The default buffer of 128 KiB a connection would cost the clients more than the load itself.
        let config = WebSocketConfig::default().read_buffer_size(4 << 10);
        let (socket, _) = tokio_tungstenite::client_async_with_config(
            format!("ws://{at}{path}"),
            stream,
            Some(config),
        )
        .await?;
        anyhow::Ok(socket)
    };
    time::timeout(PATIENCE, open)
        .await
        .context("the server did not answer an upgrade")?
        .with_context(|| format!("cannot open a WebSocket at {path}"))
}

/// Opens a WebSocket and exchanges first states with an empty replica; gives what the server holds, as an update.
///
/// # Errors
/// When the server refuses or does not answer.
pub(crate) async fn join(at: SocketAddr, path: &str) -> Result<(Socket, Bytes)> {
    let mut socket = connect(at, path).await?;
    send(&mut socket, &Sync::Step1(&[0])).await?;
    loop {
        let message = receive(&mut socket).await?;
        if let Ok(Sync::Step2(state)) = Sync::decode(&message) {
            let state = message.slice_ref(state);
            return Ok((socket, state));
        }
    }
}

/// Sends one message.
///
/// # Errors
/// When the connection broke.
pub(crate) async fn send(socket: &mut Socket, message: &Sync<'_>) -> Result<()> {
    Ok(socket
        .send(Message::Binary(message.encode().into()))
        .await?)
}

/// The next binary message.
///
/// # Errors
/// When the connection ends or stays silent.
pub(crate) async fn receive(socket: &mut Socket) -> Result<Bytes> {
    loop {
        match time::timeout(PATIENCE, socket.next()).await? {
            Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
            Some(Ok(Message::Close(frame))) => bail!("the server closed: {frame:?}"),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => bail!("the server ended the connection"),
        }
    }
}
