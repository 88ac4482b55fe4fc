//! The right of the inspector: the messages as a table, the newest first, and what filters, stops and saves them.
use super::panel::key;
use super::read::Group;
use super::record::Direction;
use super::tally::bytes;
use super::{Filter, Row, Shown, Wish};
use crate::lang::Lang;
use crate::preferences::Preferences;
use leptos::prelude::*;

/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The messages and their tools.
#[component]
pub(super) fn Messages(
    preferences: Preferences,
    shown: Signal<Option<Shown>>,
    on_wish: Callback<Wish>,
) -> impl IntoView {
    let lang = preferences.lang;
    let filter = Memo::new(move |_| shown.with(|shown| shown.as_ref().map(|s| s.filter.clone())));
    let search = move |event| {
        let words = event_target_value(&event);
        let filter = filter.get_untracked().unwrap_or_default();
        on_wish.run(Wish::Filter(Filter { words, ..filter }));
    };
    view! {
        <div class="inspector-list">
            <div class="inspector-tools" role="group" aria-label=preferences.say(|p| p.connection.messages)>
                {move || filters(lang.get(), &filter.get()?, on_wish)}
                <input
                    type="search"
                    placeholder=preferences.say(|p| p.connection.search)
                    aria-label=preferences.say(|p| p.connection.search)
                    on:input=search
                />
                {move || tools(lang.get(), &shown.get()?, on_wish)}
            </div>
            <div class="inspector-rows" tabindex="0" role="region" aria-label=preferences.say(|p| p.connection.messages)>
                {move || table(lang.get(), &shown.get()?)}
            </div>
        </div>
    }
}

fn filters(lang: Lang, filter: &Filter, on_wish: Callback<Wish>) -> Option<impl IntoView + use<>> {
    let say = &lang.phrases().connection;
    let group = |group: Group| {
        let wish = Wish::Filter(filter.clone().toggled(group));
        key(
            say.groups[group as usize],
            Some(filter.shows(group)),
            wish,
            on_wish,
        )
    };
    let only = |words, direction: Direction| {
        let wish = Wish::Filter(filter.clone().towards(direction));
        key(
            words,
            Some(filter.direction == Some(direction)),
            wish,
            on_wish,
        )
    };
    let mut keys: Vec<_> = Group::ALL.into_iter().map(group).collect();
    keys.push(only(say.only_sent, Direction::Out));
    keys.push(only(say.only_received, Direction::In));
    Some(keys)
}

fn tools(lang: Lang, shown: &Shown, on_wish: Callback<Wish>) -> Option<impl IntoView + use<>> {
    let say = &lang.phrases().connection;
    let waiting = if shown.waiting > 0 {
        (say.waiting)(shown.waiting)
    } else {
        String::new()
    };
    let pause = if shown.paused { say.go_on } else { say.pause };
    Some(view! {
        {key(pause, Some(shown.paused), Wish::Pause, on_wish)}
        <span class="inspector-waiting">{waiting}</span>
        {key(say.clear, None, Wish::Clear, on_wish)}
        {key(say.export, None, Wish::Export, on_wish)}
    })
}

fn table(lang: Lang, shown: &Shown) -> Option<impl IntoView + use<>> {
    let say = &lang.phrases().connection;
    let (rows, more) = shown.filter.pick(shown, |row| (say.what)(&row.read.what));
    let none = rows.is_empty().then_some(say.nothing);
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(row, words)| line(lang, shown.midnight, row, words))
        .collect();
    let more = (more > 0).then(|| (say.more)(more));
    let head = say
        .columns
        .map(|column| view! { <th scope="col">{column}</th> });
    Some(view! {
        <table class="frames">
            <thead><tr>{head}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
        <p class="muted">{none} {more}</p>
    })
}

fn line(lang: Lang, midnight: u64, row: &Row, words: String) -> impl IntoView + use<> {
    let say = &lang.phrases().connection;
    let (name, arrow, way) = match row.direction {
        Direction::Out => ("out", "↑", say.sent),
        Direction::In => ("in", "↓", say.received),
    };
    let seq = row.read.seq.map(|seq| seq.to_string()).unwrap_or_default();
    view! {
        <tr data-direction=name data-lost=row.lost.to_string() title=if row.lost { say.lost } else { "" }>
            <td>{time_of_day(row.at + midnight)}</td>
            <td aria-label=way>{arrow}</td>
            <td>{row.read.kind.name()}</td>
            <td title=words.clone()>{words.clone()}</td>
            <td>{seq}</td>
            <td>{bytes(row.size as u64)}</td>
            <td>{say.rungs[row.rung as usize]}</td>
        </tr>
    }
}

/// Hours, minutes, seconds and thousandths of milliseconds since a midnight.
fn time_of_day(ms: u64) -> String {
    let ms = ms % DAY_MS;
    let (seconds, thousandths) = (ms / 1_000, ms % 1_000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!(
        "{:02}:{:02}:{seconds:02}.{thousandths:03}",
        minutes / 60,
        minutes % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_to_the_thousandth_and_days_begin_anew() {
        assert_eq!(time_of_day(0), "00:00:00.000");
        assert_eq!(time_of_day(DAY_MS - 1), "23:59:59.999");
        assert_eq!(time_of_day(DAY_MS + 3_723_004), "01:02:03.004");
    }
}
