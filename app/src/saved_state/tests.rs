//! The rules of [`SavedState`] and [`Announced`].
use super::*;

fn facts(link: Link, unsaved_ms: Option<u32>) -> Facts {
    Facts {
        link,
        unsaved_ms,
        may_write: true,
        trouble: None,
    }
}

#[test]
fn saved_is_claimed_only_when_connected_with_nothing_waiting() {
    for link in [Link::First, Link::Up, Link::Down] {
        for unsaved_ms in [None, Some(0), Some(10_000)] {
            for may_write in [true, false] {
                for trouble in [None, Some(Trouble::StorageFailed)] {
                    let state = SavedState::from(Facts {
                        link,
                        unsaved_ms,
                        may_write,
                        trouble,
                    });
                    let truly =
                        link == Link::Up && unsaved_ms.is_none() && may_write && trouble.is_none();
                    assert_eq!(
                        state == SavedState::Saved,
                        truly,
                        "{link:?} {unsaved_ms:?} {may_write} {trouble:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn trouble_is_worse_than_being_offline() {
    let facts = Facts {
        trouble: Some(Trouble::Replaced),
        ..facts(Link::Down, Some(5))
    };
    assert_eq!(
        SavedState::from(facts),
        SavedState::CannotSave {
            reason: Trouble::Replaced
        }
    );
}

#[test]
fn a_first_connection_has_three_seconds() {
    assert_eq!(
        SavedState::from(facts(Link::First, Some(2_999))),
        SavedState::Connecting
    );
    assert_eq!(
        SavedState::from(facts(Link::First, Some(3_000))),
        SavedState::Offline {
            unsaved_ms: Some(3_000)
        }
    );
}

#[test]
fn edits_of_somebody_whose_right_ended_are_not_called_read_only() {
    let facts = Facts {
        may_write: false,
        ..facts(Link::Up, Some(1))
    };
    assert_eq!(SavedState::from(facts), SavedState::Saving { oldest_ms: 1 });
}

#[test]
fn typing_announces_nothing() {
    let mut said = Announced::default();
    for _ in 0..5 {
        said = said.then(SavedState::Saving { oldest_ms: 40 });
        said = said.then(SavedState::Saved);
    }
    assert_eq!(said, Announced::Nothing);
}

#[test]
fn a_long_absence_is_announced_once_and_its_end_once() {
    let mut said = Announced::Nothing.then(SavedState::Offline {
        unsaved_ms: Some(1_000),
    });
    let first = said;
    for second in 2..60 {
        said = said.then(SavedState::Offline {
            unsaved_ms: Some(second * 1_000),
        });
        assert_eq!(said, first);
    }
    said = said.then(SavedState::Saving { oldest_ms: 60 });
    assert_eq!(said, first, "not until it is true");
    said = said.then(SavedState::Saved);
    assert_eq!(said, Announced::SavedAgain);
    assert_eq!(
        said.then(SavedState::Saving { oldest_ms: 10 })
            .then(SavedState::Saved),
        Announced::SavedAgain
    );
}

#[test]
fn states_differ_in_name_and_word_and_all_explain_themselves() {
    let states = [
        SavedState::Connecting,
        SavedState::Saved,
        SavedState::Saving { oldest_ms: 3_000 },
        SavedState::Offline { unsaved_ms: None },
        SavedState::Offline {
            unsaved_ms: Some(1),
        },
        SavedState::CannotSave {
            reason: Trouble::StorageFailed,
        },
        SavedState::ReadOnly,
    ];
    for lang in [Lang::En, Lang::Ko] {
        for (place, state) in states.iter().enumerate() {
            assert!(!state.meaning(lang).is_empty());
            for other in &states[place + 1..] {
                assert_ne!(state.word(lang), other.word(lang));
                assert_ne!(state.name(), other.name());
            }
        }
    }
}

#[test]
fn the_age_is_shown_from_one_second() {
    assert_eq!(SavedState::Saving { oldest_ms: 999 }.age(Lang::En), "");
    assert_eq!(SavedState::Saving { oldest_ms: 3_400 }.age(Lang::En), "3 s");
    assert_eq!(
        SavedState::Offline {
            unsaved_ms: Some(125_000)
        }
        .age(Lang::Ko),
        "2분"
    );
    assert_eq!(SavedState::Saved.age(Lang::Ko), "");
}
