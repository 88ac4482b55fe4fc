//! Reads a packed site's folder into memory; what the files mean is not asked here.

use std::{collections::HashMap, fs, io, path::Path};

use bytes::Bytes;

/// All files below `folder`, by their path in it with `/` between its parts. Blocks, which is right before the server serves.
pub(super) fn read(folder: &Path) -> io::Result<HashMap<String, Bytes>> {
    let mut contents = HashMap::new();
    let mut folders = vec![(folder.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // A name that is not UTF-8 is none of the build's.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let name = format!("{prefix}{name}");
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else {
                contents.insert(name, fs::read(entry.path())?.into());
            }
        }
    }
    Ok(contents)
}
