//! What both sides of Maru agree on.
