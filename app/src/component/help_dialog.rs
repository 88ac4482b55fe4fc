//! Keys and marks, for whoever asks.
use crate::component::dialog::Dialog;
use crate::phrases::Phrases;
use crate::preferences::Preferences;
use leptos::html;
use leptos::prelude::*;

/// What a key does, and the key. The editor binds them, in `app/editor/src`.
type Shortcut = (fn(&Phrases) -> &'static str, &'static str);

const SHORTCUTS: [Shortcut; 8] = [
    (|p| p.shortcut_undo, "Ctrl/⌘ Z"),
    (|p| p.shortcut_redo, "Ctrl/⌘ Shift Z"),
    (|p| p.shortcut_find, "Ctrl/⌘ F"),
    (|p| p.shortcut_preview, "Ctrl/⌘ Alt P"),
    (|p| p.shortcut_bold, "Ctrl/⌘ B"),
    (|p| p.shortcut_italic, "Ctrl/⌘ I"),
    (|p| p.shortcut_code, "Ctrl/⌘ E"),
    (|p| p.shortcut_link, "Ctrl/⌘ K"),
];

const MARKS: [fn(&Phrases) -> &'static str; 7] = [
    |p| p.help_marks[0],
    |p| p.help_marks[1],
    |p| p.help_marks[2],
    |p| p.help_marks[3],
    |p| p.help_marks[4],
    |p| p.help_marks[5],
    |p| p.help_marks[6],
];

/// The help of the document page; open it with [`crate::component::dialog::open`].
#[component]
pub fn HelpDialog(node: NodeRef<html::Dialog>, preferences: Preferences) -> impl IntoView {
    let title = Signal::derive(preferences.say(|p| p.help));
    let row = move |(what, key): Shortcut| {
        view! {
            <dt>{preferences.say(what)}</dt>
            <dd>
                <kbd>{key}</kbd>
            </dd>
        }
    };
    view! {
        <Dialog node preferences id="maru-help" title>
            <p>{preferences.say(|p| p.help_markdown)}</p>
            <ul class="marks">
                {MARKS.map(|mark| view! { <li><code>{preferences.say(mark)}</code></li> }).into_iter().collect_view()}
            </ul>
            <h3>{preferences.say(|p| p.shortcuts)}</h3>
            <dl class="keys">
                {SHORTCUTS.map(row).into_iter().collect_view()}
                <dt>{preferences.say(|p| p.shortcut_leave)}</dt>
                <dd>
                    <kbd>{preferences.say(|p| p.shortcut_leave_keys)}</kbd>
                </dd>
            </dl>
            <p class="muted">{preferences.say(|p| p.help_undo)}</p>
        </Dialog>
    }
}
