//! 연결에 대한 말. What is said about the connection, in Korean.
use crate::phrases::connection::Connection;
use protocol::ladder::Reason;

pub(super) const CONNECTION: Connection = Connection {
    title: "연결",
    rungs: ["WebSocket", "이벤트 스트림", "긴 폴링", "짧은 폴링"],
    none: "연결 끊김",
    meaning_best: "가장 빠른 방식인 WebSocket으로 연결되어 있어요.",
    meaning_none: "서버와 연결이 끊겼어요. 계속 다시 시도하고 있어요.",
    reason,
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
