//! Where a script or style sheet names another file of the site. It reads string literals, not the language around them.
use super::Site;

/// Longer literals are no file names.
const LONGEST: usize = 200;

/// One mention of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The file's path in the site.
    pub to: String,
    /// Where the literal's text ends, in bytes: the file name stands just before.
    pub end: usize,
    /// Whether the mention is an `import … from`, which the browser loads before the script runs.
    pub is_static_import: bool,
}

/// The references of the file `path`, in order. Only scripts and style sheets have any, and only to files of `site`.
///
/// A literal counts when it is a path (`./x`, `../x`, `/x`) to a file that exists, or a bare name where only a file can
/// be meant: `url(x)` in a style sheet, `new URL('x', import.meta.url)` in a script.
pub(crate) fn references(path: &str, bytes: &[u8], site: &Site) -> Vec<Reference> {
    let is_style = path.ends_with(".css");
    if !is_style && !path.ends_with(".js") && !path.ends_with(".mjs") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(quote) = bytes.get(at) {
        at += 1;
        let close = match quote {
            b'"' | b'\'' | b'`' => *quote,
            b'(' if is_style => b')',
            _ => continue,
        };
        let Some(text) = literal(&bytes[at..], close) else {
            continue;
        };
        let end = at + text.len();
        let bare_is_file = is_style || follows(&bytes[end + 1..], b"import.meta.url");
        let Some(to) = resolve(path, text, bare_is_file).filter(|to| site.contains_key(to)) else {
            continue;
        };
        found.push(Reference {
            to,
            end,
            is_static_import: !is_style && is_static_import(&bytes[..at - 1]),
        });
        at = end + 1;
    }
    found
}

/// The literal that `rest` begins with, if it is made of a path's characters up to `close`.
fn literal(rest: &[u8], close: u8) -> Option<&str> {
    let path = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let length = rest.iter().take(LONGEST).position(|&byte| !path(byte))?;
    (length > 0 && rest[length] == close).then(|| str::from_utf8(&rest[..length]).ok())?
}

fn follows(rest: &[u8], wanted: &[u8]) -> bool {
    let skipped = rest
        .iter()
        .take_while(|byte| matches!(byte, b',' | b' ' | b'\n'))
        .count();
    rest[skipped..].starts_with(wanted)
}

fn is_static_import(before: &[u8]) -> bool {
    let word = before.trim_ascii_end();
    word.ends_with(b"from") || word.ends_with(b"import")
}

/// The path in the site that `text` means in the file `path`.
fn resolve(path: &str, text: &str, bare_is_file: bool) -> Option<String> {
    if let Some(absolute) = text.strip_prefix('/') {
        return Some(absolute.to_owned());
    }
    if !text.starts_with("./") && !text.starts_with("../") && !bare_is_file {
        return None;
    }
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    for part in text.split('/') {
        match part {
            "." | "" => {}
            ".." => _ = folders.pop()?,
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(String, bool)> {
        let site: Site = ["e/a.js", "e/b.js", "c.wasm", "e/c.wasm", "font.woff2"]
            .map(|path| (path.to_owned(), Vec::new()))
            .into();
        references(path, text.as_bytes(), &site)
            .into_iter()
            .map(|found| (found.to, found.is_static_import))
            .collect()
    }

    #[test]
    fn an_import_is_static_and_a_call_of_import_is_not() {
        assert_eq!(
            found("e/x.js", "import{a}from\"./a.js\";import'./b.js'"),
            [("e/a.js".into(), true), ("e/b.js".into(), true)]
        );
        assert_eq!(
            found("e/x.js", "import(`./a.js`)"),
            [("e/a.js".into(), false)]
        );
    }

    #[test]
    fn a_bare_name_counts_only_where_a_file_is_meant() {
        assert_eq!(
            found("e/x.js", "new URL('c.wasm', import.meta.url)"),
            [("e/c.wasm".into(), false)]
        );
        assert_eq!(
            found("e/x.js", "new URL(\"../c.wasm\",import.meta.url)"),
            [("c.wasm".into(), false)]
        );
        assert_eq!(found("e/x.js", "let name = 'c.wasm'"), []);
    }

    #[test]
    fn only_files_of_the_site_count() {
        assert_eq!(
            found(
                "e/x.js",
                "import './gone.js'; import '/e/a.js'; f('../../e/a.js')"
            ),
            [("e/a.js".into(), true)]
        );
    }

    #[test]
    fn a_stray_quote_before_a_literal_does_no_harm() {
        assert_eq!(
            found("e/x.js", "/don't/; import('./a.js')"),
            [("e/a.js".into(), false)]
        );
    }

    #[test]
    fn a_style_sheet_names_files_in_url() {
        assert_eq!(
            found(
                "e/x.css",
                "a{src:url(../font.woff2)}b{src:url('/font.woff2')}"
            )
            .len(),
            2
        );
        assert_eq!(found("e/x.txt", "url(../font.woff2)"), []);
    }
}
