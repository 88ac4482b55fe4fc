//! Renders the pages in states that are hard to reach by hand, as files to look at in a browser:
//! `cargo run -p app --example gallery --features ssr -- OUT-DIR`. No server, no script; not a test.
use app::colour::PALETTE;
use app::component::people::Person;
use app::component::status_bar::{Position, TextSize};
use app::home::{HomeModel, Recent};
use app::identity::Identity;
use app::lang::Lang;
use app::note::Note;
use app::page::Page;
use app::page::document::DocumentModel;
use app::panes::Panes;
use app::preferences::Preferences;
use app::saved_state::SavedState;
use app::shell::{Assets, Head, html};
use app::theme::Theme;
use app::trouble::Trouble;
use app::way::Way;
use leptos::prelude::*;
use protocol::ladder::Rung;
use std::path::{Path, PathBuf};

const TEXT: &str = include_str!("gallery/sample.md");
const NAMES: [&str; 9] = [
    "김하늘",
    "Amber Heron",
    "박솔",
    "이도토리",
    "Quiet Otter",
    "정",
    "최별",
    "Kim",
    "Wise Fox",
];

/// A sketch of what the editor puts into its element, to see `public/style/editor.css` at work.
fn editor() -> String {
    let line = |line: &str| {
        let escaped = line.replace('&', "&amp;").replace('<', "&lt;");
        format!(
            "<div class=\"cm-line\">{}</div>",
            if escaped.is_empty() { "<br>" } else { &escaped }
        )
    };
    let lines: String = TEXT.lines().map(line).collect();
    format!(
        "<div id=\"maru-editor\"><div class=\"cm-editor\"><div class=\"cm-scroller\"><div class=\"cm-content\" \
         style=\"white-space:pre-wrap\">{lines}</div></div></div></div>"
    )
}

fn main() -> std::io::Result<()> {
    let out = PathBuf::from(
        std::env::args()
            .nth(1)
            .unwrap_or_else(|| "target/gallery".to_owned()),
    );
    std::fs::create_dir_all(&out)?;
    for lang in [Lang::En, Lang::Ko] {
        for theme in [Theme::Light, Theme::Dark] {
            let place =
                |name: &str| out.join(format!("{name}-{}-{}.html", lang.tag(), theme.name()));
            let document = |name: &str, change: fn(&mut DocumentModel)| {
                write(&place(name), lang, theme, move |preferences| {
                    let mut model = full(preferences);
                    change(&mut model);
                    Page::Document(Box::new(model))
                })
            };
            write(&place("home"), lang, theme, |preferences| {
                Page::Home(home(preferences))
            })?;
            write(&place("home-first"), lang, theme, |preferences| {
                Page::Home(HomeModel::still(preferences, true))
            })?;
            document("document-first-paint", |model| {
                let title = model.title.get_untracked();
                *model = DocumentModel::still(
                    model.preferences,
                    model.doc.clone(),
                    title,
                    model.article.clone(),
                    Panes::Split,
                );
            })?;
            document("document", |_| ())?;
            document("document-unmounted", |model| {
                model.mounted = Signal::stored(false);
            })?;
            document("document-preview", |model| {
                model.panes = Signal::stored(Panes::Preview);
            })?;
            document("document-saving", |model| {
                model.saved = Signal::stored(SavedState::Saving { oldest_ms: 3_200 });
            })?;
            document("document-offline", |model| {
                model.saved = Signal::stored(SavedState::Offline {
                    unsaved_ms: Some(130_000),
                });
                model.title = Signal::stored(None);
            })?;
            document("document-viewer", |model| {
                model.saved = Signal::stored(SavedState::ReadOnly);
                model.note = Signal::stored(Some(Note::Viewer));
                model.may_write = Signal::stored(false);
            })?;
            document("document-revoked", |model| {
                let reason = Trouble::Revoked { open: true };
                model.saved = Signal::stored(SavedState::CannotSave { reason });
                model.trouble = Signal::stored(Some(reason));
                model.may_write = Signal::stored(false);
            })?;
            document("document-trouble", |model| {
                model.saved = Signal::stored(SavedState::CannotSave {
                    reason: Trouble::StorageFailed,
                });
                model.trouble = Signal::stored(Some(Trouble::StorageFailed));
            })?;
        }
    }
    Ok(())
}

fn home(preferences: Preferences) -> HomeModel {
    let one = |doc: &str, title: Option<&str>| Recent {
        doc: doc.to_owned(),
        title: title.map(str::to_owned),
    };
    let recent = vec![
        one("weekly-2026-47", Some("47주 차 주간 회의록")),
        one(
            "Vq3nT9xKpL2mW8sR",
            Some("Onboarding: how we write, review and ship together, a rather long title"),
        ),
        one("scratch", None),
    ];
    HomeModel {
        recent: Signal::stored(recent),
        ..HomeModel::still(preferences, false)
    }
}

fn full(preferences: Preferences) -> DocumentModel {
    let person = |(place, name): (usize, &&str)| Person {
        name: (*name).to_owned(),
        colour: PALETTE[place + 1],
    };
    let title = markdown::title(TEXT);
    DocumentModel {
        mounted: Signal::stored(true),
        saved: Signal::stored(SavedState::Saved),
        me: Signal::stored(Some(Identity {
            name: "푸른 소나무".to_owned(),
            colour: PALETTE[7],
        })),
        others: Signal::stored(NAMES.iter().enumerate().map(person).collect::<Vec<_>>()),
        size: Signal::stored(Some(TextSize::of(TEXT))),
        position: Signal::stored(Some(Position {
            line: 12,
            column: 7,
        })),
        way: Signal::stored(Way {
            rung: Some(Rung::WebSocket),
            reason: None,
            rtt_ms: Some(12),
        }),
        ..DocumentModel::still(
            preferences,
            "weekly-2026-47".to_owned(),
            title,
            markdown::render(TEXT, ""),
            Panes::Split,
        )
    }
}

fn write(
    path: &Path,
    lang: Lang,
    theme: Theme,
    page: impl FnOnce(Preferences) -> Page,
) -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let style = format!("file://{}", root.join("public/style/main.css").display());
    let icon = format!("file://{}", root.join("public/favicon.svg").display());
    let head = Head {
        lang,
        theme,
        assets: Assets {
            style,
            icon,
            ..Assets::default()
        },
        ..Head::default()
    };
    let html = html(head, || page(Preferences::still(lang, theme)));
    std::fs::write(
        path,
        html.replace("<div id=\"maru-editor\"></div>", &editor()),
    )
}
