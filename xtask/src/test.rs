//! `cargo xtask test`: every check and test, in the order of how soon they tell something. Stops at the first stage that fails.
mod counts;
mod stages;

use std::process::ExitCode;

use anyhow::Result;

use crate::run::say;
use counts::Tally;

/// `cargo xtask test [--quick]`. Its last line on standard output is the sum: `N passed, M failed`.
pub(crate) fn main(arguments: &[String]) -> Result<ExitCode> {
    let [quick] = crate::flags(arguments, ["--quick"])?;
    let mut sum = Tally::default();
    let tools = match stages::Tools::ready(quick) {
        Ok(tools) => tools,
        Err(error) => {
            // A missing tool fails the whole: nothing was checked.
            eprintln!("{error:#}");
            sum.failed = 1;
            println!("{sum}");
            return Ok(ExitCode::FAILURE);
        }
    };
    for (heading, stage) in stages::all(quick) {
        println!("\n=== {heading}");
        match stage(&tools) {
            Ok(tally) => sum += tally,
            Err(error) => {
                eprintln!("{error:#}");
                sum.failed += 1;
            }
        }
        if sum.failed > 0 {
            say(&format!("stopped: {heading}"));
            break;
        }
    }
    println!("\n{sum}");
    Ok(if sum.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
