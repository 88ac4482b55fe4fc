//! What both sides of Maru agree on: names, bytes, and the state machines; no socket, clock, runtime or randomness.
#![warn(missing_docs)]

pub mod client;
pub mod connection;
pub mod frame;
pub mod id;
pub mod ladder;
pub mod presence;
pub mod replica;
pub mod room;
pub mod session;
pub mod sync;
pub mod validate;
pub mod wire;
