/** Find and replace, fetched when it is first asked for; it is not part of the first load. */
import { openSearchPanel, search, searchKeymap } from "@codemirror/search"
import { StateEffect } from "@codemirror/state"
import { EditorView } from "@codemirror/view"
import { keys } from "./keys"

export function open(view: EditorView): void {
  view.dispatch({ effects: StateEffect.appendConfig.of([search({ top: true }), keys(searchKeymap)]) })
  openSearchPanel(view)
}
