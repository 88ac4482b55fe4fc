//! Makes sure the data folder is there and takes files; what is in it belongs to the store.

use std::{fs, path::Path};

use crate::StartError;

/// Makes the folder when it is missing and writes one file there, which it removes again: a read-only disk is found out at the
/// start and not at the first edit.
///
/// # Errors
/// [`StartError::DataFolderMissing`] or [`StartError::DataFolderReadOnly`].
pub fn prepare_data_folder(path: &Path) -> Result<(), StartError> {
    fs::create_dir_all(path).map_err(|source| StartError::DataFolderMissing {
        path: path.into(),
        source,
    })?;
    let probe = path.join(format!(".write-test-{}", std::process::id()));
    fs::write(&probe, b"maru")
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|source| StartError::DataFolderReadOnly {
            path: path.into(),
            source,
        })
}
