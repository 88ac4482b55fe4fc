//! A run of the lab: the four lanes side by side for a minute at most, each told when to write; it shows what they measured a few times a second.
use super::figures::{Figures, Standing};
use super::lane::Lane;
use super::{Progress, Settings};
use crate::browser;
use leptos::prelude::*;
use protocol::id::DocId;
use protocol::ladder::Rung;
use std::cell::Cell;
use std::rc::Rc;

/// A run ends by itself: a forgotten tab must not cost its server anything.
const LONGEST_MS: f64 = 60_000.0;
/// How often the lanes are looked after, in milliseconds.
const TICK_MS: u64 = 12;
/// How often the figures on the page change: quick enough to watch, slow enough to read and to cost nothing.
const SHOW_MS: f64 = 250.0;

/// Where a run shows what it measures.
#[derive(Clone, Copy)]
pub struct Shown {
    /// The figures of each lane, in the order of [`Rung::ALL`].
    pub lanes: [RwSignal<Figures>; 4],
    /// How far the run is.
    pub progress: RwSignal<Progress>,
}

/// Ends a run.
#[derive(Clone, Default)]
pub struct Stop(Rc<Cell<bool>>);

impl Stop {
    /// Soon.
    pub fn stop(&self) {
        self.0.set(true);
    }
}

/// Runs until it is stopped, the page is hidden or left, or its time is over.
pub async fn run(settings: RwSignal<Settings>, shown: Shown, stop: Stop) {
    let lanes = Rung::ALL.map(|rung| (Lane::open(rung, &doc(rung)), Cell::new(0.0)));
    let began = browser::instant();
    let mut show_at = began;
    loop {
        let now = browser::instant();
        let left = began + LONGEST_MS - now;
        if left <= 0.0 || stop.0.get() || browser::hidden() {
            break;
        }
        for (place, (lane, due)) in lanes.iter().enumerate() {
            lane.tick();
            let settings = settings.get_untracked();
            write(lane, due, place, settings, now);
        }
        if now >= show_at {
            show_at = now + SHOW_MS;
            show(&lanes, shown);
            let progress = Progress::Running((left / 1_000.0).ceil() as u32);
            if shown.progress.get_untracked() != progress {
                shown.progress.set(progress);
            }
        }
        browser::sleep(TICK_MS).await;
    }
    show(&lanes, shown);
    for (lane, _) in &lanes {
        lane.end();
    }
    for figures in shown.lanes {
        if figures.with_untracked(|figures| figures.standing == Standing::Running) {
            figures.update(|figures| figures.standing = Standing::Done);
        }
    }
    shown.progress.set(Progress::Done);
}

/// Writes what is due. The lanes take turns within a period: over HTTP/1.1 they share the browser's few connections.
fn write(lane: &Lane, due: &Cell<f64>, place: usize, settings: Settings, now: f64) {
    let period = 1_000.0 / f64::from(settings.rate);
    if !lane.is_connected() {
        return due.set(0.0);
    }
    if due.get() == 0.0 {
        let turn = period * place as f64 / Rung::ALL.len() as f64;
        due.set((now / period).ceil() * period + turn);
    }
    if now >= due.get() {
        lane.write(settings.size);
        // Unevenly, as people write: an even beat would meet the polls' own always at the same two or three places. What a
        // busy page missed is not caught up with.
        let uneven = 0.5 + browser::random() as f64 / u64::MAX as f64;
        due.set((due.get() + period * uneven).max(now));
    }
}

fn show(lanes: &[(Lane, Cell<f64>); 4], shown: Shown) {
    for ((lane, _), signal) in lanes.iter().zip(shown.lanes) {
        let figures = lane.figures();
        if signal.with_untracked(|before| *before != figures) {
            signal.set(figures);
        }
    }
}

/// A document that nobody else has: 64 random bits for each lane of each run.
fn doc(rung: Rung) -> DocId {
    let name = format!("lab-{:016x}-{rung}", browser::random());
    match DocId::parse(&name) {
        Ok(doc) => doc,
        // It has nothing but letters, digits and dashes.
        Err(error) => unreachable!("{name}: {error}"),
    }
}
