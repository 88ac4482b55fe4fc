/** Elements made in one expression, and the two that the inspector has many of: keys that are in or out, and tables' heads. */

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
