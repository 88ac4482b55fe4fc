//! What an operator relies on: health, metrics, files, limits, signals, and sentences for mistakes.

mod assets;
mod command;
mod health;
mod limits;
