//! 실험실의 말. The lab in Korean.
use super::{LanePhrases, Phrases};
use protocol::connection::Why;
use protocol::ladder::Rung;

pub(super) const PHRASES: Phrases = Phrases {
    title: "서버로 가는 네 가지 길, 지금 이 네트워크에서",
    description: "WebSocket, SSE, 긴 폴링, 짧은 폴링을 나란히 놓고 지금 쓰는 네트워크에서 바로 재어 봅니다.",
    intro: "WebSocket, SSE와 POST, 긴 폴링, 짧은 폴링. 똑같은 편집 세션을 이 페이지와 이 서버 사이에서 네 가지 방식으로 동시에 돌려요. \
            시작을 누르고 지금 쓰는 네트워크에서 어떻게 다른지 보세요.",
    needs_script: "재려면 JavaScript가 필요해요. 네 방식이 무엇이고 언제 막히며 언제 고르면 좋은지는 아래에서 읽을 수 있어요.",

    start: "재기 시작",
    stop: |left| format!("멈추기 ({left}초 남음)"),
    again: "다시 재기",
    rate: "업데이트",
    per_second: |rate| format!("1초에 {rate}번"),
    size: "크기",
    of_bytes: |bytes| format!("{bytes}바이트"),

    running: "재고 있어요.",
    found: |found| format!("이 네트워크에서 고친 글이 다른 페이지에 닿기까지: {found}"),
    nothing: "통하지 않음",

    lanes_label: "네 가지 전송 방식",
    unmeasured: "아직 재지 않음",
    opening: "연결하는 중…",
    silent: "돌아오는 것이 없어요. 중간에서 응답을 막고 있어요.",
    blocked,
    works: "여기서 통해요",
    worked: "여기서 통했어요",

    median: "고친 글이 다른 페이지에 닿기까지, 중앙값",
    p95: "같은 시간, 95번째 백분위",
    saved: "디스크에 저장되기까지, 중앙값",
    saved_p95: "저장되기까지, 95번째 백분위",
    arrived: "도착한 업데이트",
    requests: "HTTP 요청 (업데이트마다)",
    up: "올라간 바이트, 업데이트마다",
    down: "내려온 바이트, 업데이트마다",
    links: "두 페이지가 연 연결",
    kept: "연결",
    format: "오가는 형식",
    plot: "최근 업데이트가 저마다 걸린 시간. 눈금 하나마다 열 배씩 길어져요.",
    breaks: "언제 막히나",
    choose: "언제 고르나",

    lanes: [
        LanePhrases {
            name: "WebSocket",
            way: "연결 하나로 양쪽이 동시에 주고받아요.",
            kept: "하나를 계속 열어 둠",
            format: "이진 프레임",
            breaks: "업그레이드를 넘겨주지 않는 프록시, TLS를 열어 보는 검사기, HTTP만 아는 방화벽. 바로 거절되거나, 응답 없이 매달리거나, \
                     열리고도 조용해요. 실제로 답이 와야 통한다고 할 수 있어요.",
            choose: "통하는 곳이라면 먼저 고르세요. 업데이트에 몇 바이트만 더 붙고, 서버도 아무 때나 말할 수 있어요.",
        },
        LanePhrases {
            name: "SSE + POST",
            way: "내려올 때는 끝나지 않는 응답 하나, 올라갈 때는 요청.",
            kept: "응답을 계속 열어 둠",
            format: "내려올 때 텍스트(base64), 올라갈 때 이진",
            breaks: "응답이 끝날 때까지 붙잡아 두는 프록시, 응답 시간을 제한하는 프록시. HTTP/1.1에서는 브라우저가 서버 하나에 여는 연결 여섯 개 중 \
                     하나를 탭마다 차지해요.",
            choose: "WebSocket이 통하지 않는 곳에서. 거의 그만큼 빠르고 HTTP만 써요. 주로 서버가 말하는 곳에도 어울려요.",
        },
        LanePhrases {
            name: "긴 폴링",
            way: "내려올 때는 소식을 기다리는 요청, 올라갈 때도 요청.",
            kept: "답이 올 때마다 다시 물음",
            format: "이진 본문",
            breaks: "기다리는 요청을 금방 끊는 게이트웨이. 업데이트가 잦으면 답마다 헤더가 모두 붙은 요청이 하나씩 들어요.",
            choose: "스트림을 붙잡아 두는 곳에서. 요청이 답을 기다릴 수만 있으면 통해요.",
        },
        LanePhrases {
            name: "짧은 폴링",
            way: "내려올 때는 이따금 묻는 요청, 올라갈 때도 요청.",
            kept: "거듭 물음, 한가하면 더 드물게",
            format: "이진 본문",
            breaks: "막히는 일이 거의 없어요. 다만 소식은 다음에 물을 때까지 기다리고, 소식이 없어도 묻는 데 비용이 들어요.",
            choose: "다른 것이 모두 막혔을 때, 조금 늦어도 괜찮을 때.",
        },
    ],

    method: "어떻게 재나",
    methods: [
        "레인마다 이 탭 안에 온전한 세션 두 개가 있어요. 하나는 쓰고 하나는 읽으며, 이번 실행만을 위한 문서를 써요. 문서 페이지와 같은 코드와 \
         프로토콜이고 전송 방식만 하나로 정해 두었어요. 모든 업데이트는 검사를 거쳐 전달되고 서버 디스크에 기록돼요.",
        "시간은 이 탭의 시계 하나로 재요. 고친 때부터 그 글이 다른 세션에 들어갈 때까지, 그리고 서버가 디스크에 있다고 말할 때까지예요. \
         네트워크를 두 번 지나고, 브라우저가 바쁜 것도 들어가요.",
        "바이트와 요청은 첫 업데이트가 닿은 뒤로 두 세션이 쓴 것을 모두 더해 그 뒤 도착한 업데이트 수로 나눈 값이에요. 요청과 응답은 HTTP/1.1로 쓴 머리까지(요청의 \
         머리 길이는 서버가 알려 줘요), WebSocket 메시지는 프레임 머리까지 세요. TCP와 TLS, WebSocket의 첫 악수는 세지 않아요.",
        "1분이 지나거나 탭을 떠나면 저절로 끝나요. 다른 때, 다른 네트워크에서 재면 값도 달라져요.",
        "문서에서 마루는 이 가운데 통하는 가장 좋은 방식으로 시작하고, 나중에 스스로 더 좋은 방식으로 돌아가요. 지금 무엇을 쓰는지는 글 아래 \
         배지에 나와요.",
    ],
    shares_connections: "이 페이지는 HTTP/1.1로 왔어요. 브라우저는 서버 하나에 연결을 여섯 개까지만 열어요. 여기서는 스트림과 긴 폴링이 네 개를 \
                         붙잡고 있어서, 문서 하나만 열었을 때보다 요청이 서로를 더 기다려요.",
};

fn blocked(rung: Rung, why: Why) -> String {
    let what = match why {
        Why::Refused => "열리기 전에 거절되었어요. 중간에서 막고 있어요",
        Why::Lost => "열렸다가 끊겼어요",
        Why::Unreachable => "요청에 답이 없어요. 이 방식으로는 서버에 닿지 않아요",
        Why::Stranger => "다른 것이 답하고 있어요. 로그인 페이지나 프록시예요",
        Why::Status(status) => {
            return format!("중간에서 상태 {status}로 답하고 있어요.");
        }
    };
    let or_server = if rung == Rung::WebSocket && why == Why::Refused {
        " (서버가 멈췄다면 다른 방식도 함께 안 돼요)"
    } else {
        ""
    };
    format!("{what}{or_server}.")
}
