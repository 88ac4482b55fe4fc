/** Sends every way to ask for undo or redo to the host, whose undo takes back only one's own edits; it keeps no history. */
import { Prec, type Extension } from "@codemirror/state"
import { EditorView, type Command } from "@codemirror/view"
import type { Binding } from "./binding"
import { keys } from "./keys"

export function undo(binding: Binding): Extension {
  // With CapsLock the shifted key is a small letter, and CodeMirror takes Mod-Shift-z for Mod-z.
  let shifted = false
  const step = (which: "undo" | "redo"): Command => () => {
    binding.step(which)
    return true
  }
  return [
    EditorView.domEventObservers({ keydown: (event) => void (shifted = event.shiftKey) }),
    Prec.high(keys([
      { key: "Mod-z", run: (view) => step(shifted ? "redo" : "undo")(view), preventDefault: true },
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
