//! What this person wrote and the server has not saved: numbered, kept until told saved, sent again after a new link.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::frame::ClientFrame;

/// Above this many bytes, edits made without a session are no longer kept singly: the state exchange brings them.
const MAX_BYTES: usize = 1 << 20;
/// The same as a number of edits.
const MAX_EDITS: usize = 4_096;

#[derive(Debug, Clone)]
struct Pending {
    seq: u64,
    message: Bytes,
    since: u64,
    /// Whether it is an edit of this person, and so something to be saved.
    edit: bool,
}

/// The edits of one client on their way to the server's disk.
#[derive(Debug, Default)]
pub struct Outbox {
    pending: VecDeque<Pending>,
    bytes: usize,
    last_seq: u64,
    /// The last number that was given to a link of this session.
    sent: u64,
    /// The last number that left this page in any way; what is above may still be replaced.
    said: u64,
    /// When the oldest edit was made that is no longer kept singly.
    collapsed: Option<u64>,
}

impl Outbox {
    /// When the oldest unsaved edit was made.
    #[must_use]
    pub fn oldest(&self) -> Option<u64> {
        let kept = self.pending.iter().find(|pending| pending.edit);
        // What was sent and is not saved can be older than what only an exchange brings.
        self.collapsed
            .into_iter()
            .chain(kept.map(|pending| pending.since))
            .min()
    }

    /// The size of everything kept, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether edits wait that only an exchange of states can bring to the server.
    #[must_use]
    pub fn is_collapsed(&self) -> bool {
        self.collapsed.is_some()
    }

    /// Whether edits wait that no link of this session was given.
    #[must_use]
    pub fn has_unsent(&self) -> bool {
        self.is_collapsed()
            || self
                .pending
                .iter()
                .any(|pending| pending.edit && pending.seq > self.sent)
    }

    /// Takes an edit; gives the frame if it can be sent now.
    pub fn push(&mut self, message: Bytes, now: u64, can_send: bool) -> Option<Bytes> {
        if can_send {
            let frame = self.add(message, now, true);
            self.sent = self.last_seq;
            return Some(frame);
        }
        if self.collapsed.is_some()
            || self.pending.len() >= MAX_EDITS
            || self.bytes + message.len() > MAX_BYTES
        {
            self.collapsed = Some(self.oldest().unwrap_or(now));
        } else {
            self.add(message, now, true);
        }
        None
    }

    /// Takes the question for the server's state; edits that were not sent yet will be in the answer to it. Gives the frames
    /// to send.
    pub fn ask(&mut self, message: Bytes, now: u64) -> Vec<Bytes> {
        self.collapsed = self.collapsed.or_else(|| {
            self.pending
                .iter()
                .find(|p| p.edit && p.seq > self.sent.max(self.said))
                .map(|p| p.since)
        });
        self.drop_unsent();
        self.add(message, now, false);
        self.unsent()
    }

    /// The server has made everything up to `seq` durable; tells whether that is news.
    pub fn saved(&mut self, seq: u64) -> bool {
        let before = self.pending.len();
        while let Some(first) = self.pending.front()
            && first.seq <= seq
        {
            self.bytes -= first.message.len();
            self.pending.pop_front();
        }
        self.pending.len() < before
    }

    /// Frames that a link of this session was given after `applied`, to be sent again on a new one: questions too, whose
    /// numbers may not become another message's.
    #[must_use]
    pub fn again(&self, applied: u64) -> Vec<Bytes> {
        let again = |pending: &&Pending| applied < pending.seq && pending.seq <= self.sent;
        self.pending.iter().filter(again).map(frame).collect()
    }

    /// Whether an edit after `applied` has left this page, on a link of this session or beside.
    #[must_use]
    pub fn has_sent_after(&self, applied: u64) -> bool {
        let gone = applied + 1..=self.sent.max(self.said);
        let mut pending = self.pending.iter();
        pending.any(|pending| pending.edit && gone.contains(&pending.seq))
    }

    /// Frames that were given to no link yet.
    pub fn unsent(&mut self) -> Vec<Bytes> {
        let sent = std::mem::replace(&mut self.sent, self.last_seq);
        self.pending
            .iter()
            .filter(|pending| pending.seq > sent)
            .map(frame)
            .collect()
    }

    /// What is not saved, to be said beside the links, as frames with the numbers they have, and after them `state`, which
    /// holds what is kept no longer singly. The server may take them, or never hear of them: they are kept, and no number of
    /// theirs is ever given to anything else.
    pub fn unsaved(&mut self, state: impl FnOnce() -> Option<Bytes>) -> Vec<Bytes> {
        if let Some(since) = self.collapsed
            && let Some(message) = state()
        {
            self.collapsed = None;
            self.add(message, since, true);
        }
        self.said = self.last_seq;
        // Questions too: a number left out would be a gap.
        self.pending.iter().map(frame).collect()
    }

    /// A new session counts from 1, and has been sent nothing.
    pub fn renumber(&mut self) {
        // Questions belong to the session in which they were asked.
        self.pending.retain(|pending| pending.edit);
        self.bytes = self
            .pending
            .iter()
            .map(|pending| pending.message.len())
            .sum();
        for (seq, pending) in (1..).zip(self.pending.iter_mut()) {
            pending.seq = seq;
        }
        self.last_seq = self.pending.len() as u64;
        (self.sent, self.said) = (0, 0);
    }

    /// The server has told what it has: one message with all that it lacks takes the place of every edit not yet sent.
    ///
    /// Gives the frames to send: that one, after those that were said beside the links and may not have arrived. None when
    /// nothing was unsaved and nothing is `missing`.
    pub fn replace(
        &mut self,
        missing: bool,
        message: impl FnOnce() -> Bytes,
        now: u64,
    ) -> Vec<Bytes> {
        let oldest = self.oldest();
        if oldest.is_none() && !missing {
            return Vec::new();
        }
        self.collapsed = None;
        self.drop_unsent();
        self.add(message(), oldest.unwrap_or(now), true);
        self.unsent()
    }

    fn drop_unsent(&mut self) {
        let taken = self.sent.max(self.said);
        while let Some(last) = self.pending.back()
            && last.seq > taken
        {
            self.bytes -= last.message.len();
            self.pending.pop_back();
        }
        self.last_seq = taken;
    }

    fn add(&mut self, message: Bytes, since: u64, edit: bool) -> Bytes {
        self.last_seq += 1;
        self.bytes += message.len();
        let pending = Pending {
            seq: self.last_seq,
            message,
            since,
            edit,
        };
        let frame = frame(&pending);
        self.pending.push_back(pending);
        frame
    }
}

fn frame(pending: &Pending) -> Bytes {
    ClientFrame::Data {
        seq: pending.seq,
        message: pending.message.clone(),
    }
    .encode()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq_of(frame: &Bytes) -> u64 {
        match ClientFrame::decode(frame) {
            Ok(ClientFrame::Data { seq, .. }) => seq,
            other => panic!("{other:?}"),
        }
    }

    fn numbers(frames: &[Bytes]) -> Vec<u64> {
        frames.iter().map(seq_of).collect()
    }

    fn edit(n: usize) -> Bytes {
        vec![7; n].into()
    }

    #[test]
    fn an_edit_is_kept_until_it_is_saved_and_sent_again_with_its_number() {
        let mut outbox = Outbox::default();
        assert_eq!(seq_of(&outbox.push(edit(1), 10, true).unwrap()), 1);
        assert_eq!(outbox.push(edit(1), 20, false), None);
        assert_eq!(outbox.oldest(), Some(10));
        assert_eq!(outbox.again(0).iter().map(seq_of).collect::<Vec<_>>(), [1]);
        assert_eq!(outbox.unsent().iter().map(seq_of).collect::<Vec<_>>(), [2]);
        outbox.saved(1);
        assert_eq!(outbox.oldest(), Some(20));
        outbox.saved(2);
        assert_eq!((outbox.oldest(), outbox.bytes()), (None, 0));
    }

    #[test]
    fn a_new_session_counts_from_one_and_forgets_questions() {
        let mut outbox = Outbox::default();
        outbox.push(edit(1), 1, true);
        outbox.ask(edit(1), 2);
        outbox.push(edit(1), 3, true);
        outbox.renumber();
        assert_eq!(
            outbox.unsent().iter().map(seq_of).collect::<Vec<_>>(),
            [1, 2]
        );
    }

    #[test]
    fn a_state_takes_the_place_of_what_was_not_sent_and_leaves_no_gap() {
        let mut outbox = Outbox::default();
        outbox.push(edit(1), 1, true);
        outbox.push(edit(1), 2, false);
        outbox.push(edit(1), 3, false);
        assert_eq!(numbers(&outbox.replace(false, || edit(9), 5)), [2]);
        assert_eq!(outbox.oldest(), Some(1));
        outbox.saved(2);
        assert_eq!(outbox.oldest(), None);
        assert_eq!(
            outbox.replace(false, || edit(9), 6),
            Vec::<Bytes>::new(),
            "nothing unsaved, nothing missing: nothing is sent"
        );
    }

    #[test]
    fn a_long_time_without_a_session_costs_bounded_memory_and_forgets_no_age() {
        let mut outbox = Outbox::default();
        for now in 0..10_000 {
            outbox.push(edit(500), 100 + now, false);
        }
        assert!(outbox.bytes <= MAX_BYTES && outbox.is_collapsed());
        assert_eq!(outbox.oldest(), Some(100));
        outbox.replace(true, || edit(9), 20_000);
        assert!(!outbox.is_collapsed());
        assert_eq!(outbox.oldest(), Some(100));
    }

    #[test]
    fn a_number_that_was_said_beside_the_links_is_given_to_nothing_else() {
        let mut outbox = Outbox::default();
        outbox.push(edit(1), 1, false);
        outbox.push(edit(2), 2, false);
        assert_eq!(outbox.unsaved(|| None).len(), 2);
        outbox.push(edit(3), 3, false);
        assert_eq!(
            numbers(&outbox.replace(false, || edit(9), 5)),
            [1, 2, 3],
            "on the link, too: the request may be late"
        );
        outbox.renumber();
        outbox.push(edit(1), 6, false);
        assert_eq!(
            numbers(&outbox.replace(false, || edit(9), 7)),
            [1],
            "a new session"
        );
    }

    #[test]
    fn what_is_kept_no_longer_singly_is_said_as_one_state_with_a_number_of_its_own() {
        let mut outbox = Outbox::default();
        for now in 1..=MAX_EDITS as u64 + 1 {
            outbox.push(edit(1), now, false);
        }
        let said = outbox.unsaved(|| Some(edit(7)));
        assert_eq!(said.len(), MAX_EDITS + 1);
        assert!(!outbox.is_collapsed());
        assert_eq!(outbox.oldest(), Some(1));
        outbox.push(edit(1), 9_000, true);
        let all = numbers(&outbox.again(0));
        assert!(all.into_iter().eq(1..=MAX_EDITS as u64 + 2), "no gap");
    }

    #[test]
    fn a_question_forgets_no_edit_that_waits_for_its_answer() {
        let mut outbox = Outbox::default();
        outbox.push(edit(1), 10, true);
        outbox.push(edit(1), 20, false);
        assert_eq!(numbers(&outbox.ask(edit(1), 30)), [2]);
        assert_eq!(outbox.oldest(), Some(10), "what was sent is older");
        assert!(outbox.saved(2));
        assert!(!outbox.saved(2), "told again, not news");
        assert_eq!(outbox.oldest(), Some(20));
        outbox.ask(edit(1), 40);
        assert_eq!(outbox.oldest(), Some(20), "nor does the next question");
        outbox.replace(false, || edit(9), 50);
        assert_eq!((outbox.oldest(), outbox.is_collapsed()), (Some(20), false));
        assert!(outbox.saved(4));
        assert_eq!((outbox.oldest(), outbox.bytes()), (None, 0));
    }
}
