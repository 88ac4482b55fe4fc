//! Numbers drawn from a seed (xorshift): the only source of chance in a schedule, so that a seed repeats it exactly.

/// A stream of numbers.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of a seed; neighbouring seeds give unlike streams.
    pub fn new(seed: u64) -> Self {
        // One round of splitmix64, since xorshift starts slowly from small numbers and never leaves zero.
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((z ^ (z >> 31)) | 1)
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from `low` to `high`, both included.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + (self.next() >> 11) % (high - low + 1)
    }

    /// A place in something of this length.
    pub fn below(&mut self, len: usize) -> usize {
        self.range(0, len as u64 - 1) as usize
    }

    /// True that often in a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.range(1, 100) <= percent
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
