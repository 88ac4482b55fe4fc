/** Takes a link's token out of the address before anything else: it is kept for this document, and seen by nobody over a shoulder, in the history, or in a copied address. */

/** As `pass::tidy` in app/src/pass.rs has it. */
const FRAGMENT = /^#t=([\w.-]{1,4096})$/

/** Whether a token says of itself that it only reads, as `pass::seems_to_read` in app/src/pass.rs takes it. */
function reads(token: string): boolean {
  try {
    return JSON.parse(atob(token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"))).access === "read"
  } catch {
    return false
  }
}

/** Takes it, now and whenever another one is put into the address; whoever listens for `storage` hears of that as of one that came to another tab. */
export function takePass(): void {
  const token = FRAGMENT.exec(location.hash)?.[1]
  const doc = /^\/d\/([^/]+)$/.exec(location.pathname)?.[1]
  if (!token || !doc) return
  const name = decodeURIComponent(doc)
  const key = `maru-pass:${name}`
  try {
    const before = localStorage.getItem(key)
    if (before && before !== token && reads(token)) {
      // Whoever looks through a view link does not lose the right to write, neither later nor in other tabs.
      sessionStorage.setItem(key, token)
    } else {
      sessionStorage.removeItem(key)
      // A link that turns out to be good for nothing must not cost the one that was.
      if (before && before !== token) localStorage.setItem(`maru-pass-before:${name}`, before)
      localStorage.setItem(key, token)
    }
  } catch {
    // A browser that keeps nothing: the token stays in the address, where a reload finds it again.
    passing(key, token)
    return
  }
  history.replaceState(history.state, "", location.pathname + location.search)
  passing(key, token)
}

function passing(key: string, token: string): void {
  ;(globalThis as { maruPass?: string }).maruPass = token
  dispatchEvent(new StorageEvent("storage", { key, newValue: token }))
}

/** Where it leads, a document's name and a token, in what somebody pasted: a link with whatever stands around it, or the end of one. */
const PASTED = /(?:(https?:\/\/[^\s/]+)?\/d\/|^\s*)([\w.~-]{1,128})\/?[^\s#/]*#t=([\w.-]{0,4095}[\w-])/

/** A form would send what was pasted into it: what holds a token is sent nowhere, and its link is followed instead. */
function follow(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement
  if (new URL(form.action).pathname !== "/open") return
  const pasted = String(new FormData(form).get("doc"))
  if (!pasted.includes("#t=")) return
  event.preventDefault()
  const [, origin = "", doc, token] = PASTED.exec(pasted) ?? []
  location.assign(doc ? `${origin}/d/${doc}#t=${token}` : "/?refused")
}

addEventListener("submit", follow)
takePass()
addEventListener("hashchange", takePass)
