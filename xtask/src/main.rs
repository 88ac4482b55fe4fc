//! `cargo xtask`: gets what is missing, builds, serves, tests and measures Maru. Not part of what Maru ships.
mod bench;
mod budget;
mod dist;
mod files;
mod invariants;
mod pack;
mod run;
mod serve;
mod setup;
mod site;
mod stamp;
mod test;

use std::process::ExitCode;

/// One entry a subcommand: its name, what follows it, what it does, and the function that does it.
type Subcommand = (
    &'static str,
    &'static str,
    &'static str,
    fn(&[String]) -> anyhow::Result<ExitCode>,
);

const SUBCOMMANDS: &[Subcommand] = &[
    (
        "serve",
        "[--fast] [-- flags of maru]",
        "build everything and serve http://127.0.0.1:3000",
        serve::main,
    ),
    (
        "test",
        "[--quick]",
        "run every check and test; --quick leaves out the page and the browser",
        test::main,
    ),
    (
        "bench",
        "[fan-out|saved|join|memory|slow|all] [-- flags]",
        "measure Maru beside its peers; `-- --help` lists the flags",
        bench::main,
    ),
    (
        "dist",
        "",
        "build target/dist/maru, one binary with the site inside",
        dist::main,
    ),
    (
        "site",
        "[--fast]",
        "build the page into target/site; --fast compiles sooner, to larger modules",
        site::main,
    ),
    (
        "pack",
        "[--fast]",
        "give the site hashed names and compressed twins in target/packed",
        pack::main,
    ),
    (
        "invariants",
        "",
        "check the rules that keep the code in shape",
        invariants::main,
    ),
    (
        "setup",
        "",
        "get every tool the others need (they do it themselves, each for its own need)",
        setup::main,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        return help();
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        return help();
    }
    let Some((.., action)) = SUBCOMMANDS.iter().find(|(known, ..)| known == name) else {
        eprintln!("xtask: there is no `{name}`. `cargo xtask` lists what there is.");
        return ExitCode::from(2);
    };
    match action(rest) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask {name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> ExitCode {
    println!("cargo xtask <what>\n");
    for (name, arguments, about, _) in SUBCOMMANDS {
        println!("  {:<40} {about}", format!("{name} {arguments}"));
    }
    println!(
        "\nEverything that is missing is fetched first, and said. What is built stays below target/."
    );
    ExitCode::SUCCESS
}

/// Refuses any argument that is not in `known`, and tells for each of those whether it was given.
fn flags<const N: usize>(arguments: &[String], known: [&str; N]) -> anyhow::Result<[bool; N]> {
    if let Some(unknown) = arguments
        .iter()
        .find(|argument| !known.contains(&argument.as_str()))
    {
        anyhow::bail!("`{unknown}` is not known here. `cargo xtask` lists what is.");
    }
    Ok(known.map(|flag| arguments.iter().any(|argument| argument == flag)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_misspelt_flag_is_refused_instead_of_ignored() {
        let given = ["--fsat".to_owned()];
        assert!(super::flags(&given, ["--fast"]).is_err());
        assert_eq!(
            super::flags(&["--fast".to_owned()], ["--quick", "--fast"]).unwrap(),
            [false, true]
        );
    }
}
