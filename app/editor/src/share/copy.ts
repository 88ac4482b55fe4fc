/** A link to copy, by its button or by hand where the browser refuses. */
import { element } from "../inspector/element"
import type { Words } from "./words"

/** How long a button says how copying went, in milliseconds. */
const SAID = 4_000

export interface Copy {
  readonly element: HTMLElement
  show(label: string, link: string): void
}

export function copyField(id: string, say: Words): Copy {
  const label = element("label", { for: id })
  const input = element("input", { id, type: "text", readonly: true, dir: "ltr" })
  const news = element("span", { class: "unseen", role: "status" })
  const button = element("button", { type: "button", class: "plain", click: () => void copy() }, say.copy)
  let timer = 0

  async function copy(): Promise<void> {
    const copied = await navigator.clipboard?.writeText(input.value).then(() => true, () => false)
    if (!copied) input.select()
    button.textContent = news.textContent = copied ? say.copied : say.notCopied
    clearTimeout(timer)
    timer = window.setTimeout(rest, SAID)
  }

  function rest(): void {
    button.textContent = say.copy
    news.textContent = ""
  }

  return {
    element: element("div", { class: "copy" }, label, input, button, news),
    show(words, link) {
      label.textContent = words
      if (input.value === link) return
      input.value = link
      rest()
    },
  }
}
