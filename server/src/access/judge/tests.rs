//! Tests of the verdict: every input that decides it, by itself.

use super::*;
use crate::access::claims::{Access, Claims};

const NOW: u64 = 1_000_000;

fn doc() -> DocId {
    DocId::parse("plan").unwrap()
}

fn token(signer: Signer, access: Access, exp: Option<u64>) -> Verified {
    Verified {
        signer,
        claims: Claims {
            doc: doc(),
            access,
            jti: "one".to_owned(),
            exp,
            nbf: None,
            name: None,
            share: None,
        },
    }
}

fn maru() -> Signer {
    Signer::Maru("key".to_owned())
}

fn link(access: Access) -> Link {
    Link {
        id: "one".to_owned(),
        doc: doc(),
        access,
        label: String::new(),
        created_ms: 0,
        expires_ms: None,
        revoked: false,
    }
}

fn verdict(shown: Shown<'_>) -> Result<Role, Denied> {
    judge(Mode::Open, false, &doc(), shown, NOW).map(|grant| grant.role)
}

#[test]
fn the_name_alone_opens_what_nobody_closed_where_that_is_the_mode() {
    for (mode, closed, opens) in [
        (Mode::Open, false, true),
        (Mode::Open, true, false),
        (Mode::Jwt, false, false),
        (Mode::Jwt, true, false),
    ] {
        let judged = judge(mode, closed, &doc(), Shown::Name, NOW);
        assert_eq!(
            judged.is_ok_and(|grant| grant.manages()),
            opens,
            "{mode:?} {closed}"
        );
    }
    assert_eq!(
        judge(Mode::Jwt, false, &doc(), Shown::Name, NOW),
        Err(Denied::NoToken)
    );
}

#[test]
fn a_token_decides_also_where_none_is_needed() {
    assert_eq!(verdict(Shown::Unreadable), Err(Denied::BadToken));
    let view = token(maru(), Access::Read, None);
    assert_eq!(
        verdict(Shown::Token(&view, Some(&link(Access::Read)))),
        Ok(Role::Read)
    );
    let revoked = Link {
        revoked: true,
        ..link(Access::Write)
    };
    assert_eq!(
        verdict(Shown::Token(&view, Some(&revoked))),
        Err(Denied::Revoked)
    );
}

#[test]
fn a_links_row_decides_and_not_the_claim() {
    let claims_write = token(maru(), Access::Write, None);
    let row = link(Access::Read);
    assert_eq!(
        verdict(Shown::Token(&claims_write, Some(&row))),
        Ok(Role::Read)
    );
    assert_eq!(
        verdict(Shown::Token(&claims_write, None)),
        Err(Denied::Revoked),
        "no row"
    );
    let of_another = Link {
        doc: DocId::parse("notes").unwrap(),
        ..link(Access::Write)
    };
    assert_eq!(
        verdict(Shown::Token(&claims_write, Some(&of_another))),
        Err(Denied::Revoked)
    );
}

#[test]
fn a_token_is_for_one_document() {
    let theirs = token(Signer::Operator, Access::Write, Some(9_999));
    let other = DocId::parse("notes").unwrap();
    let judged = judge(Mode::Open, false, &other, Shown::Token(&theirs, None), NOW);
    assert_eq!(judged, Err(Denied::BadToken));
}

#[test]
fn an_operators_token_has_an_end_and_needs_no_row() {
    let at = |exp| {
        verdict(Shown::Token(
            &token(Signer::Operator, Access::Write, exp),
            None,
        ))
    };
    assert_eq!(at(Some(NOW / 1_000 + 1)), Ok(Role::Write));
    assert_eq!(
        at(Some(NOW / 1_000)),
        Err(Denied::Expired),
        "not a moment longer"
    );
    assert_eq!(at(None), Err(Denied::BadToken));
    assert_eq!(
        at(Some(u64::MAX)),
        Ok(Role::Write),
        "far away, and no overflow"
    );
}

#[test]
fn the_earlier_of_two_ends_counts() {
    for (exp, row, ends) in [
        (Some(2_000), Some(1_500_000), Some(1_500_000)),
        (Some(1_200), Some(1_500_000), Some(1_200_000)),
        (None, Some(1_500_000), Some(1_500_000)),
        (None, None, None),
    ] {
        let row = Link {
            expires_ms: row,
            ..link(Access::Write)
        };
        let shown = token(maru(), Access::Write, exp);
        let grant = judge(
            Mode::Jwt,
            false,
            &doc(),
            Shown::Token(&shown, Some(&row)),
            NOW,
        )
        .unwrap();
        assert_eq!(grant.expires_at, ends);
        assert_eq!(grant.rights(NOW).expires_in_ms, ends.map(|ends| ends - NOW));
    }
    let over = Link {
        expires_ms: Some(NOW),
        ..link(Access::Write)
    };
    let shown = token(maru(), Access::Write, None);
    assert_eq!(
        verdict(Shown::Token(&shown, Some(&over))),
        Err(Denied::Expired)
    );
}

#[test]
fn a_token_of_later_is_not_valid_yet_but_for_clocks_that_differ_a_little() {
    let at = |nbf| {
        let mut token = token(Signer::Operator, Access::Write, Some(9_999_999));
        token.claims.nbf = Some(nbf);
        verdict(Shown::Token(&token, None))
    };
    assert_eq!(at(NOW / 1_000 + 60), Ok(Role::Write));
    assert_eq!(at(NOW / 1_000 + 61), Err(Denied::BadToken));
    assert_eq!(at(u64::MAX), Err(Denied::BadToken));
}

#[test]
fn only_who_may_write_and_share_manages_links() {
    for (access, share, manages) in [
        (Access::Write, None, true),
        (Access::Write, Some(true), true),
        (Access::Write, Some(false), false),
        (Access::Read, None, false),
        (Access::Read, Some(true), false),
    ] {
        let mut token = token(Signer::Operator, access, Some(9_999));
        token.claims.share = share;
        let grant = judge(Mode::Jwt, false, &doc(), Shown::Token(&token, None), NOW).unwrap();
        assert_eq!(grant.manages(), manages, "{access:?} {share:?}");
    }
}
