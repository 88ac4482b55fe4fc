//! Tests of the room: numbers, the tail, what is shared, and what is refused.
