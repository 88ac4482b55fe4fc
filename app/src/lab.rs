//! `/lab`: the four transports side by side on the reader's own network, measured there and then; a page to read without scripts, too.
//!
//! [`lane`] measures, [`run`] drives the lanes, the rest shows. It lives in a module of its own, so that the document page
//! does not carry it; [`start`] is where that module enters.
pub mod card;
pub mod controls;
pub mod figures;
pub mod lane;
pub mod ledger;
pub mod phrases;
pub mod plot;
pub mod run;
pub mod seat;
pub mod start;
pub mod wire;

use crate::component::top_bar::TopBar;
use crate::preferences::Preferences;
use card::Card;
use controls::Controls;
use figures::{Figures, duration};
use leptos::prelude::*;
use phrases::{Phrases, phrases, say};
use protocol::ladder::Rung;

/// The element that the server renders the lab into, and that the page brings to life.
pub const ROOT: &str = "maru-lab";

/// Updates a second that one can choose from.
pub const RATES: [u32; 4] = [1, 2, 4, 16];
/// Sizes of an update that one can choose from, in bytes.
pub const SIZES: [usize; 3] = [30, 300, 3_000];

/// How often is written, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Updates a second in each lane; one of [`RATES`].
    pub rate: u32,
    /// Bytes of an update; one of [`SIZES`].
    pub size: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate: RATES[1],
            size: SIZES[0],
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The page has not come to life.
    Still,
    /// Nothing has run yet.
    Ready,
    /// So many seconds are left.
    Running(u32),
    /// It is over.
    Done,
}

/// What the lab needs to know.
#[derive(Clone, Copy)]
pub struct LabModel {
    /// Language and colours.
    pub preferences: Preferences,
    /// How far the run is.
    pub progress: Signal<Progress>,
    /// The figures of each lane, in the order of [`Rung::ALL`].
    pub lanes: [Signal<Figures>; 4],
    /// How often is written, and how much.
    pub settings: Signal<Settings>,
    /// All requests of this browser share few connections.
    pub shares_connections: bool,
    /// The reader wants it otherwise.
    pub on_settings: Callback<Settings>,
    /// The reader starts a run, or ends it.
    pub on_run: Callback<bool>,
}

impl LabModel {
    /// What the server renders: nothing is measured.
    #[must_use]
    pub fn still(preferences: Preferences) -> Self {
        Self {
            preferences,
            progress: Signal::stored(Progress::Still),
            lanes: std::array::from_fn(|_| Signal::stored(Figures::default())),
            settings: Signal::stored(Settings::default()),
            shares_connections: false,
            on_settings: Callback::new(|_| ()),
            on_run: Callback::new(|_| ()),
        }
    }
}

/// The lab.
#[component]
pub fn Lab(model: LabModel) -> impl IntoView {
    let preferences = model.preferences;
    let lang = preferences.lang;
    let cards = (0..Rung::ALL.len())
        .map(|place| view! { <Card model place /> })
        .collect_view();
    view! {
        <div class="lab">
            <TopBar preferences />
            <main>
                <section class="lab-head">
                    <h1>{say(lang, |p| p.title)}</h1>
                    <p class="intro">{say(lang, |p| p.intro)}</p>
                    <Controls model />
                    <p class="lab-verdict" role="status">{move || verdict(model)}</p>
                </section>
                <section class="lab-lanes" aria-label=say(lang, |p| p.lanes_label)>{cards}</section>
                <Method model />
            </main>
        </div>
    }
}

#[component]
fn Method(model: LabModel) -> impl IntoView {
    let lang = model.preferences.lang;
    let words = move |pick: fn(&'static Phrases) -> &'static [&'static str]| {
        move || {
            let item = |text: &&'static str| view! { <li>{*text}</li> };
            pick(phrases(lang.get())).iter().map(item).collect_view()
        }
    };
    view! {
        <section class="lab-method" aria-labelledby="lab-method">
            <h2 id="lab-method">{say(lang, |p| p.method)}</h2>
            <ul>
                {words(|p| &p.methods)}
                {model.shares_connections.then(|| view! { <li>{say(lang, |p| p.shares_connections)}</li> })}
            </ul>
        </section>
    }
}

/// What was found, in a sentence; told only when a run is over, since who listens to the page cannot look away.
fn verdict(model: LabModel) -> String {
    let say = phrases(model.preferences.lang.get());
    match model.progress.get() {
        Progress::Still | Progress::Ready => String::new(),
        Progress::Running(_) => say.running.to_owned(),
        Progress::Done => {
            let found = Rung::ALL
                .iter()
                .zip(model.lanes)
                .map(|(rung, lane)| {
                    let median = lane.with(|figures| figures.remote.map(|spread| spread.median));
                    let found = median.map_or_else(|| say.nothing.to_owned(), duration);
                    format!("{} {found}", say.lanes[*rung as usize].name)
                })
                .collect::<Vec<_>>();
            (say.found)(&found.join(" · "))
        }
    }
}
