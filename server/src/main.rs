//! The `maru` command: reads the command line, starts the server, waits for a signal. What serves is in the library.

use std::{future::Future, process::ExitCode};

use server::{
    Server, StartError,
    config::{Cli, Job},
    listener, telemetry,
};
use tokio::signal::unix::{SignalKind, signal};

/// A server that could not start, or a drain that was cut short.
const RUNTIME_ERROR: u8 = 1;
/// A flag or an environment variable has a value that is not allowed; the same code that clap exits with.
const USAGE_ERROR: u8 = 2;

fn main() -> ExitCode {
    let config = match Cli::read() {
        Ok(Job::Serve(config)) => *config,
        Ok(Job::Token(flags)) => {
            return match flags.run() {
                Ok(told) => {
                    print!("{told}");
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    eprintln!("error: {error}");
                    ExitCode::from(RUNTIME_ERROR)
                }
            };
        }
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(USAGE_ERROR);
        }
    };
    if let Err(error) = telemetry::install(config.log_format, &config.log_level) {
        eprintln!("error: {error}");
        return ExitCode::from(USAGE_ERROR);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the threads of the server could not be started: {error}");
            return ExitCode::from(RUNTIME_ERROR);
        }
    };
    match runtime.block_on(run(config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(RUNTIME_ERROR)
        }
    }
}

async fn run(config: server::Config) -> Result<(), StartError> {
    let stop = stop_signal().map_err(StartError::Signals)?;
    listener::raise_file_limit(config.max_connections);
    // The port first: a second `maru` started by mistake must not touch the data folder of the first.
    let socket = listener::bind(config.addr)?;
    let server = Server::new(config)?;
    server.serve(socket, stop).await;
    Ok(())
}

/// Resolves at the first SIGTERM or SIGINT. The second one ends the process at once, for whoever cannot wait for the drain.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    Ok(async move {
        let mut next =
            async || tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} };
        next().await;
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} };
            tracing::warn!("second signal: ending now, open connections are cut");
            std::process::exit(i32::from(RUNTIME_ERROR));
        });
    })
}
