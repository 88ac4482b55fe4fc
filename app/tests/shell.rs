//! What the server sends before any script runs.
use app::home::HomeModel;
use app::lab::LabModel;
use app::lang::Lang;
use app::page::Page;
use app::page::document::DocumentModel;
use app::panes::Panes;
use app::preferences::Preferences;
use app::shell::{self, Assets, Head, html};
use app::theme::Theme;

fn document(lang: Lang, article: &'static str, state: &str) -> String {
    let head = Head {
        lang,
        theme: Theme::Dark,
        title: Some("제목 <b>".to_owned()),
        document: Some(state.to_owned()),
        assets: Assets {
            boot: "/pkg/boot.1.js".to_owned(),
            ..Assets::default()
        },
        nonce: "n0nce".to_owned(),
        images: "https://img.example".to_owned(),
    };
    html(head, || {
        let preferences = Preferences::still(lang, Theme::Dark);
        Page::Document(Box::new(DocumentModel::still(
            preferences,
            "a-doc".to_owned(),
            None,
            article.to_owned(),
            Panes::Split,
        )))
    })
}

fn home() -> String {
    html(Head::default(), || {
        Page::Home(HomeModel::still(
            Preferences::still(Lang::En, Theme::System),
            true,
        ))
    })
}

fn lab(lang: Lang) -> String {
    let head = Head {
        lang,
        ..Head::default()
    };
    shell::lab(head, || {
        LabModel::still(Preferences::still(lang, Theme::System))
    })
}

#[test]
fn the_lab_is_readable_before_any_script_and_holds_no_figure() {
    for (lang, unmeasured) in [(Lang::En, "not measured yet"), (Lang::Ko, "아직 재지 않음")] {
        let page = lab(lang);
        assert!(page.contains("data-page=\"lab\""));
        for rung in ["websocket", "event-stream", "long-poll", "short-poll"] {
            let lane = page.split(&format!("data-lane=\"{rung}\"")).nth(1);
            let lane = lane.and_then(|rest| rest.split("</article>").next());
            let lane = lane.expect("every transport has a lane");
            let figures = lane.matches("data-measured=").count();
            assert_eq!(lane.matches("data-measured=\"false\"").count(), figures);
            // Its standing says so, too.
            assert_eq!(lane.matches(unmeasured).count(), figures + 1, "{rung}");
        }
    }
}

#[test]
fn the_text_is_readable_before_any_script() {
    let page = document(Lang::Ko, "<h1>안녕</h1>", "{}");
    assert!(page.starts_with("<!DOCTYPE html><html"), "{}", &page[..80]);
    assert!(page.contains("<h1>안녕</h1></article>"));
    assert!(
        page.contains("<div id=\"maru-editor\"></div>"),
        "the editor's element is empty"
    );
    assert!(
        page.contains("lang=\"ko\"")
            && page.contains("data-theme=\"dark\"")
            && page.contains("data-page=\"document\"")
    );
}

#[test]
fn nothing_in_the_page_needs_an_inline_script_or_style() {
    for page in [home(), lab(Lang::En), document(Lang::En, "", "{}")] {
        for script in page.split("<script").skip(1) {
            let tag = &script[..script.find('>').unwrap()];
            assert!(
                tag.contains("application/json") || tag.contains("src="),
                "{tag}"
            );
        }
        assert!(
            !page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick"),
            "{page}"
        );
    }
}

#[test]
fn the_page_tells_its_scripts_the_nonce_and_whose_images_are_shown() {
    let page = document(Lang::En, "", "{}");
    let boot = page.split("<script type=\"module\"").nth(1).unwrap();
    assert!(boot[..boot.find('>').unwrap()].contains("nonce=\"n0nce\""));
    assert!(
        page.contains("\"boot\":\"/pkg/boot.1.js\"")
            && page.contains("\"images\":\"https://img.example\"")
    );
}

#[test]
fn the_state_cannot_end_its_element() {
    let page = document(
        Lang::En,
        "",
        r#"{"text":"</script><script>alert(1)</script><!--"}"#,
    );
    assert!(
        !page.contains("alert(1)</script>") && !page.contains("<!--\""),
        "{page}"
    );
    assert!(page.contains(r#"{"text":"\u003c/script>"#));
    assert!(page.contains("<title>제목 &lt;b&gt; · Maru</title>"));
}

#[test]
fn documents_stay_out_of_search_engines_and_the_home_page_does_not() {
    assert!(document(Lang::En, "", "{}").contains("noindex"));
    assert!(!home().contains("noindex"));
}

#[test]
fn the_home_page_works_without_script() {
    let page = home();
    assert!(page.contains("<form action=\"/new\" method=\"get\">"));
    // What is pasted may hold a token, which an address would tell to logs.
    assert!(page.contains("action=\"/open\" method=\"post\"") && page.contains("name=\"doc\""));
    assert!(
        page.contains("aria-invalid=\"true\""),
        "a refused name is said so"
    );
}

#[test]
fn every_id_is_unique_and_every_reference_leads_somewhere() {
    for page in [home(), lab(Lang::Ko), document(Lang::Ko, "", "{}")] {
        let values = |attribute: &str| -> Vec<String> {
            let start = format!(" {attribute}=\"");
            page.split(&start)
                .skip(1)
                .map(|rest| rest[..rest.find('"').unwrap()].to_owned())
                .collect()
        };
        let ids = values("id");
        for (place, id) in ids.iter().enumerate() {
            assert!(!ids[place + 1..].contains(id), "{id} twice");
        }
        for attribute in [
            "for",
            "aria-labelledby",
            "aria-describedby",
            "popovertarget",
        ] {
            for target in values(attribute) {
                assert!(ids.contains(&target), "{attribute}={target} leads nowhere");
            }
        }
    }
}
