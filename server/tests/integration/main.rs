//! The server over real sockets: one binary, so that it is linked once; what a test needs is started by [`support`].

mod operation;
mod support;
