//! What both sides of Maru agree on: names, bytes, and the state machines; no socket, clock, runtime or randomness.
#![warn(missing_docs)]

pub mod id;
pub mod validate;
pub mod wire;
