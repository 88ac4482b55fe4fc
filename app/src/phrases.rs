//! Every sentence a person sees, once per language; nothing else in the page holds words.
pub mod connection;
pub(crate) mod english;
pub(crate) mod korean;
pub mod share;

use crate::lang::Lang;
use crate::trouble::{Remedy, Trouble};
use leptos::prelude::{Get, Signal};

/// All sentences of one language. Field names say where a sentence stands and what it is for.
pub struct Phrases {
    // The home page.
    pub tagline: &'static str,
    pub description: &'static str,
    pub intro: &'static str,
    pub new_document: &'static str,
    pub open_title: &'static str,
    pub open_hint: &'static str,
    pub open: &'static str,
    pub open_refused: &'static str,
    pub recent: &'static str,
    pub recent_none: &'static str,
    pub forget: &'static str,
    pub promise_saved: &'static str,
    pub promise_saved_text: &'static str,
    pub promise_together: &'static str,
    pub promise_together_text: &'static str,
    pub promise_yours: &'static str,
    pub promise_yours_text: &'static str,
    pub yjs: &'static str,
    pub yjs_text: &'static str,
    pub yjs_host: &'static str,
    pub lab: &'static str,

    // The frame of every page.
    pub home: &'static str,
    pub more: &'static str,
    pub close: &'static str,
    pub theme_system: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub switch_language: &'static str,

    // The document page.
    pub untitled: &'static str,
    pub skip_to_text: &'static str,
    pub placeholder: &'static str,
    pub source: &'static str,
    pub split: &'static str,
    pub preview: &'static str,
    pub panes: &'static str,
    pub needs_script: &'static str,
    /// One's own rights.
    pub share: share::Share,
    /// What a page without script says of a document that opens by a session only.
    pub needs_script_to_open: &'static str,
    pub opening: &'static str,
    pub download: &'static str,
    pub copy_text: &'static str,
    pub without_link: &'static str,
    pub reload: &'static str,
    pub status: &'static str,
    pub characters: fn(u32) -> String,
    pub words: fn(u32) -> String,
    pub position: fn(u32, u32) -> String,

    // People.
    pub people: &'static str,
    pub you: &'static str,
    pub others_here: fn(usize) -> String,
    pub your_identity: &'static str,
    pub identity_hint: &'static str,
    pub name: &'static str,
    pub colour: &'static str,
    pub colours: [&'static str; 12],
    pub done: &'static str,
    pub cancel: &'static str,

    // The saved-state mark.
    pub saved_state: &'static str,
    pub state_connecting: &'static str,
    pub state_saved: &'static str,
    pub state_saving: &'static str,
    pub state_offline: &'static str,
    pub state_unsaved: &'static str,
    pub state_cannot_save: &'static str,
    pub state_no_access: &'static str,
    pub state_read_only: &'static str,
    pub meaning_connecting: &'static str,
    pub meaning_saved: &'static str,
    pub meaning_saving: &'static str,
    pub meaning_offline: &'static str,
    pub meaning_unsaved: &'static str,
    pub meaning_read_only: &'static str,
    pub announce_slow: &'static str,
    pub announce_saved_again: &'static str,
    /// An age in milliseconds, in the largest unit that fits.
    pub age: fn(u32) -> String,

    // Trouble.
    pub trouble: fn(Trouble) -> Explained,

    /// The connection: badge and inspector.
    pub connection: connection::Connection,

    // Help.
    pub help: &'static str,
    pub shortcuts: &'static str,
    pub shortcut_undo: &'static str,
    pub shortcut_redo: &'static str,
    pub shortcut_find: &'static str,
    pub shortcut_bold: &'static str,
    pub shortcut_italic: &'static str,
    pub shortcut_code: &'static str,
    pub shortcut_link: &'static str,
    pub shortcut_preview: &'static str,
    pub shortcut_leave: &'static str,
    pub shortcut_leave_keys: &'static str,
    pub help_undo: &'static str,
    pub help_markdown: &'static str,
    /// Markdown that shows what it does, one piece each.
    pub help_marks: [&'static str; 7],
}

/// A trouble in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What happened.
    pub what: &'static str,
    /// What is safe, and what is not.
    pub safe: &'static str,
    /// What to do.
    pub todo: &'static str,
}

impl Phrases {
    /// The words on the button of a remedy.
    #[must_use]
    pub fn remedy(&self, remedy: Remedy) -> &'static str {
        match remedy {
            Remedy::Download => self.download,
            Remedy::Copy => self.copy_text,
            Remedy::WithoutLink => self.without_link,
            Remedy::Reload => self.reload,
        }
    }
}

/// A sentence that follows the language. `pick` is a plain function, so that all sentences are one type of text to
/// Leptos and weigh a few bytes each in the page's module.
pub fn say(
    lang: Signal<Lang>,
    pick: fn(&Phrases) -> &'static str,
) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
    move || pick(lang.get().phrases())
}

/// The largest unit that fits an age: seconds, minutes or hours, and how many.
fn age(ms: u32, units: [&str; 3]) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..60 => format!("{seconds}{}", units[0]),
        60..3_600 => format!("{}{}", seconds / 60, units[1]),
        _ => format!("{}{}", seconds / 3_600, units[2]),
    }
}

/// A number with a comma between thousands, as both languages write it.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Note;
    use protocol::ladder::Reason;

    const REASONS: [Reason; 9] = [
        Reason::Refused,
        Reason::Unanswered,
        Reason::Silent,
        Reason::ShortLived,
        Reason::Buffered,
        Reason::Cut,
        Reason::Remembered,
        Reason::Crowded,
        Reason::Chosen,
    ];

    #[test]
    fn ages_use_the_largest_unit_that_fits() {
        let ko = Lang::Ko.phrases();
        for (ms, expected) in [
            (0, "0초"),
            (59_999, "59초"),
            (60_000, "1분"),
            (3_599_999, "59분"),
            (7_200_000, "2시간"),
        ] {
            assert_eq!((ko.age)(ms), expected);
        }
        assert_eq!((Lang::En.phrases().age)(61_000), "1 min");
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!((Lang::En.phrases().words)(1), "1 word");
        assert_eq!((Lang::Ko.phrases().characters)(1_200), "1,200자");
    }

    #[test]
    fn every_trouble_says_what_happened_what_is_safe_and_what_to_do() {
        for lang in [Lang::En, Lang::Ko] {
            for trouble in Trouble::ALL {
                let said = (lang.phrases().trouble)(trouble);
                for sentence in [said.what, said.safe, said.todo] {
                    assert!(sentence.ends_with('.'), "{trouble:?}: {sentence}");
                }
            }
        }
    }

    #[test]
    fn while_a_page_connects_nobody_is_told_that_they_may_write() {
        // A viewer may not, and reads the same sentence.
        assert!(!english::PHRASES.meaning_connecting.contains("can write"));
        assert!(!korean::PHRASES.meaning_connecting.contains("써도"));
    }

    #[test]
    fn a_text_that_was_not_copied_can_be_copied_by_hand_and_that_is_said() {
        assert!(english::PHRASES.share.copied[1].contains("mark the text"));
        assert!(korean::PHRASES.share.copied[1].contains("선택해서 복사"));
    }

    #[test]
    fn each_language_is_itself() {
        let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        for trouble in Trouble::ALL {
            assert!(hangul((korean::PHRASES.trouble)(trouble).safe));
            assert!(!hangul((english::PHRASES.trouble)(trouble).safe));
        }
        for note in Note::ALL {
            let said = (korean::PHRASES.share.note)(note);
            assert!(hangul(said) && said.ends_with('.'), "{said}");
            let said = (english::PHRASES.share.note)(note);
            assert!(!hangul(said) && said.ends_with('.'), "{said}");
        }
        for reason in REASONS {
            let said = (korean::PHRASES.connection.reason)(reason);
            assert!(hangul(said) && said.ends_with('.'), "{said}");
            let said = (english::PHRASES.connection.reason)(reason);
            assert!(!hangul(said) && said.ends_with('.'), "{said}");
        }
        assert!(hangul(korean::PHRASES.intro) && !hangul(english::PHRASES.intro));
    }
}
