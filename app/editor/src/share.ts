/** Opens the share dialog: fetches it when it is first wanted, or in a quiet moment before, since one may want it without a network. */
import type { Dialog, Sharing } from "./share/seam"

const fetched = (): Promise<typeof import("./share/dialog")> => import("./share/dialog")

/** After the page has come to rest, in milliseconds. */
const QUIET = 10_000

/** Fetches the dialog once nothing else is to be done. */
export function fetchShareLater(): void {
  setTimeout(() => void fetched().catch(() => undefined), QUIET)
}

export function openShare(sharing: Sharing, lang: string): Dialog {
  let dialog: Dialog | null = null
  fetched().then(
    ({ open }) => (dialog = open(sharing, lang)),
    // Offline before it was ever fetched: the page says so, and the next press tries again.
    () => sharing.missing(),
  )
  return { changed: () => dialog?.changed() }
}
