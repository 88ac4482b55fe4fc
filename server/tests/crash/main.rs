//! `kill -9` of the real server while people type into it: nothing that was told to be saved is lost, and nothing is doubled.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod kills;
mod maru;
#[path = "../integration/person.rs"]
#[allow(dead_code, reason = "the integration tests use the rest")]
mod person;
#[path = "../integration/plain.rs"]
#[allow(dead_code, reason = "the integration tests use the rest")]
mod plain;
#[path = "../integration/promises.rs"]
mod promises;
