//! 공유 창의 문장. What the share dialog says, in Korean.
use crate::note::Note;
use crate::phrases::share::Share;
use crate::share::{Left, Problem};

pub(super) const SHARE: Share = Share {
    share: "공유",
    title: "문서 공유하기",

    who_open: "이 페이지의 주소를 아는 사람은 누구나 읽고 쓸 수 있어요.",
    who_closed: "여기에서 만든 링크가 있는 사람만 이 문서를 열 수 있어요.",
    address: "이 페이지의 주소",
    own_link: "내 링크: 받은 사람도 나와 같은 권한을 가져요",
    only_links: "링크가 있는 사람만",
    closing: "주소만으로 들어온 사람은 모두 바로 나가게 돼요. 나는 내 편집 링크로 그대로 남고, 그 링크는 여기에서 복사할 수 있어요.",
    opening: "이 설정을 끄면 주소를 아는 사람은 누구나 다시 읽고 쓸 수 있어요.",

    new_link: "새 링크",
    allows: "링크로 할 수 있는 일",
    access: ["보기", "편집"],
    access_hint: [
        "링크를 받은 사람은 읽고 함께 볼 수 있지만, 쓸 수는 없어요.",
        "링크를 받은 사람은 읽고 쓰고, 링크를 만들 수도 있어요.",
    ],
    honest: "지금은 주소를 아는 사람이면 누구나 쓸 수 있고, 보기 링크에도 주소가 들어 있어요. ‘링크가 있는 사람만’을 켜야 보기 링크가 \
             정말 보기만 하는 링크가 돼요.",
    works_for: "쓸 수 있는 기간",
    lifetimes: ["1시간", "하루", "일주일", "거둘 때까지 계속"],
    label: "누구에게",
    label_hint: "이 목록에서만 보이는 메모",
    make: "링크 만들기",
    made: "새 링크예요. 지금 한 번만 보여 드리니 복사해 두세요",
    made_own: "내 편집 링크예요. 이 브라우저가 기억하고, 다른 곳에서 열려면 복사해 두세요",
    copy: "복사",
    copied: "복사했어요",
    copy_failed: "복사하지 못했어요. 링크를 선택해서 복사해 주세요",

    links: "쓰고 있는 링크",
    none: "아직 없어요.",
    named: ["보기 링크", "편집 링크"],
    left,
    renewed: [
        "지금부터 1시간",
        "지금부터 하루",
        "지금부터 일주일",
        "거둘 때까지",
    ],
    revoke: "거두기",
    revoke_now: "정말 거둘까요?",

    problem,
    note,
};

fn left(left: Left) -> String {
    match left {
        Left::Minutes(n) => format!("{n}분 남음"),
        Left::Hours(n) => format!("{n}시간 남음"),
        Left::Days(n) => format!("{n}일 남음"),
        Left::Ever => "거둘 때까지".to_owned(),
    }
}

fn problem(problem: Problem) -> &'static str {
    match problem {
        Problem::Offline => {
            "서버와 연결되어 있지 않아서 아무것도 바뀌지 않았어요. 연결된 뒤에 다시 해 주세요."
        }
        Problem::NotAllowed => {
            "내 링크로는 이 문서의 링크를 보거나 바꿀 수 없어요. 아무것도 바뀌지 않았어요. 위의 링크를 그대로 전하거나, 링크를 준 사람에게 \
             물어봐 주세요."
        }
        Problem::TooMany => {
            "이 문서의 링크가 너무 많거나, 짧은 시간에 너무 많이 만들었어요. 아무것도 바뀌지 않았어요. 필요 없는 링크를 거두거나 잠시 뒤에 \
             다시 해 주세요."
        }
        Problem::Failed => {
            "서버가 처리하지 못했어요. 링크는 모두 그대로예요. 다시 해 보고, 계속되면 서버를 관리하는 사람에게 알려 주세요."
        }
    }
}

fn note(note: Note) -> &'static str {
    match note {
        Note::Viewer => {
            "보기 링크로 들어왔어요. 읽고 함께 볼 수 있지만 쓸 수는 없어요. 쓰려면 편집 링크를 부탁해 주세요."
        }
        Note::ReadOnly => "이 문서를 읽고 함께 볼 수 있지만, 쓸 수는 없어요.",
        Note::EndsSoon => {
            "1분 안에 링크의 기간이 끝나요. ‘저장됨’으로 표시된 글은 안전해요. 계속하려면 새 링크를 부탁해 주세요."
        }
        Note::RenewalLate => {
            "곧 권한이 끝나는데 아직 새로 받지 못했어요. ‘저장됨’으로 표시된 글은 안전해요. 계속 다시 시도하고 있으니 그대로 쓰셔도 돼요."
        }
    }
}
