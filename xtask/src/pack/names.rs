//! Which name each file of a site gets, and the references rewritten to these names. Touches no disk.
use std::collections::BTreeSet;

use super::references::references;
use super::{Manifest, Site};
use crate::files::sha256;

/// Asked for by names that browsers and robots know beforehand.
const FIXED: &[&str] = &["favicon.", "robots.txt"];

/// How many hexadecimal digits of the hash a name carries: 48 bits, ample for the versions of one file.
const DIGITS: usize = 12;

/// The packed name of every file.
///
/// A name stands for the file and for all it refers to, at whatever distance: when a chunk changes, so do the names of
/// those that load it. That holds for circles of references too, since no file's hash depends on another's new name.
pub(crate) fn plan(site: &Site) -> Manifest {
    site.keys()
        .map(|path| (path.clone(), name(path, site)))
        .collect()
}

/// The file with each reference to another file of the site replaced by that file's packed name.
pub(crate) fn rewrite(path: &str, bytes: &[u8], manifest: &Manifest, site: &Site) -> Vec<u8> {
    let mut rewritten = Vec::with_capacity(bytes.len());
    let mut done = 0;
    for reference in references(path, bytes, site) {
        let new = file_name(&manifest[&reference.to]);
        let old = file_name(&reference.to);
        rewritten.extend_from_slice(&bytes[done..reference.end - old.len()]);
        rewritten.extend_from_slice(new.as_bytes());
        done = reference.end;
    }
    rewritten.extend_from_slice(&bytes[done..]);
    rewritten
}

fn name(path: &str, site: &Site) -> String {
    let reached = reach(path, site);
    let settled = |path: &str| is_fixed(path) || carries_hash(path);
    if is_fixed(path) || reached.iter().all(|file| settled(file)) {
        return path.to_owned();
    }
    let all: String = reached
        .iter()
        .map(|file| format!("{file}\n{}\n", sha256(&site[file])))
        .collect();
    with_hash(path, &sha256(all.as_bytes())[..DIGITS])
}

/// The file itself and every file it refers to, directly or through others.
fn reach(path: &str, site: &Site) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([path.to_owned()]);
    let mut open = vec![path.to_owned()];
    while let Some(file) = open.pop() {
        for reference in references(&file, &site[&file], site) {
            if reached.insert(reference.to.clone()) {
                open.push(reference.to);
            }
        }
    }
    reached
}

fn with_hash(path: &str, hash: &str) -> String {
    let start = path.len() - file_name(path).len();
    match path[start..].rfind('.') {
        Some(dot) => format!("{}.{hash}{}", &path[..start + dot], &path[start + dot..]),
        None => format!("{path}.{hash}"),
    }
}

fn is_fixed(path: &str) -> bool {
    FIXED.iter().any(|fixed| path.starts_with(fixed))
}

/// esbuild's `chunk-7QOZUK2P.js`: its hash is eight letters or digits of base 32.
fn carries_hash(path: &str) -> bool {
    let stem = file_name(path).split('.').next().unwrap_or_default();
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() == 8
            && hash
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
    })
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(files: &[(&str, &str)]) -> Site {
        files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn a_name_carries_twelve_digits_before_its_ending() {
        let names = plan(&site(&[("pkg/maru.js", "1"), ("LICENSE", "2")]));
        let name = &names["pkg/maru.js"];
        let digits = name
            .strip_prefix("pkg/maru.")
            .unwrap()
            .strip_suffix(".js")
            .unwrap();
        assert_eq!(digits.len(), 12, "{name}");
        assert!(
            digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
            "{name}"
        );
        assert!(names["LICENSE"].starts_with("LICENSE."));
    }

    #[test]
    fn favicon_robots_and_chunks_keep_their_names() {
        let names = plan(&site(&[
            ("favicon.svg", "1"),
            ("robots.txt", "2"),
            ("editor/chunk-7QOZUK2P.js", "3"),
        ]));
        assert!(names.iter().all(|(path, name)| path == name), "{names:?}");
        assert_ne!(
            plan(&site(&[("editor/chunk-lowercas.js", "3")]))["editor/chunk-lowercas.js"],
            "editor/chunk-lowercas.js"
        );
    }

    #[test]
    fn a_name_changes_with_what_the_file_loads() {
        let files = |leaf| {
            site(&[
                ("a.js", "import('./b.js')"),
                ("b.js", "import('./c.js')"),
                ("c.js", leaf),
                ("d.js", ""),
            ])
        };
        let (one, two) = (plan(&files("1")), plan(&files("2")));
        for changed in ["a.js", "b.js", "c.js"] {
            assert_ne!(one[changed], two[changed]);
        }
        assert_eq!(one["d.js"], two["d.js"]);
    }

    #[test]
    fn a_chunk_that_loads_a_renamed_file_is_renamed_too() {
        let names = plan(&site(&[
            ("chunk-AAAAAAAA.js", "import('./b.js')"),
            ("b.js", "1"),
        ]));
        assert_ne!(names["chunk-AAAAAAAA.js"], "chunk-AAAAAAAA.js");
    }

    #[test]
    fn references_in_a_circle_are_rewritten_on_both_sides() {
        let site = site(&[
            ("e/a.js", "import\"./b.js\";let x='./b.js.map'"),
            ("e/b.js", "import(\"/e/a.js\")"),
        ]);
        let names = plan(&site);
        let a = String::from_utf8(rewrite("e/a.js", &site["e/a.js"], &names, &site)).unwrap();
        assert_eq!(
            a,
            format!(
                "import\"./{}\";let x='./b.js.map'",
                file_name(&names["e/b.js"])
            )
        );
        let b = String::from_utf8(rewrite("e/b.js", &site["e/b.js"], &names, &site)).unwrap();
        assert_eq!(b, format!("import(\"/{}\")", names["e/a.js"]));
    }
}
