/** The words the Rust side and the editor exchange; it holds no behaviour. Positions are UTF-16 code units and a line ends in "\n". */

/** One transaction of the replica for the editor: a positive number keeps, a negative one deletes, a string inserts. */
export type Operations = (number | string)[]

/** The replica, exported by the page's wasm module. Every call is synchronous, and none may call back into the editor's `mount`. */
export interface Host {
  /** One local change in the replica's coordinates. Calls arrive in order; `flushed` follows the last of a batch. */
  local(from: number, del: number, ins: string): void
  flushed(): void
  /** Applies every held remote update now and returns what the editor has to do, oldest transaction first. */
  settle(): Operations[]
  /** Takes back (or redoes) one own step; the result comes with the next `settle`. */
  undo(): boolean
  redo(): boolean
  /** The next local change starts a new undo step. */
  boundary(): void
  /** The own selection, at a moment when editor and replica hold the same text; at most once a frame. */
  selection(anchor: number, head: number): void
  /** Whether the replica holds a text of this length and hash (FNV-1a, 32 bits, over UTF-16 code units). */
  agrees(length: number, hash: number): boolean
  text(): string
  /** The editor disagreed and has taken over `text()`. */
  repaired(): void
  /** A shortcut of the page, pressed in the text: "save" or "preview". */
  shortcut?(name: string): void
}

/** Another person's selection, in the replica's coordinates. */
export interface Caret {
  id: string
  name: string
  color: string
  anchor: number
  head: number
}

export interface Options {
  lang: "en" | "ko"
  readOnly: boolean
  placeholder: string
  /** The accessible name of the text field. */
  label: string
}

/** What the page can ask of a mounted editor. */
export interface Handle {
  /** There are remote bytes: they are settled on the next frame, or when an open composition allows it. */
  wake(): void
  /** Everybody else's selections; each list replaces the one before. */
  carets(list: Caret[]): void
  /** Hands a pending composition over now (pagehide). */
  flush(): void
  focus(): void
  setReadOnly(on: boolean): void
  setLineWrapping(on: boolean): void
  /** The line at the upper edge, from 1, with the part of it that is scrolled away as a fraction; null while the editor is not shown. */
  topLine(): number | null
  scrollToLine(line: number): void
  /** Calls back after each scroll, once a frame at most; the returned function ends it. */
  onScroll(callback: () => void): () => void
  /** UTF-16 code units in the editor. */
  length(): number
  /** Says a sentence to a screen reader. */
  announce(text: string): void
  destroy(): void
}
