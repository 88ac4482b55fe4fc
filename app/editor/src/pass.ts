/** Takes a link's token out of the address before anything else: it is kept for this document, and seen by nobody over a shoulder, in the history, or in a copied address. */

/** As `pass::tidy` in app/src/pass.rs has it. */
const FRAGMENT = /^#t=([\w.-]{1,4096})$/

/** Takes it, now and whenever another one is put into the address; whoever listens for `storage` hears of that as of one that came to another tab. */
export function takePass(): void {
  const token = FRAGMENT.exec(location.hash)?.[1]
  const doc = /^\/d\/([^/]+)$/.exec(location.pathname)?.[1]
  if (!token || !doc) return
  const name = decodeURIComponent(doc)
  const key = `maru-pass:${name}`
  try {
    // A link that turns out to be good for nothing must not cost the one that was.
    const before = localStorage.getItem(key)
    if (before && before !== token) localStorage.setItem(`maru-pass-before:${name}`, before)
    localStorage.setItem(key, token)
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

/** A document's name and a token in what somebody pasted: a whole link, or the end of one. */
const PASTED = /^(?:\S*\/d\/)?([\w.~-]{1,128})[^\s#]*#t=([\w.-]{1,4096})$/

/** A form would send what was pasted into it as part of an address: a link with a token is followed instead. */
function follow(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement
  if (new URL(form.action).pathname !== "/open") return
  const [, doc, token] = PASTED.exec(String(new FormData(form).get("doc")).trim()) ?? []
  if (!doc || !token) return
  event.preventDefault()
  location.assign(`/d/${doc}#t=${token}`)
}

addEventListener("submit", follow)
takePass()
addEventListener("hashchange", takePass)
