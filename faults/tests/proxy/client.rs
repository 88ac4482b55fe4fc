//! A small client: requests over connections of their own, and bare sockets.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::soon;

/// An answer, or how there was none.
pub(crate) type Answer = Result<Response<Incoming>, hyper::Error>;

pub(crate) async fn get(proxy: SocketAddr, path: &str) -> Answer {
    ask(proxy, "GET", path, "").await
}

pub(crate) async fn post(proxy: SocketAddr, path: &str, body: &str) -> Answer {
    ask(proxy, "POST", path, body).await
}

/// Dropping the future ends the connection.
pub(crate) async fn ask(proxy: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    let stream = TcpStream::connect(proxy).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "maru.test")
        .header("x-mine", "kept")
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await
}

/// All of an answer's body.
pub(crate) async fn text(answer: Answer) -> Result<String, hyper::Error> {
    let body = soon(answer?.into_body().collect()).await?;
    Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
}

/// The next piece of a body; `None` at its end.
pub(crate) async fn piece(answer: &mut Response<Incoming>) -> Option<Result<String, hyper::Error>> {
    let frame = soon(answer.body_mut().frame()).await?;
    Some(frame.map(|frame| String::from_utf8_lossy(frame.data_ref().unwrap()).into_owned()))
}

/// Asks for an upgrade; returns the socket and the status.
pub(crate) async fn upgrade(proxy: SocketAddr) -> (TcpStream, u16) {
    let mut socket = TcpStream::connect(proxy).await.unwrap();
    let request =
        "GET /ws HTTP/1.1\r\nhost: maru.test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let status = soon(head(&mut socket)).await;
    (socket, status)
}

/// Reads an answer's head; returns its status.
async fn head(socket: &mut TcpStream) -> u16 {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Reads so many bytes.
pub(crate) async fn read(socket: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    soon(socket.read_exact(&mut bytes)).await.unwrap();
    bytes
}

/// Waits for the connection's end; what came before it does not matter.
pub(crate) async fn ended(socket: &mut TcpStream) {
    let mut rest = Vec::new();
    // A reset is an end too.
    soon(socket.read_to_end(&mut rest)).await.ok();
}
