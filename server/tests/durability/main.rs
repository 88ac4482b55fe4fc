//! What the log promises when the process dies or the disk refuses, tried on real processes; not the contract itself,
//! which `log/contract.rs` tests within one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod child;
mod failure;
mod figures;
mod fsync;
mod kill;
mod lock;
