//! Bytes that mean harm, against the validator and the CRDT behind it; friendly traffic is tested beside each module.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test program: no public surface, and its unwraps are its verdicts"
)]

mod attack;
mod corpus;
mod cost;
mod gaps;
mod mutation;
mod subject;
mod vectors;
