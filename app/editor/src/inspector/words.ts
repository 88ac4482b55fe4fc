/** Everything the inspector says, in both languages. */
import type { Said } from "./seam"

const english = {
  title: "Connection",
  rungs: ["WebSocket", "Event stream", "Long polling", "Short polling"],
  automatic: "Automatic",
  columns: ["Round trip", "Sent", "Received"],
  transports: "Transports: what each carried, and a switch to use it alone",
  simulate: "Simulate in this page",
  faults: ["Block WebSocket", "Swallow what streams bring", "Add 500 ms each way", "Lose half of what is sent"],
  cut: "Cut now",
  faulty: "Faults are being simulated. What is not saved waits here and is not lost.",
  messages: "Messages",
  groups: ["Edits", "Saved", "Presence", "Pulse", "Session"],
  sent: "Sent",
  received: "Received",
  only: ["Only sent", "Only received"],
  search: "Find",
  stop: "Pause",
  waiting: (n: number) => `${n} new`,
  clear: "Clear",
  export: "Export JSON",
  close: "Close",
  lab: "Compare all four on this network",
  none: "No message yet. Type something.",
  nothing: "No message fits.",
  more: (n: number) => `${n} more fit; the export has them all.`,
  heads: ["Time", "", "Kind", "What it says", "No.", "Size", "Transport"],
  lost: "swallowed by a simulated fault",
  gone: "These bytes are no longer kept.",
  link: (n: number) => `link ${n}`,
  say(said: Said): string {
    switch (said[0]) {
      case "edit": {
        const [, inserted, deleted, at, by] = said
        const characters = (n: number): string => (n === 1 ? "character" : "characters")
        const what = inserted && deleted ? `insert ${inserted}, delete ${deleted} ${characters(deleted)}`
          : inserted ? `insert ${inserted} ${characters(inserted)}`
          : deleted ? `delete ${deleted} ${characters(deleted)}` : "no change"
        return `${what}${at === undefined ? "" : ` at ${at}`}${by.length ? ` · ${by.join(", ")}` : ""}`
      }
      case "asks": return "asks for what is missing"
      case "people": return [...(said[1].length ? [`presence of ${said[1].join(", ")}`] : []), ...(said[2] ? [`${said[2]} left`] : [])].join("; ")
      case "from": return `after entry ${said[1]}`
      case "upto": return `everything up to ${said[1]}`
      case "later": return `come back in ${said[1]} ms`
      case "says": return said[1]
      default: return ""
    }
  },
}

const korean: typeof english = {
  title: "연결",
  rungs: ["WebSocket", "이벤트 스트림", "긴 폴링", "짧은 폴링"],
  automatic: "자동",
  columns: ["왕복", "보냄", "받음"],
  transports: "연결 방식: 방식마다 오간 양과, 하나만 쓰게 하는 스위치",
  simulate: "이 페이지에서 흉내 내기",
  faults: ["WebSocket 막기", "스트림으로 오는 것 삼키기", "오갈 때 500 ms씩 늦추기", "보내는 것의 절반 잃기"],
  cut: "지금 끊기",
  faulty: "장애를 흉내 내고 있어요. 저장되지 않은 글은 여기서 기다리고, 사라지지 않아요.",
  messages: "메시지",
  groups: ["편집", "저장", "접속자", "신호", "세션"],
  sent: "보냄",
  received: "받음",
  only: ["보낸 것만", "받은 것만"],
  search: "찾기",
  stop: "멈추기",
  waiting: (n) => `새 메시지 ${n}개`,
  clear: "비우기",
  export: "JSON 내보내기",
  close: "닫기",
  lab: "이 네트워크에서 네 방식 견주기",
  none: "아직 오간 메시지가 없어요. 글을 써 보세요.",
  nothing: "맞는 메시지가 없어요.",
  more: (n) => `${n}개가 더 있어요. 내보내면 모두 들어 있어요.`,
  heads: ["시각", "", "종류", "내용", "번호", "크기", "방식"],
  lost: "흉내 낸 장애가 삼켰어요",
  gone: "이 바이트는 더 이상 남아 있지 않아요.",
  link: (n) => `링크 ${n}`,
  say(said) {
    switch (said[0]) {
      case "edit": {
        const [, inserted, deleted, at, by] = said
        const place = at === undefined ? "" : `${at}에 `
        const what = inserted && deleted ? `${place}${inserted}자 넣고 ${deleted}자 지움`
          : inserted ? `${place}${inserted}자 넣음`
          : deleted ? `${deleted}자 지움` : "바뀐 것 없음"
        return `${what}${by.length ? ` · ${by.join(", ")}` : ""}`
      }
      case "asks": return "빠진 것을 물어봄"
      case "people": return [...(said[1].length ? [`${said[1].join(", ")} 님의 상태`] : []), ...(said[2] ? [`${said[2]}명 나감`] : [])].join(", ")
      case "from": return `항목 ${said[1]} 다음부터`
      case "upto": return `${said[1]}번까지 모두`
      case "later": return `${said[1]} ms 뒤에 다시`
      case "says": return said[1]
      default: return ""
    }
  },
}

export type Words = typeof english
export const words = (lang: string): Words => (lang === "ko" ? korean : english)

/** `812 B`, `4.2 kB`, `1.3 MB`. */
export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`
  const [value, unit] = count < 1_000_000 ? [count / 1_000, "kB"] : [count / 1_000_000, "MB"]
  return `${(Math.floor(value * 10) / 10).toFixed(1)} ${unit}`
}

/** The time of day where the reader is, to the thousandth of a second. */
export function time(ms: number): string {
  const date = new Date(ms)
  const two = (n: number): string => String(n).padStart(2, "0")
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`
}
