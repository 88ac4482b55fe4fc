//! What the share dialog says, in English.
use crate::note::Note;
use crate::phrases::share::Share;
use crate::share::{Left, Problem};

pub(super) const SHARE: Share = Share {
    share: "Share",
    title: "Share this document",

    who_open: "Everybody who knows the address of this page can read and write here.",
    who_closed: "Only people with a link made here can open this document.",
    address: "Address of this page",
    own_link: "Your own link: it gives others the rights that you have",
    only_links: "Only people with a link",
    closing: "Everybody who came by the address alone is sent away at once. You stay, with an edit link of your own that is shown \
              here to copy.",
    opening: "Without this, everybody who knows the address can read and write again.",

    new_link: "New link",
    allows: "What the link allows",
    access: ["View", "Edit"],
    access_hint: [
        "Whoever has it reads and follows along, and cannot write.",
        "Whoever has it reads, writes, and can make links too.",
    ],
    honest: "This document is open to everybody who knows its address, and a view link tells the address. It keeps nobody from \
             writing before you turn on “Only people with a link”.",
    works_for: "Works for",
    lifetimes: ["1 hour", "1 day", "1 week", "ever, until revoked"],
    label: "For whom",
    label_hint: "a note, seen in this list only",
    make: "Make link",
    made: "The new link. It is shown this once: copy it now",
    made_own: "Your own edit link. This browser keeps it; copy it to come in elsewhere",
    copy: "Copy",
    copied: "Copied",
    copy_failed: "Not copied: mark the link and copy it",

    links: "Links that work",
    none: "None yet.",
    named: ["View link", "Edit link"],
    left,
    renewed: [
        "1 hour from now",
        "1 day from now",
        "1 week from now",
        "until revoked",
    ],
    revoke: "Revoke",
    revoke_now: "Revoke now?",

    problem,
    note,
};

fn left(left: Left) -> String {
    match left {
        Left::Minutes(n) => format!("{n} min left"),
        Left::Hours(n) => format!("{n} hours left"),
        Left::Days(n) => format!("{n} days left"),
        Left::Ever => "until revoked".to_owned(),
    }
}

fn problem(problem: Problem) -> &'static str {
    match problem {
        Problem::Offline => {
            "There is no connection to the server, so nothing was changed. Try again when the page is connected."
        }
        Problem::NotAllowed => {
            "Your link does not let you see or change the links of this document. Nothing was changed. You can pass on the link \
             above, or ask whoever gave it to you."
        }
        Problem::TooMany => {
            "This document has as many links as it may, or too many were made in a short time. Nothing was changed. Revoke links \
             that nobody needs, or try again in a minute."
        }
        Problem::Failed => {
            "The server could not do that. The links are as they were. Try again; if it goes on, tell whoever runs the server."
        }
    }
}

fn note(note: Note) -> &'static str {
    match note {
        Note::Viewer => {
            "You are a viewer: your link lets you read and follow the others, not write. To write, ask for an edit link."
        }
        Note::ReadOnly => "You can read this document and follow the others, but not write in it.",
        Note::EndsSoon => {
            "Your access ends in less than a minute. What is marked as saved is safe. To go on, ask for a new link."
        }
        Note::RenewalLate => {
            "Your access ends in less than a minute and could not be renewed yet. What is marked as saved is safe. The page keeps \
             trying; go on."
        }
    }
}
