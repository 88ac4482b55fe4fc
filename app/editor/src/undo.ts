/** Sends every way to ask for undo or redo to the host, whose undo takes back only one's own edits; it keeps no history. */
import { Prec, type Extension } from "@codemirror/state"
import { EditorView, type Command } from "@codemirror/view"
import type { Binding } from "./binding"
import { keys } from "./keys"

export function undo(binding: Binding): Extension {
  const step = (which: "undo" | "redo"): Command => () => {
    binding.step(which)
    return true
  }
  return [
    Prec.high(keys([
      { key: "Mod-z", run: step("undo"), preventDefault: true },
      { key: "Mod-y", run: step("redo"), preventDefault: true },
      { key: "Mod-Shift-z", run: step("redo"), preventDefault: true },
    ])),
    // The browser's own menu, a phone's shake and a touch bar ask this way; its answer would be another history.
    EditorView.domEventHandlers({
      beforeinput(event) {
        if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return false
        event.preventDefault()
        binding.step(event.inputType === "historyUndo" ? "undo" : "redo")
        return true
      },
    }),
  ]
}
