//! `bench`: drives Maru and its peers as separate processes on this machine and tells what each costs; not part of what Maru ships.
//!
//! Figures are the servers' CPU time and memory as the kernel counts them, so they hold on a busy machine better than times do.
//! Every contender runs in the same run, in turn, several rounds: the ratios are what counts.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

mod client;
mod contender;
mod fan_out;
mod floor;
mod join;
mod memory;
mod process;
mod report;
mod saved;
mod slow;
mod typing;

use report::Report;

#[derive(Debug, Parser)]
#[command(about = "Measures Maru beside its peers.")]
struct Cli {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    setting: Setting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
enum What {
    /// CPU per delivered update.
    FanOut,
    /// Time until an edit counts as saved, beside the disk's own.
    Saved,
    /// CPU per join of a document with a long history.
    Join,
    /// Memory per idle connection.
    Memory,
    /// Memory per reader that takes nothing.
    Slow,
    /// All of these.
    All,
    /// Become the floor: a WebSocket server that only relays.
    #[command(hide = true)]
    Floor {
        /// Where to listen on 127.0.0.1.
        port: u16,
    },
}

/// What all scenarios are told.
#[derive(Debug, Clone, clap::Args)]
struct Setting {
    /// Maru itself.
    #[arg(long, global = true, default_value = "target/release/maru")]
    maru: PathBuf,
    /// Folder whose node_modules holds the peers.
    #[arg(long, global = true, default_value = "bench/peers")]
    peers: PathBuf,
    /// The editing trace of the join scenario.
    #[arg(
        long,
        global = true,
        default_value = "../shared/data/automerge-paper.json.gz"
    )]
    trace: PathBuf,
    /// Folder for data of this run; the disk it is on is the one that is measured.
    #[arg(long, global = true, default_value = "target/bench")]
    scratch: PathBuf,
    /// Where the figures go, as JSON.
    #[arg(long, global = true, default_value = "target/bench.json")]
    out: PathBuf,
    /// How often every contender has its turn.
    #[arg(long, global = true, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long each turn of a load lasts, in seconds.
    #[arg(long, global = true, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // One thread for all clients: whatever they take is taken from the server on a small machine.
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        if let What::Floor { port } = cli.what {
            return floor::main(port).await;
        }
        std::fs::create_dir_all(&cli.setting.scratch)?;
        let mut report = Report::default();
        let wanted = |what| cli.what == what || cli.what == What::All;
        if wanted(What::FanOut) {
            fan_out::measure(&cli.setting, &mut report).await?;
        }
        if wanted(What::Saved) {
            saved::measure(&cli.setting, &mut report).await?;
        }
        if wanted(What::Join) {
            join::measure(&cli.setting, &mut report).await?;
        }
        if wanted(What::Memory) {
            memory::measure(&cli.setting, &mut report).await?;
        }
        if wanted(What::Slow) {
            slow::measure(&cli.setting, &mut report).await?;
        }
        report.finish(&cli.setting.out)
    })
}
