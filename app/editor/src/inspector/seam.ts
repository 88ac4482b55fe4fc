/** The words that the inspector and the Rust side exchange: plain arrays one way, plain numbers the other; it holds no behaviour. */

/** What a message says, by its first word. */
export type Said =
  | []
  | ["edit", inserted: number, deleted: number, at: number | undefined, by: string[]]
  | ["asks"]
  | ["people", here: string[], left: number]
  | ["from" | "upto" | "later", count: number]
  | ["says", words: string]

/** A message as `app/src/editor/inspector.rs` tells it. Times are milliseconds of `performance.now()`, rungs count from the best. */
export type Told = [
  number: number, at: number, out: boolean, rung: number, link: number, size: number, lost: boolean, kind: string, group: number,
  seq: number | undefined, ...said: Said,
]

/** The transport in use and the only one allowed, -1 for none; the faults, a bit each; the round trip; what the way means, in words. */
export type State = [rung: number, forced: number, faults: number, roundTrip: number | undefined, meaning: string]

/** The page, exported by its wasm module. */
export interface Inspected {
  /** The messages that are kept, from this number on. */
  rows(from: number): Told[]
  /** A message as it travelled; undefined when it is no longer kept. */
  bytes(number: number): Uint8Array | undefined
  /** For each transport: messages and bytes out, messages and bytes in, the last round trip in milliseconds. */
  totals(): (number | undefined)[]
  state(lang: string): State
  /** Only this transport from now on; -1 leaves the choice to the page. */
  force(rung: number): void
  fault(fault: number): void
  cut(): void
  close(): void
}

/** What the page can ask of an open inspector. */
export interface Panel {
  /** Something passed, or changed. */
  changed(): void
  speak(lang: string): void
  close(): void
}
