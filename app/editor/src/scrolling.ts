/** Where the editor is scrolled to, told and set in lines; what is drawn there is CodeMirror's matter. */
import { EditorView, ViewPlugin, type PluginValue, type ViewUpdate } from "@codemirror/view"
import { Frame } from "./frame"

/** Frames after a jump in which newly drawn lines still change what was estimated of their heights. */
const SETTLING = 3

class Scrolling implements PluginValue {
  /** The line gone to, as the place of its first character, and the part of it above the edge; null once it is reached or given up. */
  #goal: { from: number; part: number } | null = null
  #frames = 0
  #frame = 0
  readonly #callbacks = new Set<() => void>()
  readonly #scrolled = new Frame(() => this.#callbacks.forEach((callback) => callback()))
  readonly #onScroll = (): void => this.#scrolled.request()

  constructor(readonly view: EditorView) {
    view.scrollDOM.addEventListener("scroll", this.#onScroll, { passive: true })
  }

  /** What is written meanwhile moves the line gone to, and must not lead astray. */
  update({ changes, docChanged }: ViewUpdate): void {
    if (docChanged && this.#goal) this.#goal.from = changes.mapPos(this.#goal.from, 1)
  }

  topLine(): number | null {
    const { scrollDOM, state } = this.view
    if (!scrollDOM.getClientRects().length) return null
    const block = this.view.lineBlockAtHeight(Math.max(0, this.#top()))
    const part = block.height ? Math.max(0, Math.min(0.999, (this.#top() - block.top) / block.height)) : 0
    return state.doc.lineAt(block.from).number + part
  }

  goTo(line: number): void {
    const { doc } = this.view.state
    const whole = Math.max(1, Math.min(doc.lines, Math.floor(line)))
    this.#goal = { from: doc.line(whole).from, part: Math.max(0, Math.min(1, line - whole)) }
    this.view.scrollDOM.scrollTop += this.#away()
    // Heights of lines not drawn yet are estimates: once they are drawn, in the next frames, the rest of the way is known.
    this.#frames = SETTLING
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#settle())
  }

  onScroll(callback: () => void): () => void {
    this.#callbacks.add(callback)
    return () => void this.#callbacks.delete(callback)
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame)
    this.#scrolled.cancel()
    this.view.scrollDOM.removeEventListener("scroll", this.#onScroll)
  }

  #settle(): void {
    const distance = this.#away()
    if (Math.abs(distance) >= 1) this.view.scrollDOM.scrollTop += distance
    if (--this.#frames > 0) this.#frame = requestAnimationFrame(() => this.#settle())
    else this.#goal = null
  }

  /** CSS pixels between the goal and the upper edge. */
  #away(): number {
    if (!this.#goal) return 0
    const block = this.view.lineBlockAt(this.#goal.from)
    return block.top + block.height * this.#goal.part - this.#top()
  }

  /** CSS pixels of the text that are scrolled away. Measured, not computed from scrollTop: the page may put padding around the text. */
  #top(): number {
    return this.view.scrollDOM.getBoundingClientRect().top - this.view.documentTop
  }
}

export const scrolling = ViewPlugin.fromClass(Scrolling)
