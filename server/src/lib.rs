//! The server as a library, so that its tests can reach its parts; the `maru` command itself is `main.rs`.
#![warn(missing_docs)]

pub mod log;
