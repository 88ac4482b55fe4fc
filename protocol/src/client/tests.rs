//! Tests of the client: when it connects, doubts, gives up and waits, and what it sends again.
