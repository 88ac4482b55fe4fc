//! `cargo xtask serve`: builds everything, then becomes the server. It is gone once the server runs, so Ctrl-C reaches the server itself.
use std::io::IsTerminal;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::run::{become_program, say, start};
use crate::setup::Toolchain;
use crate::site::Speed;
use crate::{files, pack, site};

/// `cargo xtask serve [--fast] [-- flags of maru]`.
pub(crate) fn main(arguments: &[String]) -> Result<ExitCode> {
    let (ours, theirs) = match arguments.iter().position(|argument| argument == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (arguments, &[][..]),
    };
    let [fast] = crate::flags(ours, ["--fast"])?;
    let speed = Speed::from_flag(fast);
    let toolchain = Toolchain::ready()?;
    let profile = match speed {
        Speed::Release => "release",
        Speed::Fast => "dev",
    };
    // The page's modules are linked on one core for a minute or more; the server is compiled on the other meanwhile.
    let mut server = toolchain.cargo();
    server.args(["build", "--package", "server", "--profile", profile]);
    if std::io::stderr().is_terminal() {
        server.args(["--color", "always"]);
    }
    let server = start(&mut server, "server")?;
    site::build(toolchain, speed)?;
    pack::pack(speed)?;
    server.finish()?;
    let folder = if speed == Speed::Fast {
        "debug"
    } else {
        profile
    };
    say("starting maru");
    become_program(
        Command::new(files::cargo_target().join(folder).join("maru"))
            .current_dir(files::root())
            .env("MARU_SITE", files::packed())
            .arg("serve")
            .args(theirs),
    )
}
