/** Opens the inspector: fetches its panel when it is first wanted, or in a quiet moment before, since one wants it most when the network fails. */
import type { Inspected, Panel } from "./inspector/seam"

const fetched = (): Promise<typeof import("./inspector/panel")> => import("./inspector/panel")

/** After the page has come to rest, in milliseconds. */
const QUIET = 15_000

/** Fetches the panel once nothing else is to be done. */
export function fetchInspectorLater(): void {
  setTimeout(() => void fetched().catch(() => undefined), QUIET)
}

export function openInspector(parent: HTMLElement, inspected: Inspected, lang: string): Panel {
  let panel: Panel | null = null
  let closed = false
  let speaks = lang
  fetched().then(
    ({ open }) => {
      if (!closed) panel = open(parent, inspected, speaks)
    },
    // Offline before it was ever fetched: there is nothing to show, and the next press tries again.
    () => closed || inspected.close(),
  )
  return {
    changed: () => panel?.changed(),
    speak(now) {
      speaks = now
      panel?.speak(now)
    },
    close() {
      closed = true
      panel?.close()
    },
  }
}
