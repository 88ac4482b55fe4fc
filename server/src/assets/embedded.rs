//! The packed site that was put into the binary when it was built.

use std::{borrow::Cow, collections::HashMap};

use bytes::Bytes;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../target/packed"]
struct Packed;

/// All its files, by their path; they are not copied.
pub(super) fn read() -> HashMap<String, Bytes> {
    let contents = |name: &str| match Packed::get(name)?.data {
        Cow::Borrowed(data) => Some(Bytes::from_static(data)),
        Cow::Owned(data) => Some(data.into()),
    };
    Packed::iter()
        .filter_map(|name| Some((name.to_string(), contents(&name)?)))
        .collect()
}
