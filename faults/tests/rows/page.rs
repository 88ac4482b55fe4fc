//! A page without a browser: the real connection and replica, and transports of this test's own that do what the page's do.
//!
//! Nothing here waits for a time: every wait is for something that the person at the page would see.
//!
//! Over 400 lines because it stands for the whole of `app`'s session, in a test.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use protocol::{
    client::{Client, Embedded, LinkStatus},
    connection::{Connection, Effect, LinkId, Status, Why},
    frame::Token,
    id::{ClientId, DocId},
    ladder::{Memory, Rung},
    replica::{Edit, Replica},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::AbortHandle,
    time,
};

use crate::{
    ledger::Ledger,
    transport::{self, Opened},
};

/// Longer than anything takes on a busy machine: a page that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(90);

/// A page; dropping one is closing the laptop, without a goodbye.
pub(crate) struct Page {
    pub(crate) shared: Arc<Shared>,
    driver: AbortHandle,
}

/// What the page's transports share with it.
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    /// Moves with everything that happens.
    happened: watch::Sender<()>,
    /// The driver is to look at when the connection wants to be called.
    attention: Notify,
    /// Where the server is, as far as the page knows.
    pub(crate) server: SocketAddr,
    born: Instant,
}

struct Inner {
    connection: Connection,
    replica: Replica,
    links: HashMap<LinkId, Link>,
    others: BTreeMap<ClientId, String>,
    /// The fewest and the most others that were here at once since somebody looked.
    /// The fewest and the most others that were here at once.
    company: (usize, usize),
    ledger: Ledger,
    memory: Option<Memory>,
    renewals: usize,
    /// Rungs on which a session lived, in order.
    rungs: Vec<Rung>,
    opened: Vec<Rung>,
    /// When a session became live that was not.
    lives: Vec<Instant>,
    live: bool,
}

struct Link {
    out: mpsc::UnboundedSender<Bytes>,
    established: watch::Sender<Option<Opened>>,
    task: AbortHandle,
}

impl Page {
    /// Comes to a document with nothing remembered, and starts to connect.
    pub(crate) fn open(server: SocketAddr, doc: &str) -> Self {
        Self::remembering(server, doc, None)
    }

    /// The same in a browser that remembers something.
    pub(crate) fn remembering(server: SocketAddr, doc: &str, memory: Option<Memory>) -> Self {
        Self::make(server, doc, memory, Token::default(), None)
    }

    /// Comes by a link, held to one transport.
    pub(crate) fn by_link(server: SocketAddr, doc: &str, token: &str, rung: Rung) -> Self {
        let token = Token::new(token).unwrap();
        Self::make(server, doc, None, token, Some(rung))
    }

    fn make(
        server: SocketAddr,
        doc: &str,
        memory: Option<Memory>,
        token: Token,
        rung: Option<Rung>,
    ) -> Self {
        let id = ClientId::from_random(rand::random());
        let born = Instant::now();
        let replica = Replica::new(id, move || millis(born));
        let doc = DocId::parse(doc).unwrap();
        let client = Client::new(doc, id, Embedded::default(), rand::random()).with_token(token);
        let mut connection = Connection::new(client, memory, 0, wall_ms(), rand::random());
        if rung.is_some() {
            // Nothing is open yet: it only chooses.
            connection.force(0, rung);
        }
        let shared = Arc::new(Shared {
            inner: Mutex::new(Inner {
                connection,
                replica,
                links: HashMap::new(),
                others: BTreeMap::new(),
                company: (0, 0),
                ledger: Ledger::default(),
                memory,
                renewals: 0,
                rungs: Vec::new(),
                opened: Vec::new(),
                lives: Vec::new(),
                live: false,
            }),
            happened: watch::Sender::new(()),
            attention: Notify::new(),
            server,
            born,
        });
        let driver = tokio::spawn(drive(Arc::clone(&shared))).abort_handle();
        Self { shared, driver }
    }

    /// Types at the end.
    pub(crate) fn append(&self, text: &str) {
        self.shared.act(|inner, now| {
            let edit = Edit {
                from: inner.replica.len(),
                delete: 0,
                insert: text.to_owned(),
            };
            inner.replica.edit(&[edit]).unwrap();
            inner.replica.take_ops();
            let updates = inner.replica.take_updates();
            let (connection, ledger) = (&mut inner.connection, &mut inner.ledger);
            let told = updates.iter().flat_map(|update| {
                ledger.makes(update);
                connection.local(now, update)
            });
            told.collect()
        });
    }

    /// Says who is here: any JSON object.
    pub(crate) fn is_at(&self, state: &str) {
        self.shared
            .act(|inner, now| inner.connection.presence(now, state.to_owned()));
    }

    /// The network may be another one: the page tries the best at once.
    pub(crate) fn wake(&self) {
        self.shared.act(|inner, now| inner.connection.wake(now));
    }

    /// The person asks for another try.
    pub(crate) fn retry(&self) {
        self.shared.act(|inner, now| inner.connection.retry(now));
    }

    /// Has this link from now on.
    pub(crate) fn shows(&self, token: &str) {
        let token = Token::new(token).unwrap();
        self.shared
            .act(|inner, now| inner.connection.token(now, token));
    }

    /// How often it was asked for a new token.
    pub(crate) fn renewals(&self) -> usize {
        self.look(|inner| inner.renewals)
    }

    /// Only this transport from now on.
    pub(crate) fn force(&self, rung: Option<Rung>) {
        self.shared
            .act(|inner, now| inner.connection.force(now, rung));
    }

    /// Every connection of the page ends, and it knows.
    pub(crate) fn unplug(&self) {
        let links: Vec<LinkId> = self
            .shared
            .inner
            .lock()
            .unwrap()
            .links
            .keys()
            .copied()
            .collect();
        for link in links {
            self.shared.drop_link(link);
            self.shared.closed(link, Why::Lost);
        }
    }

    /// Closes the page, with a goodbye.
    pub(crate) fn leave(&self) {
        self.shared.act(|inner, now| inner.connection.leave(now));
    }

    pub(crate) fn text(&self) -> String {
        self.look(|inner| inner.replica.text())
    }

    pub(crate) fn state_vector(&self) -> Vec<u8> {
        self.look(|inner| inner.replica.state_vector())
    }

    pub(crate) fn status(&self) -> Status {
        self.look(|inner| inner.connection.status())
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.look(|inner| inner.ledger.clone())
    }

    /// What the browser remembers.
    pub(crate) fn memory(&self) -> Option<Memory> {
        self.look(|inner| inner.memory)
    }

    /// The rungs on which the session has lived, each as often as it changed to it.
    pub(crate) fn rungs(&self) -> Vec<Rung> {
        self.look(|inner| inner.rungs.clone())
    }

    /// How many links of a rung were opened.
    pub(crate) fn opened(&self, rung: Rung) -> usize {
        self.look(|inner| {
            inner
                .opened
                .iter()
                .filter(|opened| **opened == rung)
                .count()
        })
    }

    /// When the page became live, each time.
    pub(crate) fn lives(&self) -> Vec<Instant> {
        self.look(|inner| inner.lives.clone())
    }

    /// How many links are open, or being opened.
    pub(crate) fn links(&self) -> usize {
        self.look(|inner| inner.links.len())
    }

    /// From now on it counts who comes and goes.
    pub(crate) fn watch_company(&self) {
        self.look(|inner| inner.company = (inner.others.len(), inner.others.len()));
    }

    /// # Panics
    /// When there was not always one other here since [`Self::watch_company`].
    pub(crate) fn saw_one_all_the_time(&self) {
        let fewest_and_most = self.look(|inner| inner.company);
        assert_eq!(
            fewest_and_most,
            (1, 1),
            "presence neither doubles nor flickers"
        );
    }

    fn look<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.shared.inner.lock().unwrap())
    }

    /// Since when the page exists.
    pub(crate) fn age(&self) -> Duration {
        self.shared.born.elapsed()
    }

    /// Waits until the session lives on this rung; how long that took.
    pub(crate) async fn on(&self, rung: Rung) -> Duration {
        self.until(&format!("on {rung}"), |page| {
            let status = page.status();
            status.link == LinkStatus::Live && status.rung == Some(rung)
        })
        .await
    }

    /// Waits until the page shows that everything is saved; how long that took.
    pub(crate) async fn saved(&self) -> Duration {
        self.until("saved", |page| {
            let status = page.status();
            status.link == LinkStatus::Live && status.unsaved_since.is_none()
        })
        .await
    }

    /// Waits until this is somewhere in the text; how long that took.
    pub(crate) async fn finds(&self, part: &str) -> Duration {
        self.until(&format!("{part:?} in the text"), |page| {
            page.text().contains(part)
        })
        .await
    }

    /// Waits until so many others are here.
    pub(crate) async fn meets(&self, others: usize) {
        self.until(&format!("{others} others"), |page| {
            page.look(|inner| inner.others.len()) == others
        })
        .await;
    }

    /// Waits until something holds; how long that took.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) -> Duration {
        let began = Instant::now();
        let mut happened = self.shared.happened.subscribe();
        let seen = time::timeout(PATIENCE, happened.wait_for(|()| holds(self))).await;
        if seen.is_err() {
            let text: String = self.text().chars().take(200).collect();
            panic!(
                "never {what}: {:?}, lived on {:?}, opened {:?}, text {text:?}",
                self.status(),
                self.rungs(),
                self.look(|inner| inner.opened.clone()),
            );
        }
        began.elapsed()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.driver.abort();
        for (_, link) in self.look(|inner| std::mem::take(&mut inner.links)) {
            link.task.abort();
        }
    }
}

impl Shared {
    /// The link is open.
    pub(crate) fn opened(self: &Arc<Self>, link: LinkId) {
        self.on_link(link, |inner, now| {
            inner.connection.opened(now, link, &inner.replica)
        });
    }

    /// A message came.
    pub(crate) fn message(self: &Arc<Self>, link: LinkId, message: Bytes) {
        self.on_link(link, |inner, now| {
            inner.connection.message(now, link, message, &inner.replica)
        });
    }

    /// A byte came that is no message.
    pub(crate) fn alive(self: &Arc<Self>, link: LinkId) {
        self.on_link(link, |inner, now| inner.connection.alive(now, link));
    }

    /// The link is gone.
    pub(crate) fn closed(self: &Arc<Self>, link: LinkId, why: Why) {
        self.act(|inner, now| {
            inner.links.remove(&link);
            inner.connection.closed(now, link, why, &inner.replica)
        });
    }

    /// Ends what carries a link, in the middle of whatever it does.
    fn drop_link(&self, link: LinkId) {
        if let Some(link) = self.inner.lock().unwrap().links.get(&link) {
            link.task.abort();
        }
    }

    /// Of a link that the connection has closed nothing more is told.
    fn on_link(self: &Arc<Self>, link: LinkId, act: impl FnOnce(&mut Inner, u64) -> Vec<Effect>) {
        self.act(|inner, now| {
            if inner.links.contains_key(&link) {
                act(inner, now)
            } else {
                Vec::new()
            }
        });
    }

    fn act(self: &Arc<Self>, act: impl FnOnce(&mut Inner, u64) -> Vec<Effect>) {
        let now = millis(self.born);
        let mut inner = self.inner.lock().unwrap();
        let effects = act(&mut inner, now);
        self.perform(&mut inner, effects, now);
        let status = inner.connection.status();
        let live = status.link == LinkStatus::Live;
        if live && !std::mem::replace(&mut inner.live, live) {
            inner.lives.push(Instant::now());
        }
        inner.live = live;
        if let (true, Some(rung)) = (live, status.rung)
            && inner.rungs.last() != Some(&rung)
        {
            inner.rungs.push(rung);
        }
        drop(inner);
        self.happened.send_replace(());
        self.attention.notify_one();
    }

    fn perform(self: &Arc<Self>, inner: &mut Inner, effects: Vec<Effect>, now: u64) {
        for effect in effects {
            match effect {
                Effect::Open { link, rung, check } => {
                    inner.opened.push(rung);
                    let (out, outgoing) = mpsc::unbounded_channel();
                    let (established, opened) = watch::channel(None);
                    let carrying =
                        transport::carry(Arc::clone(self), link, rung, check, outgoing, opened);
                    let task = tokio::spawn(carrying).abort_handle();
                    let link_of = Link {
                        out,
                        established,
                        task,
                    };
                    inner.links.insert(link, link_of);
                }
                Effect::Send { link, message } => {
                    inner.ledger.says(&message);
                    // A link that has just ended takes nothing; its end is told in a moment.
                    if let Some(link) = inner.links.get(&link) {
                        drop(link.out.send(message));
                    }
                }
                Effect::Established {
                    link,
                    authorization,
                    hold_s,
                } => {
                    if let Some(link) = inner.links.get(&link) {
                        link.established.send_replace(Some(Opened {
                            authorization,
                            hold_s,
                        }));
                    }
                }
                // What was given to it before is still sent.
                Effect::Close { link } => drop(inner.links.remove(&link)),
                Effect::Remote(updates) => {
                    inner.ledger.gets(&updates);
                    let whole = inner
                        .replica
                        .apply(updates.iter().map(|update| &update[..]));
                    inner.replica.take_ops();
                    if !whole.unwrap() {
                        let more = inner.connection.incomplete(now, &inner.replica);
                        self.perform(inner, more, now);
                    }
                }
                Effect::Presence(changed) => {
                    for (client, state) in changed {
                        match state {
                            Some(state) => inner.others.insert(client, state),
                            None => inner.others.remove(&client),
                        };
                    }
                    let here = inner.others.len();
                    let (least, most) = inner.company;
                    inner.company = (least.min(here), most.max(here));
                }
                // The whole follows, and only that counts.
                Effect::PresenceReset => inner.others.clear(),
                Effect::Status => {}
                Effect::Renew { .. } => inner.renewals += 1,
                Effect::Remember(memory) => inner.memory = memory,
            }
        }
    }
}

/// Calls the connection when it is due.
async fn drive(shared: Arc<Shared>) {
    loop {
        let due = shared.inner.lock().unwrap().connection.deadline();
        let due = due.map_or(shared.born + Duration::from_secs(1 << 30), |due| {
            shared.born + Duration::from_millis(due)
        });
        tokio::select! {
            () = shared.attention.notified() => {}
            () = time::sleep_until(due.into()) => {
                shared.act(|inner, now| inner.connection.tick(now, &inner.replica));
            }
        }
    }
}

fn millis(born: Instant) -> u64 {
    u64::try_from(born.elapsed().as_millis()).unwrap()
}

/// The time of day in milliseconds.
pub(crate) fn wall_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(since.unwrap().as_millis()).unwrap()
}
