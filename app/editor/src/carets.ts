/** Draws where the others are, in layers beside the text: never inside it, where a widget would disturb a composition. */
import { StateEffect, StateField, EditorSelection, type ChangeDesc, type EditorState, type Extension } from "@codemirror/state"
import { EditorView, RectangleMarker, layer, type LayerMarker, type ViewUpdate } from "@codemirror/view"
import { fromHost } from "./changes"
import type { Caret } from "./seam"

/** Replaces all carets; positions are the editor's, after the changes of the same transaction. */
export const setCarets = StateEffect.define<Caret[]>()

/**
 * The same carets after a change. Text that arrives at a caret was most likely typed by its owner and stays
 * before it; text typed here at that place comes after it.
 */
export function mapCarets(carets: Caret[], changes: ChangeDesc, remote: boolean): Caret[] {
  const assoc = remote ? 1 : -1
  const move = (at: number): number => changes.mapPos(Math.max(0, Math.min(at, changes.length)), assoc)
  return carets.map((caret) => ({ ...caret, anchor: move(caret.anchor), head: move(caret.head) }))
}

const field = StateField.define<Caret[]>({
  create: () => [],
  update(carets, tr) {
    for (const effect of tr.effects) if (effect.is(setCarets)) return effect.value
    if (!tr.docChanged || !carets.length) return carets
    return mapCarets(carets, tr.changes, tr.annotation(fromHost) === true)
  },
})

/** The carets shown now. */
export const caretsIn = (state: EditorState): readonly Caret[] => state.field(field, false) ?? []

/** Pixels to the right of a caret below which its flag opens to the left. */
const FLAG_ROOM = 140

class CaretMarker implements LayerMarker {
  constructor(
    readonly id: string,
    readonly name: string,
    readonly color: string,
    readonly left: number,
    readonly top: number,
    readonly height: number,
    readonly flip: boolean,
  ) {}

  eq(other: CaretMarker): boolean {
    return this.id === other.id && this.name === other.name && this.color === other.color && this.left === other.left &&
      this.top === other.top && this.height === other.height && this.flip === other.flip
  }

  draw(): HTMLElement {
    const dom = document.createElement("div")
    dom.className = "maru-caret"
    const flag = dom.appendChild(document.createElement("span"))
    flag.className = "maru-caret-flag"
    flag.textContent = this.name
    this.#place(dom)
    return dom
  }

  /** A caret of the same person is moved, not redrawn, and shows its name again for a while. */
  update(dom: HTMLElement, old: CaretMarker): boolean {
    if (old.id !== this.id || old.name !== this.name) return false
    this.#place(dom)
    const flag = dom.firstElementChild
    for (const animation of flag?.getAnimations?.() ?? []) {
      animation.currentTime = 0
      animation.play()
    }
    return true
  }

  #place(dom: HTMLElement): void {
    dom.style.left = `${this.left}px`
    dom.style.top = `${this.top}px`
    dom.style.height = `${this.height}px`
    dom.style.setProperty("--maru-person", this.color)
    dom.classList.toggle("maru-caret-flip", this.flip)
  }
}

class SelectionMarker implements LayerMarker {
  constructor(readonly rectangle: RectangleMarker, readonly color: string) {}

  eq(other: SelectionMarker): boolean {
    return this.color === other.color && this.rectangle.eq(other.rectangle)
  }

  draw(): HTMLElement {
    const dom = this.rectangle.draw()
    dom.style.setProperty("--maru-person", this.color)
    return dom
  }
}

const clamp = (view: EditorView, at: number): number => Math.max(0, Math.min(at, view.state.doc.length))

function caretMarkers(view: EditorView): LayerMarker[] {
  const markers: LayerMarker[] = []
  const { from, to } = view.viewport
  const width = view.scrollDOM.clientWidth + view.scrollDOM.scrollLeft
  for (const { id, name, color, head } of view.state.field(field)) {
    const at = clamp(view, head)
    if (at < from || at > to) continue
    for (const { left, top, height } of RectangleMarker.forRange(view, "", EditorSelection.cursor(at)))
      markers.push(new CaretMarker(id, name, color, left, top, height, width - left < FLAG_ROOM && left > FLAG_ROOM))
  }
  return markers
}

function selectionMarkers(view: EditorView): LayerMarker[] {
  const markers: LayerMarker[] = []
  for (const { color, anchor, head } of view.state.field(field)) {
    if (anchor === head) continue
    const range = EditorSelection.range(clamp(view, anchor), clamp(view, head))
    for (const rectangle of RectangleMarker.forRange(view, "maru-selection", range)) markers.push(new SelectionMarker(rectangle, color))
  }
  return markers
}

const changed = (update: ViewUpdate): boolean =>
  update.startState.field(field) !== update.state.field(field) || (update.docChanged && caretsIn(update.state).length > 0)

const look = EditorView.baseTheme({
  // People choose their colour on white paper; on a dark one it is moved towards the ink.
  ".maru-caret, .maru-selection": {
    "--maru-person-shown": "color-mix(in oklab, var(--maru-person), var(--maru-ink, #1f2328) var(--maru-person-lift, 0%))",
  },
  ".maru-caret": {
    position: "absolute",
    width: "2px",
    marginLeft: "-1px",
    backgroundColor: "var(--maru-person-shown)",
  },
  ".maru-caret::before": {
    content: '""',
    position: "absolute",
    top: "-3px",
    left: "-2px",
    width: "6px",
    height: "6px",
    borderRadius: "50%",
    backgroundColor: "var(--maru-person-shown)",
  },
  ".maru-caret-flag": {
    position: "absolute",
    bottom: "100%",
    left: "-1px",
    padding: "1px 6px",
    borderRadius: "6px 6px 6px 0",
    font: "600 11px/16px var(--maru-sans, system-ui, sans-serif)",
    whiteSpace: "nowrap",
    maxWidth: "130px",
    overflow: "hidden",
    textOverflow: "ellipsis",
    color: "var(--maru-person-ink, #fff)",
    backgroundColor: "var(--maru-person-shown)",
    animation: "maru-flag 3s forwards",
  },
  ".maru-caret-flip .maru-caret-flag": { left: "auto", right: "-1px", borderRadius: "6px 6px 0 6px" },
  ".maru-selection": { backgroundColor: "var(--maru-person-shown)", opacity: "0.22" },
  "@keyframes maru-flag": { "0%, 85%": { opacity: 1 }, "100%": { opacity: 0 } },
})

/** The carets' state and their two layers: selections below the text, carets above it. */
export const remoteCarets: Extension = [
  field,
  layer({ above: true, class: "maru-carets", markers: caretMarkers, update: changed }),
  layer({ above: false, class: "maru-selections", markers: selectionMarkers, update: changed }),
  look,
]
