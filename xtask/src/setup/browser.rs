//! The browser of the end-to-end tests, with the letters it needs to draw Hangul and emoji.
use std::path::Path;

use anyhow::Result;

use super::apt;

/// Debian's Chromium and fonts; where Chromium is there by other means, nothing is installed.
///
/// # Errors
/// Where it is missing and cannot be installed.
pub(crate) fn browser() -> Result<()> {
    if Path::new("/usr/bin/chromium").exists()
        && Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists()
    {
        return Ok(());
    }
    apt::packages(
        &["chromium", "fonts-noto-cjk", "fonts-noto-color-emoji"],
        "the tests in a real browser",
        "60 s",
    )
}
