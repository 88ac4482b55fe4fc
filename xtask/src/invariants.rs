//! `cargo xtask invariants`: the rules about the code's shape that a compiler does not hold. They read source text, so they err to the strict side.
mod source;

use std::process::ExitCode;

use anyhow::Result;

use crate::files;
use source::{Source, public_parts, yrs_names};

/// A rule, and the places that break it.
pub(crate) struct Check {
    pub name: &'static str,
    pub broken: Vec<String>,
}

type Rule = (&'static str, fn(&[Source]) -> Vec<String>);

const RULES: &[Rule] = &[
    (
        "protocol has no clock, socket, runtime, randomness or page",
        protocol_does_no_io,
    ),
    (
        "only protocol's replica has yrs types on its public surface",
        only_replica_shows_yrs,
    ),
    (
        "only app and the server's page name leptos",
        only_page_names_leptos,
    ),
    (
        "in app, only editor, transport and browser name web_sys",
        only_shells_name_web_sys,
    ),
    ("app has exactly one cfg(feature)", one_feature_switch),
    ("there are no #[server] functions", no_server_functions),
    (
        "every Rust file opens with what it is",
        files_say_what_they_are,
    ),
    ("no file is named for being left over", no_leftover_names),
    ("a file over 400 lines says why", long_files_say_why),
    (
        "lock files of npm name no registry",
        lock_files_name_no_registry,
    ),
    (
        "docs/proxies.md shows the recipes that are tested, word for word",
        recipes_are_shown_as_tested,
    ),
];

/// Words that stand for a clock, a socket, a runtime, randomness or the page.
const IMPURE: &[&str] = &[
    "Instant",
    "SystemTime",
    "UNIX_EPOCH",
    "chrono",
    "time", // clocks (std::time::Duration is allowed below)
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "tungstenite",
    "tokio_tungstenite",
    "reqwest",
    "hyper",
    "axum", // sockets
    "tokio",
    "async_std",
    "smol",
    "futures_executor",
    "thread",
    "spawn_local", // runtimes
    "rand",
    "getrandom",
    "fastrand",
    "OsRng",
    "thread_rng",
    "RandomState", // randomness
    "leptos",
    "web_sys",
    "js_sys",
    "gloo_net",
    "wasm_bindgen", // the page
];

const LEFTOVER: &[&str] = &[
    "utils", "util", "helpers", "helper", "common", "types", "manager", "misc", "mod",
];

const LONGEST: usize = 400;

/// The files that rules look at.
const ENDINGS: &[&str] = &[
    ".rs",
    ".ts",
    ".mjs",
    ".js",
    ".css",
    ".conf",
    ".cfg",
    "package-lock.json",
    "docs/proxies.md",
];

/// `cargo xtask invariants`.
pub(crate) fn main(arguments: &[String]) -> Result<ExitCode> {
    crate::flags(arguments, [])?;
    let broken = check()?
        .iter()
        .filter(|check| !check.broken.is_empty())
        .count();
    Ok(if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Checks every rule on the workspace and prints how each fares.
pub(crate) fn check() -> Result<Vec<Check>> {
    let root = files::root();
    let built = |name: &str| {
        name.starts_with('.') || matches!(name, "target" | "node_modules" | "public" | "data")
    };
    let mut sources = Vec::new();
    for path in files::walk(root, built)? {
        if ENDINGS.iter().any(|ending| path.ends_with(ending)) {
            let text = String::from_utf8_lossy(&files::read(&root.join(&path))?).into_owned();
            sources.push(Source::new(path, text));
        }
    }
    let checks: Vec<Check> = RULES
        .iter()
        .map(|(name, rule)| Check {
            name,
            broken: rule(&sources),
        })
        .collect();
    for check in &checks {
        println!(
            "{} {}",
            if check.broken.is_empty() {
                "  ok    "
            } else {
                "  BROKEN"
            },
            check.name
        );
        for place in &check.broken {
            println!("           {place}");
        }
    }
    Ok(checks)
}

/// The Rust files below `folder`.
fn rust<'a>(sources: &'a [Source], folder: &'a str) -> impl Iterator<Item = &'a Source> {
    sources
        .iter()
        .filter(move |source| source.path.starts_with(folder) && source.path.ends_with(".rs"))
}

/// Whether `path` is the file `module`.rs or lies in the folder `module`.
fn is_of(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn protocol_does_no_io(sources: &[Source]) -> Vec<String> {
    rust(sources, "protocol/src/")
        .flat_map(|source| {
            IMPURE.iter().flat_map(|word| {
                {
                    source.lines_with(word).filter(|(_, line)| {
                        *word != "time"
                            || line.contains("std::time") && !line.contains("std::time::Duration")
                    })
                }
                .map(|(number, line)| format!("{}:{number}: {line}", source.path))
                .collect::<Vec<_>>()
            })
        })
        .collect()
}

fn only_replica_shows_yrs(sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for source in
        rust(sources, "protocol/src/").filter(|source| !is_of(&source.path, "protocol/src/replica"))
    {
        let names = yrs_names(source);
        for part in public_parts(source) {
            if let Some(name) = names.iter().find(|name| source::has_word(&part, name)) {
                broken.push(format!("{}: {name} in `{part}`", source.path));
            }
        }
    }
    broken
}

fn only_page_names_leptos(sources: &[Source]) -> Vec<String> {
    ["protocol/", "markdown/", "instruments/", "server/"]
        .iter()
        .flat_map(|folder| rust(sources, folder))
        .filter(|source| !is_of(&source.path, "server/src/page"))
        .flat_map(|source| source.places("leptos"))
        .collect()
}

fn only_shells_name_web_sys(sources: &[Source]) -> Vec<String> {
    let shells = ["app/src/editor", "app/src/transport", "app/src/browser"];
    rust(sources, "app/src/")
        .filter(|source| !shells.iter().any(|shell| is_of(&source.path, shell)))
        .flat_map(|source| source.places("web_sys"))
        .collect()
}

fn one_feature_switch(sources: &[Source]) -> Vec<String> {
    let found: Vec<String> = rust(sources, "app/src/")
        .flat_map(|source| source.places("feature"))
        .collect();
    match found.len() {
        1 => Vec::new(),
        0 => vec!["app/src has none; the rule looks at the wrong place".to_owned()],
        _ => found,
    }
}

fn no_server_functions(sources: &[Source]) -> Vec<String> {
    ["app/", "server/"]
        .iter()
        .flat_map(|folder| rust(sources, folder))
        .flat_map(|source| {
            source
                .lines_with("server")
                .filter(|(_, line)| line.starts_with("#[server"))
                .map(|(number, _)| format!("{}:{number}", source.path))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn files_say_what_they_are(sources: &[Source]) -> Vec<String> {
    rust(sources, "")
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| source.path.clone())
        .collect()
}

fn no_leftover_names(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| {
            source
                .path
                .split('/')
                .any(|part| LEFTOVER.contains(&part.split('.').next().unwrap_or_default()))
        })
        .map(|source| source.path.clone())
        .collect()
}

fn long_files_say_why(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| source.path.ends_with(".rs") || source.path.ends_with(".ts"))
        .filter(|source| {
            !source
                .text
                .lines()
                .take(30)
                .any(|line| line.contains("Over 400 lines because"))
        })
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(source, lines)| format!("{}: {lines} lines", source.path))
        .collect()
}

fn lock_files_name_no_registry(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| {
            source.path.ends_with("package-lock.json")
                && source.text.contains("\"resolved\": \"http")
        })
        .map(|source| source.path.clone())
        .collect()
}

/// Where the recipes are; those in a folder of theirs are only for tests.
const RECIPES: &str = "end2end/proxies/";

fn recipes_are_shown_as_tested(sources: &[Source]) -> Vec<String> {
    let docs = sources
        .iter()
        .find(|source| source.path == "docs/proxies.md");
    let Some(docs) = docs else {
        return vec!["there is no docs/proxies.md".to_owned()];
    };
    let recipes: Vec<&Source> = sources
        .iter()
        .filter(|source| {
            let name = source.path.strip_prefix(RECIPES);
            name.is_some_and(|name| !name.contains('/') && !name.ends_with(".ts"))
        })
        .collect();
    if recipes.is_empty() {
        return vec![format!(
            "{RECIPES} has none; the rule looks at the wrong place"
        )];
    }
    let blocks = ["```nginx\n", "```haproxy\n"].map(|fence| docs.text.matches(fence).count());
    let extra = blocks.iter().sum::<usize>().saturating_sub(recipes.len());
    let untested =
        (extra > 0).then(|| format!("docs/proxies.md: {extra} recipes that are no files"));
    let differing = recipes
        .into_iter()
        .filter(|recipe| {
            let language = recipe.path[RECIPES.len()..].split('-').next();
            let shown = format!("```{}\n{}```\n", language.unwrap_or_default(), recipe.text);
            !docs.text.contains(&shown) || !docs.text.contains(&recipe.path)
        })
        .map(|recipe| format!("{} is not in docs/proxies.md as it is", recipe.path));
    differing.chain(untested).collect()
}

#[cfg(test)]
mod tests;
