//! The home page.
use leptos::prelude::*;

/// Makes or opens a document.
#[component]
pub fn Home() -> impl IntoView {
    let count = RwSignal::new(0);
    view! { <main><h1>"Maru"</h1><button on:click=move |_| count.update(|c| *c += 1)>{count}</button></main> }
}
