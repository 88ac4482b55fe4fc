//! A source file as the rules see it: Rust without its comments, and what it declares public. No parser: it goes by lines and words.

/// One file of the workspace.
pub(crate) struct Source {
    /// Relative to the root, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
    /// The same lines without line comments.
    code: String,
}

impl Source {
    pub(crate) fn new(path: String, text: String) -> Self {
        let code = text
            .lines()
            .map(|line| format!("{}\n", without_comment(line)))
            .collect();
        Self { path, text, code }
    }

    /// The lines, from 1, whose code contains `word` as a whole word.
    pub(crate) fn lines_with<'a>(
        &'a self,
        word: &'a str,
    ) -> impl Iterator<Item = (usize, &'a str)> {
        self.code
            .lines()
            .map(str::trim)
            .enumerate()
            .filter(move |(_, line)| has_word(line, word))
            .map(|(at, line)| (at + 1, line))
    }

    /// The same as text for a person.
    pub(crate) fn places(&self, word: &str) -> Vec<String> {
        self.lines_with(word)
            .map(|(number, line)| format!("{}:{number}: {line}", self.path))
            .collect()
    }
}

/// Whether `text` contains `word` with no letter, digit or `_` at either side.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

/// The names by which a file knows yrs: the crate's own, and those its `use` lines bring in.
pub(crate) fn yrs_names(source: &Source) -> Vec<String> {
    let mut names = vec!["yrs".to_owned()];
    for (at, start) in source.code.match_indices("use yrs::") {
        let imported = source.code[at + start.len()..]
            .split(';')
            .next()
            .unwrap_or_default();
        for item in imported.split([',', '{', '}']) {
            // `update::Update as Changes` is known as Changes from here on.
            let name = item
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .rfind(|word| !word.is_empty());
            names.extend(
                name.filter(|name| name.starts_with(char::is_uppercase))
                    .map(str::to_owned),
            );
        }
    }
    names
}

/// What a file declares `pub`, without bodies and values: signatures, fields, whole enums and traits, re-exports.
pub(crate) fn public_parts(source: &Source) -> Vec<String> {
    let mut parts = Vec::new();
    let mut offset = 0;
    for line in source.code.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if let Some(rest) = line.trim_start().strip_prefix("pub ") {
            let whole = &source.code[offset + indent..];
            parts.push(
                part(whole, rest)
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
            );
        }
        offset += line.len();
    }
    parts
}

/// The part of `whole` that belongs to the declaration it begins with; `rest` is its first line after `pub`.
fn part<'a>(whole: &'a str, rest: &str) -> &'a str {
    let upto = |stop: &[char]| whole.find(stop).map_or(whole, |end| &whole[..end]);
    let word = rest
        .split_whitespace()
        .find(|word| !matches!(*word, "async" | "unsafe" | "extern"))
        .unwrap_or_default();
    match word {
        "enum" | "trait" => block(whole),
        "use" | "type" => upto(&[';']),
        "fn" | "struct" | "mod" | "union" => upto(&['{', ';']),
        "const" if has_word(rest, "fn") => upto(&['{', ';']),
        "const" | "static" => upto(&['=', ';']),
        // A field: to the end of its line.
        _ => upto(&['\n']),
    }
}

/// Up to the brace that closes the first one.
fn block(whole: &str) -> &str {
    let mut depth = 0;
    for (at, c) in whole.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return &whole[..=at],
            '}' => depth -= 1,
            _ => {}
        }
    }
    whole
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    // A blank before it tells a comment from the two slashes of an address.
    line.find(" // ").map_or(line, |at| &line[..at])
}
