//! What is said about the connection, in English.
use crate::phrases::connection::Connection;
use protocol::ladder::Reason;

pub(super) const CONNECTION: Connection = Connection {
    title: "Connection",
    rungs: ["WebSocket", "event stream", "long polling", "short polling"],
    none: "not connected",
    meaning_best: "Connected by WebSocket, the fastest way there is.",
    meaning_none: "There is no connection to the server. The page keeps trying.",
    reason,
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
