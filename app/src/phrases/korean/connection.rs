//! 연결에 대한 말. What is said about the connection, in Korean.
use crate::inspector::read::{Edit, What};
use crate::phrases::connection::Connection;
use protocol::ladder::Reason;

pub(super) const CONNECTION: Connection = Connection {
    title: "연결",
    rungs: ["WebSocket", "이벤트 스트림", "긴 폴링", "짧은 폴링"],
    none: "연결 끊김",
    meaning_best: "가장 빠른 방식인 WebSocket으로 연결되어 있어요.",
    meaning_none: "서버와 연결이 끊겼어요. 계속 다시 시도하고 있어요.",
    reason,

    transport: "연결 방식",
    automatic: "자동",
    round_trip: "왕복 시간",
    sent: "보냄",
    received: "받음",
    simulate: "이 페이지에서 흉내 내기",
    faults: [
        "WebSocket 막기",
        "스트림으로 오는 것 삼키기",
        "오갈 때마다 500 ms 늦추기",
        "보내는 것의 절반 잃기",
    ],
    cut: "지금 연결 끊기",
    faulty: "이 페이지에서 장애를 흉내 내고 있어요. 저장되지 않은 글은 여기서 기다리고, 사라지지 않아요.",

    messages: "메시지",
    groups: ["편집", "저장", "접속자", "신호", "세션"],
    only_sent: "보낸 것만",
    only_received: "받은 것만",
    search: "메시지에서 찾기",
    pause: "멈추기",
    go_on: "이어 보기",
    clear: "비우기",
    export: "JSON으로 내보내기",
    nothing: "아직 오간 메시지가 없어요. 글을 써 보세요.",
    waiting: |n| format!("새 메시지 {n}개"),
    more: |n| format!("그 밖에 {n}개가 더 있어요. 내보내면 모두 들어 있어요"),
    columns: ["시각", "방향", "종류", "내용", "번호", "크기", "연결 방식"],
    lost: "흉내 낸 장애가 삼켰어요",
    what,
};

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Refused => {
            "제한된 연결: 이 네트워크가 WebSocket을 막고 있어요. 모든 기능은 그대로 쓸 수 있어요."
        }
        Reason::Unanswered => {
            "제한된 연결: 이 네트워크에서는 WebSocket에 응답이 없어요. 모든 기능은 그대로 쓸 수 있어요."
        }
        Reason::Silent => {
            "제한된 연결: 이 네트워크가 WebSocket으로 오가는 것을 삼키고 있어요. 모든 기능은 그대로 쓸 수 있어요."
        }
        Reason::ShortLived => {
            "제한된 연결: 이 네트워크가 연결을 금방 끊어요. 모든 기능은 그대로 쓸 수 있어요."
        }
        Reason::Buffered => {
            "제한된 연결: 중간에서 스트림을 붙잡아 두고 있어요. 모든 기능은 그대로 쓸 수 있어요."
        }
        Reason::Cut => {
            "제한된 연결: 중간에서 긴 응답을 끊고 있어요. 모든 기능은 그대로 쓸 수 있어요."
        }
        Reason::Remembered => {
            "제한된 연결: 조금 전에 이 네트워크에서 WebSocket이 막혔어요. 모든 기능은 그대로 쓸 수 있어요."
        }
        Reason::Crowded => {
            "제한된 연결: 이 브라우저에 열린 탭이 많아요. 모든 기능은 그대로 쓸 수 있어요."
        }
        Reason::Chosen => "연결 창에서 고른 방식이에요.",
    }
}

fn what(what: &What) -> String {
    match what {
        What::Nothing => String::new(),
        What::Edit(edit) => changes(edit),
        What::Asks => "빠진 것을 물어봄".to_owned(),
        What::People(names, left) => {
            let mut said = String::new();
            if !names.is_empty() {
                said = format!("{} 님의 상태", names.join(", "));
            }
            if *left > 0 {
                said = format!(
                    "{said}{}{left}명 나감",
                    if names.is_empty() { "" } else { ", " }
                );
            }
            said
        }
        What::From(after) => format!("항목 {after} 다음부터"),
        What::Upto(seq) => format!("{seq}번까지 모두"),
        What::Later(ms) => format!("{ms} ms 뒤에 다시"),
        What::Says(words) => words.clone(),
    }
}

fn changes(edit: &Edit) -> String {
    let place = edit.at.map_or_else(String::new, |at| format!("{at}에 "));
    let mut said = match (edit.inserted, edit.deleted) {
        (0, 0) => "바뀐 것 없음".to_owned(),
        (n, 0) => format!("{place}{n}자 넣음"),
        (0, n) => format!("{n}자 지움"),
        (n, m) => format!("{place}{n}자 넣고 {m}자 지움"),
    };
    if !edit.by.is_empty() {
        said += &format!(" · {}", edit.by.join(", "));
    }
    said
}
