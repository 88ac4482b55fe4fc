//! The server over real sockets: one binary, so that it is linked once; what a test needs is started by [`support`].
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod operation;
mod support;
