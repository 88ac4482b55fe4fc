//! The walk over a presence message: who says what about themselves; whether they may is the session's question.

use super::scan::Scan;
use super::{Fault, Invalid, json};
use crate::{frame::MAX_PRESENCE, id::ClientId};

/// What a presence message may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwarenessLimits {
    /// Entries a message; 1,024 by default, a little above the connections a room takes.
    pub entries: usize,
    /// Bytes a state; 4 KiB by default, some twenty times what an editor's caret and name need.
    pub state: usize,
    /// How deep a state's JSON may nest; 16 by default.
    pub depth: u8,
}

impl Default for AwarenessLimits {
    fn default() -> Self {
        Self {
            entries: 1024,
            state: MAX_PRESENCE,
            depth: 16,
        }
    }
}

impl AwarenessLimits {
    /// Whether a text is what a client that is here may say of itself; every door that presence comes in by asks this.
    ///
    /// It is asked what a browser would read, not what yrs would: half a character, which JavaScript cuts a name to, is no fault.
    ///
    /// # Errors
    /// [`Fault`] when it is no JSON object, too long, or nested too deep.
    pub fn check(&self, text: &str) -> Result<(), Fault> {
        if text.len() > self.state {
            return Err(Fault::TooLong {
                bytes: text.len(),
                max: self.state,
            });
        }
        if !text
            .trim_start_matches([' ', '\t', '\n', '\r'])
            .starts_with('{')
        {
            return Err(Fault::Json);
        }
        json::depth(text, self.depth)?;
        json::lenient(text)
    }
}

/// One client's presence, borrowed from the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwarenessEntry<'a> {
    /// Whose presence it is, as the sender says.
    pub client: ClientId,
    /// Counts up with every change by that client.
    pub clock: u64,
    /// A JSON object; nothing when the client has gone (`null` on the wire).
    pub state: Option<&'a str>,
}

/// Reads a y-protocols awareness update; entries keep their order and a client may stand twice.
///
/// The JSON is checked because a browser throws on a bad state and then drops the good ones beside it.
///
/// # Errors
/// [`Invalid`] when it is no awareness update, is beyond `limits`, or a state is no JSON object and not `null`.
pub fn awareness<'a>(
    bytes: &'a [u8],
    limits: &AwarenessLimits,
) -> Result<Vec<AwarenessEntry<'a>>, Invalid> {
    let mut scan = Scan::new(bytes, usize::MAX)?;
    let count = scan.count(3, "presence entries", limits.entries)?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let (client, clock) = (scan.client()?, scan.number()?);
        let at = scan.at();
        let text = scan.text(limits.state)?;
        let state = (text != "null").then_some(text);
        state
            .map_or(Ok(()), |text| limits.check(text))
            .map_err(|fault| Invalid { at, fault })?;
        entries.push(AwarenessEntry {
            client,
            clock,
            state,
        });
    }
    scan.end()?;
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(entries: &[(u64, u64, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        crate::wire::put_var_u64(&mut bytes, entries.len() as u64);
        for (client, clock, state) in entries {
            crate::wire::put_var_u64(&mut bytes, *client);
            crate::wire::put_var_u64(&mut bytes, *clock);
            crate::wire::put_str(&mut bytes, state);
        }
        bytes
    }

    #[test]
    fn entries_come_back_as_written_and_null_means_gone() {
        let caret = r#"{"user":{"name":"마루","color":"teal"},"cursor":null}"#;
        let bytes = message(&[(7, 3, caret), ((1 << 53) - 1, 9, "null")]);
        let entries = awareness(&bytes, &AwarenessLimits::default()).unwrap();
        let read: Vec<_> = entries
            .iter()
            .map(|e| (e.client.get(), e.clock, e.state))
            .collect();
        assert_eq!(read, [(7, 3, Some(caret)), ((1 << 53) - 1, 9, None)]);
    }

    #[test]
    fn a_state_is_an_object_within_the_limits_and_nothing_follows() {
        let fault = |bytes: &[u8], limits| awareness(bytes, &limits).unwrap_err().fault;
        let limits = AwarenessLimits::default();
        for state in ["", "1", "\"x\"", "[]", "nul", "{\"a\":}", "{} {}"] {
            assert_eq!(
                fault(&message(&[(1, 1, state)]), limits),
                Fault::Json,
                "{state}"
            );
        }
        let two = message(&[(1, 1, "{}"), (2, 1, "{}")]);
        let one = AwarenessLimits {
            entries: 1,
            ..limits
        };
        assert!(matches!(fault(&two, one), Fault::TooMany { max: 1, .. }));
        let small = AwarenessLimits { state: 1, ..limits };
        assert_eq!(fault(&two, small), Fault::TooLong { bytes: 2, max: 1 });
        let flat = AwarenessLimits { depth: 1, ..limits };
        assert_eq!(
            fault(&message(&[(1, 1, r#"{"a":"[{","b":[]}"#)]), flat),
            Fault::Depth(1)
        );
        assert_eq!(fault(&[two, vec![0]].concat(), limits), Fault::Trailing(1));
    }
}
