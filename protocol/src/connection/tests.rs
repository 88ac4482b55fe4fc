//! Tests of a connection: what it opens when, how a session moves from link to link, and what the page is told.
//!
//! Over 400 lines because each rule of the ladder is a case of one table, with one page that they share.

use super::*;
use crate::{
    client::{Embedded, LinkStatus},
    frame::{ErrorCode, Role, ServerFrame, Welcome, authorization::Authorization},
    id::{ClientId, DocId},
    replica::Edit,
    sync::Message,
};

const WALL: u64 = 1_700_000_000_000;

struct Page {
    connection: Connection,
    replica: Replica,
    now: u64,
    open: Vec<(LinkId, Rung)>,
    remembered: Vec<Option<Memory>>,
    /// The newest link asked to go on with a session.
    resumes: bool,
}

impl Page {
    fn new(memory: Option<Memory>) -> Self {
        let id = ClientId::from_random(1);
        let doc = DocId::parse("hall").unwrap();
        let client = Client::new(doc, id, Embedded::default(), 5);
        let mut page = Self {
            connection: Connection::new(client, memory, 0, WALL, 5),
            replica: Replica::new(id, || 0),
            now: 0,
            open: Vec::new(),
            remembered: Vec::new(),
            resumes: false,
        };
        page.tick();
        page
    }

    /// Performs effects as a shell does, and gives what was sent.
    fn perform(&mut self, effects: Vec<Effect>) -> Vec<(LinkId, ClientFrame)> {
        let mut sent = Vec::new();
        for effect in effects {
            match effect {
                Effect::Open { link, rung, check } => {
                    self.open.push((link, rung));
                    if rung != Rung::WebSocket && !check {
                        let effects = self.connection.opened(self.now, link, &self.replica);
                        sent.extend(self.perform(effects));
                    }
                }
                Effect::Close { link } => self.open.retain(|(open, _)| *open != link),
                Effect::Send { link, message } => {
                    assert!(self.is_open(link), "what is closed is not written to");
                    let frame = ClientFrame::decode(&message).unwrap();
                    match frame {
                        ClientFrame::Hello(_) => self.resumes = false,
                        ClientFrame::Resume { .. } => self.resumes = true,
                        _ => {}
                    }
                    sent.push((link, frame));
                }
                Effect::Remember(memory) => self.remembered.push(memory),
                _ => {}
            }
        }
        sent
    }

    fn is_open(&self, link: LinkId) -> bool {
        self.open.iter().any(|(open, _)| *open == link)
    }

    fn tick(&mut self) -> Vec<(LinkId, ClientFrame)> {
        let effects = self.connection.tick(self.now, &self.replica);
        self.perform(effects)
    }

    /// Time passes; every deadline on the way is kept.
    fn pass(&mut self, ms: u64) -> Vec<(LinkId, ClientFrame)> {
        let end = self.now + ms;
        let mut sent = Vec::new();
        for _ in 0..1_000 {
            match self.connection.deadline() {
                Some(due) if due <= end => {
                    self.now = self.now.max(due);
                    sent.extend(self.tick());
                }
                _ => {
                    self.now = end;
                    return sent;
                }
            }
        }
        panic!("deadlines without progress");
    }

    fn opened(&mut self, link: LinkId) -> Vec<(LinkId, ClientFrame)> {
        let effects = self.connection.opened(self.now, link, &self.replica);
        self.perform(effects)
    }

    fn gets(&mut self, link: LinkId, frame: &ServerFrame) -> Vec<(LinkId, ClientFrame)> {
        let effects = self
            .connection
            .message(self.now, link, frame.encode(), &self.replica);
        self.perform(effects)
    }

    fn closed(&mut self, link: LinkId, why: Why) -> Vec<(LinkId, ClientFrame)> {
        self.open.retain(|(open, _)| *open != link);
        let effects = self.connection.closed(self.now, link, why, &self.replica);
        self.perform(effects)
    }

    fn types(&mut self) -> Vec<(LinkId, ClientFrame)> {
        let edit = Edit {
            from: 0,
            delete: 0,
            insert: "한".into(),
        };
        self.replica.edit(&[edit]).unwrap();
        let update = self.replica.take_updates().remove(0);
        let effects = self.connection.local(self.now, &update);
        self.perform(effects)
    }

    fn rungs(&self) -> Vec<Rung> {
        self.open.iter().map(|(_, rung)| *rung).collect()
    }

    fn newest(&self) -> LinkId {
        self.open.last().expect("a link").0
    }

    /// Waits until a link is being opened.
    fn tries_again(&mut self) {
        while self.open.is_empty() {
            self.pass(1);
        }
    }

    /// The session is welcomed on the newest link, which was opened by the way.
    fn welcomed(&mut self) -> LinkId {
        let link = self.newest();
        if self.rungs().last() == Some(&Rung::WebSocket) {
            self.opened(link);
        }
        let answer = if self.resumes {
            ServerFrame::Resumed { applied: 0 }
        } else {
            welcome()
        };
        let sent = self.gets(link, &answer);
        let probe = sent.iter().find_map(|(_, frame)| match frame {
            ClientFrame::Probe { nonce, padding } => Some((*nonce, padding.clone())),
            _ => None,
        });
        let (nonce, padding) = probe.expect("every link is to be proven");
        self.gets(link, &ServerFrame::Probed { nonce, padding });
        assert_eq!(self.connection.status().link, LinkStatus::Live);
        link
    }

    /// A page on an event stream, WebSocket having been refused.
    fn on_a_stream() -> (Self, LinkId) {
        let mut page = Self::new(None);
        let socket = page.newest();
        page.closed(socket, Why::Refused);
        let link = page.welcomed();
        (page, link)
    }
}

fn welcome() -> ServerFrame {
    ServerFrame::Welcome(Welcome {
        sid: [1; 16],
        key: [2; 32],
        epoch: 7,
        generation: 1,
        after: Some(0),
        role: Role::Write,
        heartbeat_ms: 20_000,
        max_update: 1 << 20,
        expires_in_ms: None,
    })
}

fn probe(sent: &[(LinkId, ClientFrame)]) -> Option<ServerFrame> {
    sent.iter().find_map(|(_, frame)| match frame {
        ClientFrame::Probe { nonce, padding } => Some(ServerFrame::Probed {
            nonce: *nonce,
            padding: padding.clone(),
        }),
        _ => None,
    })
}

fn data(sent: &[(LinkId, ClientFrame)]) -> Vec<(LinkId, u64)> {
    sent.iter()
        .filter_map(|(link, frame)| match frame {
            ClientFrame::Data { seq, .. } => Some((*link, *seq)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_refused_upgrade_is_followed_by_a_stream_at_once() {
    let mut page = Page::new(None);
    assert_eq!(page.rungs(), [Rung::WebSocket]);
    let socket = page.newest();
    let sent = page.closed(socket, Why::Refused);
    assert_eq!(page.rungs(), [Rung::EventStream]);
    assert!(
        matches!(sent[..], [(_, ClientFrame::Hello(_))]),
        "without waiting: {sent:?}"
    );
    page.welcomed();
    let status = page.connection.status();
    assert_eq!(
        (status.rung, status.limited),
        (Some(Rung::EventStream), Some(Reason::Refused))
    );
    assert_eq!(page.remembered.len(), 1);
}

#[test]
fn an_upgrade_without_an_answer_gets_company_and_may_still_win() {
    let mut page = Page::new(None);
    let socket = page.newest();
    page.pass(2_499);
    assert_eq!(page.rungs(), [Rung::WebSocket]);
    page.pass(1);
    assert_eq!(page.rungs(), [Rung::WebSocket, Rung::EventStream]);
    let stream = page.welcomed();
    page.pass(1_000);
    let sent = page.opened(socket);
    page.gets(socket, &probe(&sent).expect("proven before it is used"));
    assert_eq!(page.connection.status().link, LinkStatus::Live);
    page.gets(socket, &ServerFrame::Resumed { applied: 0 });
    assert_eq!(page.rungs(), [Rung::WebSocket]);
    assert!(!page.is_open(stream));
    assert_eq!(page.connection.status().limited, None);
}

#[test]
fn an_upgrade_that_is_never_answered_is_aborted_after_ten_seconds() {
    let mut page = Page::new(None);
    page.pass(2_500);
    page.welcomed();
    page.pass(7_499);
    assert_eq!(page.rungs(), [Rung::WebSocket, Rung::EventStream]);
    page.pass(1);
    assert_eq!(page.rungs(), [Rung::EventStream]);
}

#[test]
fn a_socket_that_opens_and_carries_nothing_is_left_after_five_seconds() {
    let mut page = Page::new(None);
    let socket = page.newest();
    page.opened(socket);
    page.pass(4_999);
    assert_eq!(page.rungs(), [Rung::WebSocket]);
    page.pass(1);
    assert_eq!(page.rungs(), [Rung::EventStream]);
    page.welcomed();
    assert_eq!(page.connection.status().limited, Some(Reason::Silent));
}

#[test]
fn a_socket_on_which_the_server_hears_nothing_is_left_when_it_says_so() {
    let mut page = Page::new(None);
    let socket = page.newest();
    page.opened(socket);
    page.pass(4_900);
    let unheard = ServerFrame::Error {
        code: ErrorCode::TooSlow,
        message: String::new(),
    };
    page.gets(socket, &unheard);
    assert_eq!(page.rungs(), [Rung::EventStream]);
    page.welcomed();
    assert_eq!(page.connection.status().limited, Some(Reason::Silent));
}

#[test]
fn a_stream_that_shows_nothing_is_left_for_polls_within_three_seconds_and_edits_go_on() {
    let mut page = Page::new(None);
    let socket = page.newest();
    page.closed(socket, Why::Refused);
    let stream = page.newest();
    page.gets(stream, &welcome());
    page.pass(2_999);
    assert_eq!(data(&page.types()), [(stream, 1)]);
    let sent = page.pass(1);
    let poll = page.newest();
    assert_eq!(page.rungs(), [Rung::EventStream, Rung::LongPoll]);
    assert!(
        matches!(sent[..], [(link, ClientFrame::Resume { .. })] if link == poll),
        "{sent:?}"
    );
    assert_eq!(
        data(&page.types()),
        [],
        "held until it is known what arrived"
    );
    let sent = page.gets(poll, &ServerFrame::Resumed { applied: 1 });
    assert_eq!(data(&sent), [(poll, 2)], "once each");
    assert_eq!(page.rungs(), [Rung::LongPoll]);
    assert_eq!(page.connection.status().limited, Some(Reason::Buffered));
}

#[test]
fn a_large_document_on_its_way_is_no_stalled_stream() {
    let mut page = Page::new(None);
    let socket = page.newest();
    page.closed(socket, Why::Refused);
    let stream = page.newest();
    page.gets(stream, &welcome());
    for _ in 0..20 {
        page.pass(2_000);
        let piece = [&[126][..], &[0; 12_000]].concat();
        let effects = page
            .connection
            .message(page.now, stream, piece.into(), &page.replica);
        page.perform(effects);
    }
    assert_eq!(page.rungs().first(), Some(&Rung::EventStream));
    assert!(!page.rungs().contains(&Rung::LongPoll));
}

#[test]
fn a_better_link_is_proven_beside_the_old_one_and_then_gets_the_session() {
    let (mut page, stream) = Page::on_a_stream();
    assert_eq!(data(&page.types()), [(stream, 1)]);
    page.gets(stream, &ServerFrame::Saved { seq: 1 });
    page.pass(33_000);
    assert_eq!(page.rungs(), [Rung::EventStream, Rung::WebSocket]);
    let socket = page.newest();
    let sent = page.opened(socket);
    assert_eq!(data(&page.types()), [(stream, 2)], "the old one goes on");
    let sent = page.gets(socket, &probe(&sent).unwrap());
    assert!(
        matches!(sent[..], [(link, ClientFrame::Resume { link: 1, .. })] if link == socket),
        "{sent:?}"
    );
    assert_eq!(page.connection.status().link, LinkStatus::Live);
    assert_eq!(
        page.connection.status().rung,
        Some(Rung::EventStream),
        "no flicker"
    );
    assert_eq!(data(&page.types()), []);
    let sent = page.gets(socket, &ServerFrame::Resumed { applied: 1 });
    assert_eq!(data(&sent), [(socket, 2), (socket, 3)]);
    assert!(!page.is_open(stream));
    page.gets(
        socket,
        &probe(&sent).expect("proven with the session on it, too"),
    );
    page.gets(socket, &ServerFrame::Saved { seq: 3 });
    page.pass(10_000);
    assert_eq!(
        page.remembered.last(),
        Some(&None),
        "a WebSocket that lives is no secret"
    );
}

#[test]
fn a_candidate_that_dies_before_it_answers_changes_nothing_and_loses_nothing() {
    let (mut page, stream) = Page::on_a_stream();
    page.pass(33_000);
    let socket = page.newest();
    let sent = page.opened(socket);
    page.gets(socket, &probe(&sent).unwrap());
    assert_eq!(data(&page.types()), []);
    let mut other = Replica::new(ClientId::from_random(9), || 0);
    other
        .edit(&[Edit {
            from: 0,
            delete: 0,
            insert: "글".into(),
        }])
        .unwrap();
    let update = other.take_updates().remove(0);
    let batch = ServerFrame::Batch {
        upto: 1,
        messages: vec![Message::Update(&update).encode().into()],
    };
    let held = page
        .connection
        .message(page.now, stream, batch.encode(), &page.replica);
    assert_eq!(held, [], "the new link would tell it again");
    page.open.retain(|(open, _)| *open != socket);
    let effects = page
        .connection
        .closed(page.now, socket, Why::Lost, &page.replica);
    assert!(
        effects.iter().any(
            |effect| matches!(effect, Effect::Remote(updates) if updates[..] == [update.clone()])
        ),
        "what was held back counts after all"
    );
    assert_eq!(data(&page.perform(effects)), [(stream, 1)]);
    assert_eq!(page.connection.status().link, LinkStatus::Live);
    assert_eq!(page.rungs(), [Rung::EventStream]);
}

#[test]
fn a_page_that_leaves_while_its_session_moves_says_so_on_both_links() {
    let (mut page, stream) = Page::on_a_stream();
    page.pass(33_000);
    let socket = page.newest();
    let sent = page.opened(socket);
    page.gets(socket, &probe(&sent).unwrap());
    let effects = page.connection.leave(page.now);
    let sent = page.perform(effects);
    assert_eq!(
        sent,
        [(stream, ClientFrame::Bye), (socket, ClientFrame::Bye)]
    );
    assert_eq!(page.rungs(), []);
}

#[test]
fn an_old_link_that_ends_while_the_session_moves_is_not_missed() {
    let (mut page, stream) = Page::on_a_stream();
    page.pass(33_000);
    let socket = page.newest();
    let sent = page.opened(socket);
    page.gets(socket, &probe(&sent).unwrap());
    page.closed(stream, Why::Lost);
    assert_eq!(page.rungs(), [Rung::WebSocket]);
    page.gets(socket, &ServerFrame::Resumed { applied: 0 });
    assert_eq!(page.connection.status().rung, Some(Rung::WebSocket));
}

#[test]
fn a_server_that_is_down_is_tried_from_the_top_each_time() {
    let mut page = Page::new(None);
    for _ in 0..5 {
        let socket = page.newest();
        assert_eq!(page.rungs(), [Rung::WebSocket]);
        page.closed(socket, Why::Refused);
        let stream = page.newest();
        page.closed(stream, Why::Unreachable);
        assert_eq!(page.rungs(), []);
        assert!(matches!(
            page.connection.status().link,
            LinkStatus::Waiting { .. }
        ));
        page.tries_again();
    }
    assert!(page.remembered.is_empty(), "nothing was learnt");
}

#[test]
fn a_captive_portal_is_no_server_and_no_fault_of_a_transport() {
    for why in [Why::Stranger, Why::Status(502), Why::Status(511)] {
        let mut page = Page::new(None);
        let socket = page.newest();
        page.closed(socket, Why::Refused);
        let stream = page.newest();
        page.closed(stream, why);
        page.connection.wake(page.now);
        assert_eq!(page.connection.status().limited, None);
        assert!(page.remembered.is_empty());
    }
}

#[test]
fn a_deploy_keeps_the_transport() {
    let mut page = Page::new(None);
    let socket = page.welcomed();
    page.gets(
        socket,
        &ServerFrame::GoAway {
            retry_after_ms: 1_500,
        },
    );
    assert_eq!(page.rungs(), []);
    page.pass(1_499);
    assert_eq!(page.rungs(), [], "not before its time");
    page.pass(501);
    assert_eq!(page.rungs(), [Rung::WebSocket]);
    assert!(page.remembered.is_empty());
}

#[test]
fn an_error_about_rights_or_sizes_is_no_fault_of_a_transport() {
    for code in [
        ErrorCode::TooLarge,
        ErrorCode::ReadOnly,
        ErrorCode::NoToken,
        ErrorCode::Expired,
        ErrorCode::Revoked,
        ErrorCode::Rate,
    ] {
        let mut page = Page::new(None);
        let socket = page.welcomed();
        page.gets(
            socket,
            &ServerFrame::Error {
                code,
                message: "no".into(),
            },
        );
        let effects = page.connection.retry(page.now);
        page.perform(effects);
        page.tries_again();
        assert_eq!(page.rungs(), [Rung::WebSocket], "{code:?}");
    }
}

#[test]
fn tunnels_that_die_young_are_left_without_waiting_once_that_is_known() {
    let mut page = Page::new(None);
    for _ in 0..2 {
        let socket = page.welcomed();
        page.pass(200);
        page.closed(socket, Why::Lost);
        page.tries_again();
        assert_eq!(page.rungs(), [Rung::WebSocket]);
    }
    let socket = page.welcomed();
    page.pass(200);
    page.closed(socket, Why::Lost);
    assert_eq!(page.rungs(), [Rung::EventStream], "at once");
    page.welcomed();
    assert_eq!(page.connection.status().limited, Some(Reason::ShortLived));
}

#[test]
fn a_quiet_link_that_is_cut_again_and_again_is_used_more_often() {
    let mut page = Page::new(None);
    for _ in 0..2 {
        let socket = page.welcomed();
        page.pass(15_000);
        page.closed(socket, Why::Lost);
        page.tries_again();
    }
    page.welcomed();
    let sent = page.pass(8_000);
    assert!(probe(&sent).is_some(), "asked before the 15 s are over");
}

#[test]
fn a_hidden_page_climbs_only_when_it_is_looked_at_again() {
    let (mut page, stream) = Page::on_a_stream();
    page.connection.visible(page.now, false);
    for _ in 0..6 {
        page.pass(20_000);
        page.gets(stream, &ServerFrame::Pong { nonce: 0 });
    }
    assert_eq!(page.rungs(), [Rung::EventStream]);
    let effects = page.connection.visible(page.now, true);
    page.perform(effects);
    page.pass(0);
    assert_eq!(page.rungs(), [Rung::EventStream, Rung::WebSocket]);
}

#[test]
fn a_choice_moves_the_session_and_taking_it_back_does_too() {
    let mut page = Page::new(None);
    let socket = page.welcomed();
    let effects = page.connection.force(page.now, Some(Rung::ShortPoll));
    page.perform(effects);
    page.pass(0);
    assert_eq!(page.rungs(), [Rung::WebSocket, Rung::ShortPoll]);
    let poll = page.newest();
    page.gets(poll, &ServerFrame::Resumed { applied: 0 });
    assert!(!page.is_open(socket));
    let status = page.connection.status();
    assert_eq!(
        (status.rung, status.limited),
        (Some(Rung::ShortPoll), Some(Reason::Chosen))
    );
    let effects = page.connection.force(page.now, None);
    page.perform(effects);
    page.pass(0);
    assert_eq!(page.rungs(), [Rung::ShortPoll, Rung::WebSocket]);
}

#[test]
fn what_is_unsaved_leaves_with_the_page() {
    let mut page = Page::new(None);
    assert!(
        page.connection.farewell(&page.replica).is_none(),
        "nobody to tell"
    );
    page.welcomed();
    page.types();
    page.types();
    let (authorization, packet) = page.connection.farewell(&page.replica).unwrap();
    let authorization: Authorization = authorization.parse().unwrap();
    assert_eq!((authorization.sid, authorization.link), ([1; 16], 0));
    let frames = told(&packet);
    let edits = matches!(
        frames[..2],
        [
            ClientFrame::Data { seq: 1, .. },
            ClientFrame::Data { seq: 2, .. }
        ]
    );
    assert!(edits && frames[2..] == [ClientFrame::Bye], "{frames:?}");
}

#[test]
fn what_is_unsaved_is_said_without_a_goodbye_while_the_page_may_stay() {
    let mut page = Page::new(None);
    let socket = page.welcomed();
    assert!(
        page.connection.unsaved(&page.replica).is_none(),
        "nothing to say"
    );
    page.types();
    let (_, packet) = page.connection.unsaved(&page.replica).unwrap();
    assert!(
        matches!(told(&packet)[..], [ClientFrame::Data { seq: 1, .. }]),
        "{packet:?}"
    );
    page.gets(socket, &ServerFrame::Saved { seq: 1 });
    assert!(page.connection.unsaved(&page.replica).is_none());
}

#[test]
fn a_page_that_is_left_while_its_session_moves_speaks_for_the_newest_link() {
    let mut page = Page::new(None);
    page.welcomed();
    let effects = page.connection.force(page.now, Some(Rung::LongPoll));
    page.perform(effects);
    page.pass(0);
    page.types();
    let (authorization, packet) = page.connection.farewell(&page.replica).unwrap();
    let authorization: Authorization = authorization.parse().unwrap();
    assert_eq!(authorization.link, 1);
    assert_eq!(
        told(&packet).len(),
        2,
        "the edit too, which waits for RESUMED"
    );
}

fn told(packet: &Bytes) -> Vec<ClientFrame> {
    let messages = crate::frame::packet::unpack(packet).unwrap();
    let frames = messages
        .iter()
        .map(|message| ClientFrame::decode(message).unwrap());
    frames.collect()
}
