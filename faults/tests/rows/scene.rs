//! Where a row takes place: a server, the proxy before it, somebody behind the proxy and somebody who sees the server directly.

use std::time::Duration;

use faults::{Faults, Proxy};
use protocol::{
    ladder::{Memory, Rung},
    validate,
};
use tokio::time;

use crate::{maru::Maru, page::Page};

pub(crate) const DOC: &str = "row";

/// The scene of one row.
pub(crate) struct Scene {
    pub(crate) maru: Maru,
    pub(crate) proxy: Proxy,
}

impl Scene {
    pub(crate) async fn new(faults: Faults) -> Self {
        let maru = Maru::start();
        let proxy = Proxy::start(maru.addr, faults).await.unwrap();
        Self { maru, proxy }
    }

    /// Somebody behind the proxy.
    pub(crate) fn page(&self) -> Page {
        Page::open(self.proxy.addr(), DOC)
    }

    /// Somebody behind the proxy, whose browser remembers something.
    pub(crate) fn remembering(&self, memory: Option<Memory>) -> Page {
        Page::remembering(self.proxy.addr(), DOC, memory)
    }

    /// Somebody before it, whom no fault reaches.
    pub(crate) fn witness(&self) -> Page {
        Page::open(self.maru.addr, DOC)
    }

    /// Somebody behind the proxy on a link of `rung`, and a witness who sees them.
    pub(crate) async fn seen_by_a_witness(&self, rung: Rung) -> (Page, Page) {
        let (page, witness) = (self.page(), self.witness());
        page.is_at("{}");
        page.on(rung).await;
        witness.meets(1).await;
        witness.watch_company();
        (page, witness)
    }

    /// What has to hold for every row, once nothing goes wrong any more: everybody has the same text and state; every edit is
    /// in it once, and was told to each once and in order; nothing is unsaved; what was saved is there after the server was
    /// killed; and when all have left, nothing of them is left in the server.
    pub(crate) async fn ends_well(mut self, pages: Vec<Page>) {
        self.proxy.set(Faults::default());
        for page in &pages {
            page.wake();
        }
        for page in &pages {
            page.saved().await;
        }
        let states = || pages.iter().map(|page| (page.text(), state(page)));
        for page in &pages {
            page.until("of one mind with everybody", |_| {
                states().all(|state| Some(state) == states().next())
            })
            .await;
        }
        let (text, state_of_all) = states().next().unwrap();
        every_token_is_there_once(&text);
        for (at, reader) in pages.iter().enumerate() {
            for (of, author) in pages.iter().enumerate() {
                if at != of {
                    reader.ledger().check_order(&author.ledger());
                }
            }
        }
        for page in &pages {
            page.leave();
        }
        // A session that a page had to give up, or was never told of, is remembered for two minutes more; any other is forgotten
        // with the goodbye.
        let given_up: usize = pages.iter().map(|page| page.ledger().asked() - 1).sum();
        // There is nothing to be notified by; whoever waits in vain for this is stopped by patience.
        let gone = async {
            while self.maru.sessions() > given_up || self.proxy.seen().held > 0 {
                time::sleep(Duration::from_millis(20)).await;
            }
        };
        time::timeout(Duration::from_secs(30), gone)
            .await
            .unwrap_or_else(|_| panic!("{} sessions are left", self.maru.sessions()));
        drop(pages);
        self.maru.kill();
        self.maru.restart().await;
        let later = self.witness();
        later.saved().await;
        later
            .until("told everything that was saved", |later| {
                later.text() == text
            })
            .await;
        assert_eq!(state(&later), state_of_all);
    }
}

/// A page's state vector, in one order.
fn state(page: &Page) -> Vec<(u64, u32)> {
    let vector = validate::state_vector(&page.state_vector(), usize::MAX).unwrap();
    let mut state: Vec<(u64, u32)> = vector
        .into_iter()
        .map(|(client, clock)| (client.get(), clock))
        .collect();
    state.sort_unstable();
    state
}

/// A word that is written once: `<ada 7>`.
pub(crate) fn token(who: &str, number: usize) -> String {
    format!("<{who} {number}>")
}

/// # Panics
/// When a word is there twice, or one is missing before a later one of the same person, or there is anything else.
pub(crate) fn every_token_is_there_once(text: &str) {
    let mut next = std::collections::HashMap::new();
    for word in text.split_terminator('>') {
        let parts = word.strip_prefix('<').and_then(|word| word.split_once(' '));
        let (who, number) = parts.unwrap_or_else(|| panic!("{word:?} in {text:?}"));
        let next = next.entry(who).or_insert(0);
        assert_eq!(number, next.to_string(), "of {who} in {text:?}");
        *next += 1;
    }
}

/// Somebody who writes one word after the other.
pub(crate) struct Writer<'a> {
    page: &'a Page,
    who: &'static str,
    written: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(page: &'a Page, who: &'static str) -> Self {
        Self {
            page,
            who,
            written: 0,
        }
    }

    /// Goes on after so many words that were written before.
    pub(crate) fn after(mut self, written: usize) -> Self {
        self.written = written;
        self
    }

    /// Writes the next word; returns it.
    pub(crate) fn write(&mut self) -> String {
        let token = token(self.who, self.written);
        self.page.append(&token);
        self.written += 1;
        token
    }

    /// Writes so many words, as a person types: not all at once.
    pub(crate) async fn type_for(&mut self, how_long: Duration, pause: Duration) {
        let until = time::Instant::now() + how_long;
        while time::Instant::now() < until {
            self.write();
            time::sleep(pause).await;
        }
    }
}

/// Prints what was measured beside its bar, and holds it to something that a busy machine can keep as well.
pub(crate) fn figure(what: &str, took: Duration, bar: Duration, at_most: Duration) {
    println!("figure: {what}: {took:.2?} (bar {bar:?})");
    assert!(took <= at_most, "{what} took {took:?}");
}
