//! What people type: unique words with emoji and Hangul, and places to edit that cut no character in two.

use std::collections::BTreeMap;

use protocol::replica::{Edit, Op};

use crate::random::Random;

/// The end of a word; no word has it inside.
const END: u16 = '⟩' as u16;

/// A word that nobody else types.
pub fn word(random: &mut Random, author: u64, count: u64) -> String {
    let inside = random.pick(&["", "한", "글✓", "😀", "👩‍👩‍👧", "é", "\n"]);
    format!("⟨{author}.{count}{inside}⟩")
}

/// How often each word stands in a text.
pub fn count(text: &[u16]) -> BTreeMap<String, usize> {
    let mut words = BTreeMap::new();
    for word in text.split_inclusive(|unit| *unit == END) {
        *words
            .entry(String::from_utf16(word).expect("words are whole"))
            .or_insert(0) += 1;
    }
    words
}

/// A place to type at.
pub fn place(random: &mut Random, text: &[u16], anywhere: bool) -> usize {
    if random.percent(25) {
        return text.len();
    }
    if anywhere {
        return whole(text, random.below(text.len() + 1));
    }
    let places: Vec<usize> = boundaries(text);
    random.pick(&places)
}

/// A piece to delete; `None` when there is nothing.
pub fn piece(random: &mut Random, text: &[u16], anywhere: bool) -> Option<(usize, usize)> {
    if text.is_empty() {
        return None;
    }
    if anywhere {
        let from = whole(text, random.below(text.len()));
        let to = whole(text, (from + random.range(1, 12) as usize).min(text.len()));
        return (from < to).then_some((from, to));
    }
    let places = boundaries(text);
    let first = random.below(places.len() - 1);
    let last = (first + random.range(1, 3) as usize).min(places.len() - 1);
    Some((places[first], places[last]))
}

/// Makes an edit in an editor's text.
pub fn edit(text: &mut Vec<u16>, edit: &Edit) {
    let from = edit.from as usize;
    text.splice(
        from..from + edit.delete as usize,
        edit.insert.encode_utf16(),
    );
}

/// Makes a replica's change in an editor's text.
pub fn apply(text: &mut Vec<u16>, ops: &[Op]) {
    let mut at = 0;
    for op in ops {
        match op {
            Op::Retain(n) => at += *n as usize,
            Op::Delete(n) => drop(text.drain(at..at + *n as usize)),
            Op::Insert(insert) => {
                let units: Vec<u16> = insert.encode_utf16().collect();
                let len = units.len();
                text.splice(at..at, units);
                at += len;
            }
        }
    }
}

fn boundaries(text: &[u16]) -> Vec<usize> {
    let ends = text.iter().enumerate().filter(|(_, unit)| **unit == END);
    std::iter::once(0).chain(ends.map(|(i, _)| i + 1)).collect()
}

/// The place, or the one before it when it is within a surrogate pair.
fn whole(text: &[u16], place: usize) -> usize {
    match text.get(place) {
        Some(unit) if (0xdc00..0xe000).contains(unit) => place - 1,
        _ => place,
    }
}
