//! One lane of the lab: two sessions on one transport and a document of their own, one writes and the other reads; and what was measured between them.
use super::figures::{Figures, Sample, Series, Standing};
use super::ledger::Ledger;
use super::plot;
use super::seat::{Seat, Seen};
use super::wire::Wire;
use crate::browser;
use protocol::connection::Why;
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::id::DocId;
use protocol::ladder::Rung;
use std::cell::RefCell;
use std::rc::Rc;

/// After so long without a session nothing has come back, in milliseconds.
const SILENT_MS: f64 = 5_000.0;
/// The text is begun anew at so many code units, so that it is the update that is measured and not the document.
const LONGEST: u32 = 16_000;

/// A lane that runs. Dropping it does not end it; [`Lane::end`] does.
pub struct Lane {
    writer: Seat,
    reader: Seat,
    measured: Rc<RefCell<Measured>>,
}

struct Measured {
    rung: Rung,
    began: f64,
    ledger: Ledger,
    remote: Series,
    saved: Series,
    arrived: usize,
    /// What passed since the first update arrived: what it takes to connect is no update's cost.
    wire: Wire,
    /// Updates that arrived since.
    paid: usize,
    links: u64,
    trouble: Option<Why>,
    ended: bool,
}

impl Lane {
    /// Connects two sessions.
    #[must_use]
    pub fn open(rung: Rung, doc: &DocId) -> Self {
        let measured = Rc::new(RefCell::new(Measured::new(rung, browser::instant())));
        let seat = |writes: bool| {
            let measured = Rc::clone(&measured);
            Seat::new(doc.clone(), rung, move |seen| {
                measured.borrow_mut().see(writes, seen, browser::instant());
            })
        };
        Self {
            writer: seat(true),
            reader: seat(false),
            measured: Rc::clone(&measured),
        }
    }

    /// Time has passed.
    pub fn tick(&self) {
        self.writer.tick();
        self.reader.tick();
        if self.is_connected() {
            self.measured.borrow_mut().trouble = None;
        }
    }

    /// Whether both sessions are open.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.writer.is_live() && self.reader.is_live()
    }

    /// Writes an update of so many bytes.
    pub fn write(&self, size: usize) {
        let text = self
            .measured
            .borrow_mut()
            .ledger
            .write(browser::instant(), size);
        self.writer.write(text, LONGEST);
    }

    /// Ends both sessions.
    pub fn end(&self) {
        self.measured.borrow_mut().ended = true;
        self.writer.end();
        self.reader.end();
    }

    /// What was measured so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let connected = self.is_connected();
        self.measured
            .borrow()
            .figures(connected, browser::instant())
    }
}

impl Measured {
    fn new(rung: Rung, began: f64) -> Self {
        Self {
            rung,
            began,
            ledger: Ledger::default(),
            remote: Series::default(),
            saved: Series::default(),
            arrived: 0,
            wire: Wire::default(),
            paid: 0,
            links: 0,
            trouble: None,
            ended: false,
        }
    }

    fn see(&mut self, writes: bool, seen: Seen, now: f64) {
        if self.ended {
            return;
        }
        let socket = self.rung == Rung::WebSocket;
        match seen {
            Seen::Opened => self.links += 1,
            Seen::Gone(why) => self.trouble = Some(why),
            Seen::Traffic(traffic) => self.wire.passed(traffic),
            Seen::Out(message) => {
                if socket {
                    self.wire.message_out(message.len());
                }
                if writes && let Ok(ClientFrame::Data { seq, .. }) = ClientFrame::decode(&message) {
                    self.ledger.sent(seq, now);
                }
            }
            Seen::In(message) => {
                if socket {
                    self.wire.message_in(message.len());
                }
                if writes && let Ok(ServerFrame::Saved { seq, .. }) = ServerFrame::decode(&message)
                {
                    note(&mut self.saved, self.ledger.saved(seq, now), now);
                }
            }
            Seen::Inserted(text) if !writes => {
                let took = self.ledger.arrived(&text, now);
                if self.arrived == 0 && !took.is_empty() {
                    self.wire = Wire::default();
                } else {
                    self.paid += took.len();
                }
                self.arrived += took.len();
                note(&mut self.remote, took, now);
            }
            Seen::Inserted(_) => {}
        }
    }

    fn figures(&self, connected: bool, now: f64) -> Figures {
        let standing = match self.trouble {
            _ if connected => Standing::Running,
            Some(why) => Standing::Blocked(why),
            None if now >= self.began + SILENT_MS => Standing::Silent,
            None => Standing::Opening,
        };
        Figures {
            standing,
            remote: self.remote.spread(),
            saved: self.saved.spread(),
            arrived: self.arrived,
            cost: self.wire.cost(self.paid),
            links: self.links,
            plot: plot::path(self.remote.since(now - plot::SPAN_MS), now),
        }
    }
}

fn note(series: &mut Series, took: Vec<f64>, now: f64) {
    for ms in took {
        series.push(Sample { at: now, ms });
    }
}
