//! What is said about the connection, in English.
use crate::inspector::read::{Edit, What};
use crate::phrases::connection::Connection;
use protocol::ladder::Reason;

pub(super) const CONNECTION: Connection = Connection {
    title: "Connection",
    rungs: ["WebSocket", "event stream", "long polling", "short polling"],
    none: "not connected",
    meaning_best: "Connected by WebSocket, the fastest way there is.",
    meaning_none: "There is no connection to the server. The page keeps trying.",
    reason,

    transport: "Transport",
    automatic: "Automatic",
    round_trip: "Round trip",
    sent: "Sent",
    received: "Received",
    simulate: "Simulate in this page",
    faults: [
        "Block WebSocket",
        "Swallow what streams bring",
        "Add 500 ms each way",
        "Lose half of what is sent",
    ],
    cut: "Cut the connection now",
    faulty: "Faults are being simulated in this page. What is not saved waits here and is not lost.",

    messages: "Messages",
    groups: ["Edits", "Saved", "Presence", "Pulse", "Session"],
    only_sent: "Only sent",
    only_received: "Only received",
    search: "Find in messages",
    pause: "Pause",
    go_on: "Go on",
    clear: "Clear",
    export: "Export as JSON",
    nothing: "No message yet. Type something, or wait for somebody else to.",
    waiting: |n| format!("{n} new"),
    more: |n| format!("and {n} more; the export has them all"),
    columns: [
        "Time",
        "Way",
        "Kind",
        "What it says",
        "No.",
        "Size",
        "Transport",
    ],
    lost: "swallowed by a simulated fault",
    what,
};

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Refused => {
            "Limited connection: this network blocks WebSocket; everything still works."
        }
        Reason::Unanswered => {
            "Limited connection: this network lets WebSocket go unanswered; everything still works."
        }
        Reason::Silent => {
            "Limited connection: this network swallows what WebSocket carries; everything still works."
        }
        Reason::ShortLived => {
            "Limited connection: this network ends connections soon after they begin; everything still works."
        }
        Reason::Buffered => {
            "Limited connection: something on the way holds streams back; everything still works."
        }
        Reason::Cut => {
            "Limited connection: something on the way cuts long answers off; everything still works."
        }
        Reason::Remembered => {
            "Limited connection: this network blocked WebSocket a short while ago; everything still works."
        }
        Reason::Crowded => {
            "Limited connection: many tabs of this site are open in this browser; everything still works."
        }
        Reason::Chosen => "This transport was chosen in the inspector.",
    }
}

fn what(what: &What) -> String {
    match what {
        What::Nothing => String::new(),
        What::Edit(edit) => changes(edit),
        What::Asks => "asks for what is missing".to_owned(),
        What::People(names, left) => {
            let mut said = String::new();
            if !names.is_empty() {
                said = format!("presence of {}", names.join(", "));
            }
            if *left > 0 {
                said = format!(
                    "{said}{}{left} left",
                    if names.is_empty() { "" } else { "; " }
                );
            }
            said
        }
        What::From(after) => format!("from entry {after} on"),
        What::Upto(seq) => format!("everything up to {seq}"),
        What::Later(ms) => format!("come back in {ms} ms"),
        What::Says(words) => words.clone(),
    }
}

fn changes(edit: &Edit) -> String {
    let characters = |n: u64| if n == 1 { "character" } else { "characters" };
    let mut said = match (edit.inserted, edit.deleted) {
        (0, 0) => "no change".to_owned(),
        (n, 0) => format!("insert {n} {}", characters(n)),
        (0, n) => format!("delete {n} {}", characters(n)),
        (n, m) => format!("insert {n}, delete {m} {}", characters(m)),
    };
    if let Some(at) = edit.at {
        said += &format!(" at {at}");
    }
    if !edit.by.is_empty() {
        said += &format!(" · {}", edit.by.join(", "));
    }
    said
}
