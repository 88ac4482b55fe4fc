//! The `maru` command.
use leptos::prelude::*;
fn main() {
    let owner = Owner::new();
    let html = owner.with(|| app::home::Home().to_html());
    println!("{html}");
}
