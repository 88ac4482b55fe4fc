//! The server over real sockets: one binary, so that it is linked once; what a test needs is started by [`support`].
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod http;
mod operation;
mod pages;
#[allow(dead_code, reason = "the tests of crashes use the rest")]
mod person;
#[allow(dead_code, reason = "the tests of crashes use less")]
mod plain;
#[allow(dead_code, reason = "the tests of crashes use the rest")]
mod promises;
mod scripted_log;
mod sessions;
mod storage;
mod support;
mod traces;
mod wire;
mod yjs;
