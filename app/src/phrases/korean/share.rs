//! 내 권한에 대한 문장. What is said of one's own rights, in Korean.
use crate::note::Note;
use crate::phrases::share::Share;

pub(super) const SHARE: Share = Share {
    share: "공유",
    copied: [
        "복사했어요",
        "복사하지 못했어요. 글을 선택해서 복사해 주세요",
    ],
    note,
};

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
        Note::WithoutLink => {
            "열어 본 링크는 여기에서 쓸 수 없거나 더는 쓸 수 없어요. 없어진 글은 없어요. 이 문서는 주소만으로도 열리니 링크 없이 계속할게요. \
             다른 권한이 필요하면 새 링크를 부탁해 주세요."
        }
        Note::ShareMissing => {
            "공유 창을 불러오지 못했어요. 아무것도 바뀌지 않았어요. 연결된 뒤에 다시 열거나 페이지를 새로 고쳐 주세요."
        }
    }
}
