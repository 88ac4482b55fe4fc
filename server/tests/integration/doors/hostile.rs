//! Thousands of connections that want to hurt, at a server of its own process, beside two people who write.
//!
//! An ordinary run has 300 of them, `MARU_FULL=1` has 10,000. What a well-behaved room and the server's memory make of it is printed;
//! how late a keystroke may be is asserted only of the large run, which has the machine to itself.

use std::{
    net::SocketAddr,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use protocol::frame::ClientFrame;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    runtime,
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::raw::{BINARY, CONTINUATION, FIN, frame};
use crate::{
    http::client::PACKET,
    person::Person,
    support::{Connection, PATIENCE},
    wire::hello,
};

/// Where they come from: with ten thousand, half as many from each as one address may have.
const ADDRESSES: usize = 40;
/// Keystrokes whose way is measured.
const KEYS: usize = 200;
/// All of them together do so much in a second, and each rests in between: what is measured is the server, and not the client that
/// shares its machine.
const DEEDS_A_SECOND: usize = 2_500;
/// A keystroke is this late on a shared machine without anybody's doing.
const NOISE: Duration = Duration::from_millis(25);
/// What one connection may cost the server: its buffers, the largest HELLO under way, TLS aside.
const BYTES_A_CONNECTION: u64 = 64 << 10;

struct Maru {
    _folder: TempDir,
    child: Child,
    addr: SocketAddr,
}

impl Maru {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_maru"))
            .args([
                "serve",
                "--addr=127.0.0.1:0",
                "--max-connections=15000",
                "--trusted-proxy=127.0.0.1",
                "--log-level=info",
            ])
            .env("MARU_SITE", folder.path())
            .env("MARU_DATA_DIR", folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let addr = loop {
            let line = timeout(PATIENCE, log.next_line())
                .await
                .expect("it starts")
                .unwrap()
                .expect("it stays up");
            if let Some((_, addr)) = line.split_once("serving http://") {
                let end = addr
                    .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')
                    .unwrap_or(addr.len());
                break addr[..end].parse().unwrap();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Self {
            _folder: folder,
            child,
            addr,
        }
    }

    /// How many connections it has open.
    async fn open(&self) -> usize {
        let mut connection = Connection::to(self.addr).await;
        let metrics = connection.request("GET", "/metrics", "").await.body;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("maru_connections_open "));
        line.unwrap().parse().unwrap()
    }

    /// What it holds in memory, in bytes.
    fn memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }
}

/// The time a keystroke takes from one page to the other: the median, and of a hundred the slowest but one.
async fn keystrokes(ada: &Person, bo: &Person) -> (Duration, Duration) {
    let mut times = Vec::new();
    for _ in 0..KEYS {
        let begun = Instant::now();
        ada.append("k");
        bo.sees(&ada.text()).await;
        times.push(begun.elapsed());
        sleep(Duration::from_millis(10)).await;
    }
    times.sort();
    (times[KEYS / 2], times[KEYS * 99 / 100])
}

/// One who wants to hurt, in one of these ways, again whenever it is thrown out.
async fn hurt(addr: SocketAddr, way: usize, rest: Duration, in_place: Arc<Semaphore>) {
    let mut counted = false;
    // As a proxy on this machine tells of somebody far away, so that the limits of an address are met.
    let from = format!("x-forwarded-for: 203.0.113.{}\r\n", way / 8 % ADDRESSES);
    loop {
        let Ok(mut socket) = TcpStream::connect(addr).await else {
            sleep(rest).await;
            continue;
        };
        if !std::mem::replace(&mut counted, true) {
            in_place.add_permits(1);
        }
        // Thrown out, it is here again at once; what it does is then still to come.
        sleep(rest.mul_f64(rand::random())).await;
        let placed =
            |head: &str| head.replacen("\r\n", &format!("\r\nhost: maru.test\r\n{from}"), 1);
        let upgrade = placed(
            "GET /rt/1/ws HTTP/1.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        );
        let upgrade = upgrade.as_bytes();
        let post = placed(&format!(
            "POST /rt/1/session HTTP/1.1\r\ncontent-length: 200000\r\n{PACKET}\r\n"
        ));
        let greeting = frame(FIN | BINARY, &ClientFrame::Hello(hello("hostile")).encode());
        // What it says first, and what it says again and again.
        let (first, again): (Vec<u8>, Vec<u8>) = match way % 8 {
            0 => (
                placed("GET / HTTP/1.1\r\n").into_bytes(),
                b"x: y\r\n".to_vec(),
            ),
            1 => (post.into_bytes(), vec![7; 100]),
            2 => (vec![0xff; 500], vec![0x16; 100]),
            // Half a HELLO.
            3 => ([upgrade, &greeting[..10]].concat(), Vec::new()),
            // A HELLO in countless pieces.
            4 => (
                [upgrade, &frame(BINARY, b"")].concat(),
                frame(CONTINUATION, b"x").repeat(20),
            ),
            // A session that floods.
            5 => (
                [upgrade, &greeting].concat(),
                frame(FIN | BINARY, &ClientFrame::Ping { nonce: 1 }.encode()).repeat(50),
            ),
            // A session of nonsense.
            6 => (
                [upgrade, &greeting].concat(),
                frame(FIN | BINARY, &[3, 1, 0, 2, 0xff, 0xff]),
            ),
            // Page after page of documents that do not exist.
            _ => (
                Vec::new(),
                placed(&format!(
                    "GET /d/{:x} HTTP/1.1\r\n\r\n",
                    rand::random::<u128>()
                ))
                .into_bytes(),
            ),
        };
        let mut sent = socket.write_all(&first).await;
        let mut ears = vec![0; 4 << 10];
        while sent.is_ok() {
            // It reads little, and too late.
            match timeout(rest, socket.read(&mut ears)).await {
                Ok(Ok(0) | Err(_)) => break,
                Ok(Ok(_)) => sleep(rest).await,
                Err(_) => {}
            }
            sent = socket.write_all(&again).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_who_want_to_hurt_cost_bounded_memory_and_a_room_hardly_notices() {
    let full = std::env::var("MARU_FULL").is_ok_and(|full| full == "1");
    let many = if full { 10_000 } else { 300 };
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let maru = Maru::start().await;
    let (ada, bo) = Person::two(maru.addr, "d");
    ada.live().await;
    bo.live().await;
    keystrokes(&ada, &bo).await;
    let (median, slow) = keystrokes(&ada, &bo).await;
    let memory = maru.memory();

    let rest = Duration::from_secs(1).max(Duration::from_secs(many as u64) / DEEDS_A_SECOND as u32);
    let in_place = Arc::new(Semaphore::new(0));
    // On a thread of their own, so that they do not take turns with those whose time is measured.
    let elsewhere = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    for n in 0..many {
        elsewhere.spawn(hurt(maru.addr, n, rest, Arc::clone(&in_place)));
        if n % 100 == 99 {
            // As fast as the kernel's queue of the listener takes them.
            let hundred = timeout(PATIENCE, in_place.acquire_many(100)).await;
            hundred.expect("they come in").unwrap().forget();
        }
    }
    let (mut worst, mut fewest) = (0, usize::MAX);
    let mut hurt = (Duration::ZERO, Duration::ZERO);
    for _ in 0..3 {
        let (median, slow) = keystrokes(&ada, &bo).await;
        hurt = (hurt.0.max(median), hurt.1.max(slow));
        worst = worst.max(maru.memory());
        fewest = fewest.min(maru.open().await);
    }
    println!(
        "{many} hostile connections, of which {fewest} and more were open at any time: a keystroke takes {median:?} (p99 {slow:?}) without and {:?} (p99 {:?}) in the worst of three rounds with them; memory {} MiB before and {} MiB at most",
        hurt.0,
        hurt.1,
        memory >> 20,
        worst >> 20
    );
    assert_eq!(
        (ada.sessions(), bo.sessions()),
        ((1, 0), (1, 0)),
        "nobody was sent away"
    );
    assert!(
        worst < memory + (32 << 20) + many as u64 * BYTES_A_CONNECTION,
        "{worst} bytes"
    );
    if full {
        assert!(fewest > many * 7 / 10, "only {fewest} were there");
        assert!(
            hurt.1 <= 2 * slow + NOISE,
            "p99 {:?} instead of {slow:?}",
            hurt.1
        );
    }
    elsewhere.shutdown_background();
    // Once they are gone, so is what they cost: new people are let in at once.
    let mut connection = Connection::to(maru.addr).await;
    assert_eq!(connection.request("GET", "/readyz", "").await.status, 200);
    ada.saved().await;
}
