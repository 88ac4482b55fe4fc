//! Makes bytes out of other bytes by a seed: bits, numbers, pieces of other inputs; it knows no format.

/// Inputs that were let through are kept as parents, up to so many.
const PARENTS: usize = 2_000;
const LONGEST: usize = 4_096;

/// A source of inputs.
pub(crate) struct Mutator {
    state: u64,
    parents: Vec<Vec<u8>>,
    seeds: usize,
}

impl Mutator {
    pub(crate) fn new(seed: u64, seeds: Vec<Vec<u8>>) -> Self {
        Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            seeds: seeds.len(),
            parents: seeds,
        }
    }

    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.random() % end.max(1) as u64).unwrap()
    }

    /// A mutant of an input.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let parent = self.below(self.parents.len());
        let mut bytes = self.parents[parent].clone();
        for _ in 0..=self.below(3) {
            self.change(&mut bytes);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    /// The input was let through: what is like it may be, too. Seeds stay.
    pub(crate) fn keep(&mut self, bytes: Vec<u8>) {
        if self.parents.len() < self.seeds + PARENTS {
            self.parents.push(bytes);
        } else {
            let place = self.seeds + self.below(PARENTS);
            self.parents[place] = bytes;
        }
    }

    /// What was let through and is still a parent, without the seeds.
    pub(crate) fn kept(&self) -> &[Vec<u8>] {
        &self.parents[self.seeds..]
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let other = self.below(self.parents.len());
        match self.below(9) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, 0),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => {
                // The end of another.
                let from = self.below(self.parents[other].len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&self.parents[other][from..]);
            }
            4 => {
                // A piece of another, in the middle.
                let from = self.below(self.parents[other].len() + 1);
                let len = self.below(16).min(self.parents[other].len() - from);
                let piece = self.parents[other][from..from + len].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                // A large number.
                let number = [0xff; 9];
                let len = self.below(9);
                bytes.splice(at..at, number[..len].iter().copied().chain([0x7f]));
            }
            _ if at < bytes.len() => {
                bytes[at] = match self.below(5) {
                    0 => u8::try_from(self.below(16)).unwrap(),
                    1 => bytes[at].wrapping_add(1),
                    2 => bytes[at].wrapping_sub(1),
                    3 => bytes[at] ^ (1 << self.below(8)),
                    _ => self.random().to_le_bytes()[0],
                };
            }
            _ => bytes.push(self.random().to_le_bytes()[0]),
        }
    }
}
