//! Tests of who is counted, for what, and who is not; over real sockets they are in `server/tests/integration/doors`.

use std::time::Duration;

use axum::http::HeaderValue;
use tokio::time;

use super::*;

const PROXY: &str = "10.0.0.1";
/// What lets nobody pass.
const NOTHING: Rate = Rate::per_second(1, 0);
const SID: SessionId = [7; 16];

fn visitors(rates: Rates) -> Arc<Visitors> {
    let config = Config {
        rates,
        trusted_proxies: TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]),
        ..Config::default()
    };
    Arc::new(Visitors::new(&config, &Arc::new(Metrics::new())))
}

fn guest(visitors: &Arc<Visitors>, peer: &str, forwarded: Option<&'static str>) -> Guest {
    let headers = forwarded
        .map(|text| {
            let value = HeaderValue::from_static(text);
            (
                axum::http::HeaderName::from_static("x-forwarded-for"),
                value,
            )
        })
        .into_iter()
        .collect();
    visitors.guest(peer.parse().unwrap(), &headers)
}

fn once() -> Rates {
    Rates {
        sessions: Rate::per_minute(1, 1),
        ..Rates::default()
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_is_counted_by_itself_and_forwarded_ones_only_from_trusted_proxies() {
    let visitors = visitors(once());
    let table = [
        ("203.0.113.5", None, true),
        ("203.0.113.5", Some("192.0.2.1"), false),
        ("203.0.113.6", None, true),
        (PROXY, Some("203.0.113.6"), false),
        (PROXY, Some("6.6.6.6, 203.0.113.7"), true),
        (PROXY, Some("7.7.7.7, 203.0.113.7"), false),
        ("2001:db8:0:1::5", None, true),
        ("2001:db8:0:1:ffff::6", None, false),
        ("2001:db8:0:2::5", None, true),
    ];
    for (peer, forwarded, may) in table {
        let told = guest(&visitors, peer, forwarded).opens_session();
        assert_eq!(told.is_ok(), may, "{peer} {forwarded:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn this_machine_and_proxies_that_do_not_say_for_whom_are_nobody() {
    let visitors = visitors(once());
    for (peer, forwarded) in [
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", Some("203.0.113.5")),
        (PROXY, None),
        (PROXY, Some("127.0.0.1")),
    ] {
        for _ in 0..3 {
            assert!(guest(&visitors, peer, forwarded).opens_session().is_ok());
        }
    }
    assert!(visitors.addresses.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_link_counts_until_it_ends_and_every_limit_has_its_sentence() {
    let visitors = visitors(Rates {
        messages: Rate::per_second(1, 10),
        bytes: Rate::per_second(1, 1_000),
        presence: Rate::per_second(1, 2),
        links: 1,
        ..Rates::default()
    });
    let guest = guest(&visitors, "203.0.113.5", None);
    let link = guest.opens_link().unwrap();
    let told = guest.opens_link().err().unwrap();
    assert_eq!(
        (told.code, told.message.contains("as many connections")),
        (ErrorCode::Rate, true)
    );
    drop(link);
    let cases: [(&str, usize, bool, usize); 3] = [
        ("more messages", 1, false, 10),
        ("more bytes", 500, false, 2),
        ("its caret", 1, true, 2),
    ];
    for (says, bytes, presence, passes) in cases {
        let link = guest.opens_link().unwrap();
        let say = || match presence {
            false => link.heard(bytes),
            true => link.heard(bytes).and_then(|()| link.moved()),
        };
        let passed = (0..passes).filter(|_| say().is_ok()).count();
        let told = say().unwrap_err();
        assert_eq!(passed, passes, "{says}");
        assert!(
            told.message.contains(says) && told.message.contains("safe"),
            "{}",
            told.message
        );
    }
    let text = visitors.metrics.encode();
    assert!(
        text.contains("maru_limited_total{limit=\"presence\"} 1"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_link_of_an_address_does_not_begin_with_what_the_old_one_spent() {
    let visitors = visitors(Rates {
        address_messages: Rate::per_second(1, 5),
        free_messages: NOTHING,
        ..Rates::default()
    });
    let guest = guest(&visitors, "203.0.113.5", None);
    let mut passed = 0;
    for _ in 0..10 {
        let link = guest.opens_link().unwrap();
        passed += (0..3).filter(|_| link.heard(1).is_ok()).count();
    }
    assert_eq!(passed, 5);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_goes_on_has_on_its_next_link_what_it_had_left_on_the_one_before() {
    let visitors = visitors(Rates {
        messages: Rate::per_second(1, 10),
        presence: Rate::per_second(1, 3),
        ..Rates::default()
    });
    let guest = guest(&visitors, "203.0.113.5", None);
    let link = guest.opens_link().unwrap();
    link.remember(&SID);
    let (mut heard, mut moved) = (0, 0);
    let mut say = |link: &LinkRates| {
        heard += (0..4).filter(|_| link.heard(1).is_ok()).count();
        moved += (0..2).filter(|_| link.moved().is_ok()).count();
    };
    say(&link);
    drop(link);
    for _ in 0..5 {
        say(&guest.resumes_link(&SID));
        say(&guest.speaks(&SID));
    }
    assert_eq!((heard, moved), (10, 3));
    // Another session of the same address has its own.
    let other = guest.opens_link().unwrap();
    assert!(other.heard(1).is_ok() && other.moved().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_resume_is_counted_and_never_refused_for_its_own_dead_link() {
    let visitors = visitors(Rates {
        links: 1,
        ..Rates::default()
    });
    let guest = guest(&visitors, "203.0.113.5", None);
    let dead = guest.opens_link().unwrap();
    dead.remember(&SID);
    let next = guest.resumes_link(&SID);
    assert!(guest.opens_link().is_err(), "two are open");
    drop(dead);
    assert!(guest.opens_link().is_err(), "one is open");
    drop(next);
    assert!(guest.opens_link().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_link_that_overspends_what_an_address_may_say_is_dropped_and_no_other() {
    let visitors = visitors(Rates {
        address_messages: Rate::per_second(1, 100),
        address_bytes: Rate::per_second(1, 300_000),
        address_presence: Rate::per_second(1, 50),
        ..Rates::default()
    });
    let guest = guest(&visitors, "203.0.113.5", None);
    let flood = [
        |link: &LinkRates| link.heard(1),
        |link: &LinkRates| link.heard(10_000),
        |link: &LinkRates| link.moved(),
    ];
    for say in flood {
        let typist = guest.opens_link().unwrap();
        let mallory = guest.opens_link().unwrap();
        let told = (0..3_000).find_map(|_| say(&mallory).err()).unwrap();
        assert!(told.message.starts_with("your address"), "{}", told.message);
        for _ in 0..60 * 60 {
            typist.heard(100).unwrap();
            typist.moved().unwrap();
            time::advance(Duration::from_millis(60)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_session_of_an_address_does_not_begin_with_the_presence_that_the_old_one_spent() {
    let visitors = visitors(Rates {
        address_presence: Rate::per_second(1, 5),
        free_presence: NOTHING,
        ..Rates::default()
    });
    let guest = guest(&visitors, "203.0.113.5", None);
    let mut passed = 0;
    for _ in 0..10 {
        let link = guest.opens_link().unwrap();
        passed += (0..3).filter(|_| link.moved().is_ok()).count();
    }
    assert_eq!(passed, 5);
}

#[tokio::test(start_paused = true)]
async fn sockets_and_bodies_of_an_address_count_before_a_word_was_said() {
    let visitors = visitors(Rates {
        under_way: 2,
        ..Rates::default()
    });
    let guest = guest(&visitors, "203.0.113.5", None);
    let socket = guest.opens_socket().unwrap();
    let body = guest.sends().unwrap();
    for told in [guest.opens_socket().err(), guest.sends().err()] {
        let told = told.unwrap();
        assert_eq!(told.code, ErrorCode::Rate);
        assert!(told.message.contains("under way"), "{}", told.message);
    }
    drop(body);
    assert!(guest.sends().is_ok());
    drop(socket);
    let both = (guest.opens_socket(), guest.sends());
    assert!(both.0.is_ok() && both.1.is_ok());
}

#[tokio::test(start_paused = true)]
async fn all_sockets_together_are_no_more_than_connections_may_be() {
    let config = Config {
        max_connections: 2,
        ..Config::default()
    };
    let visitors = Arc::new(Visitors::new(&config, &Arc::new(Metrics::new())));
    let (near, far) = (
        guest(&visitors, "127.0.0.1", None),
        guest(&visitors, "203.0.113.5", None),
    );
    let places = (near.opens_socket().unwrap(), far.opens_socket().unwrap());
    let told = near.opens_socket().err().unwrap();
    assert_eq!(told.code, ErrorCode::Unavailable);
    assert_eq!(too_much(&told).status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(places);
    assert!(near.opens_socket().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_thousand_people_behind_one_address_come_back_after_a_restart() {
    // The operator allows as many connections from one address as there are people.
    let visitors = visitors(Rates::new(1_000, 32 << 20));
    let guest = guest(&visitors, "203.0.113.5", None);
    let mut links = Vec::new();
    for _ in 0..1_000 {
        guest.asks().unwrap();
        guest.opens_session().expect("the RESUME in vain");
        guest.opens_session().expect("the HELLO");
        guest.opens_document().expect("of a document each");
        links.push(guest.opens_link().unwrap());
    }
    // And again, with the next deploy a minute later.
    time::advance(Duration::from_secs(60)).await;
    drop(links);
    for _ in 0..1_000 {
        guest.opens_session().expect("the RESUME in vain");
        guest.opens_session().expect("the HELLO");
        guest.opens_document().expect("of a document each");
    }
}

#[tokio::test(start_paused = true)]
async fn pastes_and_fast_bots_pass_and_quiet_addresses_are_forgotten() {
    let visitors = visitors(Rates::default());
    {
        let guest = guest(&visitors, "203.0.113.5", None);
        let link = guest.opens_link().unwrap();
        // A megabyte in pieces, and a bot at 50 a second which moves its caret with each.
        for _ in 0..22 {
            link.heard(49_153).unwrap();
        }
        for _ in 0..50 * 600 {
            link.heard(40).unwrap();
            link.heard(90).unwrap();
            link.moved().unwrap();
            time::advance(Duration::from_millis(20)).await;
        }
    }
    time::advance(Duration::from_secs(3_600)).await;
    for n in 0..2 * REMEMBERED as u32 {
        let address = IpAddr::from(std::net::Ipv4Addr::from(0x0b00_0000 + n));
        drop(visitors.address(address));
    }
    assert!(visitors.addresses.lock().unwrap().len() <= REMEMBERED);
    let guest = guest(&visitors, "203.0.113.5", None);
    let open = guest.speaks(&SID);
    for n in 0..2 * REMEMBERED as u128 {
        drop(guest.speaks(&n.to_be_bytes()));
    }
    let sessions = visitors.sessions.lock().unwrap();
    assert!(sessions.len() <= REMEMBERED && sessions.contains_key(&SID));
    drop((sessions, open));
}
