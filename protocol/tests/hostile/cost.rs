//! What sound updates may cost.
use crate::attack::*;
use protocol::replica::stored::StoredDoc;
use std::time::Instant;

#[test]
#[ignore = "figures"]
fn figures() {
    let time = |name: &str, first: Vec<u8>, then: Vec<u8>| {
        let mut doc = StoredDoc::new();
        let t = Instant::now();
        doc.apply(&first).unwrap();
        let a = t.elapsed();
        let t = Instant::now();
        let r = doc.apply(&then);
        let b = t.elapsed();
        let t = Instant::now();
        let state = doc.state();
        let c = t.elapsed();
        let t = Instant::now();
        StoredDoc::new().apply(&state).unwrap();
        println!(
            "{name}: base {a:?}, attack {b:?} ({} bytes) {r:?}, encode {c:?} {} bytes, reopen {:?}",
            then.len(),
            state.len(),
            t.elapsed()
        );
    };
    for n in [1000, 3000, 10_000] {
        time(&format!("wide {n}"), base(n + 1), wide(2, n));
    }
    for n in [1000, 5_000] {
        time(&format!("crowd {n}"), base(3), crowd(n));
    }
    for n in [10_000, 100_000, 500_000] {
        time(&format!("across {n}"), broken(n), across(2, 0, n));
    }
    for n in [10_000, 100_000] {
        time(&format!("holes {n}"), base(n), holes(n));
    }
}
#[test]
#[ignore = "figures"]
fn holes_panic() {
    use crate::corpus::from_hex;
    let hex = "01 01 07 00 04 01 07 636f6e74656e74 01 61 00
01 01 07 05 84 07 00 01 62 00
01 01 07 01 84 07 00 05 6263646566 00
01 01 07 03 84 07 00 05 6263646566 00";
    let lines = from_hex(hex);
    for last in [2, 3] {
        let mut doc = StoredDoc::new();
        for line in [0, 1, last] {
            println!("{line}: {:?} {:?}", doc.apply(&lines[line]), doc.clocks());
        }
    }
}
