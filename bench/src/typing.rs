//! Real edits for the load: a person types one letter after the other into a replica, and its updates are sent as they are.

use anyhow::Result;
use bytes::Bytes;
use protocol::{
    id::ClientId,
    replica::{Edit, Replica},
    sync::Message,
};

/// The client ids that the load writes under are this one and above.
const FIRST_CLIENT: u64 = 4_000_000_000;

/// A replica of person number `person`; its undo groups are of no interest here, so its clock stands.
pub(crate) fn replica(person: u64) -> Replica {
    Replica::new(ClientId::from_random(FIRST_CLIENT + person), || 0)
}

/// What somebody sends who pastes `letters` letters `count` times, each time over what was pasted before: the document stays
/// small, and what is sent does not.
///
/// # Errors
/// When an edit does not fit the replica, which would be a mistake here.
pub(crate) fn pastes(count: usize, letters: u32) -> Result<Vec<Bytes>> {
    let mut replica = replica(0);
    for (time, letter) in ('a'..='z').cycle().take(count).enumerate() {
        replica.edit(&[Edit {
            from: 0,
            delete: if time == 0 { 0 } else { letters },
            insert: letter.to_string().repeat(letters as usize),
        }])?;
    }
    Ok(messages(&mut replica))
}

/// What `count` keystrokes at the end of an empty document send: one update message each.
///
/// # Errors
/// When an edit does not fit the replica, which would be a mistake here.
pub(crate) fn keystrokes(count: usize) -> Result<Vec<Bytes>> {
    let mut replica = replica(0);
    for (from, letter) in ('a'..='z').cycle().take(count).enumerate() {
        replica.edit(&[Edit {
            from: u32::try_from(from)?,
            delete: 0,
            insert: letter.into(),
        }])?;
    }
    Ok(messages(&mut replica))
}

fn messages(replica: &mut Replica) -> Vec<Bytes> {
    let updates = replica.take_updates();
    updates
        .iter()
        .map(|update| Message::Update(update).encode().into())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_keystroke_is_one_update_and_all_make_the_text() {
        let messages = keystrokes(100).unwrap();
        let mut reader = replica(1);
        for message in &messages {
            let Ok(Message::Update(update)) = Message::decode(message) else {
                panic!("not an update message");
            };
            assert!(reader.apply([update]).unwrap());
        }
        assert_eq!((messages.len(), reader.len()), (100, 100));
    }
}
