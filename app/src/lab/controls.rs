//! The lab's controls: start and stop, how often, how much.
use super::phrases::{phrases, say};
use super::{LabModel, Progress, RATES, SIZES, Settings};
use leptos::prelude::*;

/// The controls. Dead until the page has come to life.
#[component]
pub fn Controls(model: LabModel) -> impl IntoView {
    let lang = model.preferences.lang;
    let progress = model.progress;
    let is_running = move || matches!(progress.get(), Progress::Running(_));
    let button = move || {
        let say = phrases(lang.get());
        match progress.get() {
            Progress::Still | Progress::Ready => say.start.to_owned(),
            Progress::Running(left) => (say.stop)(left),
            Progress::Done => say.again.to_owned(),
        }
    };
    let rates = RATES.map(|rate| {
        let text = move || (phrases(lang.get()).per_second)(rate);
        let selected = move || model.settings.get().rate == rate;
        view! { <option value=rate.to_string() selected=selected>{text}</option> }
    });
    let sizes = SIZES.map(|size| {
        let selected = move || model.settings.get().size == size;
        view! { <option value=size.to_string() selected=selected>{move || (phrases(lang.get()).of_bytes)(size)}</option> }
    });
    let choose = move |change: &dyn Fn(&mut Settings)| {
        let mut settings = model.settings.get_untracked();
        change(&mut settings);
        model.on_settings.run(settings);
    };
    let on_rate = move |event| {
        if let Ok(rate) = event_target_value(&event).parse() {
            choose(&|settings| settings.rate = rate);
        }
    };
    let on_size = move |event| {
        if let Ok(size) = event_target_value(&event).parse() {
            choose(&|settings| settings.size = size);
        }
    };
    view! {
        <div class="lab-controls">
            <button
                type="button"
                class="primary large"
                id="lab-run"
                disabled=move || progress.get() == Progress::Still
                on:click=move |_| model.on_run.run(!matches!(progress.get_untracked(), Progress::Running(_)))
                data-running=move || is_running().to_string()
            >
                {button}
            </button>
            <label>
                <span>{say(lang, |p| p.rate)}</span>
                <select id="lab-rate" on:change=on_rate>{rates}</select>
            </label>
            <label>
                <span>{say(lang, |p| p.size)}</span>
                <select id="lab-size" on:change=on_size>{sizes}</select>
            </label>
        </div>
        <p class="lab-needs-script">{say(lang, |p| p.needs_script)}</p>
    }
}
