/** Mounts the editor: puts the parts together and hands the page what it may ask of them. The only surface the page sees. */
import { defaultKeymap } from "@codemirror/commands"
import { Compartment, EditorState, type Extension } from "@codemirror/state"
import {
  EditorView, crosshairCursor, drawSelection, dropCursor, highlightActiveLine, highlightSpecialChars, placeholder, rectangularSelection,
} from "@codemirror/view"
import { Binding } from "./binding"
import { remoteCarets } from "./carets"
import { wellFormed } from "./changes"
import { formatting } from "./formatting"
import { fetchInspectorLater } from "./inspector"
import { keys } from "./keys"
import { markdown } from "./markdown"
import { phrases } from "./phrases"
import { scrolling } from "./scrolling"
import type { Handle, Host, Options } from "./seam"
import { fetchShareLater } from "./share"
import { theme } from "./theme"
import { nonce } from "./trusted"
import { undo } from "./undo"

export { openInspector } from "./inspector"
export { openShare } from "./share"
export { startPreview } from "./preview"
export type { Caret, Handle, Host, Options } from "./seam"

/**
 * Read-only for the state (commands), for the browser (no caret that invites typing, no phone keyboard), and for commands that do
 * not ask, such as those of lists and quotations. What the host sends is not filtered.
 */
const access = (readOnly: boolean): Extension =>
  [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly), readOnly ? EditorState.changeFilter.of(() => false) : []]

let fetchingSearch: Promise<void> | null = null

/** The search keys until the search itself is there. A failed fetch (offline) is tried again at the next press. */
function findLater(view: EditorView): boolean {
  fetchingSearch ??= import("./search")
    .then(({ open }) => open(view))
    .catch(() => undefined)
    .finally(() => (fetchingSearch = null))
  return true
}

export function mount(parent: HTMLElement, text: string, host: Host, options: Options): Handle {
  const readOnly = new Compartment()
  const wrapping = new Compartment()
  const setReadOnly = (on: boolean): void => view.dispatch({ effects: readOnly.reconfigure(access(on)) })

  const binding = new Binding(host, (error) => {
    reportError(error)
    // May happen inside an update, where nothing can be dispatched.
    setTimeout(() => setReadOnly(true), 0)
  })

  const call = (name: string) => () => {
    binding.flush()
    host.shortcut?.(name)
    return true
  }

  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        // CodeMirror counts any other line end as one position, the replica as its code units.
        EditorState.lineSeparator.of("\n"),
        EditorView.clipboardInputFilter.of((pasted) => pasted.replace(/\r\n?/g, "\n")),
        EditorState.allowMultipleSelections.of(true),
        wellFormed,
        binding.extension,
        undo(binding),
        keys([
          ...formatting,
          { key: "Mod-f", run: findLater, preventDefault: true },
          { key: "Mod-s", run: call("save"), preventDefault: true },
          { key: "Mod-Alt-p", run: call("preview"), preventDefault: true },
        ]),
        markdown(),
        keys(defaultKeymap),
        readOnly.of(access(options.readOnly)),
        wrapping.of(EditorView.lineWrapping),
        remoteCarets,
        scrolling,
        drawSelection(),
        dropCursor(),
        highlightActiveLine(),
        highlightSpecialChars(),
        rectangularSelection(),
        crosshairCursor(),
        placeholder(options.placeholder),
        phrases(options.lang),
        theme,
        EditorView.cspNonce.of(nonce() ?? ""),
        // Also a viewer reaches the text by the keyboard, to scroll it and to copy from it.
        EditorView.contentAttributes.of({ "aria-label": options.label, tabindex: "0", spellcheck: "true", autocorrect: "on", autocapitalize: "sentences" }),
      ],
    }),
  })
  binding.attach(view)
  fetchInspectorLater()
  fetchShareLater()

  return {
    wake: () => binding.wake(),
    carets: (list) => binding.carets(list),
    flush: () => binding.flush(),
    focus: () => view.focus(),
    setReadOnly,
    setLineWrapping: (on) => view.dispatch({ effects: wrapping.reconfigure(on ? EditorView.lineWrapping : []) }),
    topLine: () => view.plugin(scrolling)?.topLine() ?? null,
    scrollToLine: (line) => view.plugin(scrolling)?.goTo(line),
    onScroll: (callback) => view.plugin(scrolling)?.onScroll(callback) ?? (() => undefined),
    length: () => view.state.doc.length,
    announce: (sentence) => view.dispatch({ effects: EditorView.announce.of(sentence) }),
    destroy() {
      binding.destroy()
      view.destroy()
    },
  }
}
