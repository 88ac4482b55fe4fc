/** Key bindings that keep still while an input method has the keyboard; it binds no key itself. */
import { EditorView, keymap, type Command, type KeyBinding } from "@codemirror/view"
import type { Extension } from "@codemirror/state"

/** Whether the key pressed last belongs to an input method: its Enter confirms a syllable and is not ours. */
let composingKey = false

const watch = EditorView.domEventObservers({
  keydown: (event) => void (composingKey = event.isComposing || event.keyCode === 229),
})

const guard = (command: Command): Command => (view) => !composingKey && !view.composing && command(view)

/** Like `keymap.of`, but none of the commands runs while a composition is open. */
export function keys(bindings: readonly KeyBinding[]): Extension {
  return [
    watch,
    keymap.of(bindings.map((binding) => ({
      ...binding,
      ...(binding.run ? { run: guard(binding.run) } : {}),
      ...(binding.shift ? { shift: guard(binding.shift) } : {}),
    }))),
  ]
}
