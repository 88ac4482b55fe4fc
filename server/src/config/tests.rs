//! Tests of flags and environment.

use clap::{Parser, error::ErrorKind};

use super::*;

fn read(args: &[&str]) -> Result<Config, clap::Error> {
    let cli = Cli::try_parse_from(std::iter::once(&"maru").chain(args))?;
    match cli.into_job().expect("the values fit each other") {
        Job::Serve(config) => Ok(*config),
        Job::Token(_) => panic!("it serves"),
    }
}

#[test]
fn serve_is_what_maru_does_when_told_nothing() {
    let (bare, serve) = (read(&[]).unwrap(), read(&["serve"]).unwrap());
    assert_eq!(format!("{bare:?}"), format!("{serve:?}"));
    assert_eq!(format!("{bare:?}"), format!("{:?}", Config::default()));
}

#[test]
fn flags_are_taken_with_and_without_the_subcommand() {
    for args in [
        &["--addr", "0.0.0.0:80"][..],
        &["serve", "--addr", "0.0.0.0:80"],
    ] {
        assert_eq!(read(args).unwrap().addr, "0.0.0.0:80".parse().unwrap());
    }
}

#[test]
fn a_bad_value_is_refused_with_flag_value_and_what_is_allowed() {
    let table = [
        ("--addr", "3000", "such as 127.0.0.1:3000"),
        ("--store", "postgres", "give sqlite or memory"),
        ("--store", "nats://127.0.0.1", "comes later"),
        ("--auth", "none", "give open or jwt"),
        ("--jwt-issuer", "", "1 to 256 bytes"),
        ("--jwt-audience", " maru", "no space around"),
        ("--jwt-renew-url", "/renew", "such as https://id.example"),
        (
            "--allowed-origin",
            "wiki.example",
            "such as https://wiki.example",
        ),
        (
            "--image-origin",
            "https://a;b",
            "such as https://wiki.example",
        ),
        ("--trusted-proxy", "nginx", "10.0.0.0/8"),
        ("--max-connections", "0", "from 1 to"),
        ("--max-connections-per-room", "many", "from 1 to"),
        ("--max-connections-per-address", "-1", "from 1 to"),
        ("--max-document", "32MB", "such as 64KiB"),
        ("--max-update", "0", "above 0"),
        ("--max-update", "99999999999GiB", "above 0"),
        ("--idle-room-seconds", "90000", "from 0 to 3600"),
        ("--drain-seconds", "1.5", "from 0 to 3600"),
        ("--log-format", "xml", "text, json"),
    ];
    for (flag, value, allowed) in table {
        let error = read(&[&format!("{flag}={value}")]).expect_err(value);
        let text = error.to_string();
        assert!(
            text.contains(flag) && text.contains(&format!("'{value}'")) && text.contains(allowed),
            "{text}"
        );
        assert_eq!(error.exit_code(), 2, "{flag}");
    }
}

#[test]
fn an_update_that_fits_no_document_is_refused() {
    let cli = Cli::try_parse_from(["maru", "--max-document=64KiB", "--max-update=1MiB"]).unwrap();
    let text = cli.into_job().unwrap_err().to_string();
    assert!(text.contains("'1MiB'") && text.contains("64KiB"), "{text}");
}

#[test]
fn what_tokens_have_to_say_goes_with_the_key_that_verifies_them() {
    let args = [
        "--jwt-secret-file=key",
        "--jwt-issuer=https://id.example",
        "--jwt-audience=maru",
    ];
    let key = read(&args).unwrap().jwt_secret_file.unwrap();
    assert_eq!(
        (key.issuer.as_deref(), key.audience.as_deref()),
        (Some("https://id.example"), Some("maru"))
    );
    // Alone they would check nothing, which nobody means who sets them.
    for alone in &args[1..] {
        let error = read(&[alone]).expect_err(alone);
        assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument);
        assert!(error.to_string().contains("--jwt-secret-file"), "{error}");
    }
}

#[test]
fn lists_are_given_by_repeating_or_by_commas() {
    let repeated = read(&["--trusted-proxy=10.0.0.7", "--trusted-proxy=fd00::/8"]).unwrap();
    let listed = read(&["--trusted-proxy=10.0.0.7,fd00::/8"]).unwrap();
    assert_eq!(format!("{repeated:?}"), format!("{listed:?}"));
}

#[test]
fn sizes_are_read_and_shown_in_the_same_units() {
    for (text, bytes) in [
        ("1", 1),
        ("64KiB", 65_536),
        ("1MiB", 1_048_576),
        ("2GiB", 2_147_483_648),
    ] {
        let size: Bytes = text.parse().unwrap();
        assert_eq!((size.get(), size.to_string().as_str()), (bytes, text));
    }
}

#[test]
fn every_flag_has_an_environment_twin_named_after_it() {
    let command = <Cli as clap::CommandFactory>::command();
    for arg in command
        .get_arguments()
        .filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
    {
        let twin = format!(
            "MARU_{}",
            arg.get_long().unwrap().to_uppercase().replace('-', "_")
        );
        assert_eq!(arg.get_env().unwrap().to_str(), Some(twin.as_str()));
    }
}

#[test]
fn the_version_is_told_and_ends_well() {
    let told = Cli::try_parse_from(["maru", "--version"]).unwrap_err();
    assert_eq!(
        (told.kind(), told.exit_code()),
        (ErrorKind::DisplayVersion, 0)
    );
    assert!(told.to_string().contains(version()));
}
