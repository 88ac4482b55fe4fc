//! Tests of presence: whose state counts, what one may hold by either door, and what a page makes of it.

use super::*;

fn id(n: u64) -> ClientId {
    ClientId::from_random(n)
}

#[test]
fn the_newest_state_wins_and_each_session_sees_only_changes_of_others() {
    let mut all = Presences::default();
    assert_eq!(all.set(id(1), 10, "{\"a\":1}", 5), Ok(true));
    assert_eq!(all.set(id(1), 10, "{\"a\":1}", 6), Ok(false));
    assert_eq!(all.set(id(1), 10, "{\"a\":2}", 6), Ok(true));
    assert_eq!(all.set(id(2), 20, "{}", 7), Ok(true));
    let seen: Vec<Change> = all.changed_since(0, 20).collect();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].state.as_deref(), Some("{\"a\":2}"));
    assert_eq!(all.changed_since(all.version(), 20).count(), 0);
}

#[test]
fn nobody_speaks_for_another_until_that_one_has_left() {
    let mut all = Presences::default();
    all.set(id(1), 10, "{}", 0).unwrap();
    assert_eq!(all.set(id(1), 20, "{}", 0), Err(PresenceError::Taken));
    assert!(all.leave(10, 1));
    assert!(!all.leave(10, 1));
    let seen = all.version() - 1;
    assert_eq!(
        all.changed_since(seen, 20).next().unwrap().state,
        None,
        "the leaving is told"
    );
    assert_eq!(all.set(id(1), 20, "{}", 2), Ok(true));
    assert_eq!(
        all.take_over(id(1), 30, "{}", 2),
        Ok(true),
        "a later session of the same page speaks for it"
    );
    assert_eq!(all.take_over(id(1), 20, "{}", 2), Err(PresenceError::Taken));
    assert!(!all.leave(20, 3), "and stays when the earlier one is swept");
    all.leave(30, 3);
    all.sweep(3 + FORGET_AFTER_MS);
    assert_eq!(all.changed_since(0, 0).count(), 0);
}

#[test]
fn who_goes_on_as_another_session_is_seen_without_a_gap_and_leaves_as_that_one() {
    let mut all = Presences::default();
    all.set(id(1), 10, "{}", 0).unwrap();
    let seen = all.version();
    all.pass_on(10, 20);
    assert_eq!(all.changed_since(seen, 30).count(), 0, "nobody is told");
    assert!(!all.leave(10, 1), "nothing is left of the former");
    assert!(all.leave(20, 1));
    assert_eq!(all.present(), 0);
}

#[test]
fn clocks_grow_also_when_the_server_starts_anew() {
    let mut first = Presences::default();
    first.set(id(1), 1, "{}", 1_000).unwrap();
    let before = first.changed_since(0, 0).next().unwrap().clock;
    let mut second = Presences::default();
    second.set(id(1), 1, "{}", 2_000).unwrap();
    assert!(second.changed_since(0, 0).next().unwrap().clock > before);
}

/// What `/rt/1` says of a state, and what `/ws` says of it.
fn doors(state: &str) -> (Result<bool, PresenceError>, Result<bool, Fault>) {
    let change = Change {
        client: id(1),
        clock: 1,
        state: Some(state.into()),
    };
    let message = encode_awareness(&[change], 0);
    let yjs = crate::validate::awareness(&message, &AwarenessLimits::default());
    (
        Presences::default().set(id(1), 1, state, 0),
        yjs.map(|entries| entries.len() == 1)
            .map_err(|invalid| invalid.fault),
    )
}

#[test]
fn a_state_nests_no_deeper_than_sixteen_by_whichever_door_it_comes() {
    let lists = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for deepest in [lists(15), objects(16)] {
        assert_eq!(doors(&deepest), (Ok(true), Ok(true)), "{deepest}");
    }
    for deeper in [lists(16), objects(17), lists(120), lists(2_000)] {
        let refused = (Err(PresenceError::TooDeep(16)), Err(Fault::Depth(16)));
        assert_eq!(doors(&deeper), refused, "{deeper}");
    }
    let brackets = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[\\\"{{{{\"}";
    assert_eq!(
        doors(brackets),
        (Ok(true), Ok(true)),
        "in a text they nest nothing"
    );
}

#[test]
fn what_one_door_takes_for_an_object_the_other_does_too() {
    // Half a character, as JavaScript cuts a name; a number that no float is; space in front.
    for taken in [
        "{\"user\":{\"name\":\"\\ud83d\"}}",
        "{\"a\":1e999}",
        " \n{}",
    ] {
        assert_eq!(doors(taken), (Ok(true), Ok(true)), "{taken}");
        assert_eq!(Person::from_state(taken).name, "", "and it harms nobody");
    }
    for refused in [
        "",
        "[]",
        "{",
        "{}}",
        "{} {}",
        "\u{feff}{}",
        "{'a':1}",
        "{\"a\":\"\n\"}",
    ] {
        let expected = (Err(PresenceError::NotAnObject), Err(Fault::Json));
        assert_eq!(doors(refused), expected, "{refused:?}");
    }
}

#[test]
fn strange_states_are_refused_or_become_harmless() {
    let mut all = Presences::default();
    for bad in [
        "",
        "[]",
        "3",
        "{",
        &format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_PRESENCE)),
        &"[".repeat(4_000),
    ] {
        assert!(all.set(id(1), 1, bad, 0).is_err(), "{bad}");
    }
    let person = Person::from_state(
        "{\"user\":{\"name\":\" a\\u0000b \",\"color\":\"red;background:url(x)\"},\"cursor\":3}",
    );
    assert_eq!(
        person,
        Person {
            name: "ab".into(),
            color: String::new(),
            cursor: None
        }
    );
    let person = Person {
        name: "푸른 소나무".into(),
        color: "#3a7".into(),
        cursor: None,
    };
    assert_eq!(Person::from_state(&person.to_state()), person);
}
