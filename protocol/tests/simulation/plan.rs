//! What a family of schedules may do to its world; a plan says what, the seed says when.

use protocol::{ladder::Rung, room::RoomLimits};

use crate::{obstacle::Obstacle, random::Random};

/// A thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A link ends and both sides hear of it.
    Cut,
    /// A link dies and nobody hears of it: bytes vanish upwards, downwards or both ways.
    Silence,
    /// A page has no network for a while, at times longer than its session is kept.
    Offline,
    /// The server dies: what is not durable is gone.
    Crash,
    /// The server dies, and so does a page that could have told what was lost.
    CrashAndLeave,
    /// The server stops in good order and comes back.
    Restart,
    /// The disk refuses everything until the server is started again.
    Disk,
    /// A page is closed for good, with or without a goodbye.
    Leave,
    /// Another page comes.
    Join,
    /// Something else stands on a page's way from now on, or nothing.
    Obstacle,
    /// A page that may be left says what is unsaved in a request beside its links.
    Aside,
    /// A page is hidden or shown, or its browser has few connections left, or many again.
    Attention,
    /// A page may only read, or write again; its token expires and is renewed, in time or late.
    Rights,
}

/// A lie told by the harness on purpose, to see that the oracle notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// None.
    None,
    /// The room hears "durable" when an entry has only been queued.
    SavedEarly,
    /// One edit arrives as an empty one.
    EmptiedEdit,
    /// The last batch for one page is taken for delivered and is not.
    LostBatch,
}

/// The world that a schedule runs in.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Pages at the start.
    pub pages: usize,
    /// Plain Yjs peers.
    pub peers: usize,
    /// How long people act and things go wrong, in milliseconds.
    pub span: u64,
    /// Shortest and longest way of a message, in milliseconds.
    pub delay: (u64, u64),
    /// Shortest and longest time until an entry is durable.
    pub disk: (u64, u64),
    /// Messages that may be on their way to a client before the server waits.
    pub window: usize,
    /// What stands on each page's way at the start, in turn.
    pub obstacles: Vec<Option<Obstacle>>,
    /// WebSockets are refused for everybody, whatever else stands on the way.
    pub no_websocket: bool,
    /// Every page uses this transport only.
    pub forced: Option<Rung>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Shortest and longest time between two faults.
    pub fault_every: (u64, u64),
    /// Shortest and longest time between two acts of one person.
    pub act_every: (u64, u64),
    /// DATA overtake each other on their way up, and arrive twice, also long after their link.
    pub unordered: bool,
    /// The server still takes DATA from a link that a newer one has replaced.
    pub stale_data: bool,
    /// The server ends the link after "gone" instead of waiting for a HELLO.
    pub gone_closes: bool,
    /// How long a session without a link is kept, in milliseconds.
    pub keep_session: u64,
    /// That many of a hundred acts delete something.
    pub deletes: u64,
    /// That many of a hundred links die after their first few messages.
    pub short_lived: u64,
    /// The document has text from another day.
    pub written: bool,
    /// Edits anywhere in the text; else whole words at word boundaries, which can be counted.
    pub anywhere: bool,
    /// People take back and repeat.
    pub undo: bool,
    /// Rights come and go: pages are refused for them.
    pub rights: bool,
    /// The room's limits.
    pub limits: RoomLimits,
    /// A lie.
    pub lie: Lie,
}

impl Plan {
    /// A small world in which nothing goes wrong yet.
    pub fn new(random: &mut Random) -> Self {
        let slow = random.percent(30);
        Self {
            pages: random.range(1, 4) as usize,
            peers: 0,
            span: random.range(3_000, 25_000),
            delay: if slow { (20, 1_500) } else { (1, 120) },
            disk: random.pick(&[(1, 10), (5, 400), (200, 3_000)]),
            window: random.pick(&[1, 4, 64, 64]),
            obstacles: Vec::new(),
            forced: None,
            no_websocket: false,
            faults: Vec::new(),
            fault_every: (300, 5_000),
            act_every: random.pick(&[(20, 400), (200, 2_500), (1_000, 6_000)]),
            unordered: false,
            stale_data: random.percent(50),
            gone_closes: random.percent(30),
            keep_session: random.pick(&[120_000, 120_000, 1_500]),
            deletes: random.pick(&[14, 14, 45]),
            short_lived: 0,
            written: random.percent(50),
            anywhere: random.percent(30),
            undo: random.percent(50),
            rights: false,
            limits: RoomLimits::default(),
            lie: Lie::None,
        }
    }

    /// With these faults; where links may die, some die young.
    pub fn with(mut self, random: &mut Random, faults: &[Fault]) -> Self {
        if faults.contains(&Fault::Cut) || faults.contains(&Fault::Silence) {
            self.short_lived = random.pick(&[0, 30, 70]);
        }
        self.rights |= faults.contains(&Fault::Rights);
        self.faults.extend_from_slice(faults);
        self
    }
}
