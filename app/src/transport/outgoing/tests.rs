//! The rules of posting, without a network.
use super::*;
use protocol::frame::packet::unpack;

fn message(size: usize, mark: u8) -> Bytes {
    vec![mark; size].into()
}

fn established() -> Outgoing {
    let mut outgoing = Outgoing::default();
    outgoing.establish();
    outgoing
}

fn stranger(status: u16, retry_after_s: Option<u64>) -> Fared {
    Fared::Stranger {
        status,
        retry_after_s,
    }
}

#[test]
fn one_post_is_under_way_and_what_gathers_meanwhile_goes_into_the_next() {
    let mut outgoing = established();
    assert_eq!(outgoing.next_post(), None);
    outgoing.push(message(3, 1));
    let first = outgoing.next_post().unwrap();
    assert_eq!(first.number, Some(1));
    outgoing.push(message(4, 2));
    outgoing.push(message(5, 3));
    assert_eq!(outgoing.next_post(), None);
    assert_eq!(outgoing.fared(Fared::Answered), Then::Next);
    let second = outgoing.next_post().unwrap();
    assert_eq!(second.number, Some(2));
    assert_eq!(
        unpack(&second.body).unwrap(),
        [message(4, 2), message(5, 3)]
    );
    assert_eq!(outgoing.fared(Fared::Answered), Then::Next);
    assert_eq!(outgoing.next_post(), None);
}

#[test]
fn no_body_is_larger_than_64_kib_unless_one_message_alone_is() {
    let mut outgoing = established();
    for mark in 0..20 {
        outgoing.push(message(10_000, mark));
    }
    outgoing.push(message(65_536, 20));
    let mut marks = Vec::new();
    while let Some(post) = outgoing.next_post() {
        let messages = unpack(&post.body).unwrap();
        assert!(post.body.len() <= LARGEST || messages.len() == 1);
        marks.extend(messages.iter().map(|message| message[0]));
        outgoing.fared(Fared::Answered);
    }
    assert!(marks.into_iter().eq(0..=20), "in order, each once");
}

#[test]
fn what_opens_the_session_goes_in_one_body_without_a_number_and_is_not_tried_again() {
    let mut outgoing = Outgoing::default();
    outgoing.push(message(49_000, 1));
    outgoing.push(message(49_000, 2));
    let post = outgoing.next_post().unwrap();
    assert_eq!(post.number, None);
    assert_eq!(unpack(&post.body).unwrap().len(), 2);
    assert_eq!(
        outgoing.fared(stranger(503, Some(1))),
        Then::Gone(Why::Status(503))
    );
    assert_eq!(outgoing.fared(Fared::Failed), Then::Gone(Why::Unreachable));
}

#[test]
fn a_post_that_fails_is_sent_once_more_with_its_number_and_its_bytes() {
    let mut outgoing = established();
    outgoing.push(message(3, 1));
    let first = outgoing.next_post().unwrap();
    outgoing.push(message(3, 2));
    assert_eq!(outgoing.fared(Fared::Failed), Then::Again(AGAIN_MS));
    assert_eq!(outgoing.again(), Some(first));
    assert_eq!(outgoing.fared(Fared::Failed), Then::Gone(Why::Lost));
    // Every POST has its own second try.
    let mut outgoing = established();
    for number in 1..4 {
        outgoing.push(message(3, 1));
        assert_eq!(outgoing.next_post().unwrap().number, Some(number));
        assert_eq!(outgoing.fared(Fared::Failed), Then::Again(AGAIN_MS));
        assert_eq!(outgoing.fared(Fared::Answered), Then::Next);
    }
}

#[test]
fn a_body_that_is_too_large_for_a_proxy_is_halved_down_to_one_message() {
    let mut outgoing = established();
    for mark in 0..5 {
        outgoing.push(message(1_000, mark));
    }
    outgoing.next_post().unwrap();
    let mut sizes = Vec::new();
    let mut marks = Vec::new();
    // A proxy that takes at most 1,500 bytes.
    let mut post = outgoing.again();
    while let Some(now) = post {
        assert!(sizes.len() < 20, "it ends");
        sizes.push((now.number.unwrap(), now.body.len()));
        post = if now.body.len() > 1_500 {
            assert_eq!(outgoing.fared(stranger(413, None)), Then::Again(0));
            outgoing.again()
        } else {
            marks.extend(unpack(&now.body).unwrap().iter().map(|message| message[0]));
            assert_eq!(outgoing.fared(Fared::Answered), Then::Next);
            outgoing.next_post()
        };
    }
    assert_eq!(marks, [0, 1, 2, 3, 4]);
    assert_eq!(sizes[..3], [(1, 5_010), (1, 2_004), (1, 1_002)]);
    assert!(
        sizes[3..].iter().all(|(_, size)| *size == 1_002),
        "and it is remembered: {sizes:?}"
    );
    outgoing.push(message(2_000, 9));
    outgoing.next_post().unwrap();
    assert_eq!(
        outgoing.fared(stranger(413, None)),
        Then::Gone(Why::Status(413)),
        "one message cannot be halved"
    );
}

#[test]
fn a_proxy_that_names_a_time_is_given_it_up_to_half_a_minute() {
    let mut outgoing = established();
    outgoing.push(message(3, 1));
    let post = outgoing.next_post();
    assert_eq!(outgoing.fared(stranger(429, Some(2))), Then::Again(2_000));
    assert_eq!(
        outgoing.fared(stranger(503, Some(u64::MAX))),
        Then::Again(30_000)
    );
    assert_eq!(outgoing.again(), post);
    assert_eq!(
        outgoing.fared(stranger(503, None)),
        Then::Gone(Why::Status(503))
    );
}

#[test]
fn a_stranger_who_says_all_is_well_is_told_from_one_who_says_it_is_not() {
    for (status, why) in [
        (200, Why::Stranger),
        (204, Why::Stranger),
        (302, Why::Status(302)),
        (502, Why::Status(502)),
    ] {
        let mut outgoing = established();
        outgoing.push(message(3, 1));
        outgoing.next_post().unwrap();
        assert_eq!(outgoing.fared(stranger(status, None)), Then::Gone(why));
    }
}
