/** Compares editor and replica while nobody types; it repairs nothing itself. */
import type { Text } from "@codemirror/state"

/** Milliseconds without a change before the comparison starts, and code units hashed in one go (about 1 ms). */
const IDLE = 30_000
const SLICE = 1 << 18

/** FNV-1a, 32 bits, continued over the UTF-16 code units of `text`. */
export function fnv(text: string, hash = 0x811c9dc5): number {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** What the check needs to know and do. `ready` is false while a local or remote change is on its way. */
export interface Watched {
  text(): Text
  ready(): boolean
  compare(length: number, hash: number): void
}

export class Agreement {
  #changed = Date.now()
  #checked: Text | null = null
  #timer = 0

  constructor(readonly watched: Watched) {
    this.#arm(IDLE)
  }

  /** The text changed. Only notes the time: this runs on every keystroke. */
  touch(): void {
    this.#changed = Date.now()
    if (!this.#timer) this.#arm(IDLE)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = -1
  }

  #arm(after: number): void {
    this.#timer = window.setTimeout(() => {
      this.#timer = 0
      const left = this.#changed + IDLE - Date.now()
      if (left > 0 || !this.watched.ready()) this.#arm(Math.max(left, 1000))
      else if (this.watched.text() !== this.#checked) this.#hash(this.watched.text(), 0, fnv(""))
    }, after)
  }

  #hash(text: Text, from: number, hash: number): void {
    if (this.watched.text() !== text || !this.watched.ready()) return void (this.#timer || this.#arm(IDLE))
    const to = Math.min(text.length, from + SLICE)
    hash = fnv(text.sliceString(from, to, "\n"), hash)
    if (to < text.length) {
      this.#timer = window.setTimeout(() => {
        this.#timer = 0
        this.#hash(text, to, hash)
      }, 0)
      return
    }
    this.#checked = text
    this.watched.compare(text.length, hash)
  }
}
