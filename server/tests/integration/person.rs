//! A person at a page: the real client and replica over a real socket; what a browser adds to them (an editor, storage) is not here.
//!
//! Nothing here waits for a time: every wait is for something that the person sees.
//!
//! Over 400 lines because a person's link, replica, waiting and promises are one thing to a test.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use protocol::{
    client::{Client, Effect, Embedded, LinkStatus, Status},
    frame::{ErrorCode, Token},
    id::{ClientId, DocId},
    replica::{Edit, Replica},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::AbortHandle,
    time,
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::promises::Promises;

#[path = "person/requests.rs"]
mod requests;

/// Longer than anything takes on a busy machine: a person who waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a page is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    WebSocket,
    EventStream,
    LongPoll,
    ShortPoll,
}

/// A person; dropping one is closing the laptop, without a goodbye.
pub(crate) struct Person {
    shared: Arc<Shared>,
    driver: AbortHandle,
}

struct Shared {
    page: Mutex<Page>,
    /// Moves with everything that happens.
    happened: watch::Sender<()>,
    /// The driver is to look at what the page wants.
    attention: Notify,
    addr: SocketAddr,
    born: Instant,
}

struct Page {
    client: Client,
    replica: Replica,
    others: BTreeMap<ClientId, String>,
    link: Option<Link>,
    links: u64,
    connect: bool,
    /// How the next link is made.
    way: Way,
    offline: bool,
    renewals: usize,
    promises: Promises,
    /// Edits of others that this person has not taken in yet, when they wait to be taken in.
    held: Option<VecDeque<Bytes>>,
}

struct Link {
    number: u64,
    out: mpsc::UnboundedSender<Bytes>,
    task: AbortHandle,
}

impl Person {
    /// Comes to a document with an empty page, and starts to connect.
    pub(crate) fn come(addr: SocketAddr, doc: &str) -> Self {
        Self::with_page(addr, doc, Embedded::default(), &[])
    }

    /// Two come to one document.
    pub(crate) fn two(addr: SocketAddr, doc: &str) -> (Self, Self) {
        (Self::come(addr, doc), Self::come(addr, doc))
    }

    /// As [`Person::come`], connecting in this way.
    pub(crate) fn come_by(addr: SocketAddr, doc: &str, way: Way) -> Self {
        let person = Self::come(addr, doc);
        // Its driver has not run yet: tests have one thread.
        person.shared.page.lock().unwrap().way = way;
        person
    }

    /// As [`Person::come_by`], with a link's token.
    pub(crate) fn with_token(addr: SocketAddr, doc: &str, way: Way, token: &str) -> Self {
        let person = Self::come_by(addr, doc, way);
        person.shows(token);
        person
    }

    /// Has another link from now on.
    pub(crate) fn shows(&self, token: &str) {
        let token = Token::new(token).unwrap();
        self.shared.act(|page, now| page.client.token(now, token));
    }

    /// Asks for another try.
    pub(crate) fn retry(&self) {
        self.shared.act(|page, now| page.client.retry(now));
    }

    /// How often a new token was asked for.
    pub(crate) fn renewals(&self) -> usize {
        self.shared.page.lock().unwrap().renewals
    }

    /// Who speaks, as the value of `Authorization`.
    pub(crate) fn authorization(&self) -> String {
        let page = self.shared.page.lock().unwrap();
        page.client.authorization().expect("a session").to_string()
    }

    /// Comes with a page that was delivered with a state.
    pub(crate) fn with_page(addr: SocketAddr, doc: &str, embedded: Embedded, state: &[u8]) -> Self {
        let id = ClientId::from_random(rand::random());
        let born = Instant::now();
        let mut replica = Replica::new(id, move || millis(born));
        if !state.is_empty() {
            assert_eq!(replica.apply([state]), Ok(true), "a page's state is whole");
        }
        let doc = DocId::parse(doc).unwrap();
        let shared = Arc::new(Shared {
            page: Mutex::new(Page {
                client: Client::new(doc, id, embedded, rand::random()),
                replica,
                others: BTreeMap::new(),
                link: None,
                links: 0,
                connect: false,
                way: Way::WebSocket,
                offline: false,
                renewals: 0,
                promises: Promises::new(),
                held: None,
            }),
            happened: watch::Sender::new(()),
            attention: Notify::new(),
            addr,
            born,
        });
        let driver = tokio::spawn(drive(Arc::clone(&shared))).abort_handle();
        Self { shared, driver }
    }

    /// Types at a place, in UTF-16 code units.
    pub(crate) fn edit(&self, from: u32, delete: u32, insert: &str) {
        self.make(|_| (from, delete), insert);
    }

    /// Types at a place that is chosen in the text as it is now.
    pub(crate) fn edit_where(&self, choose: impl FnOnce(&str) -> u32, insert: &str) {
        self.make(|replica| (choose(&replica.text()), 0), insert);
    }

    fn make(&self, choose: impl FnOnce(&Replica) -> (u32, u32), insert: &str) {
        self.shared.act(|page, now| {
            let (from, delete) = choose(&page.replica);
            let insert = insert.to_owned();
            let edit = Edit {
                from,
                delete,
                insert,
            };
            page.replica.edit(&[edit]).unwrap();
            let updates = page.replica.take_updates();
            page.replica.take_ops();
            let (client, promises) = (&mut page.client, &mut page.promises);
            updates
                .iter()
                .flat_map(|update| {
                    promises.makes(update);
                    client.local(now, update)
                })
                .collect()
        });
    }

    /// Types at the end.
    pub(crate) fn append(&self, text: &str) {
        self.make(|replica| (replica.len(), 0), text);
    }

    /// Says who and where this person is: any JSON object.
    pub(crate) fn is_at(&self, state: &str) {
        self.shared
            .act(|page, _| page.client.presence(state.to_owned()));
    }

    /// Loses the connection, as when a cable is pulled; the page tries again at once.
    pub(crate) fn cut(&self) {
        self.shared.act(|page, now| {
            page.drop_link();
            let mut effects = page.client.closed(now);
            effects.extend(page.client.wake(now));
            effects
        });
    }

    /// Goes on in this way, with another link.
    pub(crate) fn takes(&self, way: Way) {
        self.shared.page.lock().unwrap().way = way;
        self.cut();
    }

    /// Has no network from now on.
    pub(crate) fn go_offline(&self) {
        self.shared.act(|page, now| {
            page.offline = true;
            page.drop_link();
            page.client.closed(now)
        });
    }

    /// Has a network again.
    pub(crate) fn go_online(&self) {
        self.shared.act(|page, now| {
            page.offline = false;
            page.client.wake(now)
        });
    }

    /// Closes the page.
    pub(crate) fn leave(&self) {
        self.shared.act(|page, _| page.client.leave());
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&Replica) -> T) -> T {
        look(&self.shared.page.lock().unwrap().replica)
    }

    pub(crate) fn text(&self) -> String {
        self.look(Replica::text)
    }

    pub(crate) fn status(&self) -> Status {
        self.shared.page.lock().unwrap().client.status()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.shared.page.lock().unwrap().client.generation()
    }

    /// How often a session was opened, and how often one was continued.
    pub(crate) fn sessions(&self) -> (usize, usize) {
        let page = self.shared.page.lock().unwrap();
        (page.promises.welcomes, page.promises.resumptions)
    }

    /// How many edits were made, and how many of them, from the first on, this person may take for saved.
    pub(crate) fn promised(&self) -> (usize, usize) {
        self.shared.page.lock().unwrap().promises.count()
    }

    /// From now on the edits of others wait for [`Person::takes_in`].
    pub(crate) fn hold_others(&self) {
        let mut page = self.shared.page.lock().unwrap();
        page.held.get_or_insert_default();
    }

    /// Takes in the next edits of others, once they are here.
    pub(crate) async fn takes_in(&self, edits: usize) {
        let waiting = |page: &Page| page.held.as_ref().map_or(0, VecDeque::len);
        self.until(&format!("given {edits} edits"), |person| {
            waiting(&person.shared.page.lock().unwrap()) >= edits
        })
        .await;
        self.shared.act(|page, _| {
            let updates: Vec<Bytes> = page
                .held
                .iter_mut()
                .flat_map(|held| held.drain(..edits))
                .collect();
            page.apply(&updates);
            Vec::new()
        });
    }

    /// Waits until the page has heard what the server has.
    pub(crate) async fn synced(&self) {
        self.until("told the state", |person| {
            person.shared.page.lock().unwrap().promises.batches > 0
        })
        .await;
    }

    /// Waits until the page is connected.
    pub(crate) async fn live(&self) {
        self.until("live", |person| person.status().link == LinkStatus::Live)
            .await;
    }

    /// Waits until the page says that everything is saved.
    pub(crate) async fn saved(&self) {
        self.until("saved", |person| {
            let status = person.status();
            status.link == LinkStatus::Live && status.unsaved_since.is_none()
        })
        .await;
    }

    /// Waits until the text is this one.
    pub(crate) async fn sees(&self, text: &str) {
        self.until(
            &format!("{:?} in front of them", shortened(text)),
            |person| person.text() == text,
        )
        .await;
    }

    /// Waits until this is somewhere in the text.
    pub(crate) async fn finds(&self, part: &str) {
        self.until(&format!("{part:?} in the text"), |person| {
            person.text().contains(part)
        })
        .await;
    }

    /// Waits until the page is refused or hindered, and tells why.
    pub(crate) async fn trouble(&self) -> (ErrorCode, String) {
        self.until("in trouble", |person| person.status().trouble.is_some())
            .await;
        self.status().trouble.unwrap()
    }

    /// Waits until the others here have these states.
    pub(crate) async fn meets(&self, states: &[&str]) {
        self.until(&format!("with {states:?}"), |person| {
            let page = person.shared.page.lock().unwrap();
            let mut here: Vec<&str> = page.others.values().map(String::as_str).collect();
            here.sort_unstable();
            here == states
        })
        .await;
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut happened = self.shared.happened.subscribe();
        let seen = time::timeout(PATIENCE, happened.wait_for(|()| holds(self))).await;
        if seen.is_err() {
            panic!(
                "never {what}: {:?}, text {:?}",
                self.status(),
                shortened(&self.text())
            );
        }
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.driver.abort();
        self.shared.page.lock().unwrap().drop_link();
    }
}

impl Page {
    /// Whether nothing that they build on is missing.
    fn apply(&mut self, updates: &[Bytes]) -> bool {
        let whole = self.replica.apply(updates.iter().map(|update| &update[..]));
        self.replica.take_ops();
        whole.unwrap()
    }

    fn drop_link(&mut self) {
        if let Some(link) = self.link.take() {
            link.task.abort();
        }
    }
}

impl Shared {
    fn act(self: &Arc<Self>, act: impl FnOnce(&mut Page, u64) -> Vec<Effect>) {
        let now = millis(self.born);
        let mut page = self.page.lock().unwrap();
        let effects = act(&mut page, now);
        self.perform(&mut page, effects, now);
        if page.client.status().unsaved_since.is_none() {
            page.promises.all();
        }
        drop(page);
        self.happened.send_replace(());
        self.attention.notify_one();
    }

    fn perform(self: &Arc<Self>, page: &mut Page, effects: Vec<Effect>, now: u64) {
        for effect in effects {
            match effect {
                Effect::Connect => page.connect = true,
                Effect::Send(bytes) => {
                    // A link that has just ended takes nothing; its end is told in a moment.
                    page.promises.sends(&bytes);
                    if let Some(link) = &page.link {
                        drop(link.out.send(bytes));
                    }
                }
                // What was given to it before is still sent.
                Effect::Close => page.link = None,
                Effect::Remote(updates) => {
                    if let Some(held) = &mut page.held {
                        held.extend(updates);
                    } else if !page.apply(&updates) {
                        let more = page.client.incomplete(now, &page.replica);
                        self.perform(page, more, now);
                    }
                }
                Effect::Presence(changed) => {
                    for (client, state) in changed {
                        match state {
                            Some(state) => page.others.insert(client, state),
                            None => page.others.remove(&client),
                        };
                    }
                }
                Effect::PresenceReset => page.others.clear(),
                Effect::Status => {}
                Effect::Renew { .. } => page.renewals += 1,
            }
        }
    }

    fn on_link(self: &Arc<Self>, number: u64, act: impl FnOnce(&mut Page, u64) -> Vec<Effect>) {
        self.act(|page, now| {
            if page.link.as_ref().is_some_and(|link| link.number == number) {
                act(page, now)
            } else {
                Vec::new()
            }
        });
    }
}

/// Connects when the client wants to, and ticks it when it is due.
async fn drive(shared: Arc<Shared>) {
    loop {
        let due = {
            let mut page = shared.page.lock().unwrap();
            if std::mem::take(&mut page.connect) {
                page.links += 1;
                let number = page.links;
                let (out, outgoing) = mpsc::unbounded_channel();
                let task = if page.offline {
                    tokio::spawn(fail(Arc::clone(&shared), number))
                } else if page.way == Way::WebSocket {
                    tokio::spawn(converse(Arc::clone(&shared), number, outgoing))
                } else {
                    let (shared, way) = (Arc::clone(&shared), page.way);
                    tokio::spawn(requests::converse(shared, number, outgoing, way))
                };
                let task = task.abort_handle();
                page.drop_link();
                page.link = Some(Link { number, out, task });
            }
            page.client.deadline()
        };
        let due = due.map_or(shared.born + Duration::from_secs(1 << 30), |due| {
            shared.born + Duration::from_millis(due)
        });
        tokio::select! {
            () = shared.attention.notified() => {}
            () = time::sleep_until(due.into()) => shared.act(|page, now| page.client.tick(now)),
        }
    }
}

/// One link, from the first packet to the last.
async fn converse(shared: Arc<Shared>, number: u64, mut outgoing: mpsc::UnboundedReceiver<Bytes>) {
    let mut request = format!("ws://{}/rt/1/ws", shared.addr)
        .into_client_request()
        .unwrap();
    let protocol = "rt.1".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let connected = tokio_tungstenite::connect_async(request).await;
    if let Ok((mut socket, _)) = connected {
        shared.on_link(number, |page, now| {
            page.promises.linked();
            page.client.opened(now, &page.replica)
        });
        loop {
            tokio::select! {
                bytes = outgoing.recv() => match bytes {
                    Some(bytes) => if socket.feed(Message::Binary(bytes)).await.is_err() { break },
                    None => {
                        drop(socket.close(None).await);
                        return;
                    }
                },
                message = socket.next() => match message {
                    Some(Ok(Message::Binary(bytes))) => shared.on_link(number, |page, now| {
                        page.promises.gets(&bytes);
                        page.client.message(now, bytes, &page.replica)
                    }),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break,
                },
            }
            if outgoing.is_empty() && socket.flush().await.is_err() {
                break;
            }
        }
    }
    fail(shared, number).await;
}

/// The end of a link, which may be before its beginning.
async fn fail(shared: Arc<Shared>, number: u64) {
    shared.on_link(number, |page, now| {
        page.link = None;
        page.client.closed(now)
    });
}

fn millis(born: Instant) -> u64 {
    u64::try_from(born.elapsed().as_millis()).unwrap()
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
