//! What an update costs the server until it has reached everybody else in its room: CPU time a delivery, and how late it came.

use std::{
    cell::RefCell,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use protocol::sync::Message as Sync;
use tokio::{
    task::{self, JoinHandle},
    time,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    Setting,
    client::{self, PATIENCE, Socket},
    contender::{self, Contender},
    process,
    report::{Bar, Report, Section, median, percentile},
    typing::keystrokes,
};

/// Rooms of equal size with one person writing in each.
#[derive(Debug, Clone, Copy)]
struct Load {
    rooms: usize,
    people: usize,
    /// Updates a second in each room.
    rate: usize,
    /// The most that Maru may cost, as a multiple of y-websocket now, of it in the end, and of the floor.
    bars: [Option<f64>; 3],
}

/// Where the bars come from: `docs/` and the issues; "now" is for the first release, the others for the last.
const LOADS: [Load; 3] = [
    Load {
        rooms: 1,
        people: 200,
        rate: 50,
        bars: [Some(1.0 / 2.0), Some(1.0 / 3.0), Some(1.4)],
    },
    Load {
        rooms: 1,
        people: 200,
        rate: 400,
        bars: [None, None, Some(1.0)],
    },
    Load {
        rooms: 500,
        people: 2,
        rate: 4,
        bars: [None, Some(1.0 / 3.0), None],
    },
];

/// How long a load runs before it is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// One turn of one contender.
#[derive(Debug)]
struct Turn {
    /// Microseconds of the server's CPU for each delivery.
    cost: f64,
    /// How busy the server was: CPU time by time.
    busy: f64,
    /// The same for the clients.
    clients_busy: f64,
    /// From sending to delivery, in microseconds, sorted.
    late: Vec<u32>,
}

/// Measures all loads.
///
/// # Errors
/// When a server fails or a delivery is missing: such figures mean nothing.
pub(crate) async fn measure(setting: &Setting, report: &mut Report) -> Result<()> {
    for load in LOADS {
        let mut turns: Vec<Vec<Turn>> = contender::ALL.map(|_| Vec::new()).into();
        for round in 1..=setting.rounds {
            for (contender, turns) in contender::ALL.iter().zip(&mut turns) {
                let turn = load.turn(contender, setting).await?;
                eprintln!(
                    "  {} round {round}: {} {:.2} µs a delivery, p50 {} µs",
                    load.title(),
                    contender.name,
                    turn.cost,
                    percentile(&turn.late, 50)
                );
                turns.push(turn);
            }
        }
        report.add(load.section(&turns));
    }
    Ok(())
}

impl Load {
    fn title(&self) -> String {
        format!(
            "{} room{} x {} people, {} updates/s each",
            self.rooms,
            if self.rooms == 1 { "" } else { "s" },
            self.people,
            self.rate
        )
    }

    async fn turn(&self, contender: &Contender, setting: &Setting) -> Result<Turn> {
        let warm_up = self.updates(WARM_UP);
        let measured = self.updates(Duration::from_secs(setting.seconds));
        let messages = keystrokes(warm_up + measured)?.into();
        let server = contender.start(setting).await?;
        let (at, yjs) = (server.at(), contender.keeps_documents);
        let mut crowd = Crowd::join(self, at, |room| server.room(room), yjs, messages).await?;
        crowd.type_on(0..warm_up).await?;
        crowd.late().clear();
        let (cpu, own_cpu) = (server.cpu()?, process::cpu(std::process::id())?);
        let begun = Instant::now();
        crowd.type_on(warm_up..warm_up + measured).await?;
        let (cpu, own_cpu) = (
            server.cpu()?.saturating_sub(cpu),
            process::cpu(std::process::id())?.saturating_sub(own_cpu),
        );
        let took = begun.elapsed();
        let mut late = std::mem::take(&mut *crowd.late());
        late.sort_unstable();
        Ok(Turn {
            cost: cpu.as_secs_f64() * 1e6 / late.len() as f64,
            busy: cpu.as_secs_f64() / took.as_secs_f64(),
            clients_busy: own_cpu.as_secs_f64() / took.as_secs_f64(),
            late,
        })
    }

    /// How many updates a room sees in that time.
    fn updates(&self, time: Duration) -> usize {
        (self.rate as f64 * time.as_secs_f64()) as usize
    }

    fn section(&self, turns: &[Vec<Turn>]) -> Section {
        let of =
            |turns: &[Turn], figure: fn(&Turn) -> f64| median(turns.iter().map(figure).collect());
        let costs: Vec<f64> = turns
            .iter()
            .map(|turns| of(turns, |turn| turn.cost))
            .collect();
        let rows = contender::ALL
            .iter()
            .zip(turns)
            .zip(&costs)
            .map(|((contender, turns), cost)| {
                let cells = vec![
                    *cost,
                    costs[0] / cost,
                    of(turns, |turn| f64::from(percentile(&turn.late, 50)) / 1e3),
                    of(turns, |turn| f64::from(percentile(&turn.late, 99)) / 1e3),
                    of(turns, |turn| turn.busy * 100.0),
                    of(turns, |turn| turn.clients_busy * 100.0),
                    of(turns, |turn| turn.late.len() as f64),
                ];
                (contender.name.to_owned(), cells)
            })
            .collect();
        let [now, last, floor] = self.bars;
        let bars = [
            ("y-websocket", now, costs[0] / costs[1], "now"),
            ("y-websocket", last, costs[0] / costs[1], "in the end"),
            ("the floor", floor, costs[0] / costs[2], "in the end"),
        ]
        .into_iter()
        .filter_map(|(other, bar, ratio, when)| {
            bar.map(|most| Bar {
                what: format!("CPU a delivery beside {other}, {when}"),
                value: ratio,
                most,
            })
        })
        .collect();
        Section {
            title: format!("fan-out: {}", self.title()),
            columns: vec![
                "CPU µs/delivery",
                "maru is x of it",
                "p50 ms",
                "p99 ms",
                "server CPU %",
                "clients CPU %",
                "deliveries",
            ],
            rows,
            bars,
        }
    }
}

/// Everybody in all rooms.
struct Crowd<'a> {
    load: &'a Load,
    messages: Rc<[Bytes]>,
    writers: Vec<SplitSink<Socket, Message>>,
    seen: Rc<RefCell<Seen>>,
    readers: Vec<JoinHandle<()>>,
}

/// What the readers of all rooms have seen.
#[derive(Default)]
struct Seen {
    /// When each update of each room was sent, counted from 0.
    sent: Vec<Vec<Instant>>,
    late: Vec<u32>,
    deliveries: usize,
    trouble: Option<String>,
}

impl<'a> Crowd<'a> {
    async fn join(
        load: &'a Load,
        at: SocketAddr,
        path: impl Fn(&str) -> String,
        yjs: bool,
        messages: Rc<[Bytes]>,
    ) -> Result<Self> {
        let mut crowd = Self {
            load,
            messages,
            writers: Vec::new(),
            seen: Rc::default(),
            readers: Vec::new(),
        };
        let seen = Rc::clone(&crowd.seen);
        seen.borrow_mut().sent = vec![Vec::new(); load.rooms];
        for room in 0..load.rooms {
            let path = path(&format!("room-{room}"));
            for person in 0..load.people {
                let (sink, stream) = enter(at, &path, yjs).await?.split();
                let reads = if person == 0 {
                    crowd.writers.push(sink);
                    // What comes back to its author is read and not counted: the author has it.
                    task::spawn_local(drain(stream))
                } else {
                    let expected = Rc::clone(&crowd.messages);
                    task::spawn_local(read(stream, sink, room, expected, Rc::clone(&seen)))
                };
                crowd.readers.push(reads);
            }
        }
        Ok(crowd)
    }

    /// Sends these updates in every room, evenly spread over time, and waits until everybody has them.
    async fn type_on(&mut self, updates: std::ops::Range<usize>) -> Result<()> {
        let rooms = self.load.rooms;
        let begun = Instant::now();
        let pause = Duration::from_secs(1).div_f64((self.load.rate * rooms) as f64);
        let last = updates.end;
        for (step, (update, room)) in updates
            .flat_map(|update| (0..rooms).map(move |room| (update, room)))
            .enumerate()
        {
            let due = begun + pause * u32::try_from(step)?;
            if due > Instant::now() {
                time::sleep_until(due.into()).await;
            }
            self.seen.borrow_mut().sent[room].push(Instant::now());
            let message = Message::Binary(self.messages[update].clone());
            self.writers[room].send(message).await?;
        }
        self.everybody_has(last).await
    }

    async fn everybody_has(&self, updates: usize) -> Result<()> {
        let expected = updates * self.load.rooms * (self.load.people - 1);
        let begun = Instant::now();
        loop {
            let (deliveries, trouble) = {
                let seen = self.seen.borrow();
                (seen.deliveries, seen.trouble.clone())
            };
            if let Some(trouble) = trouble {
                bail!("{trouble}");
            }
            if deliveries == expected {
                return Ok(());
            }
            if deliveries > expected || begun.elapsed() > PATIENCE {
                bail!("{deliveries} deliveries came, {expected} were due");
            }
            time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn late(&self) -> std::cell::RefMut<'_, Vec<u32>> {
        std::cell::RefMut::map(self.seen.borrow_mut(), |seen| &mut seen.late)
    }
}

impl Drop for Crowd<'_> {
    fn drop(&mut self) {
        self.readers.iter().for_each(JoinHandle::abort);
    }
}

async fn enter(at: SocketAddr, path: &str, yjs: bool) -> Result<Socket> {
    if yjs {
        let (socket, _) = client::join(at, path).await?;
        Ok(socket)
    } else {
        client::connect(at, path).await
    }
}

async fn drain(mut stream: SplitStream<Socket>) {
    while let Some(Ok(_)) = stream.next().await {}
}

/// Reads as one person; the sink is kept because a socket that loses it is closed.
async fn read(
    mut stream: SplitStream<Socket>,
    _sink: SplitSink<Socket, Message>,
    room: usize,
    expected: Rc<[Bytes]>,
    seen: Rc<RefCell<Seen>>,
) {
    let mut next = 0;
    loop {
        let message = match stream.next().await {
            Some(Ok(Message::Binary(message))) => message,
            Some(Ok(Message::Close(_)) | Err(_)) | None => {
                seen.borrow_mut().trouble = Some("a connection ended during the load".to_owned());
                return;
            }
            Some(Ok(_)) => continue,
        };
        let Ok(Sync::Update(_)) = Sync::decode(&message) else {
            continue;
        };
        let mut seen = seen.borrow_mut();
        // Everybody gets each update once, in order and as it was typed.
        if expected.get(next) != Some(&message) {
            seen.trouble = Some(format!("update {next} came changed, twice or out of order"));
            return;
        }
        let late = seen.sent[room][next].elapsed();
        seen.late
            .push(u32::try_from(late.as_micros()).unwrap_or(u32::MAX));
        seen.deliveries += 1;
        next += 1;
    }
}

#[cfg(test)]
mod tests;
