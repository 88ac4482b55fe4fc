/** Elements made in one expression, the two that the inspector has many of (keys that are in or out, tables' heads), and drawing anew into those that stand. */

type Part = Node | string | null | undefined | false
type Attributes = Record<string, string | number | boolean | null | ((event: never) => void)>

/** An element. A function listens to the event of its name, `true` is an attribute without a value, null none. */
export function element<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...parts: Part[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value as EventListener)
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : String(value))
  }
  made.append(...parts.filter((part): part is Node | string => !!part))
  return made
}

/** A small button; pressed in or out, or only to be pressed (null). A sign may stand for its words. */
export const key = (words: string, pressed: boolean | null, click: () => void, sign?: string): HTMLButtonElement =>
  element("button", {
    type: "button", class: "key", "aria-pressed": pressed === null ? null : String(pressed), title: sign ? words : null, "aria-label": sign ? words : null, click,
  }, sign ?? words)

export const head = (names: (string | Node)[]): HTMLElement =>
  element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name))))

/**
 * Draws these parts into what stands in `parent`, and keeps each element whose tag is the same: one that is replaced
 * while a person presses it never gets the click. What an element listened to first it listens to for good.
 */
export function redraw(parent: Element, ...parts: Node[]): void {
  parts.forEach((part, i) => {
    const stands = parent.childNodes[i]
    if (!stands) parent.append(part)
    else if (stands instanceof Element && part instanceof Element && stands.tagName === part.tagName) {
      for (const name of stands.getAttributeNames()) if (!part.hasAttribute(name)) stands.removeAttribute(name)
      for (const name of part.getAttributeNames()) {
        const value = part.getAttribute(name)!
        if (stands.getAttribute(name) !== value) stands.setAttribute(name, value)
      }
      redraw(stands, ...part.childNodes)
    } else if (stands.nodeValue === null || stands.nodeValue !== part.nodeValue) stands.replaceWith(part)
  })
  while (parent.childNodes.length > parts.length) parent.lastChild!.remove()
}
