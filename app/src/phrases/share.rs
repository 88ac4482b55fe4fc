//! The sentences of the share dialog, and of the notes about one's own rights.
use crate::note::Note;
use crate::share::{Left, Problem};

/// All of them in one language. Arrays are in the order of [`crate::share::Access::ALL`] and [`crate::share::Lifetime::ALL`].
pub struct Share {
    /// The button in the bar.
    pub share: &'static str,
    pub title: &'static str,

    // Who may open the document.
    pub who_open: &'static str,
    pub who_closed: &'static str,
    pub address: &'static str,
    pub own_link: &'static str,
    pub only_links: &'static str,
    /// What closing does, and what opening again does.
    pub closing: &'static str,
    pub opening: &'static str,

    // A new link.
    pub new_link: &'static str,
    pub allows: &'static str,
    pub access: [&'static str; 2],
    pub access_hint: [&'static str; 2],
    /// What a view link does not hold while the document is open.
    pub honest: &'static str,
    pub works_for: &'static str,
    pub lifetimes: [&'static str; 4],
    pub label: &'static str,
    pub label_hint: &'static str,
    pub make: &'static str,
    pub made: &'static str,
    pub made_own: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub copy_failed: &'static str,

    // The links that work.
    pub links: &'static str,
    pub none: &'static str,
    /// A link without a label.
    pub named: [&'static str; 2],
    pub left: fn(Left) -> String,
    /// Another lifetime, from now on.
    pub renewed: [&'static str; 4],
    pub revoke: &'static str,
    pub revoke_now: &'static str,

    pub problem: fn(Problem) -> &'static str,
    pub note: fn(Note) -> &'static str,
}
