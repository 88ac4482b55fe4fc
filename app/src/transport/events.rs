//! `text/event-stream` read piece by piece, as the pieces of a body come: lines, fields, events; not what an event says.
//!
//! Source: the WHATWG HTML standard, "Parsing an event stream". Fields that this page has no use for (`id`, `retry`) are skipped.

/// The longest event, in bytes: a whole document of 64 MiB in base64, and some.
const LONGEST: usize = 96 << 20;

/// An event whose empty line has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its `event` field; empty when it has none.
    pub name: Vec<u8>,
    /// Its `data` fields, one a line.
    pub data: Vec<u8>,
}

/// An event is longer than any document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// The events of one stream. Pieces may end anywhere, within a line end or a character too.
#[derive(Debug, Default)]
pub struct Events {
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    after_return: bool,
    begun: bool,
}

impl Events {
    /// Takes the next piece; gives the events that it completes.
    ///
    /// # Errors
    /// [`TooLong`]; the stream is to be given up.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in piece {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                // The second half of a line end of two bytes.
                b'\n' if after_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ if self.line.len() + self.data.len() >= LONGEST => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<Event> {
        let mut line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.begun, true) && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            let mut data = std::mem::take(&mut self.data);
            // Each data field left its line end; without any there is no event.
            return data.pop().map(|_| Event { name, data });
        }
        let colon = line.iter().position(|&byte| byte == b':');
        let (field, value) = match colon {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (&line[..], &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.name = value.to_vec(),
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            // A comment, or nothing of ours.
            _ => {}
        }
        // The next line will be as long as this one.
        line.clear();
        self.line = line;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\u{feff}: padding\n\nevent: first\ndata: AQI\n\n:\r\ndata:one\r\ndata: two\r\n\r\nid: 7\nretry: 1\ndata\n\n\
                          event: end\rdata:\r\r: \u{b9c8}\u{b8e8}\ndata:  \u{b9c8}\n\nevent: nothing\n\ndata: unfinished\n";

    fn expected() -> Vec<(&'static str, &'static str)> {
        vec![
            ("first", "AQI"),
            ("", "one\ntwo"),
            ("", ""),
            ("end", ""),
            ("", " \u{b9c8}"),
        ]
    }

    fn read(pieces: &[&[u8]]) -> Vec<(String, String)> {
        let mut events = Events::default();
        pieces
            .iter()
            .flat_map(|piece| events.push(piece).unwrap())
            .map(|event| {
                (
                    String::from_utf8(event.name).unwrap(),
                    String::from_utf8(event.data).unwrap(),
                )
            })
            .collect()
    }

    fn same(read: &[(String, String)], expected: &[(&str, &str)]) -> bool {
        read.iter()
            .map(|(name, data)| (name.as_str(), data.as_str()))
            .eq(expected.iter().copied())
    }

    #[test]
    fn events_are_the_same_wherever_the_pieces_are_cut() {
        let bytes = STREAM.as_bytes();
        assert!(same(&read(&[bytes]), &expected()));
        for cut in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(cut);
            assert!(same(&read(&[head, tail]), &expected()), "cut at {cut}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert!(same(&read(&single), &expected()));
    }

    #[test]
    fn lines_end_by_return_by_feed_and_by_both() {
        for end in ["\n", "\r", "\r\n"] {
            let text = format!("event: a{end}data: 1{end}data: 2{end}{end}data: 3{end}{end}");
            assert!(
                same(&read(&[text.as_bytes()]), &[("a", "1\n2"), ("", "3")]),
                "{end:?}"
            );
        }
    }

    #[test]
    fn what_has_no_data_or_no_end_is_no_event() {
        assert!(read(&[b"event: x\n\n: comment\n\n\n\ndata: open"]).is_empty());
        assert!(same(&read(&[b"event: x\n\ndata: 1\n\n"]), &[("", "1")]));
    }

    #[test]
    fn an_event_without_end_costs_bounded_memory() {
        let mut events = Events::default();
        let piece = vec![b'x'; 1 << 20];
        let refused = (0..200).find(|_| events.push(&piece).is_err());
        assert_eq!(refused, Some(LONGEST >> 20));
    }
}
