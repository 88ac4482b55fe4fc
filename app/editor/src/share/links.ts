/** The links that work: each with its rights, its end, and the button that ends it now, which asks once more in its place. */
import { element } from "../inspector/element"
import type { Link, Sharing } from "./seam"
import type { Words } from "./words"

export interface Links {
  readonly element: HTMLElement
  /** While an answer is awaited the choices show what was wished for, afterwards what the server says. */
  show(links: Link[], waiting: boolean): void
}

interface Row {
  readonly element: HTMLLIElement
  draw(link: Link): void
  settle(): void
}

/** A choice of words, by their places. `first` stands before them and means "as it is". */
export function choice(attributes: Record<string, string>, options: readonly string[], chosen: number, act: (place: number) => void, first?: string): HTMLSelectElement {
  const select = element("select", { ...attributes, change: () => select.value && act(Number(select.value)) })
  if (first !== undefined) select.append(element("option", { value: "" }, first))
  options.forEach((words, place) => select.append(element("option", { value: place, selected: first === undefined && place === chosen }, words)))
  return select
}

function row(sharing: Sharing, say: Words, id: string): Row {
  let sure = false
  let called = ""
  let right = 0
  const name = element("span", { class: "link-name" })
  const allows = choice({}, say.access, -1, (place) => sharing.allow(id, place))
  const lasts = choice({}, say.renewed, -1, (place) => sharing.last(id, place), "")
  const revoke = element("button", {
    type: "button", class: "plain revoke", click() {
      if (sure) sharing.revoke(id)
      sure = !sure
      ask()
    },
  })

  function ask(): void {
    revoke.dataset.sure = String(sure)
    revoke.textContent = sure ? say.revokeNow : say.revoke
    revoke.setAttribute("aria-label", `${revoke.textContent}: ${called}`)
  }

  return {
    element: element("li", {}, name, allows, lasts, revoke),
    draw([, access, label, left, unit]) {
      right = access
      called = name.textContent = label || say.named[access]!
      // Several rows have the same controls: each says of which link it is.
      allows.setAttribute("aria-label", `${say.allows}: ${called}`)
      lasts.setAttribute("aria-label", `${say.worksFor}: ${called}`)
      lasts.options[0]!.textContent = say.left(left, unit)
      ask()
    },
    settle() {
      allows.value = String(right)
      lasts.value = ""
    },
  }
}

export function linkList(sharing: Sharing, say: Words): Links {
  const list = element("ul")
  const none = element("p", { class: "muted" }, say.none)
  const heading = element("h3", { tabindex: "-1" }, say.links)
  const rows = new Map<string, Row>()

  function drop(id: string, gone: Row): void {
    const held = gone.element.contains(document.activeElement)
    gone.element.remove()
    rows.delete(id)
    // The keyboard stays in the dialog, beside what is gone.
    if (held) heading.focus()
  }

  return {
    element: element("section", { class: "share-links" }, heading, none, list),
    show(links, waiting) {
      none.hidden = links.length > 0
      const live = new Set(links.map(([id]) => id))
      for (const [id, one] of rows) if (!live.has(id)) drop(id, one)
      links.forEach((link, place) => {
        const [id] = link
        const stood = rows.get(id)
        const one = stood ?? row(sharing, say, id)
        rows.set(id, one)
        one.draw(link)
        if (!waiting || !stood) one.settle()
        // What stands where it should is not moved: it would lose the keyboard.
        if (list.children[place] !== one.element) list.insertBefore(one.element, list.children[place] ?? null)
      })
    },
  }
}
