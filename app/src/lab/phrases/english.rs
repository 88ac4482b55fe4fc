//! The lab in English.
use super::{LanePhrases, Phrases};
use protocol::connection::Why;
use protocol::ladder::Rung;

pub(super) const PHRASES: Phrases = Phrases {
    title: "Four ways to a server, on your network",
    description: "WebSocket, SSE, long polling and short polling side by side, measured live on your own network.",
    intro: "WebSocket, SSE with POST, long polling, short polling: the same editing session over each of them, between this page and this \
            server, at the same time. Press start and watch what your own network makes of them.",
    needs_script: "Measuring needs JavaScript. What the four are, what breaks them and when to choose which is below.",

    start: "Start measuring",
    stop: |left| format!("Stop ({left} s left)"),
    again: "Measure again",
    rate: "Updates",
    per_second: |rate| {
        if rate == 1 {
            "1 per second".to_owned()
        } else {
            format!("{rate} per second")
        }
    },
    size: "Each",
    of_bytes: |bytes| format!("{bytes} bytes"),

    running: "Measuring.",
    found: |found| format!("On this network, from edit to the other page: {found}."),
    nothing: "did not pass",

    lanes_label: "The four transports",
    unmeasured: "not measured yet",
    opening: "connecting …",
    silent: "Nothing comes back: something on the way lets this go unanswered.",
    blocked,
    works: "works here",
    worked: "worked here",

    median: "median, from an edit to its text in another page",
    p95: "the same, 95th percentile",
    saved: "edit to saved on disk, median",
    saved_p95: "edit to saved, 95th percentile",
    arrived: "updates that arrived",
    requests: "HTTP requests (per update)",
    up: "bytes up, per update",
    down: "bytes down, per update",
    links: "links opened by the two pages",
    kept: "connection",
    format: "on the wire",
    plot: "How long each of the last updates took; one line is ten times the one below it.",
    breaks: "What breaks it",
    choose: "Choose it",

    lanes: [
        LanePhrases {
            name: "WebSocket",
            way: "Both ways at once, on one connection.",
            kept: "one, kept open",
            format: "binary frames",
            breaks: "Proxies that do not pass the upgrade on, scanners that open TLS, firewalls that know HTTP and nothing else. It is refused at \
                     once, or hangs, or opens and stays silent: only an answer proves that it works.",
            choose: "First, wherever it passes. An update costs a few bytes more than itself, and the server speaks whenever it likes.",
        },
        LanePhrases {
            name: "SSE + POST",
            way: "Down: one answer that never ends. Up: requests.",
            kept: "the answer is kept open",
            format: "text (base64) down, binary up",
            breaks: "Proxies that hold an answer back until it is complete, and those that limit how long one may take. Over HTTP/1.1 each tab \
                     occupies one of the browser's six connections to a server.",
            choose: "Where WebSocket does not pass: nearly as quick, and nothing but HTTP. Also where the server does most of the talking.",
        },
        LanePhrases {
            name: "Long polling",
            way: "Down: requests that wait for news. Up: requests.",
            kept: "asked anew after each answer",
            format: "binary bodies",
            breaks: "Gateways that soon end a request that waits. Many updates a second: each answer costs a request with all its headers.",
            choose: "Where streams are held back. It passes wherever a request may wait for its answer.",
        },
        LanePhrases {
            name: "Short polling",
            way: "Down: requests now and then. Up: requests.",
            kept: "asked again and again, more seldom when idle",
            format: "binary bodies",
            breaks: "Hardly anything. But news waits for the next question, and questions cost something even when there is no news.",
            choose: "When nothing else passes, or where a moment's delay does not matter.",
        },
    ],

    method: "How this is measured",
    methods: [
        "Each lane is two whole sessions in this tab, one that writes and one that reads, on a document made for the run. They are the document \
         page's own code and protocol, held to one transport; every update is validated, relayed and written to the server's disk.",
        "Times are taken in this tab by one clock: from the edit until its text is in the other session, and until the server says that it \
         is on its disk. They include your network twice and whatever your browser is busy with.",
        "Bytes and requests are those of both sessions together from the first arrival on, divided by the updates that arrived since: requests and \
         answers with their heads as HTTP/1.1 writes them (the server tells how long a request's head was), WebSocket messages with the \
         head of their frame. Not counted: TCP, TLS and, for WebSocket, the handshake.",
        "A run ends by itself after a minute, and when you leave the tab. Figures of another run, network or hour will be others.",
        "In a document Maru begins with the best of these that passes and climbs back to it by itself; the badge below the text says which \
         one is in use.",
    ],
    shares_connections: "This page came over HTTP/1.1, where a browser opens six connections to a server and no more. Four are held open here by \
                         streams and long polls, so that requests wait for each other more than in a single document.",
};

fn blocked(rung: Rung, why: Why) -> String {
    let what = match why {
        Why::Refused => {
            "The connection is refused before it is open: something on the way does not let it pass"
        }
        Why::Lost => "It opened and broke",
        Why::Unreachable => "Requests get no answer: the server cannot be reached this way",
        Why::Stranger => "Somebody else answers: a sign-in page or a proxy",
        Why::Status(status) => {
            return format!("Something on the way answers with status {status}.");
        }
    };
    let or_server = if rung == Rung::WebSocket && why == Why::Refused {
        ", or the server is down (then the other lanes fail, too)"
    } else {
        ""
    };
    format!("{what}{or_server}.")
}
