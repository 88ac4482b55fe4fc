/** Where the editor is scrolled to, told and set in lines; what is drawn there is CodeMirror's matter. */
import { EditorView, ViewPlugin, type PluginValue, type ViewUpdate } from "@codemirror/view"
import { Frame } from "./frame"

/** So many frames in a row at the goal, and the jump is over: newly drawn lines change what was estimated of their heights. */
const SETTLED = 3
/** After so many frames it is over in any case: the goal may be nearer to the end than the editor is high. */
const PATIENCE = 60
/** A person who moves on does not want to be brought back. */
const MOVES = ["wheel", "touchstart", "pointerdown", "keydown"]

/** A line to go to, as the place of its first character, and the part of it that is to be above the edge. */
interface Goal {
  from: number
  part: number
}

class Scrolling implements PluginValue {
  /** Null once it is reached or given up. */
  #goal: Goal | null = null
  #frames = 0
  #settled = 0
  #frame = 0
  readonly #callbacks = new Set<() => void>()
  readonly #scrolled = new Frame(() => this.#callbacks.forEach((callback) => callback()))
  readonly #onScroll = (): void => this.#scrolled.request()
  readonly #giveUp = (): void => void (this.#goal = null)

  constructor(readonly view: EditorView) {
    view.scrollDOM.addEventListener("scroll", this.#onScroll, { passive: true })
    // Before whatever the key or the click does: that may be a jump.
    for (const move of MOVES) view.scrollDOM.addEventListener(move, this.#giveUp, { passive: true, capture: true })
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
    // CodeMirror's own way first: before it has measured itself for the first time a place to scroll to is not there.
    this.view.dispatch({ effects: EditorView.scrollIntoView(this.#goal.from, { y: "start", yMargin: 0 }) })
    this.#frames = this.#settled = 0
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
    for (const move of MOVES) this.view.scrollDOM.removeEventListener(move, this.#giveUp, { capture: true })
  }

  #settle(): void {
    if (!this.#goal) return
    const distance = this.#away(this.#goal)
    if (Math.abs(distance) >= 1) this.view.scrollDOM.scrollTop += distance
    this.#settled = Math.abs(distance) < 1 ? this.#settled + 1 : 0
    if (this.#settled < SETTLED && ++this.#frames < PATIENCE) this.#frame = requestAnimationFrame(() => this.#settle())
    else this.#goal = null
  }

  /** CSS pixels between the goal and the upper edge. */
  #away({ from, part }: Goal): number {
    const block = this.view.lineBlockAt(from)
    return block.top + block.height * part - this.#top()
  }

  /** CSS pixels of the text that are scrolled away. Measured, not computed from scrollTop: the page may put padding around the text. */
  #top(): number {
    return this.view.scrollDOM.getBoundingClientRect().top - this.view.documentTop
  }
}

export const scrolling = ViewPlugin.fromClass(Scrolling)
