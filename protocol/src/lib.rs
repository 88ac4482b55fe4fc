//! What both sides of Maru agree on: names, bytes, and the state machines; no socket, clock, runtime or randomness.
#![warn(missing_docs)]

pub mod frame;
pub mod id;
pub mod replica;
pub mod sync;
pub mod wire;
