/** The editor's own words in Korean; English is what CodeMirror says by itself. */
import { EditorState, type Extension } from "@codemirror/state"

const korean: Record<string, string> = {
  "Find": "찾기",
  "Replace": "바꿀 말",
  "next": "다음",
  "previous": "이전",
  "all": "모두 선택",
  "match case": "대소문자 구분",
  "by word": "단어 단위",
  "regexp": "정규식",
  "replace": "바꾸기",
  "replace all": "모두 바꾸기",
  "close": "닫기",
  "current match": "현재 찾은 곳",
  "on line": "줄",
  "replaced match on line $": "$번째 줄에서 바꿨습니다",
  "replaced $ matches": "$곳을 바꿨습니다",
  "Go to line": "줄로 가기",
  "go": "가기",
  "Selection deleted": "선택한 곳을 지웠습니다",
  "Control character": "제어 문자",
  "Folded lines": "접은 줄",
  "Unfolded lines": "펼친 줄",
  "to": "부터",
  "folded code": "접은 내용",
  "unfold": "펼치기",
}

export const phrases = (lang: "en" | "ko"): Extension => (lang === "ko" ? EditorState.phrases.of(korean) : [])
