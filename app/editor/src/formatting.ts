/** The keys that write Markdown for the writer: bold, italic, code and link; it knows the marks, not the syntax tree. */
import { EditorSelection, type ChangeSpec, type SelectionRange } from "@codemirror/state"
import type { Command, EditorView, KeyBinding } from "@codemirror/view"

/** Puts `mark` around each selection, or takes it away where it already stands inside or outside of it. */
function toggle(mark: string): Command {
  const { length } = mark
  const char = mark.charAt(0)
  return (view: EditorView) => {
    const { state } = view
    if (state.readOnly) return false
    const spec = state.changeByRange((range) => {
      const { from, to } = range
      const text = state.sliceDoc(from, to)
      // `*` inside `**` is not an italic mark: the runs of marks must have the length asked for.
      const run = (at: number, step: 1 | -1): number => {
        let n = 0
        while (n < 4 && state.sliceDoc(step < 0 ? at - n - 1 : at + n, step < 0 ? at - n : at + n + 1) === char) n++
        return n
      }
      const has = (n: number): boolean => n === length || n === 3
      if (has(run(from, -1)) && has(run(to, 1))) {
        const changes = [{ from: from - length, to: from }, { from: to, to: to + length }]
        return { changes, range: EditorSelection.range(range.anchor - length, range.head - length) }
      }
      if (text.length > 2 * length && text.startsWith(mark) && text.endsWith(mark) && !text.startsWith(char, length)) {
        const changes = [{ from, to: from + length }, { from: to - length, to }]
        return { changes, range: EditorSelection.range(from, to - 2 * length) }
      }
      const changes: ChangeSpec[] = [{ from, insert: mark }, { from: to, insert: mark }]
      return { changes, range: moved(range, length) }
    })
    view.dispatch(state.update(spec, { userEvent: "input.format", scrollIntoView: true }))
    return true
  }
}

const moved = (range: SelectionRange, by: number): SelectionRange => EditorSelection.range(range.anchor + by, range.head + by)

const ADDRESS = /^(https?:\/\/|mailto:)\S+$/

/** `[text](address)`, with the cursor where something is missing. A selected address becomes the address. */
const link: Command = (view) => {
  const { state } = view
  if (state.readOnly) return false
  const spec = state.changeByRange(({ from, to }) => {
    const text = state.sliceDoc(from, to)
    const address = ADDRESS.test(text)
    const insert = address ? `[](${text})` : `[${text}]()`
    const cursor = from + (address || !text ? 1 : insert.length - 1)
    return { changes: { from, to, insert }, range: EditorSelection.cursor(cursor) }
  })
  view.dispatch(state.update(spec, { userEvent: "input.format", scrollIntoView: true }))
  return true
}

export const formatting: readonly KeyBinding[] = [
  { key: "Mod-b", run: toggle("**"), preventDefault: true },
  { key: "Mod-i", run: toggle("*"), preventDefault: true },
  { key: "Mod-e", run: toggle("`"), preventDefault: true },
  { key: "Mod-k", run: link, preventDefault: true },
]
