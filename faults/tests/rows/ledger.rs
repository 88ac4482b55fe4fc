//! What a page wrote and what it was given: the means to tell that everything came once, and in order.

use std::collections::HashMap;

use bytes::Bytes;
use protocol::frame::ClientFrame;

/// The updates of one page's own, and those that it was given, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    made: Vec<Bytes>,
    got: Vec<Bytes>,
    asked: usize,
}

impl Ledger {
    /// The page made an edit.
    pub(crate) fn makes(&mut self, update: &Bytes) {
        self.made.push(update.clone());
    }

    /// The page was given edits of others.
    pub(crate) fn gets(&mut self, updates: &[Bytes]) {
        self.got.extend_from_slice(updates);
    }

    /// The page says something to the server.
    pub(crate) fn says(&mut self, message: &Bytes) {
        if let Ok(ClientFrame::Hello(_)) = ClientFrame::decode(message) {
            self.asked += 1;
        }
    }

    /// How many sessions the page asked for; the server may have opened one whose welcome never came.
    pub(crate) fn asked(&self) -> usize {
        self.asked
    }

    /// Of the author's edits, how many came as they were made. Relayed edits keep their bytes, so each is known again; what came
    /// by an exchange of states is not among them.
    ///
    /// # Errors
    /// The first that came twice, or before an older one.
    fn in_order(&self, author: &Self) -> Result<usize, String> {
        let places: HashMap<&Bytes, usize> = author.made.iter().zip(0..).collect();
        let came: Vec<usize> = self
            .got
            .iter()
            .filter_map(|update| places.get(update).copied())
            .collect();
        match came.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(format!("edit {} came after edit {}", pair[1], pair[0])),
            None => Ok(came.len()),
        }
    }

    /// # Panics
    /// When an edit came twice, or before an older one.
    pub(crate) fn check_order(&self, author: &Self) {
        self.in_order(author).unwrap();
    }
}

/// A ledger that is wrong is noticed.
pub(crate) fn a_doubled_or_reordered_edit_is_noticed() {
    let edits = [&b"one"[..], b"two", b"three"].map(Bytes::from_static);
    let mut author = Ledger::default();
    for edit in &edits {
        author.makes(edit);
    }
    let reader = |order: &[usize]| {
        let mut reader = Ledger::default();
        reader.gets(
            &order
                .iter()
                .map(|at| edits[*at].clone())
                .collect::<Vec<_>>(),
        );
        reader
    };
    assert_eq!(reader(&[0, 1, 2]).in_order(&author), Ok(3));
    assert_eq!(reader(&[0, 2]).in_order(&author), Ok(2));
    for wrong in [&[0, 1, 1][..], &[0, 1, 0], &[1, 0]] {
        assert!(reader(wrong).in_order(&author).is_err(), "{wrong:?}");
    }
}
