//! A `<dialog>` that a button opens; the browser keeps the focus inside and gives it back.
use crate::component::icon::{Icon, shape};
use crate::phrases::say;
use crate::preferences::Preferences;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;

/// The code browsers give to a key that an input method has taken.
const TAKEN_BY_INPUT_METHOD: u32 = 229;

/// A titled dialog, closed by Esc, by its cross, or by its content.
#[component]
pub fn Dialog<C: IntoView + 'static>(
    node: NodeRef<html::Dialog>,
    preferences: Preferences,
    /// Also the start of the ids inside.
    id: &'static str,
    #[prop(into)] title: Signal<&'static str>,
    /// Runs after it has closed, by whatever means.
    #[prop(optional)]
    on_close: Option<Callback<()>>,
    /// Typed, since each erased type weighs some kilobytes in the page's module.
    children: TypedChildren<C>,
) -> impl IntoView {
    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    let closed = move |_| {
        if let Some(on_close) = on_close {
            on_close.run(());
        }
    };
    view! {
        <dialog class="dialog" id=id node_ref=node aria-labelledby=labelled_by on:close=closed>
            <div class="dialog-head">
                <h2 id=heading>{move || title.get()}</h2>
                <button
                    type="button"
                    class="quiet square"
                    aria-label=say(preferences.lang, |p| p.close)
                    on:click=move |_| close(node)
                >
                    <Icon path=shape::CROSS />
                </button>
            </div>
            {children.into_inner()()}
        </dialog>
    }
}

/// Opens a dialog over the page.
pub fn open(node: NodeRef<html::Dialog>) {
    if let Some(dialog) = node.get_untracked()
        && !dialog.open()
    {
        // It fails only for a dialog that is open or not in the page: then there is nothing to open.
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog.
pub fn close(node: NodeRef<html::Dialog>) {
    if let Some(dialog) = node.get_untracked() {
        dialog.close();
    }
}

/// Keeps the Enter that ends a syllable from sending the form: with an input method it belongs to the text. Safari reports
/// that Enter after the composition, hence the second test.
pub fn hold_composing_enter(event: &KeyboardEvent) {
    if event.key() == "Enter" && (event.is_composing() || event.key_code() == TAKEN_BY_INPUT_METHOD)
    {
        event.prevent_default();
    }
}
