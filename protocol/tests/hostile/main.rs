//! Bytes that mean harm, against the validator and the CRDT behind it; friendly traffic is tested beside each module.
#![allow(missing_docs, reason = "a test program has no public surface")]

mod corpus;
mod gaps;
mod mutation;
mod subject;
mod vectors;
