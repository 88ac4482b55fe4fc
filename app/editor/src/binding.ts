/**
 * Keeps the editor and the replica on one text: local changes out, remote ones in, and neither into an open
 * composition. It draws nothing and knows nothing of the network.
 *
 * Out: outside a composition a change is handed over inside the update that made it. A composition is composed
 * into one change and handed over when it ends (a Hangul syllable is otherwise three operations and two
 * tombstones), at the latest after `COMPOSED`.
 * In: while a composition is open the host keeps remote bytes unapplied. Applying them and holding back only the
 * drawing would let the positions of the two texts drift; drawing them would end the composition and double the
 * syllable. Somebody who never pauses must not starve the others: hence `HELD` and `HELD_NEARBY`.
 */
import { Transaction, type ChangeSet, type Extension, type Text } from "@codemirror/state"
import { EditorView, type ViewUpdate } from "@codemirror/view"
import { Agreement } from "./agreement"
import { caretsIn, mapCarets, setCarets } from "./carets"
import { changesOf, difference, fromHost, replacements } from "./changes"
import { Frame } from "./frame"
import type { Caret, Host } from "./seam"

/** Milliseconds. How often an open composition is looked at, and how long one may keep its own text back. */
const TICK = 60
const COMPOSED = 1200
/** How long a composition may hold remote changes, and how long when somebody is at work beside its line. */
const HELD = 3000
const HELD_NEARBY = 10_000

/** User events that are an undo step of their own. */
const OWN_STEP = ["input.paste", "input.drop", "input.format", "delete.cut", "move.drop"]

export class Binding {
  #view!: EditorView
  #pending: ChangeSet | null = null
  /** The replica's text while something is pending, and when the oldest part of that was typed. */
  #base!: Text
  #since = 0
  /** Set while remote bytes wait, to the moment they began to. */
  #heldSince = 0
  /** The latest list of carets not yet shown, in the editor's coordinates. */
  #carets: Caret[] | null = null
  /** A list that arrived during a call of the host: its coordinates are the editor's once that call is through. */
  #arrived: Caret[] | null = null
  #calling = false
  #moved = false
  #typed = false
  #sealed = false
  #failed = false
  #timer = 0
  readonly #frame = new Frame(() => this.#tick())
  #agreement: Agreement | null = null

  constructor(readonly host: Host, readonly failed: (error: unknown) => void) {}

  /** To be part of the state the view is made with; `attach` follows at once. */
  get extension(): Extension {
    return [
      EditorView.updateListener.of((update) => this.#update(update)),
      EditorView.domEventObservers({
        // The composition before this one is complete: its text need not wait for the new one.
        compositionstart: () => this.#send(),
        compositionend: () => void setTimeout(() => this.#tick(), 0),
        blur: () => void setTimeout(() => this.#blur(), 0),
        focus: () => this.#selectionMoved(),
      }),
    ]
  }

  attach(view: EditorView): void {
    this.#view = view
    this.#agreement = new Agreement({
      text: () => view.state.doc,
      ready: () => !this.#pending && !this.#heldSince && !this.#busy && !this.#failed,
      compare: (length, hash) => this.#call(() => this.host.agrees(length, hash)) === false && this.#repair(),
    })
  }

  wake(): void {
    this.#heldSince ||= Date.now()
    this.#frame.request()
  }

  carets(list: Caret[]): void {
    if (this.#calling) this.#arrived = list
    else this.#carets = this.#pending ? mapCarets(list, this.#pending, false) : list
    this.#frame.request()
  }

  /** Hands over what is pending, composition or not. */
  flush(): void {
    this.#send()
  }

  /** Undo and redo: what is typed and what has arrived go first, so that the answer is the step alone. */
  step(which: "undo" | "redo"): void {
    if (this.#failed || this.#view.state.readOnly) return
    this.#settle()
    if (this.#call(() => this.host[which](), true)) this.#receive(true)
  }

  destroy(): void {
    this.#send()
    this.#frame.cancel()
    clearTimeout(this.#timer)
    this.#agreement?.stop()
    this.#failed = true
  }

  get #busy(): boolean {
    return this.#view.composing || this.#view.compositionStarted
  }

  #update(update: ViewUpdate): void {
    let own = false
    for (const tr of update.transactions) {
      if (!tr.docChanged) continue
      const remote = tr.annotation(fromHost) === true
      if (this.#carets) this.#carets = mapCarets(this.#carets, tr.changes, remote)
      if (remote) continue
      own = true
      const alone = OWN_STEP.some((event) => tr.isUserEvent(event))
      if (alone) {
        this.#send()
        this.#boundary()
      }
      if (!this.#pending) {
        this.#base = tr.startState.doc
        this.#since = Date.now()
      }
      this.#pending = this.#pending ? this.#pending.compose(tr.changes) : tr.changes
      if (alone) this.#sealed = true
    }
    if (update.docChanged) this.#agreement?.touch()
    if (own || (update.selectionSet && !update.docChanged)) this.#selectionMoved()
    if (update.selectionSet && !update.docChanged && !this.#busy) this.#boundary()
    if (!this.#pending) return
    if (!this.#busy || Date.now() - this.#since > COMPOSED) this.#send()
    else this.#lookAgain()
  }

  /** The host's undo step ends here; with something pending, right after that. */
  #boundary(): void {
    if (this.#pending) this.#sealed = true
    else if (this.#typed) {
      this.#typed = false
      this.#call(() => this.host.boundary())
    }
  }

  #blur(): void {
    if (this.#failed) return
    this.#boundary()
    this.#send()
    this.#tick()
  }

  #selectionMoved(): void {
    this.#moved = true
    this.#frame.request()
  }

  #lookAgain(): void {
    this.#timer ||= window.setTimeout(() => {
      this.#timer = 0
      this.#tick()
    }, TICK)
  }

  #tick(): void {
    if (this.#failed) return
    if (this.#busy && !this.#mayInterrupt()) {
      if (this.#pending && Date.now() - this.#since > COMPOSED) this.#send()
      if (!this.#pending) this.#report()
      if (this.#pending || this.#heldSince || this.#carets) this.#lookAgain()
      return
    }
    this.#settle()
    this.#report()
  }

  /** Whether the others have waited long enough for this composition. */
  #mayInterrupt(): boolean {
    if (!this.#heldSince) return false
    const held = Date.now() - this.#heldSince
    if (held <= HELD) return false
    if (held > HELD_NEARBY) return true
    const { doc, selection } = this.#view.state
    const own = doc.lineAt(selection.main.head).number
    const carets = this.#carets ?? caretsIn(this.#view.state)
    return !carets.some(({ head }) => Math.abs(doc.lineAt(Math.max(0, Math.min(head, doc.length))).number - own) <= 1)
  }

  #report(): void {
    if (!this.#moved || this.#pending || this.#failed) return
    this.#moved = false
    const { anchor, head } = this.#view.state.selection.main
    this.#call(() => this.host.selection(anchor, head))
  }

  #send(): void {
    const changes = this.#pending
    if (!changes || this.#failed || this.#calling) return
    this.#pending = null
    const list = replacements(changes, this.#base)
    this.#call(() => {
      for (const { from, del, ins } of list) this.host.local(from, del, ins)
      this.host.flushed()
    })
    this.#typed = true
    if (this.#sealed) {
      this.#sealed = false
      this.#boundary()
    }
  }

  #settle(): void {
    this.#send()
    if (this.#failed) return
    if (this.#heldSince) this.#receive(false)
    else this.#showCarets(null)
  }

  /** Takes the host's operations, all in one dispatch. An own step (undo) also moves the selection to it. */
  #receive(ownStep: boolean): void {
    this.#heldSince = 0
    const transactions = this.#call(() => this.host.settle(), true)
    if (!transactions) return
    let changes: ChangeSet | null
    try {
      changes = changesOf(transactions, this.#view.state.doc.length)
    } catch {
      return this.#repair()
    }
    this.#showCarets(changes, ownStep)
  }

  #showCarets(changes: ChangeSet | null, ownStep = false): void {
    const held = this.#carets && changes ? mapCarets(this.#carets, changes, true) : this.#carets
    const carets = this.#arrived ?? held
    this.#carets = this.#arrived = null
    if (!changes && !carets) return
    let last: number | null = null
    if (changes && ownStep) changes.iterChanges((_fromA, _toA, _fromB, toB) => (last = toB))
    this.#view.dispatch({
      ...(changes ? { changes } : {}),
      ...(carets ? { effects: setCarets.of(carets) } : {}),
      ...(last === null ? {} : { selection: { anchor: last }, scrollIntoView: true, userEvent: "undo" }),
      annotations: [fromHost.of(true), Transaction.remote.of(!ownStep), Transaction.addToHistory.of(false)],
      filter: false,
    })
    if (last !== null) this.#selectionMoved()
  }

  /** The replica is the truth: the part that differs is replaced, which leaves the selection where it can. */
  #repair(): void {
    this.#pending = null
    const text = this.#call(() => this.host.text())
    if (text === undefined) return
    this.#view.dispatch({
      changes: difference(this.#view.state.sliceDoc(), text),
      annotations: [fromHost.of(true), Transaction.remote.of(true), Transaction.addToHistory.of(false)],
      filter: false,
    })
    this.#call(() => this.host.repaired())
  }

  /**
   * A host that throws has trapped and will not come back: what is typed from then on would be lost without a
   * word, so the editor stops taking input and keeps its text readable. `operationsFollow` says that the editor
   * has yet to take what this call did to the replica.
   */
  #call<T>(work: () => T, operationsFollow = false): T | undefined {
    this.#calling = true
    try {
      return work()
    } catch (error) {
      this.#failed = true
      this.failed(error)
      return undefined
    } finally {
      this.#calling = false
      if (this.#arrived && !operationsFollow) {
        this.#carets = this.#arrived
        this.#arrived = null
      }
    }
  }
}
