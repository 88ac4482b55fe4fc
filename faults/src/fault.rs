//! What may go wrong on the way between a page and its server, as plain data that reads from JSON; nothing happens here.

use serde::{Deserialize, Serialize};

/// Everything that goes wrong now. The default is a proxy that only passes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// What happens to single requests. Every rule that matches applies, in this order.
    pub rules: Vec<Rule>,
    /// What happens to every connection.
    pub line: Line,
}

impl Faults {
    /// Only these rules.
    #[must_use]
    pub fn rules(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self {
            rules: rules.into_iter().collect(),
            line: Line::default(),
        }
    }

    /// Only this on every connection.
    #[must_use]
    pub fn line(line: Line) -> Self {
        Self {
            rules: Vec::new(),
            line,
        }
    }

    /// A proxy that refuses every upgrade with `status`, whatever it is for.
    #[must_use]
    pub fn refused_upgrade(status: u16) -> Self {
        Self::rules([Rule::upgrade(Fault::answer(status, "no upgrades here\n"))])
    }

    /// A captive portal: 200 and a page of its own for everything, also for upgrades.
    #[must_use]
    pub fn portal() -> Self {
        Self::rules([Rule::to(
            "/",
            Fault::Answer {
                status: 200,
                headers: vec![("content-type".to_owned(), "text/html".to_owned())],
                body: "<!doctype html><title>Welcome</title><p>Please accept our terms.".to_owned(),
            },
        )])
    }

    /// A captive portal that sends everybody elsewhere.
    #[must_use]
    pub fn redirecting_portal() -> Self {
        let elsewhere = "http://portal.invalid/".to_owned();
        Self::rules([Rule::to(
            "/",
            Fault::Answer {
                status: 302,
                headers: vec![("location".to_owned(), elsewhere)],
                body: String::new(),
            },
        )])
    }

    /// A network that lets nobody hear anything, in either direction, and closes nothing.
    #[must_use]
    pub fn black_hole() -> Self {
        Self::line(Line {
            silent: true,
            ..Line::default()
        })
    }
}

/// What happens to connections as such, whatever they carry. Changes reach connections that are already open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    /// Connections are accepted and nothing passes, not even an end. When this is lifted, what was held goes on, as packets that
    /// are sent again do; see [`crate::Proxy::strand`] for connections that stay dead.
    pub silent: bool,
    /// A connection on which nothing passed for so many milliseconds is cut.
    pub idle_ms: Option<u64>,
    /// So many bytes a second go to the client; 0 is a client that takes nothing (its window is zero).
    pub bytes_per_second: Option<u64>,
    /// A client's end is kept from the server: its connection there stays open and is read from, until this is lifted.
    pub holds_open: bool,
}

/// Which requests, and what happens to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// How path and query begin: `/rt/1/stream?check` is told from `/rt/1/stream?n=`.
    #[serde(default)]
    pub path: String,
    /// Only requests to change to another protocol, or only others; both when it is not said.
    #[serde(default)]
    pub upgrade: Option<bool>,
    /// What happens.
    pub fault: Fault,
    /// How often it happens before the rule is used up; without end when it is not said.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Rule {
    /// For every request whose path and query begin so.
    #[must_use]
    pub fn to(path: &str, fault: Fault) -> Self {
        Self {
            path: path.to_owned(),
            upgrade: None,
            fault,
            times: None,
        }
    }

    /// For every request for an upgrade.
    #[must_use]
    pub fn upgrade(fault: Fault) -> Self {
        Self {
            upgrade: Some(true),
            ..Self::to("", fault)
        }
    }

    /// Only so often.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// What happens to a request, its response, or the tunnel that an upgrade opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The proxy answers itself; the server hears nothing.
    Answer {
        /// Such as 502.
        status: u16,
        /// Names and values, such as `retry-after`.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// Without a `content-type` in `headers` it is `text/plain`.
        #[serde(default)]
        body: String,
    },
    /// No answer ever comes, and the server hears nothing.
    Swallow,
    /// The connection ends; the server hears nothing.
    Lose,
    /// The server has answered, completely; the client does not get it and its connection ends. Only for answers that end, and
    /// only those with more than so many bytes of body.
    LoseResponse {
        /// 0 for every answer that is not empty; none at all for every answer.
        larger_than: Option<usize>,
    },
    /// The request reaches the server so many milliseconds later, also when the client has gone meanwhile.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The server gets the request again so many milliseconds after it has answered it; the client gets the first answer.
    Twice {
        /// Milliseconds.
        after_ms: u64,
    },
    /// The request waits until another one that matches has been answered by the server, at most so many milliseconds. It
    /// arrives also when the client has gone meanwhile.
    Overtaken {
        /// Milliseconds.
        at_most_ms: u64,
    },
    /// A body of more bytes is answered 413; the server hears nothing.
    LargerThan {
        /// Bytes.
        bytes: usize,
    },
    /// A server that has not answered after so many milliseconds is not waited for: the client gets this status.
    GiveUp {
        /// Milliseconds.
        after_ms: u64,
        /// Such as 504.
        status: u16,
    },
    /// The response's body is held back.
    Buffer(Buffering),
    /// So many milliseconds after the request came, its connection is cut, however busy it is.
    Lifetime {
        /// Milliseconds.
        ms: u64,
    },
    /// After 101, what is sent in these directions arrives nowhere; the connection stays.
    Mute {
        /// From the server to the client.
        to_client: bool,
        /// From the client to the server.
        to_server: bool,
    },
    /// One bit of every so many-th byte changes, of bodies and in tunnels.
    Flip {
        /// Which direction.
        way: Way,
        /// At least 1.
        every: usize,
    },
    /// Only so many bytes of a body pass, and the message looks whole; a tunnel is cut there.
    Truncate {
        /// Which direction.
        way: Way,
        /// Bytes that pass.
        after: usize,
    },
}

impl Fault {
    /// A plain answer of the proxy's.
    #[must_use]
    pub fn answer(status: u16, body: &str) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    /// An answer that says when to come again, in seconds.
    #[must_use]
    pub fn later(status: u16, seconds: u32) -> Self {
        Self::Answer {
            status,
            headers: vec![("retry-after".to_owned(), seconds.to_string())],
            body: String::new(),
        }
    }
}

/// How a response is held back. What is held is at most 1 MiB; then everything passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Buffering {
    /// All of it, with its head, until it ends: some antivirus.
    Whole,
    /// With its head until so many bytes are there; from then on everything passes.
    Until(usize),
    /// The first bytes pass, everything later waits for the end.
    AfterFirst,
}

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Requests, and a tunnel's bytes from the client.
    ToServer,
    /// Responses, and a tunnel's bytes from the server.
    ToClient,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_written_as_json() {
        let text = r#"{
            "rules": [
                { "upgrade": true, "fault": { "answer": { "status": 426 } } },
                { "path": "/rt/1/poll", "fault": { "lose_response": { "larger_than": 0 } }, "times": 2 },
                { "path": "/rt/1/stream", "fault": { "buffer": { "until": 4096 } } },
                { "fault": "swallow" }
            ],
            "line": { "idle_ms": 15000 }
        }"#;
        let faults: Faults = serde_json::from_str(text).unwrap();
        let expected = Faults {
            rules: vec![
                Rule::upgrade(Fault::answer(426, "")),
                Rule::to(
                    "/rt/1/poll",
                    Fault::LoseResponse {
                        larger_than: Some(0),
                    },
                )
                .times(2),
                Rule::to("/rt/1/stream", Fault::Buffer(Buffering::Until(4096))),
                Rule::to("", Fault::Swallow),
            ],
            line: Line {
                idle_ms: Some(15_000),
                ..Line::default()
            },
        };
        assert_eq!(faults, expected);
        let again = serde_json::to_string(&faults).unwrap();
        assert_eq!(serde_json::from_str::<Faults>(&again).unwrap(), expected);
    }

    #[test]
    fn a_misspelt_fault_is_refused_and_does_not_pass_for_none() {
        for text in [
            r#"{"line": {"silence": true}}"#,
            r#"{"rule": []}"#,
            r#"{"rules": [{"fault": "loose"}]}"#,
            r#"{"rules": [{"fault": "lose", "time": 1}]}"#,
        ] {
            assert!(serde_json::from_str::<Faults>(text).is_err(), "{text}");
        }
    }
}
