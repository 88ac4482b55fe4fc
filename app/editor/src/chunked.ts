/**
 * Makes a Markdown parser's work after a keystroke independent of the length of the text; it knows no syntax itself.
 *
 * The tree is kept as chunks, each of whole top-level blocks. After a change the chunks it did not touch are taken
 * over as they are, and only the one it is in is parsed again. (The parser by itself reuses blocks too, but walks
 * all of them once for itself and once for the code inside them: 10 ms a keystroke in 1 MB.) A chunk begins where
 * the parser saw a top-level block begin, so nothing before it matters to what is in it.
 */
import { NodeType, Parser, Tree, TreeFragment, type Input, type PartialParse } from "@lezer/common"

/** Code units in a chunk, more or less: large enough to be few, small enough to parse in well under a millisecond. */
const SIZE = 1 << 13

/**
 * A node with a name, and not one of the nameless that only balance a tree: those are looked into by whoever walks
 * to a place in the tree, so that colouring the end of a long text would pass every block before it.
 */
const CHUNK = NodeType.define({ id: 0xffff, name: "Chunk" })

/**
 * How far it is from a chunk's beginning to the next one's. The last chunk of a text or of an interrupted parse has
 * none: nothing is known to begin there. The tree itself is shorter; it ends with its last block, as the inner
 * parser expects of a node it may take over.
 */
const spans = new WeakMap<Tree, number>()

type Ranges = readonly { from: number; to: number }[]

export class ChunkedParser extends Parser {
  readonly #document: NodeType

  constructor(readonly inner: Parser & { nodeSet: { types: readonly NodeType[] } }, readonly size = SIZE) {
    super()
    this.#document = inner.nodeSet.types.find((type) => type.isTop)!
  }

  createParse(input: Input, fragments: readonly TreeFragment[], ranges: Ranges): PartialParse {
    const range = ranges[0]!
    if (ranges.length > 1 || range.from > 0) return this.inner.createParse(input, fragments, ranges)
    return new ChunkedParse(this.inner, this.#document, input, fragments, range.to, this.size)
  }
}

class ChunkedParse implements PartialParse {
  parsedPos = 0
  stoppedAt: number | null = null
  readonly #chunks: Tree[] = []
  readonly #positions: number[] = []
  #running: PartialParse | null = null
  #runningTo = 0
  /** Where a chunk began before the change; met again, the rest can be taken over. */
  #known: number | null = null

  constructor(
    readonly inner: Parser,
    readonly document: NodeType,
    readonly input: Input,
    readonly fragments: readonly TreeFragment[],
    readonly end: number,
    readonly size: number,
  ) {}

  stopAt(position: number): void {
    this.stoppedAt = position
  }

  advance(): Tree | null {
    const stop = Math.min(this.end, this.stoppedAt ?? this.end)
    if (this.parsedPos >= stop) return new Tree(this.document, this.#chunks, this.#positions, this.parsedPos)
    if (this.#running) {
      const tree = this.#running.advance()
      if (tree) this.#cut(tree)
    } else if (!this.#reuse(stop)) {
      this.#known = this.#nextKnown()
      this.#run(this.#known === null ? this.#lineEnd(this.parsedPos + this.size, 1) : this.#lineEnd(this.#known, 2))
    }
    return null
  }

  /** Takes over old chunks from here on, as far as they stand in unchanged text. Whether it took any. */
  #reuse(stop: number): boolean {
    const start = this.parsedPos
    const fragment = this.fragments.find(({ from, to }) => from <= start && to > start)
    if (!fragment) return false
    const { children, positions } = fragment.tree
    for (let i = indexOf(positions, start + fragment.offset); i >= 0 && i < children.length && this.parsedPos < stop; i++) {
      const chunk = children[i]!
      const span = chunk instanceof Tree ? spans.get(chunk) : undefined
      if (!(chunk instanceof Tree) || span === undefined) break
      const end = this.parsedPos + span
      if (end >= fragment.to) break
      // Whether a block begins at the end was decided by the two lines there (the second may make a table of it).
      if (fragment.to < this.end && fragment.to - end < 1 << 16 && this.#lineEnd(end, 2) >= fragment.to) break
      this.#push(chunk, span)
    }
    return this.parsedPos > start
  }

  /** The first old chunk beginning in unchanged text that is far enough away, and not too far. */
  #nextKnown(): number | null {
    const least = this.parsedPos + (this.size >> 2)
    for (const { from, to, tree, offset } of this.fragments) {
      if (to <= least) continue
      for (const position of tree.positions) {
        const at = position - offset
        if (at >= to || at > this.parsedPos + 4 * this.size) break
        // The newline before it must be an old one too, or it is no line's beginning any more.
        if (at >= least && at > from) return at
      }
    }
    return null
  }

  #run(to: number): void {
    this.#runningTo = to
    this.#running = this.inner.startParse(this.input, this.#fragmentsWithin(to), [{ from: this.parsedPos, to }])
  }

  /** The reusable text up to `to`, as the inner parser knows it: each old chunk a tree of its own. */
  #fragmentsWithin(to: number): TreeFragment[] {
    const found: TreeFragment[] = []
    for (const fragment of this.fragments) {
      const { tree, offset } = fragment
      if (fragment.to <= this.parsedPos || fragment.from >= to) continue
      tree.children.forEach((chunk, i) => {
        const start = tree.positions[i]!
        const begins = start - offset
        const ends = (tree.positions[i + 1] ?? tree.length) - offset
        const from = Math.max(fragment.from, begins)
        const until = Math.min(fragment.to, ends)
        if (from >= until || until <= this.parsedPos || from >= to || !(chunk instanceof Tree)) return
        found.push(new TreeFragment(from, until, chunk, offset - start, from > begins || fragment.openStart, until < ends || fragment.openEnd))
      })
    }
    return found
  }

  /** Keeps the blocks that are certainly closed: all before the known beginning, or all but the last. */
  #cut(tree: Tree): void {
    this.#running = null
    const start = this.parsedPos
    const blocks: Tree[] = []
    const positions: number[] = []
    flatten(tree, 0, blocks, positions)
    const known = this.#known
    const last = positions.length ? this.#lineStart(start + positions[positions.length - 1]!) - start : 0
    const atEnd = this.#runningTo >= this.end
    let cut: number
    const met = known === null ? undefined : positions.find((position) => start + position >= known)
    if (known !== null && met !== undefined && this.#lineStart(start + met) === known) cut = known - start
    else if (atEnd && this.end - start <= 2 * this.size) cut = this.end - start
    else if (last > 0) cut = last
    else if (!atEnd && (this.stoppedAt === null || this.stoppedAt > this.#runningTo)) {
      // One block larger than a chunk.
      this.#known = null
      return this.#run(this.#lineEnd(start + 2 * (this.#runningTo - start), 1))
    } else cut = this.#runningTo - start
    const found = positions.findIndex((position) => position >= cut)
    const count = found < 0 ? blocks.length : found
    const length = count ? positions[count - 1]! + blocks[count - 1]!.length : 0
    const chunk = new Tree(CHUNK, blocks.slice(0, count), positions.slice(0, count), length)
    if (found >= 0) spans.set(chunk, cut)
    this.#push(chunk, cut)
  }

  #push(chunk: Tree, span: number): void {
    this.#chunks.push(chunk)
    this.#positions.push(this.parsedPos)
    this.parsedPos += span
  }

  /** A chunk begins with its line: the indentation belongs to the block, whose own position is behind it. */
  #lineStart(position: number): number {
    for (let at = position; at > 0; ) {
      const from = Math.max(0, at - 64)
      const newline = this.input.read(from, at).lastIndexOf("\n")
      if (newline >= 0) return from + newline + 1
      at = from
    }
    return 0
  }

  /** The end of the line `position` is in, or of one of the lines after it. */
  #lineEnd(position: number, lines: number): number {
    for (let at = position; at < this.end; ) {
      const text = this.input.read(at, Math.min(this.end, at + 256))
      for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) if (--lines === 0) return at + i
      at += text.length
    }
    return this.end
  }
}

/** The index of `value` in ascending `values`, or -1. */
function indexOf(values: readonly number[], value: number): number {
  let low = 0
  let high = values.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (values[middle] === value) return middle
    if (values[middle]! < value) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** The blocks directly below `tree`, out of the nameless nodes that only balance it. */
function flatten(tree: Tree, offset: number, blocks: Tree[], positions: number[]): void {
  tree.children.forEach((child, i) => {
    const position = offset + tree.positions[i]!
    if (!(child instanceof Tree)) throw new TypeError("a Markdown block is a tree")
    if (child.type.isAnonymous) flatten(child, position, blocks, positions)
    else {
      blocks.push(child)
      positions.push(position)
    }
  })
}
