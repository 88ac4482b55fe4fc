//! What the log promises when the process dies or the disk refuses, tried on real processes; not the contract itself,
//! which `log/contract.rs` tests within one.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where it cannot go on; the lint knows only functions marked as tests"
)]

mod child;
mod failure;
mod figures;
mod fsync;
mod kill;
mod lock;
