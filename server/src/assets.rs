//! The built site: which files there are, under which names, and how one is answered; pages are not files and not here.
//!
//! A packed site (made by `cargo xtask`, marked by its `manifest.json`) is read into memory once: its files are few, and their
//! compressed forms lie beside them. A folder without a manifest is one that `cargo leptos watch` rebuilds while the server
//! runs, so each file is read anew each time.

use std::{
    collections::{HashMap, HashSet},
    path::{Component, Path, PathBuf},
};

use axum::{
    extract::State,
    http::{Method, Request, header},
    response::{IntoResponse, Response},
};

use crate::{
    StartError,
    config::Site,
    http::{self, AppState},
};

#[cfg(feature = "embed")]
mod embedded;
mod file;
mod folder;
mod negotiate;

use file::File;

/// Maps each file's plain name to its hashed one.
const MANIFEST: &str = "manifest.json";

/// The site's files.
pub struct Assets(Source);

enum Source {
    /// In memory, by the path after the leading slash.
    Packed {
        files: HashMap<String, File>,
        hashed: HashMap<String, String>,
    },
    /// On disk, still being built.
    Watched(PathBuf),
}

impl Assets {
    /// Reads the site.
    ///
    /// # Errors
    /// [`StartError::SiteMissing`] when the folder cannot be read, [`StartError::SiteDamaged`] when its manifest is none.
    pub fn open(site: &Site) -> Result<Self, StartError> {
        match site {
            Site::Folder(folder) => {
                let missing = |source| StartError::SiteMissing {
                    path: folder.clone(),
                    source,
                };
                if folder.join(MANIFEST).exists() {
                    return Self::packed(folder, folder::read(folder).map_err(missing)?);
                }
                folder.read_dir().map_err(missing)?;
                Ok(Self(Source::Watched(folder.clone())))
            }
            #[cfg(feature = "embed")]
            Site::Embedded => Self::packed(Path::new("(in the binary)"), embedded::read()),
        }
    }

    /// Sorts the files of a packed site; `.br` and `.gz` belong to the file beside them.
    fn packed(
        site: &Path,
        mut contents: HashMap<String, bytes::Bytes>,
    ) -> Result<Self, StartError> {
        let damaged = |reason: String| StartError::SiteDamaged {
            path: site.join(MANIFEST),
            reason,
        };
        let manifest = contents
            .remove(MANIFEST)
            .ok_or_else(|| damaged("it is missing".to_owned()))?;
        let hashed: HashMap<String, String> =
            serde_json::from_slice(&manifest).map_err(|error| damaged(error.to_string()))?;
        if let Some(name) = hashed.values().find(|name| !contents.contains_key(*name)) {
            return Err(damaged(format!("it names {name}, which is not there")));
        }
        let immutable: HashSet<&String> = hashed.values().collect();
        let names: Vec<String> = contents
            .keys()
            .filter(|name| !is_compressed_form(name, &contents))
            .cloned()
            .collect();
        let files = names
            .into_iter()
            .map(|name| {
                let file = File::new(&name, contents[&name].clone())
                    .with_brotli(contents.get(&format!("{name}.br")).cloned())
                    .with_gzip(contents.get(&format!("{name}.gz")).cloned());
                let file = if immutable.contains(&name) {
                    file.immutable()
                } else {
                    file
                };
                (name, file)
            })
            .collect();
        Ok(Self(Source::Packed { files, hashed }))
    }

    /// The address of a file by its plain name: `pkg/maru.js` is at `/pkg/maru.<hash>.js`, or at `/pkg/maru.js` in a site that is
    /// still being built.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        let hashed = match &self.0 {
            Source::Packed { hashed, .. } => hashed.get(name).map(String::as_str),
            Source::Watched(_) => None,
        };
        format!("/{}", hashed.unwrap_or(name))
    }

    async fn find(&self, name: &str) -> Option<File> {
        match &self.0 {
            Source::Packed { files, .. } => files.get(name).cloned(),
            Source::Watched(folder) => {
                let contents = tokio::fs::read(inside(folder, name)?).await.ok()?;
                Some(File::new(name, contents.into()))
            }
        }
    }
}

fn is_compressed_form(name: &str, contents: &HashMap<String, bytes::Bytes>) -> bool {
    [".br", ".gz"]
        .iter()
        .filter_map(|end| name.strip_suffix(end))
        .any(|plain| contents.contains_key(plain))
}

/// The path of `name` in `folder`, unless it leads out of it. Names are taken as they stand in the address: ours need no escapes.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    let name = Path::new(name);
    let plain = name
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (plain && name.components().next().is_some()).then(|| folder.join(name))
}

/// Answers with a file of the site.
pub(crate) async fn serve(
    State(state): State<AppState>,
    request: Request<axum::body::Body>,
) -> Response {
    let name = request.uri().path().trim_start_matches('/');
    let Some(file) = state.assets.find(name).await else {
        return http::not_found();
    };
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let refused = http::method_not_allowed().await;
        return ([(header::ALLOW, "GET, HEAD")], refused).into_response();
    }
    file.answer(request.headers())
}

#[cfg(test)]
mod tests;
