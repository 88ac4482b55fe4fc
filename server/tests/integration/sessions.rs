//! `rt/1` over real sockets: people who write together, links that break, and clients that keep no rule.

mod backlog;
mod hostile;
mod limits;
mod links;
mod refusals;
mod saving;
mod together;
