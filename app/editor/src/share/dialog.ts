/** The share dialog: who may open the document, new links, and those that work. What it shows is the session's to know. */
import { element } from "../inspector/element"
import { copyField } from "./copy"
import { choice, linkList } from "./links"
import type { Dialog, Sharing } from "./seam"
import { words } from "./words"

const CROSS = "M5 5l10 10M15 5L5 15"
/** A week, of `Words.lifetimes`. */
const WEEK = 2
const LABEL = 80
/** The problem of somebody who may not manage links, of `Words.problems`. */
const NOT_ALLOWED = 1

export function open(sharing: Sharing, lang: string): Dialog {
  const say = words(lang)
  let access = 0
  let lifetime = WEEK

  const who = element("p", { class: "share-who" })
  const own = copyField("maru-share-own", say)
  const box = element("input", { type: "checkbox", "aria-describedby": "maru-share-close-hint", click: shut })
  const closing = element("label", { class: "share-close" }, box, element("span", {}, say.onlyLinks))
  const closingHint = element("p", { class: "muted share-hint", id: "maru-share-close-hint" })
  const problem = element("p", { class: "share-problem", role: "alert" })

  const hint = element("p", { class: "share-hint" })
  const radio = (words: string, place: number): HTMLElement => element("label", {},
    element("input", { type: "radio", name: "maru-share-access", value: place, checked: place === access, change: () => choose(place) }), element("span", {}, words))
  const label = element("input", { id: "maru-share-label", type: "text", maxlength: LABEL, autocomplete: "off", placeholder: say.labelHint, keydown: holdComposingEnter })
  const form = element("form", { class: "share-new", submit: make },
    element("h3", {}, say.newLink),
    element("fieldset", { class: "share-access" }, element("legend", { class: "unseen" }, say.allows), ...say.access.map(radio)),
    hint,
    element("label", { for: "maru-share-for" }, say.worksFor),
    choice({ id: "maru-share-for" }, say.lifetimes, lifetime, (place) => (lifetime = place)),
    element("label", { for: "maru-share-label" }, say.label),
    label,
    element("button", { type: "submit", class: "primary" }, say.make))
  const made = copyField("maru-share-made", say)
  const madeBox = element("div", { class: "share-made" }, made.element)
  // Always there: a region that comes together with its words is not read out.
  const news = element("p", { class: "unseen", role: "status" })
  const list = linkList(sharing, say)

  const parts = element("div", { class: "share-parts" }, who, own.element, closing, closingHint, problem, form, news, madeBox, list.element)
  const dialog = element("dialog", { class: "dialog", id: "maru-share", "aria-labelledby": "maru-share-title" },
    element("div", { class: "dialog-head" },
      element("h2", { id: "maru-share-title" }, say.title),
      element("button", { type: "button", class: "quiet square", "aria-label": say.close, click: () => dialog.close() }, cross())),
    parts)
  dialog.addEventListener("close", () => {
    dialog.remove()
    sharing.forget()
  })

  /** The box shows what the server says, never what was only wished for. */
  function shut(event: Event): void {
    event.preventDefault()
    sharing.shut(sharing.state()[2] !== true)
  }

  function choose(place: number): void {
    access = place
    draw()
  }

  function make(event: Event): void {
    event.preventDefault()
    sharing.make(access, lifetime, label.value)
    label.value = ""
  }

  function draw(): void {
    const [waiting, trouble, closed, canClose, link, hasPass, newest, isOwn] = sharing.state()
    const known = closed !== undefined
    parts.setAttribute("aria-busy", String(waiting))
    who.textContent = known ? (closed ? say.closed : say.open) : ""
    own.show(hasPass ? say.ownLink : say.address, link)
    // After the click that wished for it, which the browser undoes.
    setTimeout(() => (box.checked = closed === true), 0)
    closing.hidden = closingHint.hidden = !canClose
    closingHint.textContent = closed ? say.opening : say.closing
    const words = say.problems[trouble] ?? ""
    if (problem.textContent !== words) problem.textContent = words
    // A viewer who looks has done nothing that failed.
    problem.dataset.calm = String(trouble === NOT_ALLOWED && !known)
    form.hidden = list.element.hidden = !known
    const promises = access === 0 && closed === false
    hint.textContent = promises ? say.honest : say.hints[access]!
    hint.dataset.warns = String(promises)
    madeBox.hidden = newest === undefined
    const told = isOwn ? say.madeOwn : say.made
    made.show(told, newest ?? "")
    const heard = newest === undefined ? "" : told
    if (news.textContent !== heard) news.textContent = heard
    list.show(sharing.links(), waiting)
  }

  document.body.append(dialog)
  draw()
  dialog.showModal()
  return { changed: draw }
}

/** With an input method, the Enter that ends a syllable belongs to the text; Safari reports it after the composition. */
function holdComposingEnter(event: KeyboardEvent): void {
  if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault()
}

function cross(): SVGSVGElement {
  const of = (tag: string, attributes: Record<string, string>): SVGElement => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", tag)
    for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value)
    return one
  }
  const icon = of("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }) as SVGSVGElement
  icon.append(of("path", { d: CROSS }))
  return icon
}
