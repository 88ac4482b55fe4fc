//! The English sentences. Plain words, no exclamation marks, no blame.
mod connection;
mod share;

use super::{Explained, Phrases, age, grouped};
use crate::trouble::Trouble;

pub(crate) static PHRASES: Phrases = Phrases {
    tagline: "An open floor for writing together",
    description: "Maru is a Markdown editor for teams: open a link and write together. Saved means on disk.",
    intro: "Open a page, send its link, and write. Everybody's text, carets and names are there as they type, and Saved means \
            that it is on disk.",
    new_document: "New document",
    open_title: "Open a document by its name or link",
    open_hint: "meeting-notes, or a link",
    open: "Open",
    open_refused: "That is no name or link of a document here. A name has Latin letters, digits and - _ . ~, at most 128 of them.",
    recent: "Recent documents",
    recent_none: "Documents you open on this device are listed here.",
    forget: "Remove from this list",
    promise_saved: "Saved means on disk",
    promise_saved_text: "The mark says Saved only after the server has written your edit to its disk and the disk has confirmed \
                         it. Until then it says how long your oldest edit has been waiting.",
    promise_together: "Nobody gets in your way",
    promise_together_text: "Write in the same line at the same time. Undo takes back only what you wrote, and nobody's edit breaks \
                            a Korean syllable you are still composing.",
    promise_yours: "Yours to keep",
    promise_yours_text: "Plain Markdown, one program to run on your own machine, no account to make and nothing to install.",
    yjs: "For programs: any Yjs client can join",
    yjs_text: "Maru speaks the protocol of y-websocket. The text is the shared type named content.",
    yjs_host: "your-server",
    lab: "Four ways to a server, measured on your own network",

    home: "Maru, to the first page",
    more: "More",
    close: "Close",
    theme_system: "Colours: as the system",
    theme_light: "Colours: light",
    theme_dark: "Colours: dark",
    switch_language: "한국어로 보기",

    untitled: "Untitled",
    skip_to_text: "Skip to the text",
    placeholder: "Write here. Everybody with the link writes along.",
    source: "Source",
    split: "Both",
    preview: "Preview",
    panes: "What to show",
    needs_script: "You can read this document as it is. To write, turn JavaScript on.",
    share: share::SHARE,
    needs_script_to_open: "This document opens only with a link, and its text comes by a connection: turn JavaScript on to read it.",
    opening: "Opening …",
    download: "Download text",
    copy_text: "Copy text",
    without_link: "Open without the link",
    reload: "Reload",
    status: "Status",
    characters: |n| {
        if n == 1 {
            "1 character".to_owned()
        } else {
            format!("{} characters", grouped(n))
        }
    },
    words: |n| {
        if n == 1 {
            "1 word".to_owned()
        } else {
            format!("{} words", grouped(n))
        }
    },
    position: |line, column| format!("Line {}, column {}", grouped(line), grouped(column)),

    people: "People here",
    you: "you",
    others_here: |n| {
        if n == 1 {
            "1 other person is here".to_owned()
        } else {
            format!("{n} other people are here")
        }
    },
    your_identity: "Your name and colour",
    identity_hint: "The others see these at your caret.",
    name: "Name",
    colour: "Colour",
    colours: [
        "Persimmon",
        "Ochre",
        "Olive",
        "Pine",
        "Jade",
        "Teal",
        "Sky",
        "Indigo",
        "Violet",
        "Plum",
        "Rose",
        "Brick",
    ],
    done: "Done",
    cancel: "Cancel",

    saved_state: "What is saved",
    state_connecting: "Connecting",
    state_saved: "Saved",
    state_saving: "Saving",
    state_offline: "Not connected",
    state_unsaved: "Not saved yet",
    state_cannot_save: "Cannot save",
    state_no_access: "No access",
    state_read_only: "Read only",
    meaning_connecting: "The page is connecting to the server: wait a moment. Whatever you write meanwhile is saved once it is connected.",
    meaning_saved: "Everything you wrote is on the server's disk.",
    meaning_saving: "Your newest edits are on their way to the server's disk.",
    meaning_offline: "There is no connection to the server. All you wrote before is saved. The page keeps trying to connect.",
    meaning_unsaved: "There is no connection to the server. Your newest edits are in this page only: keep it open, and they are saved \
                      as soon as the connection is back.",
    meaning_read_only: "You can read this document and follow the others, but not write.",
    announce_slow: "Saving takes longer than usual.",
    announce_saved_again: "All edits are saved again.",
    age: |ms| age(ms, [" s", " min", " h"]),

    trouble,

    connection: connection::CONNECTION,

    help: "Help",
    shortcuts: "Keyboard",
    shortcut_undo: "Undo your last edit",
    shortcut_redo: "Redo",
    shortcut_find: "Find and replace",
    shortcut_bold: "Bold",
    shortcut_italic: "Italic",
    shortcut_code: "Code",
    shortcut_link: "Link",
    shortcut_preview: "Preview and back",
    shortcut_leave: "Leave the text with the keyboard",
    shortcut_leave_keys: "Esc, then Tab",
    help_undo: "Undo takes back only what you wrote, never what others wrote.",
    help_markdown: "Write Markdown, such as:",
    help_marks: [
        "# heading",
        "**bold**",
        "*italic*",
        "- list",
        "- [ ] task",
        "> quote",
        "``` code",
    ],
};

fn trouble(trouble: Trouble) -> Explained {
    let (what, safe, todo) = match trouble {
        Trouble::StorageFailed => (
            "The server cannot write to its disk.",
            "What was shown as saved is safe. Your newest edits are in this page only.",
            "Keep this page open: it saves by itself once the server can write again. To be sure, download the text.",
        ),
        Trouble::DocumentFull => (
            "This document has reached its largest size.",
            "What was shown as saved is safe. Your newest edits are in this page only.",
            "Download the text, and go on in a new document.",
        ),
        Trouble::Replaced => (
            "This document was deleted and made anew.",
            "The text you see is the one from before. It is in this page only.",
            "Download it if you want to keep it, then reload to see the new document.",
        ),
        Trouble::NotAllowed => (
            "You may no longer write in this document.",
            "What was shown as saved is safe. Your newest edits are in this page only: copy or download them.",
            "You can go on reading. To write, ask whoever sent you the link for an edit link.",
        ),
        Trouble::NeedsLink => (
            "This document opens only with a link.",
            "It is safe, and nothing was changed.",
            "Ask somebody who works on it for a link, and open the whole of it, with everything after the # sign.",
        ),
        Trouble::BadLink => (
            "The link that you opened is not valid here.",
            "The document is safe, and nothing was changed.",
            "It may have been cut off: open the whole link, with everything after the # sign, or ask for a new one.",
        ),
        Trouble::Closed => (
            "Somebody closed this document to all who have no link to it.",
            "What was shown as saved is safe. The text stays on this page, where you can copy it; edits after that are here only.",
            "To go on, ask somebody who works on it for a link, and open that.",
        ),
        Trouble::Expired { .. } => (
            "Your access to this document has ended: the link worked for a limited time.",
            "What was shown as saved is safe. The text stays on this page, where you can copy it; edits after that are here only.",
            "To go on, ask for a new link and open it; edits that were not saved then go out by themselves.",
        ),
        Trouble::Revoked { .. } => (
            "The link that brought you here was revoked.",
            "What was shown as saved is safe. The text stays on this page, where you can copy it; edits after that are here only.",
            "To go on, ask whoever gave you the link for another one.",
        ),
        Trouble::NotRenewed => (
            "Your access has ended, and the system that renews it cannot be reached.",
            "What was shown as saved is safe. The text stays on this page; edits after that are here only.",
            "Keep the page open: it keeps trying, and goes on by itself. To be sure, copy or download the text.",
        ),
        Trouble::Refused => (
            "The server did not accept an edit of this page.",
            "What was shown as saved is safe. Your newest edits are in this page only.",
            "Download the text, then reload the page.",
        ),
        Trouble::Unavailable => (
            "The server cannot open this document at the moment.",
            "What was shown as saved is safe on its disk.",
            "The page keeps trying. If it takes long, tell whoever runs the server.",
        ),
        Trouble::Crowded => (
            "More people are here than this server admits to one document.",
            "The document is safe. You can read it as it was when you came.",
            "Reload in a while.",
        ),
        Trouble::Outdated => (
            "The server has a newer version than this page.",
            "What was shown as saved is safe. Your newest edits are in this page only.",
            "Download the text if the mark does not say Saved, then reload.",
        ),
        Trouble::EditorFailed => (
            "The editor did not start.",
            "The document is safe, and you can read it below.",
            "Reload the page. If that does not help, try a newer browser.",
        ),
    };
    Explained { what, safe, todo }
}
