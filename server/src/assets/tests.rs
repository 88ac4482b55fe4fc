//! Tests of the built site.

use std::fs;

use super::*;

fn site(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    folder
}

fn open(folder: &tempfile::TempDir) -> Result<Assets, StartError> {
    Assets::open(&Site::Folder(folder.path().to_path_buf()))
}

#[tokio::test]
async fn a_packed_file_is_found_by_its_hashed_name_and_named_by_its_plain_one() {
    let folder = site(&[
        ("manifest.json", r#"{"pkg/maru.js":"pkg/maru.0a1b.js"}"#),
        ("pkg/maru.0a1b.js", "run()"),
    ]);
    let assets = open(&folder).unwrap();
    assert_eq!(assets.url("pkg/maru.js"), "/pkg/maru.0a1b.js");
    assert_eq!(assets.url("favicon.ico"), "/favicon.ico");
    assert!(assets.find("pkg/maru.0a1b.js").await.is_some());
    assert!(
        assets.find("manifest.json").await.is_none(),
        "the manifest is the server's own"
    );
}

#[tokio::test]
async fn a_site_that_is_being_built_is_read_anew_each_time() {
    let folder = site(&[("pkg/maru.css", "a{}")]);
    let assets = open(&folder).unwrap();
    assert_eq!(assets.url("pkg/maru.css"), "/pkg/maru.css");
    let etag = |file: Option<File>| {
        file.unwrap()
            .answer(&axum::http::HeaderMap::new())
            .headers()[header::ETAG]
            .clone()
    };
    let before = etag(assets.find("pkg/maru.css").await);
    fs::write(folder.path().join("pkg/maru.css"), "b{}").unwrap();
    assert_ne!(etag(assets.find("pkg/maru.css").await), before);
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let outer = site(&[("secret", "s"), ("site/index.txt", "i")]);
    let assets = Assets::open(&Site::Folder(outer.path().join("site"))).unwrap();
    assert!(assets.find("index.txt").await.is_some());
    let secret = outer.path().join("secret");
    for name in [
        "../secret",
        "pkg/../../secret",
        "./../secret",
        "",
        ".",
        secret.to_str().unwrap(),
    ] {
        assert!(assets.find(name).await.is_none(), "{name}");
    }
}

#[test]
fn a_missing_site_says_how_to_build_it() {
    let error = Assets::open(&Site::Folder("/nowhere/at/all".into()))
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("/nowhere/at/all") && error.contains("cargo xtask serve"),
        "{error}"
    );
}

#[test]
fn a_manifest_that_names_a_missing_file_is_damaged() {
    for manifest in ["{", "[]", r#"{"pkg/maru.js":"pkg/maru.0a1b.js"}"#] {
        let error = open(&site(&[("manifest.json", manifest)])).err().unwrap();
        assert!(matches!(error, StartError::SiteDamaged { .. }), "{error}");
    }
}
