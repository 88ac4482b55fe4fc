//! One lane as it is shown: what it is, what was measured, what breaks it, and when to choose it.
use super::LabModel;
use super::figures::{Cost, Figures, Standing, bytes, duration};
use super::phrases::{LanePhrases, Phrases, phrases, say};
use super::plot;
use crate::lang::Lang;
use leptos::prelude::*;
use protocol::ladder::Rung;

/// The card of a lane.
#[component]
pub fn Card(model: LabModel, place: usize) -> impl IntoView {
    let lang = model.preferences.lang;
    let figures = model.lanes[place];
    let rung = Rung::ALL[place];
    let heading = format!("lab-{rung}");
    let id = heading.clone();
    let words = move |pick: fn(&LanePhrases) -> &'static str| {
        move || pick(&phrases(lang.get()).lanes[place])
    };
    let median = move || {
        let remote = figures.with(|figures| figures.remote);
        remote.map_or_else(|| "–".to_owned(), |spread| duration(spread.median))
    };
    view! {
        <article
            class="lane"
            aria-labelledby=heading
            data-lane=rung.name()
            data-standing=move || figures.with(|figures| name(figures.standing))
        >
            <header>
                <h2 id=id>{words(|p| p.name)}</h2>
                <p class="lane-standing">{move || figures.with(|figures| standing(lang.get(), rung, figures.standing))}</p>
            </header>
            <p class="lane-way">{words(|p| p.way)}</p>
            <p class="lane-median">
                <strong data-figure="remote-p50">{median}</strong>
                <span>{say(lang, |p| p.median)}</span>
            </p>
            <Plot lang figures />
            <dl class="lane-figures">
                {FIGURES.map(|figure| view! { <Row lang figures figure /> })}
                <div><dt>{say(lang, |p| p.kept)}</dt><dd>{words(|p| p.kept)}</dd></div>
                <div><dt>{say(lang, |p| p.format)}</dt><dd>{words(|p| p.format)}</dd></div>
            </dl>
            <h3>{say(lang, |p| p.breaks)}</h3>
            <p>{words(|p| p.breaks)}</p>
            <h3>{say(lang, |p| p.choose)}</h3>
            <p>{words(|p| p.choose)}</p>
        </article>
    }
}

/// A measured figure: its name in the page's markup, its words, and what it says.
type Figure = (
    &'static str,
    fn(&Phrases) -> &'static str,
    fn(&Figures) -> Option<String>,
);

const FIGURES: [Figure; 8] = [
    (
        "remote-p95",
        |p| p.p95,
        |f| f.remote.map(|s| duration(s.p95)),
    ),
    (
        "saved-p50",
        |p| p.saved,
        |f| f.saved.map(|s| duration(s.median)),
    ),
    (
        "saved-p95",
        |p| p.saved_p95,
        |f| f.saved.map(|s| duration(s.p95)),
    ),
    (
        "arrived",
        |p| p.arrived,
        |f| (f.arrived > 0).then(|| f.arrived.to_string()),
    ),
    ("requests", |p| p.requests, |f| f.cost.map(requests)),
    ("up", |p| p.up, |f| f.cost.map(|cost| bytes(cost.up_each))),
    (
        "down",
        |p| p.down,
        |f| f.cost.map(|cost| bytes(cost.down_each)),
    ),
    (
        "links",
        |p| p.links,
        |f| (f.links > 0).then(|| f.links.to_string()),
    ),
];

fn requests(cost: Cost) -> String {
    match cost.requests {
        0 => "0".to_owned(),
        requests => format!("{requests} ({:.1})", cost.requests_each),
    }
}

#[component]
fn Row(lang: Signal<Lang>, figures: Signal<Figures>, figure: Figure) -> impl IntoView {
    let (name, words, value) = figure;
    let value = move || figures.with(value);
    let text = move || value().unwrap_or_else(|| phrases(lang.get()).unmeasured.to_owned());
    view! {
        <div>
            <dt>{say(lang, words)}</dt>
            <dd data-figure=name data-measured=move || value().is_some().to_string()>{text}</dd>
        </div>
    }
}

#[component]
fn Plot(lang: Signal<Lang>, figures: Signal<Figures>) -> impl IntoView {
    const LINES: [(f64, &str); 3] = [(10.0, "10 ms"), (100.0, "100 ms"), (1_000.0, "1 s")];
    let grid: String = LINES
        .iter()
        .map(|(ms, _)| format!("M0 {}h{}", plot::height(*ms), plot::WIDTH))
        .collect();
    let label = |(ms, words): (f64, &'static str)| {
        view! { <text x="3" y=plot::height(ms) - 3.0>{words}</text> }
    };
    let median = move || {
        let remote = figures.with(|figures| figures.remote)?;
        let y = plot::height(remote.median);
        Some(format!("M0 {y:.1}h{}", plot::WIDTH))
    };
    view! {
        <svg
            class="lane-plot"
            viewBox=format!("0 0 {} {}", plot::WIDTH, plot::HEIGHT)
            role="img"
            aria-label=say(lang, |p| p.plot)
        >
            <path class="grid" d=grid />
            <path class="middle" d=median />
            <path class="dots" data-figure="plot" d=move || figures.with(|figures| figures.plot.clone()) />
            {LINES.map(label)}
        </svg>
    }
}

fn name(standing: Standing) -> &'static str {
    match standing {
        Standing::Idle => "idle",
        Standing::Opening => "opening",
        Standing::Silent => "silent",
        Standing::Blocked(_) => "blocked",
        Standing::Running => "running",
        Standing::Done => "done",
    }
}

fn standing(lang: Lang, rung: Rung, standing: Standing) -> String {
    let say = phrases(lang);
    match standing {
        Standing::Idle => say.unmeasured.to_owned(),
        Standing::Opening => say.opening.to_owned(),
        Standing::Silent => say.silent.to_owned(),
        Standing::Blocked(why) => (say.blocked)(rung, why),
        Standing::Running => say.works.to_owned(),
        Standing::Done => say.worked.to_owned(),
    }
}
