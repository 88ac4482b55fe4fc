//! Tests of the session: which frame leads to what, and what a client is told in which order.
