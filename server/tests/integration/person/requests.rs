//! A person's link by plain requests: a session, and then a stream or polls beside POSTs; what is said and understood is the client's.

use std::{io, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use protocol::frame::{
    ClientFrame, ServerFrame,
    packet::{pack, unpack},
};
use tokio::{sync::mpsc::UnboundedReceiver, time};

use super::{Shared, Way, fail};
use crate::plain::{self, Event, PACKET};

/// What a POST carries at most, in bytes, unless a single message is larger.
const BODY: usize = 48 << 10;
/// Between two polls that do not wait for news.
const PAUSE: Duration = Duration::from_millis(20);

/// One link, from the first request to the last.
pub(super) async fn converse(
    shared: Arc<Shared>,
    number: u64,
    mut outgoing: UnboundedReceiver<Bytes>,
    way: Way,
) {
    shared.on_link(number, |page, now| {
        page.promises.linked();
        page.client.opened(now, &page.replica)
    });
    let link = Link {
        shared: &shared,
        number,
    };
    let talked = link.talk(&mut outgoing, way).await;
    if talked.is_err() {
        fail(shared, number).await;
    }
}

struct Link<'a> {
    shared: &'a Arc<Shared>,
    number: u64,
}

impl Link<'_> {
    /// Until the page closes the link; an error is the link's end.
    async fn talk(&self, outgoing: &mut UnboundedReceiver<Bytes>, way: Way) -> io::Result<()> {
        let authorization = loop {
            let Some(messages) = waiting(outgoing).await else {
                return Ok(());
            };
            let told = self
                .asks("POST /rt/1/session", PACKET, Some(&messages))
                .await?;
            let opened = authorization(&messages, &told);
            self.tell(told);
            if let Some(opened) = opened {
                break opened;
            }
        };
        tokio::select! {
            said = self.says(outgoing, &authorization) => said,
            heard = self.hears(way, &authorization) => heard,
        }
    }

    async fn says(
        &self,
        outgoing: &mut UnboundedReceiver<Bytes>,
        authorization: &str,
    ) -> io::Result<()> {
        let headers = format!("{PACKET}{authorization}");
        let mut n = 0;
        while let Some(messages) = waiting(outgoing).await {
            n += 1;
            let path = format!("POST /rt/1/send?n={n}");
            let told = self.asks(&path, &headers, Some(&messages)).await?;
            self.tell(told);
        }
        Ok(())
    }

    async fn hears(&self, way: Way, authorization: &str) -> io::Result<()> {
        for n in 1.. {
            match way {
                Way::EventStream => self.streams(n, authorization).await?,
                Way::LongPoll => self.polls(n, 25, authorization).await?,
                Way::ShortPoll | Way::WebSocket => {
                    self.polls(n, 0, authorization).await?;
                    time::sleep(PAUSE).await;
                }
            }
        }
        Ok(())
    }

    async fn polls(&self, n: u64, wait: u64, authorization: &str) -> io::Result<()> {
        let path = format!("GET /rt/1/poll?n={n}&wait={wait}");
        let told = self.asks(&path, authorization, None).await?;
        self.tell(told);
        Ok(())
    }

    async fn streams(&self, n: u64, authorization: &str) -> io::Result<()> {
        let path = format!("GET /rt/1/stream?n={n}");
        let asked = plain::ask(self.shared.addr, &path, authorization, None).await?;
        let mut events = match asked.stream().await? {
            Ok(events) => events,
            Err(refused) => {
                self.tell(unpack(&refused.body).unwrap());
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
        };
        loop {
            match events.next().await {
                Some(Event::Packet(messages)) => self.tell(messages),
                Some(Event::End) => return Ok(()),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    /// Asks, and gives the messages of the answer, whatever its status.
    async fn asks(
        &self,
        request: &str,
        headers: &str,
        messages: Option<&[Bytes]>,
    ) -> io::Result<Vec<Bytes>> {
        let body = messages.map(pack);
        let asked = plain::ask(self.shared.addr, request, headers, body.as_deref()).await?;
        let answer = asked.answer().await?;
        Ok(unpack(&answer.body).expect("a packet"))
    }

    fn tell(&self, messages: Vec<Bytes>) {
        for bytes in messages {
            self.shared.on_link(self.number, |page, now| {
                page.promises.gets(&bytes);
                page.client.message(now, bytes, &page.replica)
            });
        }
    }
}

/// What waits to be said, as much as one POST carries; `None` when the page has closed the link.
async fn waiting(outgoing: &mut UnboundedReceiver<Bytes>) -> Option<Vec<Bytes>> {
    let mut messages = vec![outgoing.recv().await?];
    let mut bytes = messages[0].len();
    while bytes < BODY
        && let Ok(message) = outgoing.try_recv()
    {
        bytes += message.len();
        messages.push(message);
    }
    Some(messages)
}

/// The header of the link that was opened by what was said and told.
fn authorization(said: &[Bytes], told: &[Bytes]) -> Option<String> {
    let (sid, key, link) = match (ClientFrame::decode(&said[0]), ServerFrame::decode(&told[0])) {
        (_, Ok(ServerFrame::Welcome(welcome))) => (welcome.sid, welcome.key, 0),
        (Ok(ClientFrame::Resume { sid, key, link, .. }), Ok(ServerFrame::Resumed { .. })) => {
            (sid, key, link)
        }
        _ => return None,
    };
    let (sid, key) = (URL_SAFE_NO_PAD.encode(sid), URL_SAFE_NO_PAD.encode(key));
    Some(format!("authorization: RT {sid}.{key}.{link}\r\n"))
}
