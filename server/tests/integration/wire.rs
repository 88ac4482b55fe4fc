//! A bare WebSocket to the server, for what no well-behaved client would say; frames and messages, no client's rules.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use protocol::{
    frame::{
        ClientFrame, ErrorCode, Hello, ServerFrame, VERSION, Welcome,
        fragment::{Assembler, split},
    },
    id::{ClientId, DocId},
    replica::{Edit, Replica},
    sync,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest},
};

use crate::support::PATIENCE;

/// An open socket.
pub(crate) struct Wire {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    assembler: Assembler,
}

/// Tries to connect; `origin` is the page's, if it is one. Gives the status when refused.
pub(crate) async fn knock(addr: SocketAddr, path: &str, origin: Option<&str>) -> Result<Wire, u16> {
    let mut request = format!("ws://{addr}{path}").into_client_request().unwrap();
    if let Some(origin) = origin {
        request
            .headers_mut()
            .insert("origin", origin.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(Wire {
            socket,
            assembler: Assembler::new(64 << 20),
        }),
        Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// Upgrades, offering these subprotocols; the one that was chosen.
pub(crate) async fn upgrade(addr: SocketAddr, path: &str, offered: Option<&str>) -> Option<String> {
    let mut request = format!("ws://{addr}{path}").into_client_request().unwrap();
    if let Some(offered) = offered {
        let offered = offered.parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", offered);
    }
    let (_, answer) = tokio_tungstenite::connect_async(request).await.unwrap();
    let chosen = answer.headers().get("sec-websocket-protocol")?;
    Some(chosen.to_str().unwrap().to_owned())
}

/// A HELLO of an empty replica.
pub(crate) fn hello(doc: &str) -> Hello {
    Hello {
        version: VERSION,
        doc: DocId::parse(doc).unwrap(),
        client: ClientId::from_random(rand::random()),
        generation: 0,
        epoch: 0,
        after: 0,
        state_vector: Bytes::from_static(&[0]),
        token: protocol::frame::Token::default(),
    }
}

/// The updates of somebody who types each of `words`, at the beginning.
pub(crate) fn typed(words: &[&str]) -> Vec<Bytes> {
    let mut replica = Replica::new(ClientId::from_random(rand::random()), || 0);
    for word in words {
        let edit = Edit {
            from: 0,
            delete: 0,
            insert: (*word).to_owned(),
        };
        replica.edit(&[edit]).unwrap();
    }
    replica.take_updates()
}

impl Wire {
    /// A socket of a session that has not begun.
    pub(crate) async fn rt(addr: SocketAddr) -> Self {
        knock(addr, "/rt/1/ws", None).await.unwrap()
    }

    /// A plain Yjs connection.
    pub(crate) async fn yjs(addr: SocketAddr, doc: &str) -> Self {
        knock(addr, &format!("/ws/{doc}"), None).await.unwrap()
    }

    /// A socket with an open session in `doc`.
    pub(crate) async fn greeted(addr: SocketAddr, doc: &str) -> (Self, Welcome) {
        let mut wire = Self::rt(addr).await;
        wire.say(&ClientFrame::Hello(hello(doc))).await;
        let ServerFrame::Welcome(welcome) = wire.hear().await else {
            panic!("no WELCOME")
        };
        (wire, welcome)
    }

    /// Says a frame, in pieces if it is large.
    pub(crate) async fn say(&mut self, frame: &ClientFrame) {
        for piece in split(frame.encode()) {
            self.send(Message::Binary(piece)).await;
        }
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Sends as much as the server still takes.
    pub(crate) async fn try_send(&mut self, message: Message) {
        drop(timeout(PATIENCE, self.socket.send(message)).await);
    }

    /// Reads what there is, to the end; tells how many bytes it was.
    pub(crate) async fn drained(mut self) -> u64 {
        let mut bytes = 0;
        loop {
            match timeout(PATIENCE, self.socket.next()).await {
                Ok(Some(Ok(message))) => bytes += message.len() as u64,
                Ok(Some(Err(_)) | None) => return bytes,
                Err(_) => panic!("the end comes"),
            }
        }
    }

    /// Reads `wanted` bytes evenly within `within`, as over a slow line; tells how many came before the end.
    pub(crate) async fn read_slowly(&mut self, wanted: usize, within: Duration) -> usize {
        let begun = Instant::now();
        let mut bytes = 0;
        while bytes < wanted {
            let Some(message) = self.next().await else {
                break;
            };
            bytes += message.len();
            let due = within.mul_f64(bytes as f64 / wanted as f64);
            tokio::time::sleep_until((begun + due).into()).await;
        }
        bytes
    }

    /// The next frame.
    pub(crate) async fn hear(&mut self) -> ServerFrame {
        loop {
            let bytes = self.next().await.expect("a frame comes before the end");
            if let Some(frame) = self.assembler.push(bytes).unwrap() {
                return ServerFrame::decode(&frame).unwrap();
            }
        }
    }

    /// The next frame that is wanted; others are passed over.
    pub(crate) async fn hear_until<T>(
        &mut self,
        mut wanted: impl FnMut(ServerFrame) -> Option<T>,
    ) -> T {
        loop {
            if let Some(found) = wanted(self.hear().await) {
                return found;
            }
        }
    }

    /// Waits for the refusal, in its frame and in the close code, which must say the same.
    pub(crate) async fn refused(&mut self) -> (ErrorCode, String) {
        let told = self
            .hear_until(|frame| match frame {
                ServerFrame::Error { code, message } => Some((code, message)),
                _ => None,
            })
            .await;
        assert_eq!(self.closed().await, Some(told.0.number()));
        told
    }

    /// The next binary message; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.message().await {
                Some(Message::Binary(bytes)) => return Some(bytes),
                Some(Message::Close(_)) | None => return None,
                Some(_) => {}
            }
        }
    }

    /// Reads to the end; the close code, if one came.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        let mut code = None;
        while let Some(message) = self.message().await {
            if let Message::Close(Some(frame)) = message {
                code = Some(frame.code.into());
            }
        }
        code
    }

    async fn message(&mut self) -> Option<Message> {
        let next = timeout(PATIENCE, self.socket.next()).await;
        next.expect("something comes, or the end")
            .and_then(Result::ok)
    }

    /// Says a Yjs message.
    pub(crate) async fn say_yjs(&mut self, message: sync::Message<'_>) {
        self.send(Message::Binary(message.encode().into())).await;
    }

    /// Passes over Yjs messages to the first that is wanted.
    pub(crate) async fn hear_yjs<T>(
        &mut self,
        mut wanted: impl FnMut(sync::Message<'_>) -> Option<T>,
    ) -> T {
        loop {
            let bytes = self.next().await.expect("a message comes before the end");
            if let Some(found) = wanted(sync::Message::decode(&bytes).unwrap()) {
                return found;
            }
        }
    }
}
