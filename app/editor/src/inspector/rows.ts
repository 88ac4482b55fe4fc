/** The messages as the list knows them, which of them it shows, and their export; no element of the page. */
import type { Said, Told } from "./seam"

export interface Row {
  number: number
  at: number
  out: boolean
  rung: number
  link: number
  size: number
  lost: boolean
  kind: string
  group: number
  seq: number | undefined
  said: Said
}

/** In the order of the ladder: the names in exports and in the page's markup. */
export const RUNGS = ["websocket", "event-stream", "long-poll", "short-poll"] as const
/** So many are kept, as on the other side of the seam. */
const KEPT = 500
/** So many are drawn: nobody reads further. */
export const DRAWN = 200

export const row = ([number, at, out, rung, link, size, lost, kind, group, seq, ...said]: Told): Row =>
  ({ number, at, out, rung, link, size, lost, kind, group, seq, said })

/** What a person wants to see. */
export interface Filter {
  /** Groups that are left out. */
  hidden: ReadonlySet<number>
  /** The only direction, if it is one. */
  out: boolean | null
  words: string
}

export const everything: Filter = { hidden: new Set(), out: null, words: "" }

/** The list, oldest first. Standing still, it gathers what comes and shows none of it. */
export class Rows {
  #rows: Row[] = []
  #next = 0
  #stopped: number | null = null

  /** The number of the message that is wanted next. */
  get next(): number {
    return this.#next
  }

  get stopped(): boolean {
    return this.#stopped !== null
  }

  /** How many came since it stands still. */
  get waiting(): number {
    return this.#stopped === null ? 0 : this.#rows.filter((row) => row.number >= this.#stopped!).length
  }

  add(rows: Row[]): void {
    this.#rows.push(...rows)
    this.#next = (this.#rows.at(-1)?.number ?? this.#next - 1) + 1
    this.#rows.splice(0, this.#rows.length - KEPT)
  }

  /** Stands still, or goes on. */
  stop(on: boolean): void {
    this.#stopped = on ? this.#next : null
  }

  clear(): void {
    this.#rows = []
    if (this.stopped) this.#stopped = this.#next
  }

  /** Every message that is kept and may be seen, oldest first. */
  all(): Row[] {
    return this.#rows.filter((row) => this.#stopped === null || row.number < this.#stopped)
  }

  /** The newest that fit, newest first, and how many more do. `say` puts a row into words. */
  pick(filter: Filter, say: (row: Row) => string): { rows: Row[]; more: number } {
    const words = filter.words.trim().toLowerCase()
    const fits = (row: Row): boolean =>
      !filter.hidden.has(row.group) && (filter.out === null || filter.out === row.out)
      && (!words || `${row.kind} ${RUNGS[row.rung]} ${say(row)}`.toLowerCase().includes(words))
    const rows = this.all().reverse().filter(fits)
    return { rows: rows.slice(0, DRAWN), more: Math.max(0, rows.length - DRAWN) }
  }
}

/** The list as JSON. It holds no text of the document and no secret. `origin` is the time of day at which the page's clock stood at 0. */
export function exported(document: string, rows: Row[], totals: (number | undefined)[], origin: number): string {
  const transports = RUNGS.map((transport, i) => {
    const [sent, sent_bytes, received, received_bytes, round_trip_ms = null] = totals.slice(i * 5, i * 5 + 5)
    return { transport, sent, sent_bytes, received, received_bytes, round_trip_ms }
  })
  const messages = rows.map(({ number, at, out, rung, link, size, lost, kind, seq = null, said }) => ({
    number,
    time: new Date(origin + at).toISOString(),
    direction: out ? "sent" : "received",
    transport: RUNGS[rung],
    link,
    kind,
    bytes: size,
    seq,
    ...(said[0] === "edit" ? { inserted: said[1], deleted: said[2], at: said[3] ?? null } : {}),
    ...(lost ? { lost } : {}),
  }))
  return `${JSON.stringify({ document, exported: new Date().toISOString(), transports, messages }, null, 2)}\n`
}
