//! The way bytes go in a room, end to end: validator, gap check, yrs; the thing that must hold whatever comes in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::id::ClientId;
use protocol::validate::{Gap, Invalid, UpdateLimits, gap, update};
use yrs::updates::decoder::Decode;
use yrs::{
    ClientID, Doc, GetString, Observable, OffsetKind, Options, ReadTxn, StateVector, Text,
    Transact, Update,
};

/// The usual limits, for vectors that keep their root's name short.
pub(crate) const ANY_ROOT: UpdateLimits = UpdateLimits {
    root: None,
    ..UpdateLimits::update()
};

/// What became of bytes that were offered to a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Refused(Invalid),
    Gap(Gap),
    Applied,
}

/// A document as the server and the page keep it.
pub(crate) fn document() -> Doc {
    let options = Options {
        offset_kind: OffsetKind::Utf16,
        ..Options::with_client_id(ClientID::new(1 << 40))
    };
    let doc = Doc::with_options(options);
    doc.get_or_insert_text("content");
    doc
}

/// The next clock that a document awaits of a client.
pub(crate) fn known(doc: &Doc) -> impl Fn(ClientId) -> u32 + use<> {
    let clocks = Transact::transact(doc).state_vector();
    move |client| clocks.get(&ClientID::new(client.get()))
}

/// Offers bytes to a document as a room does, and panics where yrs breaks its word on validated bytes.
pub(crate) fn offer(doc: &Doc, bytes: &[u8]) -> Fate {
    let summary = match update(bytes, &ANY_ROOT) {
        Ok(summary) => summary,
        Err(invalid) => return Fate::Refused(invalid),
    };
    let decoded = Update::decode_v1(bytes).expect("validated bytes decode");
    assert_eq!(
        decoded
            .delete_set()
            .iter()
            .map(|(_, ranges)| ranges.into_iter().count())
            .sum::<usize>(),
        summary.deletes
    );
    let missing = gap(&summary, known(doc));
    if let Some(gap) = missing {
        return Fate::Gap(gap);
    }
    let mut txn = Transact::transact_mut(doc);
    txn.apply_update(decoded).expect("validated bytes apply");
    drop(txn);
    let txn = Transact::transact(doc);
    assert!(!txn.has_missing_updates(), "nothing stays pending");
    for run in &summary.structs {
        assert!(
            txn.state_vector().get(&ClientID::new(run.client.get())) >= run.end,
            "every run is placed"
        );
    }
    Fate::Applied
}

/// Gives a document's state to a fresh one, which must take it whole, and returns both texts.
pub(crate) fn read_back(doc: &Doc) -> (String, String) {
    let state = Transact::transact(doc).encode_state_as_update_v1(&StateVector::default());
    let other = document();
    assert_eq!(
        offer(&other, &state),
        Fate::Applied,
        "a document's own state"
    );
    let read = |doc: &Doc| {
        let text = doc.get_or_insert_text("content");
        text.get_string(&Transact::transact(doc))
    };
    (read(doc), read(&other))
}

/// Watches a document as a page does, and counts what it is told.
pub(crate) fn watch(doc: &Doc) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    doc.get_or_insert_text("content")
        .observe("page", move |txn, event| {
            seen.fetch_add(event.delta(txn).len(), Ordering::Relaxed);
        });
    count
}

/// Types at the end and takes it back, as the owner of the document would next.
pub(crate) fn edit(doc: &Doc) {
    let text = doc.get_or_insert_text("content");
    let mut txn = Transact::transact_mut(doc);
    let at = text.len(&txn);
    text.insert(&mut txn, at, "한글");
    text.remove_range(&mut txn, at, 2);
}
