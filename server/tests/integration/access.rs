//! Who gets in, what they may do, and what becomes of that while they are in: over real sockets, on every transport.

mod api;
mod command;
mod fuzz;
mod live;
mod pages;
mod plain_yjs;
mod secrets;
mod tokens;

use std::net::SocketAddr;

use protocol::{
    client::LinkStatus,
    frame::{ErrorCode, Role},
    id::DocId,
};
use serde_json::Value;
use server::access::claims::Access;

use crate::{
    http::client::{answer, ask},
    person::{Person, Way},
    support::Running,
};

const WAYS: [Way; 4] = [
    Way::WebSocket,
    Way::EventStream,
    Way::LongPoll,
    Way::ShortPoll,
];

/// A link to `doc`, and its token.
fn link(server: &Running, doc: &str, allows: Access, expires_ms: Option<u64>) -> (String, String) {
    let access = &server.state.access;
    let doc = DocId::parse(doc).unwrap();
    let (link, token) = access
        .issue(&doc, allows, String::new(), expires_ms)
        .unwrap();
    (link.id, token)
}

/// In so many milliseconds.
fn from_now(ms: u64) -> Option<u64> {
    Some(server::rooms::now_ms() + ms)
}

/// Asks the API; `who` is the value of `Authorization`.
async fn api(addr: SocketAddr, request: &str, who: &str, body: Option<Value>) -> (u16, Value) {
    let (method, path) = request.split_once(' ').unwrap();
    let headers = format!("authorization: {who}\r\ncontent-type: application/json\r\n");
    let body = body.map(|body| body.to_string().into_bytes());
    let request = format!("{method} /api/v1/docs/{path}");
    let answer = answer(ask(addr, &request, &headers, body.as_deref()).await).await;
    assert_eq!(answer.header("cache-control"), "no-store", "{request}");
    let said = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    (answer.status, said)
}

impl Person {
    /// Waits until this person may do that, live.
    async fn may(&self, role: Role) {
        self.until(&format!("as {role:?}"), |person| {
            let status = person.status();
            status.link == LinkStatus::Live && status.role == role
        })
        .await;
    }

    /// Waits until this person is refused, and tells why.
    async fn refused(&self) -> ErrorCode {
        self.until("refused", |person| {
            person.status().link == LinkStatus::Refused
        })
        .await;
        self.status().trouble.unwrap().0
    }
}
