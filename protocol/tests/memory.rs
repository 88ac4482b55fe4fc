//! How much memory bytes from outside can take, for each byte: counted by the allocator, in a process of its own.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test program: no public surface, and its unwraps are its verdicts"
)]

use peak_alloc::PeakAlloc;
use protocol::{
    replica::stored::StoredDoc,
    validate::{self, AwarenessLimits, UpdateLimits},
};

#[path = "hostile/attack.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod attack;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What the walk may take for each byte that it walks over, and a little for being there.
const FOR_EACH_BYTE: usize = 16;
const ANYWAY: usize = 4 << 10;
/// What yrs may take besides for each block and deletion, whose number the validator bounds.
const FOR_EACH_PIECE: usize = 700;

/// The most that is taken while `work` runs, in bytes, and what it gives.
fn peak<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let given = work();
    (MEMORY.peak_usage().saturating_sub(before), given)
}

#[test]
fn what_bytes_take_is_bounded_by_their_length() {
    let updates = [
        ("base", attack::base(1 << 19)),
        ("wide", attack::wide_in_one(2, 19_000)),
        ("crowd", attack::crowd(5_000)),
        ("chain", attack::chain(19_000)),
        ("broken", attack::broken(19_000)),
        ("holes", attack::holes(90_000)),
    ];
    for (name, update) in &updates {
        let (taken, summary) = peak(|| validate::update(update, &UpdateLimits::update()).unwrap());
        println!("{name}: {} bytes, the walk takes {taken}", update.len());
        assert!(
            taken <= FOR_EACH_BYTE * update.len() + ANYWAY,
            "{name}: {taken}"
        );
        let pieces = summary.blocks + summary.deletes;
        let mut doc = StoredDoc::new();
        doc.apply(&attack::base(100_000)).unwrap();
        let (taken, _) = peak(|| drop(doc.apply(update)));
        println!("{name}: {pieces} pieces, yrs takes {taken}");
        let most = FOR_EACH_BYTE * update.len() + FOR_EACH_PIECE * pieces + (1 << 20);
        assert!(taken <= most, "{name}: {taken} are more than {most}");
        // Cut off anywhere, it is refused without having taken more.
        for part in 1..8 {
            let cut = &update[..update.len() * part / 8];
            let (taken, refused) = peak(|| validate::update(cut, &UpdateLimits::update()));
            assert!(refused.is_err() && taken <= FOR_EACH_BYTE * update.len() + ANYWAY);
        }
    }
    // Counts without anything behind them.
    for bomb in [
        &[0xff, 0xff, 0xff, 0x7f][..],
        &[1, 0xff, 0xff, 0xff, 0x7f, 7, 0],
    ] {
        assert!(peak(|| drop(validate::update(bomb, &UpdateLimits::update()))).0 < ANYWAY);
        assert!(peak(|| drop(validate::state_vector(bomb, usize::MAX))).0 < ANYWAY);
        assert!(peak(|| drop(validate::awareness(bomb, &AwarenessLimits::default()))).0 < ANYWAY);
    }
}
