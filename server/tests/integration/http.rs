//! `rt/1` over plain requests: what each endpoint takes and answers, and what becomes of a session whose answers are lost.

mod bye;
pub(crate) mod client;
mod event_stream;
mod poll;
mod restart;
mod send;
mod session;
mod switching;
