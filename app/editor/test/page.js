/** Mounts the built editor on the model for one test. The text is read back from CodeMirror's own state. */
import { mount, startPreview } from "/editor/editor.js"
import { Model } from "/test/model.js"

window.open_ = (text, options) => {
  const model = new Model(text)
  const handle = mount(document.getElementById("editor"), text, model.host, {
    lang: "en", readOnly: false, placeholder: "Write here", label: "Text", ...options,
  })
  model.handle = handle
  Object.assign(window, { model, handle })
  // The state behind the DOM: `cmTile` is where CodeMirror itself looks it up.
  window.state = () => document.querySelector(".cm-content").cmTile.root.view.state
  window.view = () => document.querySelector(".cm-content").cmTile.root.view
  handle.focus()
}
window.startPreview = startPreview
document.documentElement.dataset.ready = ""
