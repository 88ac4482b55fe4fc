//! Bytes on the wire, from what a page can see: WebSocket frames by RFC 6455, requests and answers as HTTP/1.1 writes them (RFC 9112); not TCP, not TLS.
use super::figures::Cost;
use crate::transport::traffic::Traffic;

/// What two pages put on the wire together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wire {
    requests: u64,
    up: usize,
    down: usize,
}

impl Wire {
    /// A WebSocket message left.
    pub fn message_out(&mut self, len: usize) {
        self.up += frame(len) + MASK;
    }

    /// A WebSocket message came.
    pub fn message_in(&mut self, len: usize) {
        self.down += frame(len);
    }

    /// A request or its answer passed.
    pub fn passed(&mut self, traffic: Traffic) {
        match traffic {
            Traffic::Asked(body) => {
                self.requests += 1;
                self.up += body;
            }
            Traffic::Answered { asked_head, head } => {
                self.up += asked_head;
                self.down += head;
            }
            Traffic::Came(bytes) => self.down += bytes,
            Traffic::Streamed(bytes) => self.down += chunk(bytes),
        }
    }

    /// What each of so many updates cost; none before the first.
    #[must_use]
    pub fn cost(self, updates: usize) -> Option<Cost> {
        let each = |sum: f64| sum / updates as f64;
        (updates > 0).then(|| Cost {
            requests: self.requests,
            requests_each: each(self.requests as f64),
            up_each: each(self.up as f64),
            down_each: each(self.down as f64),
        })
    }
}

/// What a browser hides its frames with.
const MASK: usize = 4;

/// A frame and its head: two bytes, and two or eight more for a longer length (RFC 6455, 5.2).
fn frame(len: usize) -> usize {
    let longer = match len {
        ..=125 => 0,
        126..=0xffff => 2,
        _ => 8,
    };
    2 + longer + len
}

/// A chunk of a body without a length: its length in hexadecimal, and two line ends (RFC 9112, 7.1).
fn chunk(len: usize) -> usize {
    let digits = (usize::BITS - len.leading_zeros()).div_ceil(4).max(1);
    digits as usize + 2 + len + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_grow_where_the_rfc_says() {
        let sizes = [0, 125, 126, 0xffff, 0x1_0000].map(|len| frame(len) - len);
        assert_eq!(sizes, [2, 2, 4, 4, 10]);
    }

    #[test]
    fn chunks_name_their_length_in_hexadecimal() {
        for len in [1, 15, 16, 255, 4_096, 70_000] {
            let written = format!("{len:x}\r\n{}\r\n", "x".repeat(len));
            assert_eq!(chunk(len), written.len(), "{len}");
        }
    }

    #[test]
    fn a_messages_cost_is_its_frames_and_a_requests_its_heads_and_bodies() {
        let mut socket = Wire::default();
        socket.message_out(50);
        socket.message_in(70);
        let cost = socket.cost(2).expect("two updates");
        assert_eq!(
            (cost.requests, cost.up_each, cost.down_each),
            (0, 28.0, 36.0)
        );

        let mut plain = Wire::default();
        let head = Traffic::Answered {
            asked_head: 400,
            head: 200,
        };
        for passed in [Traffic::Asked(30), head, Traffic::Came(20)] {
            plain.passed(passed);
        }
        plain.passed(Traffic::Streamed(100));
        let cost = plain.cost(1).expect("an update");
        assert_eq!((cost.requests, cost.up_each), (1, 430.0));
        assert!((cost.down_each - (200.0 + 20.0 + 106.0)).abs() < f64::EPSILON);
        assert_eq!(plain.cost(0), None, "nothing arrived, so nothing is known");
    }
}
