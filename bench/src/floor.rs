//! The floor: a WebSocket server that reads a frame and writes the same bytes to everybody in the room; no CRDT, no log, no limits, one thread.

use std::{
    cell::RefCell,
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
};

use anyhow::Result;
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Mutex,
    task,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::server::{Callback, ErrorResponse, Request, Response},
        protocol::WebSocketConfig,
    },
};

type Sink = SplitSink<WebSocketStream<TcpStream>, Message>;
type Room = Rc<Mutex<Vec<(SocketAddr, Sink)>>>;
type Rooms = Rc<RefCell<HashMap<String, Room>>>;

/// Serves on 127.0.0.1 until it is killed.
///
/// # Errors
/// When the port is taken.
pub(crate) async fn main(port: u16) -> Result<()> {
    serve(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?).await
}

/// Serves forever.
///
/// # Errors
/// When connections can no longer be accepted.
pub(crate) async fn serve(listener: TcpListener) -> Result<()> {
    let rooms = Rooms::default();
    loop {
        let (stream, peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        task::spawn_local(relay(stream, peer, rooms.clone()));
    }
}

async fn relay(stream: TcpStream, peer: SocketAddr, rooms: Rooms) {
    let mut name = String::new();
    // What makes the buffers of Maru's connections small makes these small too.
    let config = WebSocketConfig::default().read_buffer_size(4 << 10);
    let Ok(socket) =
        tokio_tungstenite::accept_hdr_async_with_config(stream, Path(&mut name), Some(config))
            .await
    else {
        return;
    };
    let (sink, mut stream) = socket.split();
    let room = rooms.borrow_mut().entry(name).or_default().clone();
    room.lock().await.push((peer, sink));
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Binary(bytes) = message {
            for (_, sink) in room.lock().await.iter_mut() {
                // A reader that is gone takes itself out below.
                let _ = sink.send(Message::Binary(bytes.clone())).await;
            }
        }
    }
    room.lock().await.retain(|(other, _)| *other != peer);
}

/// Notes the path of an upgrade.
struct Path<'a>(&'a mut String);

impl Callback for Path<'_> {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        request.uri().path().clone_into(self.0);
        Ok(response)
    }
}
