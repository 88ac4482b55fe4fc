//! The left of the inspector: what each transport carried, a switch to use only that one, and the faults to simulate.
use super::fault::{Fault, Faults};
use super::panel::key;
use super::tally::bytes;
use super::{Shown, Wish};
use crate::preferences::Preferences;
use crate::way::Way;
use leptos::prelude::*;
use protocol::ladder::Rung;

/// The transports and the faults.
#[component]
pub(super) fn Controls(
    preferences: Preferences,
    shown: Signal<Option<Shown>>,
    way: Signal<Way>,
    on_wish: Callback<Wish>,
) -> impl IntoView {
    view! {
        <div class="inspector-side">
            {move || transports(preferences, &shown.get()?, way.get(), on_wish)}
            {move || faults(preferences, shown.get()?.faults, on_wish)}
        </div>
    }
}

fn transports(
    preferences: Preferences,
    shown: &Shown,
    way: Way,
    on_wish: Callback<Wish>,
) -> Option<impl IntoView + use<>> {
    let say = &preferences.lang.get().phrases().connection;
    let forced = shown.forced;
    let row = |rung: Rung| {
        let carried = shown.tally.of(rung);
        let amount = |messages: u64, sum: u64| format!("{messages} · {}", bytes(sum));
        view! {
            <tr data-used=(way.rung == Some(rung)).to_string()>
                <th scope="row">
                    {key(say.rungs[rung as usize], Some(forced == Some(rung)), Wish::Force(Some(rung)), on_wish)}
                </th>
                <td>{carried.rtt_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"))}</td>
                <td>{amount(carried.out, carried.out_bytes)}</td>
                <td>{amount(carried.into, carried.in_bytes)}</td>
            </tr>
        }
    };
    Some(view! {
        <table class="transports">
            <thead>
                <tr>
                    <th scope="col">{key(say.automatic, Some(forced.is_none()), Wish::Force(None), on_wish)}</th>
                    <th scope="col">{say.round_trip}</th>
                    <th scope="col">{say.sent}</th>
                    <th scope="col">{say.received}</th>
                </tr>
            </thead>
            <tbody>{Rung::ALL.map(row)}</tbody>
        </table>
    })
}

fn faults(
    preferences: Preferences,
    faults: Faults,
    on_wish: Callback<Wish>,
) -> Option<impl IntoView> {
    let say = &preferences.lang.get().phrases().connection;
    let one = |fault: Fault| {
        key(
            say.faults[fault as usize],
            Some(faults.has(fault)),
            Wish::Fault(fault),
            on_wish,
        )
    };
    Some(view! {
        <div class="faults" role="group" aria-label=say.simulate>
            <h3>{say.simulate}</h3>
            {Fault::ALL.map(one)}
            {key(say.cut, None, Wish::Cut, on_wish)}
            <p class="faulty" role="status">{(faults != Faults::default()).then_some(say.faulty)}</p>
        </div>
    })
}
