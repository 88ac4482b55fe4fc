//! Tests of access as a whole: keys, links and the verdict together, and a store that fails.

use protocol::frame::ErrorCode;

use super::*;
use links::LinksError;

fn doc() -> DocId {
    DocId::parse("plan").unwrap()
}

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

async fn code(access: &Arc<Access>, shown: &str) -> Option<ErrorCode> {
    access
        .admit(&doc(), &token(shown))
        .await
        .err()
        .map(|ended| ended.code)
}

#[tokio::test]
async fn a_link_lets_in_until_it_is_taken_back() {
    let access = Arc::new(Access::in_memory(Mode::Jwt, None).unwrap());
    assert_eq!(code(&access, "").await, Some(ErrorCode::NoToken));
    assert_eq!(code(&access, "a.b.c").await, Some(ErrorCode::NoToken));
    let (link, key) = access
        .issue(&doc(), Allows::Read, String::new(), None)
        .unwrap();
    let admission = access.admit(&doc(), &token(&key)).await.unwrap();
    assert_eq!(admission.grant.jti, Some(link.id.clone()));
    access.links().revoke(None, &link.id, 1).unwrap();
    assert_eq!(code(&access, &key).await, Some(ErrorCode::Revoked));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_lets_nobody_in_and_revokes_nobody() {
    let access = Arc::new(Access::in_memory(Mode::Open, None).unwrap());
    let (_, key) = access
        .issue(&doc(), Allows::Write, String::new(), None)
        .unwrap();
    let pass = access.admit(&doc(), &token(&key)).await.unwrap().pass;
    access.links().break_now();
    assert_eq!(code(&access, &key).await, Some(ErrorCode::Unavailable));
    assert_eq!(code(&access, "").await, Some(ErrorCode::Unavailable));
    assert_eq!(access.judge_again(vec![pass]).await, Err(Unavailable));
    let issued = access.issue(&doc(), Allows::Read, String::new(), None);
    assert!(matches!(issued, Err(LinksError::Store(_))));
}

#[tokio::test]
async fn what_another_process_does_to_keys_and_links_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let access = Arc::new(Access::open(Mode::Open, folder.path(), None).unwrap());
    let (link, key) = access
        .issue(&doc(), Allows::Write, String::new(), None)
        .unwrap();
    access.look();
    let before = access.version();
    access.look();
    assert_eq!(access.version(), before, "nothing happened");
    let other = Links::open(folder.path()).unwrap();
    other.revoke(None, &link.id, 1).unwrap();
    access.look();
    assert_eq!(access.version(), before + 1);
    let (_, second) = access
        .issue(&doc(), Allows::Write, String::new(), None)
        .unwrap();
    let pass = access.admit(&doc(), &token(&second)).await.unwrap().pass;
    KeyRing::load(folder.path())
        .unwrap()
        .rotate(folder.path(), false)
        .unwrap();
    access.look();
    assert_eq!(access.version(), before + 2);
    assert_eq!(code(&access, &second).await, None, "old keys go on");
    KeyRing::load(folder.path())
        .unwrap()
        .rotate(folder.path(), true)
        .unwrap();
    access.look();
    assert_eq!(code(&access, &second).await, Some(ErrorCode::NoToken));
    let judged = access.judge_again(vec![pass]).await.unwrap();
    assert_eq!(
        judged,
        [Err(Denied::Revoked)],
        "whoever is in with a dropped key is out"
    );
    assert_eq!(code(&access, &key).await, Some(ErrorCode::NoToken));
    // Keys that cannot be read change nothing.
    let (_, third) = access
        .issue(&doc(), Allows::Write, String::new(), None)
        .unwrap();
    std::fs::write(folder.path().join(keys::FILE), "no keys").unwrap();
    access.look();
    assert_eq!(code(&access, &third).await, None);
}

#[tokio::test]
async fn keys_that_could_not_be_read_are_read_as_soon_as_they_can_be() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let access = Arc::new(Access::open(Mode::Open, folder.path(), None).unwrap());
    let (_, old) = access
        .issue(&doc(), Allows::Write, String::new(), None)
        .unwrap();
    let before = access.version();
    KeyRing::load(folder.path())
        .unwrap()
        .rotate(folder.path(), true)
        .unwrap();
    let path = folder.path().join(keys::FILE);
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o640);
    access.look();
    access.look();
    assert_eq!(
        (code(&access, &old).await, access.version()),
        (None, before)
    );
    // The file is the same, and so is its time: only who may read it is another.
    mode(0o600);
    access.look();
    assert_eq!(code(&access, &old).await, Some(ErrorCode::NoToken));
    assert_eq!(access.version(), before + 1);
    access.look();
    assert_eq!(access.version(), before + 1, "once");
}

#[tokio::test]
async fn a_links_end_is_its_rows_and_stands_in_no_token() {
    let access = Arc::new(Access::in_memory(Mode::Jwt, None).unwrap());
    let (link, key) = access
        .issue(&doc(), Allows::Read, String::new(), Some(now_ms() + 60_000))
        .unwrap();
    let ends = |pass: Pass| {
        let judged = access.judge(&pass, now_ms()).unwrap();
        judged.unwrap().expires_at
    };
    let pass = access.admit(&doc(), &token(&key)).await.unwrap().pass;
    assert_eq!(ends(pass.clone()), link.expires_ms);
    let changed = access
        .links()
        .change(&doc(), &link.id, None, Some(None), now_ms());
    assert!(changed.unwrap().is_some());
    assert_eq!(ends(pass), None);
}
