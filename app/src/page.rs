//! What stands in `<body>`: the same on the server, which renders it, and in the browser, which brings it to life.
pub mod document;

use crate::home::{Home, HomeModel};
use document::{Document, DocumentModel};
use leptos::either::Either;
use leptos::prelude::*;

/// The pages there are.
#[derive(Clone)]
pub enum Page {
    /// `/`.
    Home(HomeModel),
    /// `/d/{doc}`.
    Document(Box<DocumentModel>),
}

impl Page {
    /// The value of `data-page` on `<html>`, by which the browser knows which page to bring to life.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Home(_) => "home",
            Self::Document(_) => "document",
        }
    }

    /// The content of `<body>`.
    pub fn body(self) -> impl IntoView {
        match self {
            Self::Home(model) => Either::Left(view! { <Home model /> }),
            Self::Document(model) => Either::Right(view! { <Document model=*model /> }),
        }
    }
}
