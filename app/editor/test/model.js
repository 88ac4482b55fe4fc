/** A host for the tests, without wasm: one string stands for the replica. It applies remote edits at `settle`, as the real one does. */

/** FNV-1a over UTF-16 code units, written apart from the editor's own. */
function fnv(text) {
  let hash = 2166136261
  for (const unit of Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))) hash = Math.imul(hash ^ unit, 16777619) >>> 0
  return hash
}

export class Model {
  constructor(text) {
    this.text = text
    this.handle = null
    this.held = []
    this.results = []
    this.done = []
    this.undone = []
    this.calls = []
    this.selections = []
    this.problems = []
    this.shortcuts = []
    this.repairs = 0
    this.boundaries = 0
    this.flushes = 0
    this.lastFlush = 0
  }

  #replace(from, del, ins) {
    if (from < 0 || del < 0 || from + del > this.text.length) this.problems.push(`${from}+${del} in ${this.text.length}`)
    const removed = this.text.slice(from, from + del)
    this.text = this.text.slice(0, from) + ins + this.text.slice(from + del)
    if (!this.text.isWellFormed()) this.problems.push(`half a surrogate pair after ${from} ${del} ${JSON.stringify(ins)}`)
    return { from, del: ins.length, ins: removed }
  }

  local(from, del, ins) {
    this.calls.push([from, del, ins])
    if (!ins.isWellFormed() || ins.includes("\r")) this.problems.push(`not well formed: ${JSON.stringify(ins)}`)
    this.done.push(this.#replace(from, del, ins))
    this.undone = []
  }

  flushed() {
    this.flushes++
    this.lastFlush = performance.now()
  }

  /** `edit` gets the text at the moment it is applied and answers `{from, del, ins}`. */
  remote(edit) {
    this.held.push(edit)
    this.handle.wake()
  }

  #operations({ from, del, ins }) {
    return [...(from ? [from] : []), ...(ins ? [ins] : []), ...(del ? [-del] : [])]
  }

  settle() {
    const transactions = this.results.splice(0)
    for (const edit of this.held.splice(0)) {
      const { from, del = 0, ins = "" } = edit(this.text)
      this.#replace(from, del, ins)
      transactions.push(this.#operations({ from, del, ins }))
    }
    return transactions
  }

  #back(from, to) {
    const step = from.pop()
    if (!step) return false
    to.push(this.#replace(step.from, step.del, step.ins))
    this.results.push(this.#operations(step))
    return true
  }

  undo() {
    return this.#back(this.done, this.undone)
  }

  redo() {
    return this.#back(this.undone, this.done)
  }

  boundary() {
    this.boundaries++
  }

  selection(anchor, head) {
    this.selections.push([anchor, head])
  }

  agrees(length, hash) {
    return this.text.length === length && fnv(this.text) === hash
  }

  repaired() {
    this.repairs++
  }

  shortcut(name) {
    this.shortcuts.push(name)
  }

  /** The replica's text as a method of the seam; the tests read `host.model.text`. */
  get host() {
    const model = this
    return new Proxy(model, {
      get: (target, name) => {
        if (name === "text") return () => target.text
        const value = target[name]
        return typeof value === "function" ? value.bind(target) : value
      },
    })
  }
}
