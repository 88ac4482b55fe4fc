//! Brings the lab to life: the same page as the server rendered, in its place, with what makes it measure.
use super::run::{self, Shown, Stop};
use super::{Lab, LabModel, Progress, ROOT, Settings};
use crate::{browser, start};
use leptos::ev;
use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos::reactive::owner::LocalStorage;

/// Takes the place of what the server rendered.
pub fn mount() {
    let Some(root) = browser::element(ROOT) else {
        return browser::report("the page has no place for the lab");
    };
    root.set_text_content(None);
    mount_to(root, || view! { <Lab model=model() /> }).forget();
}

fn model() -> LabModel {
    let settings = RwSignal::new(Settings::default());
    let shown = Shown {
        lanes: std::array::from_fn(|_| RwSignal::default()),
        progress: RwSignal::new(Progress::Ready),
    };
    let current = StoredValue::<_, LocalStorage>::new_local(Stop::default());
    // A page that is left takes its sessions along.
    browser::on(ev::pagehide, move |_| current.with_value(Stop::stop));
    LabModel {
        preferences: start::preferences(),
        progress: shown.progress.into(),
        lanes: shown.lanes.map(Into::into),
        settings: settings.into(),
        shares_connections: browser::is_http_1(),
        on_settings: Callback::new(move |chosen| settings.set(chosen)),
        on_run: Callback::new(move |go| {
            current.with_value(Stop::stop);
            if go {
                let stop = Stop::default();
                current.set_value(stop.clone());
                leptos::task::spawn_local(run::run(settings, shown, stop));
            }
        }),
    }
}
