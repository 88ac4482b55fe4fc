/** The inspector's panel: what travels between this page and its server, live, and switches to try what happens when it does not. */
import { controls } from "./controls"
import { element } from "./element"
import { Messages } from "./messages"
import type { Inspected, Panel } from "./seam"
import { words } from "./words"

const CROSS = "M5 5l10 10M15 5L5 15"

export function open(parent: HTMLElement, inspected: Inspected, language: string): Panel {
  let lang = language
  const title = element("h2")
  const remark = element("p")
  const faulty = element("p", { class: "faulty", role: "status" })
  const close = element("button", { type: "button", class: "quiet square", click: () => inspected.close() }, cross())
  // In a tab of its own: the document stays where it is.
  const lab = element("a", { href: "/lab", target: "_blank", rel: "noopener", class: "inspector-lab" })
  const side = element("div", { class: "inspector-side" })
  const list = element("div", { class: "inspector-list" })
  parent.replaceChildren(element("header", { class: "inspector-head" }, title, remark, faulty, lab, close), side, list)

  const messages = new Messages(list, inspected, words(lang))
  const drawControls = controls(side, inspected, () => draw())

  function draw(): void {
    const say = words(lang)
    const [, , faults, roundTrip, meaning] = inspected.state(lang)
    const warning = faults ? say.faulty : ""
    // Said once, not at every look.
    if (faulty.textContent !== warning) faulty.textContent = warning
    remark.textContent = roundTrip === undefined ? meaning : `${meaning} · ${roundTrip} ms`
    drawControls(lang, say)
  }

  function speak(now: string): void {
    lang = now
    const say = words(lang)
    title.textContent = say.title
    lab.textContent = say.lab
    close.setAttribute("aria-label", say.close)
    messages.speak(say)
    draw()
  }

  const escape = (event: KeyboardEvent): void => {
    if (event.key === "Escape") inspected.close()
  }
  parent.addEventListener("keydown", escape)
  speak(lang)
  messages.follow()
  parent.focus({ preventScroll: true })

  return {
    changed() {
      messages.follow()
      draw()
    },
    speak,
    close() {
      parent.removeEventListener("keydown", escape)
      parent.replaceChildren()
      // Back to what opened it, where that is to be seen.
      document.getElementById("maru-way")?.focus({ preventScroll: true })
    },
  }
}

function cross(): SVGSVGElement {
  const made = (tag: string, attributes: Record<string, string>): SVGElement => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", tag)
    for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value)
    return one
  }
  const icon = made("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }) as SVGSVGElement
  icon.append(made("path", { d: CROSS }))
  return icon
}
