//! Positions that stay with their text while others edit, in the JSON form that Yjs programs exchange; not offsets.

use serde_json::Value;
use yrs::{Assoc, ClientID, ID, IndexedSequence, ReadTxn, StickyIndex, Transact};

use super::{ROOT, Replica};
use crate::id::ClientId;

impl Replica {
    /// The anchor of an offset in UTF-16 code units, as Yjs' relative position in JSON.
    #[must_use]
    pub fn anchor(&self, offset: u32) -> Value {
        let txn = self.doc.transact();
        let at = offset.min(yrs::Text::len(&self.text, &txn));
        // At the end of a text there is nothing to hold on to, and yrs answers None.
        let index = self
            .text
            .sticky_index(&txn, at, Assoc::After)
            .unwrap_or_else(|| StickyIndex::from_type(&txn, &self.text, Assoc::After));
        let mut json = serde_json::to_value(&index).unwrap_or(Value::Null);
        // Yjs names the root beside the item; its reader wants the keys to be there.
        if let Value::Object(fields) = &mut json {
            fields.entry("type").or_insert(Value::Null);
            fields.entry("tname").or_insert_with(|| Value::from(ROOT));
            fields.entry("item").or_insert(Value::Null);
        }
        json
    }

    /// Where an anchor is now; `None` when it is no anchor or its text is unknown here.
    #[must_use]
    pub fn offset(&self, anchor: &Value) -> Option<u32> {
        let txn = self.doc.transact();
        let item = anchor.get("item").filter(|item| !item.is_null());
        if item.is_none() {
            // Without an item it is an end of the whole text: the start when it sticks to what is before.
            anchor
                .get("tname")
                .or_else(|| anchor.get("type"))
                .filter(|name| !name.is_null())?;
            let before = anchor.get("assoc").and_then(Value::as_i64).unwrap_or(0) < 0;
            return Some(if before {
                0
            } else {
                yrs::Text::len(&self.text, &txn)
            });
        }
        let mut only = serde_json::Map::new();
        only.insert("item".into(), item?.clone());
        only.insert(
            "assoc".into(),
            anchor
                .get("assoc")
                .cloned()
                .unwrap_or_else(|| Value::from(0)),
        );
        let index: StickyIndex = serde_json::from_value(Value::Object(only)).ok()?;
        here(&txn, &index)
    }

    /// Where a character is now, or where it was if it is deleted; `None` when it is not here.
    #[must_use]
    pub fn place(&self, client: ClientId, clock: u32) -> Option<u32> {
        let id = ID::new(ClientID::new(client.get()), clock);
        here(
            &self.doc.transact(),
            &StickyIndex::from_id(id, Assoc::After),
        )
    }
}

fn here(txn: &impl ReadTxn, index: &StickyIndex) -> Option<u32> {
    let id = *index.id()?;
    // An id from the future (an update still on its way) has no place yet.
    (txn.state_vector().get(&id.client) > id.clock)
        .then(|| index.get_offset(txn).map(|offset| offset.index))
        .flatten()
}
