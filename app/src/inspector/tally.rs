//! What each transport carried, and how long a question and its answer took on it; bytes are those of messages, not of the wire.
use super::record::Direction;
use protocol::ladder::Rung;

/// What one transport carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    /// Messages to the server.
    pub out: u64,
    /// Their bytes.
    pub out_bytes: u64,
    /// Messages from the server.
    pub into: u64,
    /// Their bytes.
    pub in_bytes: u64,
    /// The last round trip, in milliseconds.
    pub rtt_ms: Option<u64>,
}

/// All of them since the page was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally([Carried; 4]);

impl Tally {
    /// A message passed.
    pub fn count(&mut self, rung: Rung, direction: Direction, bytes: usize) {
        let carried = &mut self.0[rung as usize];
        let (messages, sum) = match direction {
            Direction::Out => (&mut carried.out, &mut carried.out_bytes),
            Direction::In => (&mut carried.into, &mut carried.in_bytes),
        };
        *messages += 1;
        *sum += bytes as u64;
    }

    /// A round trip was measured.
    pub fn round_trip(&mut self, rung: Rung, ms: u64) {
        self.0[rung as usize].rtt_ms = Some(ms);
    }

    /// What a transport carried.
    #[must_use]
    pub fn of(&self, rung: Rung) -> Carried {
        self.0[rung as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_transport_is_counted_for_itself_and_each_direction_too() {
        let mut tally = Tally::default();
        tally.count(Rung::WebSocket, Direction::Out, 10);
        tally.count(Rung::WebSocket, Direction::Out, 5);
        tally.count(Rung::LongPoll, Direction::In, 7);
        tally.round_trip(Rung::LongPoll, 30);
        let websocket = tally.of(Rung::WebSocket);
        assert_eq!(
            (websocket.out, websocket.out_bytes, websocket.into),
            (2, 15, 0)
        );
        let poll = tally.of(Rung::LongPoll);
        assert_eq!((poll.into, poll.in_bytes, poll.rtt_ms), (1, 7, Some(30)));
        assert_eq!(tally.of(Rung::ShortPoll), Carried::default());
    }
}
