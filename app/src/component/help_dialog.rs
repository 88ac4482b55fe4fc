//! Keys and marks, for whoever asks.
use crate::component::dialog::Dialog;
use crate::preferences::Preferences;
use leptos::html;
use leptos::prelude::*;

/// The help of the document page; open it with [`crate::component::dialog::open`].
#[component]
pub fn HelpDialog(node: NodeRef<html::Dialog>, preferences: Preferences) -> impl IntoView {
    let title = Signal::derive(preferences.say(|p| p.help));
    view! {
        <Dialog node preferences id="maru-help" title>
            <p>{preferences.say(|p| p.help_markdown)}</p>
            <h3>{preferences.say(|p| p.shortcuts)}</h3>
            <dl class="keys">
                <dt>{preferences.say(|p| p.shortcut_undo)}</dt>
                <dd><kbd>"Ctrl/⌘ Z"</kbd></dd>
                <dt>{preferences.say(|p| p.shortcut_redo)}</dt>
                <dd><kbd>"Ctrl/⌘ Shift Z"</kbd></dd>
                <dt>{preferences.say(|p| p.shortcut_find)}</dt>
                <dd><kbd>"Ctrl/⌘ F"</kbd></dd>
                <dt>{preferences.say(|p| p.shortcut_leave)}</dt>
                <dd><kbd>{preferences.say(|p| p.shortcut_leave_keys)}</kbd></dd>
            </dl>
            <p class="muted">{preferences.say(|p| p.help_undo)}</p>
        </Dialog>
    }
}
