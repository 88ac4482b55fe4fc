/** The links that work: each with its rights, its end, and the button that ends it now, which asks once more in its place. */
import { element } from "../inspector/element"
import type { Link, Sharing } from "./seam"
import type { Words } from "./words"

export interface Links {
  readonly element: HTMLElement
  show(links: Link[]): void
}

/** A choice of words, by their places. `first` stands before them and means "as it is". */
export function choice(attributes: Record<string, string>, options: readonly string[], chosen: number, act: (place: number) => void, first?: string): HTMLSelectElement {
  const select = element("select", { ...attributes, change: () => select.value && act(Number(select.value)) })
  if (first !== undefined) select.append(element("option", { value: "" }, first))
  options.forEach((words, place) => select.append(element("option", { value: place, selected: first === undefined && place === chosen }, words)))
  return select
}

export function linkList(sharing: Sharing, say: Words): Links {
  const list = element("ul")
  const none = element("p", { class: "muted" }, say.none)
  let shown = ""

  function row([id, access, label, left, unit]: Link): HTMLLIElement {
    let sure = false
    const revoke = element("button", {
      type: "button", class: "plain revoke", click() {
        if (sure) sharing.revoke(id)
        sure = !sure
        revoke.dataset.sure = String(sure)
        revoke.textContent = sure ? say.revokeNow : say.revoke
      },
    }, say.revoke)
    return element("li", {},
      element("span", { class: "link-name" }, label || say.named[access]),
      choice({ "aria-label": say.allows }, say.access, access, (place) => sharing.allow(id, place)),
      choice({ "aria-label": say.worksFor }, say.renewed, -1, (place) => sharing.last(id, place), say.left(left, unit)),
      revoke)
  }

  return {
    element: element("section", { class: "share-links" }, element("h3", {}, say.links), none, list),
    show(links) {
      // What did not change keeps the keyboard, and a question that was asked.
      const now = JSON.stringify(links)
      if (now === shown) return
      shown = now
      none.hidden = links.length > 0
      list.replaceChildren(...links.map(row))
    },
  }
}
