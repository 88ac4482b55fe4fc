/** The left of the inspector: what each transport carried, a switch to use it alone, and the faults to simulate. */
import { element, head, key, redraw } from "./element"
import type { Inspected } from "./seam"
import { type Words, bytes } from "./words"

export function controls(parent: HTMLElement, inspected: Inspected, changed: () => void): (lang: string, say: Words) => void {
  return (lang, say) => {
    const [used, forced, faults] = inspected.state(lang)
    const totals = inspected.totals()
    const force = (rung: number) => () => (inspected.force(rung), changed())
    const rows = say.rungs.map((name, rung) => {
      const [out = 0, outBytes = 0, into = 0, inBytes = 0, ms] = totals.slice(rung * 5, rung * 5 + 5)
      const amount = (count: number, size: number): HTMLElement => element("td", {}, count ? `${count} · ${bytes(size)}` : "–")
      return element("tr", { "data-used": String(rung === used) },
        element("th", { scope: "row" }, key(name, forced === rung, force(rung))),
        element("td", {}, ms === undefined ? "–" : `${ms} ms`), amount(out, outBytes), amount(into, inBytes))
    })
    const table = element("table", { class: "transports", "aria-label": say.transports },
      head([key(say.automatic, forced < 0, force(-1)), ...say.columns]), element("tbody", {}, ...rows))
    const switches = say.faults.map((name, fault) =>
      key(name, !!(faults & (1 << fault)), () => (inspected.fault(fault), changed())))
    const group = element("div", { class: "faults", role: "group", "aria-label": say.simulate },
      element("h3", {}, say.simulate), ...switches, key(say.cut, null, () => inspected.cut()))
    redraw(parent, table, group)
  }
}
