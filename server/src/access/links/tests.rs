//! Tests of the store of links: what is there after a restart, what two processes see of each other, and its bounds.

use super::*;

fn doc(name: &str) -> DocId {
    DocId::parse(name).unwrap()
}

fn link(id: &str, doc_name: &str, created_ms: u64) -> Link {
    Link {
        id: id.to_owned(),
        doc: doc(doc_name),
        access: Access::Read,
        label: "for reading".to_owned(),
        created_ms,
        expires_ms: None,
        revoked: false,
    }
}

#[test]
fn a_link_is_there_after_a_restart_and_taking_it_back_is_too() {
    let folder = tempfile::tempdir().unwrap();
    let links = Links::open(folder.path()).unwrap();
    links.add(&link("a", "plan", 5)).unwrap();
    drop(links);
    let links = Links::open(folder.path()).unwrap();
    assert_eq!(links.find("a").unwrap(), Some(link("a", "plan", 5)));
    assert!(links.revoke(None, "a", 6).unwrap());
    assert!(!links.revoke(None, "a", 7).unwrap(), "once");
    drop(links);
    let links = Links::open(folder.path()).unwrap();
    assert!(links.find("a").unwrap().unwrap().revoked);
    assert_eq!(links.live(&doc("plan"), 8).unwrap(), []);
}

#[test]
fn links_belong_to_one_document() {
    let links = Links::in_memory().unwrap();
    links.add(&link("a", "plan", 5)).unwrap();
    assert!(!links.revoke(Some(&doc("notes")), "a", 6).unwrap());
    assert_eq!(
        links
            .change(&doc("notes"), "a", Some(Access::Write), None, 6)
            .unwrap(),
        None
    );
    assert_eq!(links.live(&doc("notes"), 6).unwrap(), []);
    assert_eq!(links.live(&doc("plan"), 6).unwrap(), [link("a", "plan", 5)]);
}

#[test]
fn a_change_says_only_what_changes() {
    let links = Links::in_memory().unwrap();
    links.add(&link("a", "plan", 5)).unwrap();
    let changed = |access, expires| {
        links
            .change(&doc("plan"), "a", access, expires, 6)
            .unwrap()
            .unwrap()
            .0
    };
    assert_eq!(changed(None, Some(Some(90))).expires_ms, Some(90));
    let now = changed(Some(Access::Write), None);
    assert_eq!((now.access, now.expires_ms), (Access::Write, Some(90)));
    assert_eq!(changed(None, Some(None)).expires_ms, None);
    assert_eq!(links.find("a").unwrap().unwrap().access, Access::Write);
}

#[test]
fn a_document_has_so_many_live_links_and_remembers_so_many_that_are_over() {
    let links = Links::in_memory().unwrap();
    for n in 0..MAX_LIVE as u64 {
        links.add(&link(&format!("l{n}"), "plan", n)).unwrap();
    }
    let one_more = link("more", "plan", 1_000);
    assert!(matches!(links.add(&one_more), Err(LinksError::Full)));
    assert_eq!(links.find("more").unwrap(), None);
    links.add(&link("other", "notes", 1_000)).unwrap();
    links.revoke(None, "l0", 1_000).unwrap();
    links.add(&one_more).unwrap();
    for n in 0..3 * REMEMBERED as u64 {
        let id = format!("gone{n}");
        links
            .revoke(None, if n == 0 { "l1" } else { "next" }, 2_000)
            .unwrap();
        links
            .add(&Link {
                id: "next".to_owned(),
                ..link(&id, "plan", 2_000 + n)
            })
            .ok();
        links
            .lock()
            .execute(
                "UPDATE links SET id = ?1 WHERE id = 'next' AND revoked IS NOT NULL",
                [&id],
            )
            .unwrap();
    }
    let rows: i64 = links
        .lock()
        .query_row("SELECT count(*) FROM links WHERE doc = 'plan'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(rows <= (MAX_LIVE + REMEMBERED + 1) as i64, "{rows}");
}

#[test]
fn another_process_change_moves_the_version_and_ones_own_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (
        Links::open(folder.path()).unwrap(),
        Links::open(folder.path()).unwrap(),
    );
    let before = ours.version().unwrap();
    ours.close(&doc("plan"), true, 1).unwrap();
    assert_eq!(ours.version().unwrap(), before);
    theirs.close(&doc("notes"), true, 1).unwrap();
    assert_ne!(ours.version().unwrap(), before);
    assert!(ours.is_closed(&doc("notes")).unwrap() && theirs.is_closed(&doc("plan")).unwrap());
    assert!(ours.close(&doc("plan"), false, 2).unwrap());
    assert!(!theirs.is_closed(&doc("plan")).unwrap());
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let foreign = Connection::open(&path).unwrap();
    foreign
        .execute_batch("PRAGMA application_id = 7; CREATE TABLE theirs (a)")
        .unwrap();
    drop(foreign);
    let before = std::fs::read(&path).unwrap();
    assert!(Links::open(folder.path()).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_change_that_changes_nothing_says_so() {
    let links = Links::in_memory().unwrap();
    links.add(&link("a", "plan", 5)).unwrap();
    let is_news = |access, expires| {
        let changed = links.change(&doc("plan"), "a", access, expires, 6);
        changed.unwrap().unwrap().1
    };
    assert!(!is_news(None, None));
    assert!(!is_news(Some(Access::Read), Some(None)));
    assert!(is_news(Some(Access::Write), None));
    assert!(!is_news(Some(Access::Write), None));
    assert!(is_news(None, Some(Some(90))));
    assert!(!is_news(None, Some(Some(90))));
}

#[test]
fn keys_without_a_store_of_links_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!are_lost(folder.path()), "a new folder has neither");
    std::fs::write(folder.path().join(crate::access::keys::FILE), "").unwrap();
    assert!(are_lost(folder.path()));
    drop(Links::open(folder.path()).unwrap());
    assert!(!are_lost(folder.path()));
}
