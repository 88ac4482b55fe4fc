/** Marks the lines of code blocks and tables, so that the theme can set them in a code font; it changes no text. */
import { syntaxTree } from "@codemirror/language"
import { Decoration, ViewPlugin, type DecorationSet, type EditorView, type ViewUpdate } from "@codemirror/view"
import { RangeSetBuilder } from "@codemirror/state"

const CLASSES: Record<string, Decoration> = {
  FencedCode: Decoration.line({ class: "maru-code-line" }),
  CodeBlock: Decoration.line({ class: "maru-code-line" }),
  Table: Decoration.line({ class: "maru-table-line" }),
}

function mark(view: EditorView): DecorationSet {
  const { doc } = view.state
  const lines = new RangeSetBuilder<Decoration>()
  let marked = -1
  for (const { from, to } of view.visibleRanges) {
    syntaxTree(view.state).iterate({
      from,
      to,
      enter(node) {
        const decoration = CLASSES[node.name]
        if (!decoration) return undefined
        for (let at = doc.lineAt(Math.max(node.from, from)); ; at = doc.line(at.number + 1)) {
          if (at.from > marked) lines.add((marked = at.from), at.from, decoration)
          if (at.to >= Math.min(node.to, to) || at.number === doc.lines) return false
        }
      },
    })
  }
  return lines.finish()
}

export const blockLines = ViewPlugin.fromClass(class {
  marks: DecorationSet
  #stale = false

  constructor(view: EditorView) {
    this.marks = mark(view)
  }

  update(update: ViewUpdate): void {
    const changed = update.docChanged || update.viewportChanged || syntaxTree(update.startState) !== syntaxTree(update.state)
    // A line that changes its looks under an open composition may end it: the marks only move along until then.
    if (update.view.composing) {
      this.marks = this.marks.map(update.changes)
      this.#stale ||= changed
    } else if (changed || this.#stale) {
      this.marks = mark(update.view)
      this.#stale = false
    }
  }
}, { decorations: (plugin) => plugin.marks })
