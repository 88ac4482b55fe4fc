//! Sound updates made to cost yrs as much time as possible; what is wrong with bytes is elsewhere.

use protocol::wire::{put_str, put_var_u64};

const ORIGIN: u8 = 0x80;
const RIGHT: u8 = 0x40;
const STRING: u8 = 4;
/// Whose text the attacks stand on.
pub(crate) const BASE: u64 = 1;

/// One client's blocks.
struct Section {
    client: u64,
    clock: u64,
    count: u64,
    blocks: Vec<u8>,
}

impl Section {
    fn new(client: u64, clock: u64) -> Self {
        Self {
            client,
            clock,
            count: 0,
            blocks: Vec::new(),
        }
    }

    fn string(&mut self, origin: Option<(u64, u64)>, right: Option<(u64, u64)>, text: &str) {
        let mut info = STRING;
        info |= origin.map_or(0, |_| ORIGIN) | right.map_or(0, |_| RIGHT);
        self.blocks.push(info);
        for (client, clock) in [origin, right].into_iter().flatten() {
            put_var_u64(&mut self.blocks, client);
            put_var_u64(&mut self.blocks, clock);
        }
        if info == STRING {
            put_var_u64(&mut self.blocks, 1);
            put_str(&mut self.blocks, "content");
        }
        put_str(&mut self.blocks, text);
        self.count += 1;
    }
}

fn update(sections: &[Section]) -> Vec<u8> {
    let mut out = Vec::new();
    put_var_u64(&mut out, sections.len() as u64);
    for section in sections {
        put_var_u64(&mut out, section.count);
        put_var_u64(&mut out, section.client);
        put_var_u64(&mut out, section.clock);
        out.extend_from_slice(&section.blocks);
    }
    put_var_u64(&mut out, 0);
    out
}

/// A text of `n` characters in one block, which is where the attacks begin.
pub(crate) fn base(n: usize) -> Vec<u8> {
    let mut section = Section::new(BASE, 0);
    section.string(None, None, &"a".repeat(n));
    update(&[section])
}

/// `n` blocks of one client after the first character of a [`chain`], each said to stand before another one: yrs walks over all between.
pub(crate) fn wide(client: u64, n: usize) -> Vec<u8> {
    let mut section = Section::new(client, 0);
    for i in 0..n as u64 {
        section.string(Some(character(0)), Some(character(n as u64 - i)), "x");
    }
    update(&[section])
}

/// The same after a text of [`base`].
pub(crate) fn wide_in_one(client: u64, n: usize) -> Vec<u8> {
    let mut section = Section::new(client, 0);
    for i in 0..n as u64 {
        section.string(Some((BASE, 0)), Some((BASE, n as u64 - i)), "x");
    }
    update(&[section])
}

/// A block of each of `n` clients at one spot, the later ones after the earlier ones.
pub(crate) fn crowd(n: usize) -> Vec<u8> {
    let mut sections: Vec<Section> = (0..n as u64)
        .map(|i| {
            let mut section = Section::new(100 + i, 0);
            section.string(Some((BASE, 0)), None, "x");
            section
        })
        .collect();
    sections.reverse();
    update(&sections)
}

/// A text of `n` characters that yrs keeps in as many blocks, because they were written from the end.
pub(crate) fn broken(n: usize) -> Vec<u8> {
    let mut section = Section::new(BASE, 0);
    section.string(None, None, "a");
    for i in 1..n as u64 {
        section.string(None, Some((BASE, i - 1)), "a");
    }
    update(&[section])
}

/// A text of `n` characters that two clients wrote in turns, so that yrs never joins their blocks. Character `i` is the one
/// that [`wide`] names: of [`BASE`] where `i` is even.
pub(crate) fn chain(n: usize) -> Vec<u8> {
    let mut sections = [Section::new(BASE + OTHER, 0), Section::new(BASE, 0)];
    for i in 0..n as u64 {
        let before = (i > 0).then(|| character(i - 1));
        sections[usize::from(i % 2 == 0)].string(before, None, "a");
    }
    update(&sections)
}

/// The second client of a [`chain`] is so much more than the first.
const OTHER: u64 = 1 << 20;

fn character(i: u64) -> (u64, u64) {
    (BASE + OTHER * (i % 2), i / 2)
}

/// One block said to stand at both ends of a [`chain`].
pub(crate) fn across(client: u64, clock: u64) -> Vec<u8> {
    let mut section = Section::new(client, clock);
    section.string(Some(character(0)), None, "x");
    update(&[section])
}

/// A deletion of every other character of [`base`]: every one splits a block.
pub(crate) fn holes(n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    put_var_u64(&mut out, 0);
    put_var_u64(&mut out, 1);
    put_var_u64(&mut out, BASE);
    put_var_u64(&mut out, (n / 2) as u64);
    for i in 0..(n / 2) as u64 {
        put_var_u64(&mut out, i * 2);
        put_var_u64(&mut out, 1);
    }
    out
}

/// The block number `i` of [`wide`] alone.
pub(crate) fn wide_one(client: u64, i: u64, n: u64) -> Vec<u8> {
    let mut section = Section::new(client, i);
    section.string(Some(character(0)), Some(character(n - i)), "x");
    update(&[section])
}
