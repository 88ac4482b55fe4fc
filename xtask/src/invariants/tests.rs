//! Each rule is shown one workspace that keeps it and one that breaks it.
use super::*;

/// The places a rule finds in files given as path and text.
fn broken(rule: fn(&[Source]) -> Vec<String>, files: &[(&str, &str)]) -> usize {
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source::new((*path).to_owned(), (*text).to_owned()))
        .collect();
    rule(&sources).len()
}

#[test]
fn protocol_may_measure_but_not_look_at_the_clock() {
    let rule = protocol_does_no_io;
    assert_eq!(
        broken(
            rule,
            &[(
                "protocol/src/a.rs",
                "use std::time::Duration; // no Instant here\nlet time = 1;"
            )]
        ),
        0
    );
    assert_eq!(
        broken(rule, &[("protocol/src/a.rs", "let now = Instant::now();")]),
        1
    );
    assert_eq!(
        broken(rule, &[("protocol/src/a/b.rs", "use std::time;")]),
        1
    );
    assert_eq!(
        broken(
            rule,
            &[("protocol/src/a.rs", "tokio::spawn(x);\nrand::random()")]
        ),
        2
    );
    assert_eq!(
        broken(
            rule,
            &[
                ("protocol/tests/a.rs", "Instant::now()"),
                ("server/src/a.rs", "tokio::spawn(x)")
            ]
        ),
        0
    );
}

#[test]
fn yrs_stays_behind_the_replica() {
    let rule = only_replica_shows_yrs;
    let hidden = "use yrs::{Doc, Update as Change};\npub struct Room {\n    doc: Doc,\n    pub name: String,\n}\npub fn f() { let d = Doc::new(); }\n";
    assert_eq!(broken(rule, &[("protocol/src/room.rs", hidden)]), 0);
    for shown in [
        "pub use yrs::Doc;",
        "pub fn f(\n    doc: &yrs::Doc,\n) {}",
        "use yrs::Doc;\npub struct Room {\n    pub doc: Doc,\n}",
        "use yrs::Doc;\npub struct Room(pub Doc);",
        "use yrs::updates::{decoder::Decode, encoder::Encode as E};\npub trait T: E {}",
        "use yrs::Update as Change;\npub enum Event {\n    Changed(Change),\n}",
        "use yrs::Doc;\npub type Page = Doc;",
    ] {
        assert_eq!(
            broken(rule, &[("protocol/src/room.rs", shown)]),
            1,
            "{shown}"
        );
        assert_eq!(
            broken(
                rule,
                &[
                    ("protocol/src/replica.rs", shown),
                    ("protocol/src/replica/doc.rs", shown)
                ]
            ),
            0
        );
    }
}

#[test]
fn leptos_and_web_sys_stay_in_their_places() {
    let rule = only_page_names_leptos;
    assert_eq!(
        broken(
            rule,
            &[
                ("server/src/page.rs", "use leptos::prelude::*;"),
                ("app/src/a.rs", "leptos::view!()")
            ]
        ),
        0
    );
    assert_eq!(
        broken(rule, &[("server/src/pages.rs", "use leptos::prelude::*;")]),
        1
    );

    let rule = only_shells_name_web_sys;
    assert_eq!(
        broken(
            rule,
            &[
                ("app/src/browser/storage.rs", "web_sys::window()"),
                ("app/src/editor.rs", "web_sys::x")
            ]
        ),
        0
    );
    assert_eq!(broken(rule, &[("app/src/lib.rs", "web_sys::window()")]), 1);
}

#[test]
fn app_has_one_feature_switch_and_no_server_function() {
    let rule = one_feature_switch;
    let one = (
        "app/src/lib.rs",
        "#[cfg(feature = \"hydrate\")]\npub fn hydrate() {}",
    );
    assert_eq!(broken(rule, &[one]), 0);
    assert_eq!(
        broken(
            rule,
            &[one, ("app/src/a.rs", "if cfg!(feature = \"ssr\") {}")]
        ),
        2
    );
    assert_eq!(broken(rule, &[]), 1);

    let rule = no_server_functions;
    assert_eq!(
        broken(rule, &[("app/src/a.rs", "let server = 1; // #[server]")]),
        0
    );
    assert_eq!(
        broken(
            rule,
            &[("app/src/a.rs", "#[server(Save)]\nasync fn save() {}")]
        ),
        1
    );
}

#[test]
fn files_are_named_opened_and_kept_short() {
    assert_eq!(
        broken(
            files_say_what_they_are,
            &[("app/src/a.rs", "//! A."), ("app/a.ts", "let a")]
        ),
        0
    );
    assert_eq!(
        broken(files_say_what_they_are, &[("app/src/a.rs", "use a;")]),
        1
    );
    assert_eq!(
        broken(
            no_leftover_names,
            &[("app/src/transport.rs", ""), ("app/src/datatypes.rs", "")]
        ),
        0
    );
    assert_eq!(
        broken(
            no_leftover_names,
            &[
                ("app/src/utils.rs", ""),
                ("app/common/a.ts", ""),
                ("app/src/a/mod.rs", "")
            ]
        ),
        3
    );
    let long = "//! A.\n".repeat(401);
    assert_eq!(broken(long_files_say_why, &[("a.rs", &long[7..])]), 0);
    assert_eq!(
        broken(
            long_files_say_why,
            &[("a.rs", &long), ("a.ts", &long), ("a.css", &long)]
        ),
        2
    );
    assert_eq!(
        broken(
            long_files_say_why,
            &[(
                "a.rs",
                &format!("// Over 400 lines because it is a table.\n{long}")
            )]
        ),
        0
    );
}

#[test]
fn a_lock_file_keeps_hashes_and_no_addresses() {
    let rule = lock_files_name_no_registry;
    assert_eq!(
        broken(
            rule,
            &[(
                "end2end/package-lock.json",
                "\"resolved\": \"../x\", \"integrity\": \"sha512-\""
            )]
        ),
        0
    );
    assert_eq!(
        broken(
            rule,
            &[(
                "end2end/package-lock.json",
                "\"resolved\": \"https://example.org/a.tgz\""
            )]
        ),
        1
    );
}

#[test]
fn recipes_and_docs_do_not_differ() {
    let rule = recipes_are_shown_as_tested;
    let recipe = ("end2end/proxies/nginx-a.conf", "listen 80;\n");
    let frame = ("end2end/proxies/frame/nginx.conf", "include recipe.conf;\n");
    let shown = "`end2end/proxies/nginx-a.conf`:\n\n```nginx\nlisten 80;\n```\n";
    let page = |text: &str| broken(rule, &[recipe, frame, ("docs/proxies.md", text)]);
    assert_eq!(page(shown), 0);
    assert_eq!(page(&shown.replace("80", "81")), 1);
    assert_eq!(page(&shown.replace("-a.conf", "-b.conf")), 1);
    assert_eq!(page(&shown.repeat(2)), 1);
    assert_eq!(page(""), 1);
    assert_eq!(broken(rule, &[recipe]), 1);
    assert_eq!(broken(rule, &[("docs/proxies.md", shown)]), 1);
}
