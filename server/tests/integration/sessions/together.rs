//! Several people in one document.

use crate::{person::Person, support::Running, wire::Wire};
use protocol::frame::{ClientFrame, ServerFrame};

#[tokio::test]
async fn two_people_see_each_others_edits() {
    let server = Running::start(|_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.append("안녕 👩‍👩‍👧 ");
    bo.finds("안녕 👩‍👩‍👧 ").await;
    bo.edit(0, 2, "");
    ada.sees(" 👩‍👩‍👧 ").await;
    ada.saved().await;
    bo.saved().await;
}

#[tokio::test]
async fn ten_people_who_type_at_once_end_with_one_text() {
    let server = Running::start(|_| {}).await;
    let people: Vec<Person> = (0..10).map(|_| Person::come(server.addr, "d")).collect();
    for word in 0..30 {
        for (number, person) in people.iter().enumerate() {
            person.edit(0, 0, &format!("<{number}:{word}>"));
        }
        tokio::task::yield_now().await;
    }
    for person in &people {
        person.saved().await;
    }
    for person in &people {
        person
            .until("with every word", |person| {
                person.text().matches('<').count() == 300
            })
            .await;
    }
    let text = people[0].text();
    for person in &people {
        person.sees(&text).await;
    }
    for (number, word) in (0..10).flat_map(|number| (0..30).map(move |word| (number, word))) {
        assert_eq!(text.matches(&format!("<{number}:{word}>")).count(), 1);
    }
}

#[tokio::test]
async fn documents_do_not_see_each_other() {
    let server = Running::start(|_| {}).await;
    let (ada, bo) = (
        Person::come(server.addr, "one"),
        Person::come(server.addr, "two"),
    );
    ada.append("one");
    bo.append("two");
    ada.saved().await;
    bo.saved().await;
    assert_eq!((ada.text(), bo.text()), ("one".into(), "two".into()));
}

#[tokio::test]
async fn of_presence_the_latest_wins_and_one_who_leaves_is_gone() {
    let server = Running::start(|_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.live().await;
    bo.live().await;
    for place in 0..=100 {
        ada.is_at(&format!("{{\"at\":{place}}}"));
    }
    bo.meets(&["{\"at\":100}"]).await;
    let late = Person::come(server.addr, "d");
    late.meets(&["{\"at\":100}"]).await;
    ada.leave();
    bo.meets(&[]).await;
    late.meets(&[]).await;
}

#[tokio::test]
async fn a_burst_of_presence_reaches_others_in_ticks() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let (mut wire, _) = Wire::greeted(server.addr, "d").await;
    for place in 0..=1_000 {
        ada.is_at(&format!("{{\"at\":{place}}}"));
    }
    let mut told = 0;
    wire.hear_until(|frame| {
        let ServerFrame::Presence { changed } = frame else {
            return None;
        };
        told += 1;
        (changed[0].1.as_deref() == Some("{\"at\":1000}")).then_some(())
    })
    .await;
    assert!(told <= 100, "{told} frames for 1,001 changes");
    wire.say(&ClientFrame::Bye).await;
}
