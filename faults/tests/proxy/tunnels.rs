//! What happens to upgrades and to what they open.

use faults::{Fault, Faults, Rule, Way};
use tokio::io::AsyncWriteExt;

use crate::{
    client::{ended, get, read, upgrade},
    nothing, pair, soon,
};

#[tokio::test]
async fn a_tunnel_carries_both_ways_and_ends_at_both_ends() {
    let (upstream, proxy) = pair(Faults::default()).await;
    let (mut socket, status) = upgrade(proxy.addr()).await;
    assert_eq!(status, 101);
    for _ in 0..3 {
        socket.write_all(b"over and back").await.unwrap();
        assert_eq!(read(&mut socket, 13).await, b"over and back");
    }
    assert_eq!((proxy.seen().upgrades, proxy.seen().upgraded), (1, 1));
    drop(socket);
    upstream.open(0).await;
    soon(proxy.until(|seen| seen.open == 0)).await;
    assert_eq!(proxy.seen().cut, 0);
}

#[tokio::test]
async fn a_refused_upgrade_never_reaches_the_server_and_other_requests_do() {
    for status in [400, 426, 200] {
        let (upstream, proxy) = pair(Faults::refused_upgrade(status)).await;
        assert_eq!(upgrade(proxy.addr()).await.1, status);
        assert_eq!(upstream.connections(), 0);
        assert_eq!(
            soon(get(proxy.addr(), "/other")).await.unwrap().status(),
            200
        );
        assert_eq!((proxy.seen().upgrades, proxy.seen().upgraded), (1, 0));
    }
}

#[tokio::test]
async fn a_muted_tunnel_is_open_and_what_is_sent_arrives_nowhere() {
    for (to_client, to_server) in [(true, false), (false, true), (true, true)] {
        let mute = Fault::Mute {
            to_client,
            to_server,
        };
        let (_upstream, proxy) = pair(Faults::rules([Rule::upgrade(mute)])).await;
        let (mut socket, status) = upgrade(proxy.addr()).await;
        assert_eq!(status, 101);
        socket.write_all(b"anybody?").await.unwrap();
        assert!(nothing(read(&mut socket, 1)).await);
        assert_eq!(proxy.seen().fired(0), 1);
    }
}

#[tokio::test]
async fn a_tunnel_is_cut_so_long_after_it_opened() {
    let (upstream, proxy) = pair(Faults::rules([
        Rule::upgrade(Fault::Lifetime { ms: 50 }).times(1)
    ]))
    .await;
    let (mut socket, status) = upgrade(proxy.addr()).await;
    assert_eq!(status, 101);
    ended(&mut socket).await;
    soon(proxy.until(|seen| seen.cut == 1)).await;
    upstream.open(0).await;
    // The next one lives.
    let (mut socket, _) = upgrade(proxy.addr()).await;
    socket.write_all(b"alive").await.unwrap();
    assert!(nothing(ended(&mut socket)).await);
}

#[tokio::test]
async fn a_tunnel_may_be_damaged_and_cut_short() {
    let rules = [
        Rule::upgrade(Fault::Flip {
            way: Way::ToClient,
            every: 1,
        }),
        Rule::upgrade(Fault::Truncate {
            way: Way::ToServer,
            after: 4,
        }),
    ];
    let (_upstream, proxy) = pair(Faults::rules(rules)).await;
    let (mut socket, _) = upgrade(proxy.addr()).await;
    socket.write_all(&[0; 2]).await.unwrap();
    assert_eq!(read(&mut socket, 2).await, [1, 2]);
    socket.write_all(&[0; 6]).await.unwrap();
    ended(&mut socket).await;
    soon(proxy.until(|seen| seen.cut == 1)).await;
}
