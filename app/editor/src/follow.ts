/** Scrolls the preview to the line the editor shows at its upper edge; it renders nothing and never scrolls the editor. */
import { scrollerOf } from "./patch"
import type { Handle } from "./seam"

export interface Follower {
  /** Whether the preview still stands where this put it: a reader who scrolled it away is left alone. */
  holds(): boolean
  /** Goes to the editor's line, as far as both are shown. */
  align(): void
  dispose(): void
}

/** Blocks whose place in the source says where they are on the screen; a wrapped paragraph's words do not. */
const BLOCKS = ":is(li, tr, p, pre, blockquote, ul, ol, dl, table, div, h1, h2, h3, h4, h5, h6)[data-sourcepos]"

/** The first line of a block and the one after its last, both from 1. Blocks without lines come last. */
function lines(block: Element): [from: number, to: number] {
  const found = /^(\d+):\d+-(\d+):/.exec(block.getAttribute("data-sourcepos") ?? "")
  return found ? [Number(found[1]), Number(found[2]) + 1] : [Infinity, Infinity]
}

/** The last block that begins at `line` or before, or -1: blocks stand in the order of their lines. */
function lastBefore(blocks: ArrayLike<Element>, count: number, line: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (lines(blocks[middle]!)[0] <= line) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Pixels from the top of the first block to where the text of `line` is shown. */
function placeOf(target: HTMLElement, line: number): number {
  const { children } = target
  // Footnotes are shown at the end, wherever they are written.
  const count = children.length - (target.lastElementChild?.matches(".footnotes") ? 1 : 0)
  const index = lastBefore(children, count, line)
  if (index < 0) return 0
  const outer = children[index]!
  const inner = outer.querySelectorAll(BLOCKS)
  const at = lastBefore(inner, inner.length, line)
  const block = inner[at] ?? outer
  const next = inner[at + 1] ?? (index + 1 < count ? children[index + 1] : undefined)
  const [from, to] = lines(block)
  const { top, bottom } = block.getBoundingClientRect()
  const edge = children[0]!.getBoundingClientRect().top
  if (line < to) return top - edge + ((bottom - top) * (line - from)) / (to - from)
  // Between two blocks there are empty lines on one side and a margin on the other.
  const begin = next ? lines(next)[0] : Infinity
  if (!next || begin === Infinity) return bottom - edge
  return bottom - edge + ((next.getBoundingClientRect().top - bottom) * (line - to)) / (begin - to)
}

export function follow(target: HTMLElement, editor: Pick<Handle, "topLine" | "onScroll">): Follower {
  let placed = scrollerOf(target).scrollTop
  const holds = (): boolean => Math.abs(scrollerOf(target).scrollTop - placed) < 2

  function align(): void {
    const line = editor.topLine()
    if (line === null || !target.getClientRects().length) return
    const scroller = scrollerOf(target)
    scroller.scrollTop = line <= 1 ? 0 : placeOf(target, line)
    // Read back: the browser rounds it, and ends it at the bottom.
    placed = scroller.scrollTop
  }

  const ended = editor.onScroll(align)
  // Images arrive, the window changes, the preview is shown again.
  const resized = new ResizeObserver(() => holds() && align())
  resized.observe(target)
  return {
    holds,
    align,
    dispose() {
      ended()
      resized.disconnect()
    },
  }
}
