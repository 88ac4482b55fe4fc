/** Replaces the top-level blocks of rendered Markdown that changed and leaves the others alone; it knows no Markdown. */
import { trustedHtml } from "./trusted"

/** Where a block stands in the source moves with every line above it, and is no reason to draw it anew. */
const PLACE = "data-sourcepos"
const PLACES = / data-sourcepos="[^"]*"/g

/** The HTML a shown block was made from: the block itself may have been changed since (code colours). */
const sources = new WeakMap<Node, string>()

const sourceOf = (node: Node): string => sources.get(node) ?? (node instanceof Element ? node.outerHTML : node.textContent ?? "").replace(PLACES, "")

/** The nearest ancestor that scrolls `target`, itself included. */
export function scrollerOf(target: HTMLElement): HTMLElement {
  for (let at: HTMLElement | null = target; at; at = at.parentElement)
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at
  return document.documentElement
}

/** The first block that reaches below the upper edge, and how far from it. Blocks follow one another downwards. */
function firstVisible(target: HTMLElement, edge: number): { block: Element; offset: number } | null {
  const { children } = target
  let low = 0
  let high = children.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (children[middle]!.getBoundingClientRect().bottom > edge) high = middle
    else low = middle + 1
  }
  const block = children[low]
  return block ? { block, offset: block.getBoundingClientRect().top - edge } : null
}

function movePlaces(shown: Node, fresh: Node): void {
  if (!(shown instanceof Element) || !(fresh instanceof Element)) return
  const place = fresh.getAttribute(PLACE)
  if (place !== null) shown.setAttribute(PLACE, place)
  const from = fresh.querySelectorAll(`[${PLACE}]`)
  const to = shown.querySelectorAll(`[${PLACE}]`)
  if (from.length === to.length) from.forEach((element, i) => to[i]!.setAttribute(PLACE, element.getAttribute(PLACE)!))
}

/**
 * Makes `target` show `html`, which must be safe already. A block whose HTML is the same keeps its node, wherever
 * it moved; what the reader looks at stays where it is. Whether a block was added.
 */
export function patch(target: HTMLElement, html: string): boolean {
  const template = document.createElement("template")
  template.innerHTML = trustedHtml(html)
  const fresh = [...template.content.childNodes]
  const freshSources = fresh.map(sourceOf)

  const reusable = new Map<string, Node[]>()
  for (const node of target.childNodes) {
    const source = sourceOf(node)
    const same = reusable.get(source)
    if (same) same.push(node)
    else reusable.set(source, [node])
  }

  const scroller = scrollerOf(target)
  const edge = scroller === document.documentElement ? 0 : scroller.getBoundingClientRect().top
  const anchor = firstVisible(target, edge)

  let added = false
  const next = fresh.map((node, i) => {
    const source = freshSources[i]!
    const kept = reusable.get(source)?.shift()
    if (kept) movePlaces(kept, node)
    else if (node instanceof Element) added = true
    const result = kept ?? node
    sources.set(result, source)
    return result
  })
  const keep = new Set<Node>(next)
  for (const node of [...target.childNodes]) if (!keep.has(node)) node.remove()
  let at = target.firstChild
  for (const node of next) {
    if (node === at) at = at.nextSibling
    else target.insertBefore(node, at)
  }

  // The browser's own anchoring would do this a second time.
  scroller.style.setProperty("overflow-anchor", "none")
  if (anchor?.block.isConnected) {
    const drift = anchor.block.getBoundingClientRect().top - edge - anchor.offset
    if (drift) scroller.scrollTop += drift
  }
  return added
}
