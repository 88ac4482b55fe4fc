/** The right of the inspector: the messages as a table, newest first, and what filters, stops and saves them. */
import { element, head, key, redraw } from "./element"
import { type Filter, type Row, Rows, everything, exported, row } from "./rows"
import type { Inspected } from "./seam"
import { type Words, bytes, time } from "./words"

export class Messages {
  readonly #rows = new Rows()
  #filter: Filter = everything
  #say: Words
  /** The message whose bytes are shown. */
  #opened: number | null = null
  readonly #filters = element("div", { class: "inspector-keys", role: "group" })
  readonly #tools = element("div", { class: "inspector-keys", role: "group" })
  readonly #search: HTMLInputElement
  readonly #body = element("tbody")
  readonly #table = element("table", { class: "frames" }, this.#body)
  readonly #remark = element("p", { class: "muted" })
  readonly #list: HTMLElement

  constructor(parent: HTMLElement, readonly inspected: Inspected, say: Words) {
    this.#say = say
    this.#search = element("input", { type: "search", input: () => this.#narrow({ words: this.#search.value }) })
    this.#list = element("div", { class: "inspector-rows", tabindex: 0, role: "region" }, this.#table, this.#remark)
    parent.append(element("div", { class: "inspector-tools" }, this.#filters, this.#search, this.#tools), this.#list)
    this.#body.addEventListener("click", (event) => this.#open((event.target as Element).closest<HTMLElement>("tr[data-number]")))
    this.#list.addEventListener("keydown", (event) => this.#step(event))
  }

  /** All of it in a language. */
  speak(say: Words): void {
    this.#say = say
    for (const [part, name] of [[this.#list, say.messages], [this.#filters, say.messages], [this.#search, say.search]] as const) part.setAttribute("aria-label", name)
    this.#search.placeholder = say.search
    this.#table.tHead?.remove()
    this.#table.prepend(head(say.heads))
    this.draw()
  }

  /** What came since the last call. */
  follow(): void {
    const told = this.inspected.rows(this.#rows.next)
    if (!told.length) return
    this.#rows.add(told.map(row))
    this.draw()
  }

  draw(): void {
    const say = this.#say
    const { rows, more } = this.#rows.pick(this.#filter, (row) => say.say(row.said))
    // Rows that are drawn already are kept: only what is new is made, and the reader's selection stays.
    const drawn = new Map([...this.#body.rows].map((line) => [line.dataset.key, line]))
    const lines = rows.flatMap((row) => [
      drawn.get(`${say.title}${row.number}`) ?? this.#line(row),
      ...(row.number === this.#opened ? [drawn.get("bytes") ?? this.#bytes(row)] : []),
    ])
    const wanted = new Set(lines)
    for (const line of [...this.#body.rows]) if (!wanted.has(line)) line.remove()
    lines.forEach((line, i) => {
      if (this.#body.rows[i] !== line) this.#body.insertBefore(line, this.#body.rows[i] ?? null)
    })
    this.#remark.textContent = more ? say.more(more) : rows.length ? "" : this.#rows.all().length ? say.nothing : say.none
    this.#drawKeys()
  }

  #drawKeys(): void {
    const say = this.#say
    const { hidden, out } = this.#filter
    const { stopped, waiting } = this.#rows
    const groups = say.groups.map((name, group) => key(name, !hidden.has(group), () => this.#toggle(group)))
    const only = say.only.map((name, i) => key(name, out === !i, () => this.#narrow({ out: this.#filter.out === !i ? null : !i }), "↑↓"[i]))
    redraw(this.#filters, ...groups, ...only)
    redraw(this.#tools,
      key(say.stop, stopped, () => (this.#rows.stop(!this.#rows.stopped), this.draw())),
      element("span", { class: "inspector-waiting" }, waiting ? say.waiting(waiting) : ""),
      key(say.clear, null, () => (this.#rows.clear(), this.draw())),
      key(say.export, null, () => this.#export()))
  }

  #toggle(group: number): void {
    const hidden = new Set(this.#filter.hidden)
    if (!hidden.delete(group)) hidden.add(group)
    this.#narrow({ hidden })
  }

  #narrow(change: Partial<Filter>): void {
    this.#filter = { ...this.#filter, ...change }
    this.draw()
  }

  #line(row: Row): HTMLTableRowElement {
    const say = this.#say
    const words = say.say(row.said)
    const cells = [time(origin() + row.at), row.out ? "↑" : "↓", row.kind, words, row.seq ?? "", bytes(row.size), say.rungs[row.rung]!]
    const line = element("tr", {
      "data-key": `${say.title}${row.number}`, "data-number": row.number, "data-direction": row.out ? "out" : "in", "data-lost": row.lost,
      tabindex: -1, title: row.lost ? say.lost : null,
    }, ...cells.map((cell) => element("td", {}, String(cell))))
    line.cells[1]!.setAttribute("aria-label", row.out ? say.sent : say.received)
    line.cells[3]!.title = words
    return line
  }

  /** The bytes of a message below its line: sixteen in a row, and what of them is letters. */
  #bytes(row: Row): HTMLTableRowElement {
    const bytes = this.inspected.bytes(row.number)
    const lines: string[] = []
    for (let at = 0; bytes && at < Math.min(bytes.length, 512); at += 16) {
      const part = [...bytes.subarray(at, at + 16)]
      const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")
      const letters = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·")).join("")
      lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${letters}`)
    }
    if (bytes && bytes.length > 512) lines.push("…")
    const dump = bytes ? lines.join("\n") : this.#say.gone
    return element("tr", { "data-key": "bytes", class: "bytes" },
      element("td", { colspan: 7 }, element("span", {}, this.#say.link(row.link)), element("pre", {}, dump)))
  }

  /** One stop for the keyboard; arrows go from row to row, Enter opens one. */
  #step(event: KeyboardEvent): void {
    const lines = [...this.#body.querySelectorAll<HTMLElement>("tr[data-number]")]
    const at = lines.indexOf(document.activeElement as HTMLElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Enter: at }[event.key]
    const line = to === undefined ? null : lines[to]
    if (!line) return
    event.preventDefault()
    if (to === at) this.#open(line)
    else line.focus()
  }

  #open(line: HTMLElement | null): void {
    if (!line) return
    const number = Number(line.dataset.number)
    this.#opened = this.#opened === number ? null : number
    this.#body.querySelector(".bytes")?.remove()
    this.draw()
  }

  #export(): void {
    const name = decodeURIComponent(location.pathname.split("/").pop() ?? "")
    const json = exported(name, this.#rows.all(), this.inspected.totals(), origin())
    const url = URL.createObjectURL(new Blob([json], { type: "application/json" }))
    element("a", { href: url, download: `${name}-connection.json` }).click()
    // The browser has read the address by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }
}

/** The time of day at which the page's clock stood at 0; the machine may have slept since. */
const origin = (): number => Date.now() - performance.now()
