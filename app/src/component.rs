//! The parts pages are made of: props in, callbacks out. None knows the session, the network or the browser.
pub mod dialog;
pub mod floor;
pub mod help_dialog;
pub mod icon;
pub mod link_badge;
pub mod menu;
pub mod note_bar;
pub mod notice;
pub mod people;
pub mod profile_dialog;
pub mod saved_mark;
pub mod status_bar;
pub mod top_bar;
pub mod view_switch;
