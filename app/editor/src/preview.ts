/** Shows the rendered text and keeps it in step with the editor, block by block; the rendering itself is the worker's. */
import { follow, type Follower } from "./follow"
import { patch } from "./patch"
import type { Handle } from "./seam"
import { nonce, trustedScript } from "./trusted"

export interface Urls {
  /** preview-worker.js, and the Markdown module it loads. */
  worker: string
  js: string
  wasm: string
  /** The sites whose images are shown, as the Markdown module takes them. */
  images: string
}

export interface Preview {
  render(text: string): void
  /** From now on the preview scrolls with this editor. */
  follow(editor: Handle): void
  dispose(): void
}

/** Milliseconds between two renderings: as long as the last one took, within these bounds. */
const SHORTEST = 60
const LONGEST = 1500
/** A worker whose module trapped is replaced, this many times in a row at most. */
const ATTEMPTS = 3

/** `target` holds what the server rendered, or nothing; its children are replaced as the text changes. */
export function startPreview(target: HTMLElement, urls: Urls): Preview {
  let worker: Worker | null = null
  let wanted: string | null = null
  let shown: string | null = null
  let sent: { id: number; text: string; at: number } | null = null
  let id = 0
  let failures = 0
  let pause = SHORTEST
  let timer = 0
  let over = false
  let follower: Follower | null = null

  function start(): Worker {
    const made = new Worker(trustedScript(urls.worker), { type: "module" })
    made.postMessage({ init: { js: new URL(urls.js, location.href).href, wasm: new URL(urls.wasm, location.href).href, images: urls.images } })
    made.onmessage = ({ data }: MessageEvent<{ id: number; html?: string; error?: string }>) => {
      if (over || data.id !== sent?.id) return
      if (data.html === undefined) failed(data.error ?? "no answer")
      else landed(data.html)
    }
    made.onerror = (event) => failed(event.message)
    return made
  }

  function landed(html: string): void {
    const started = performance.now()
    const held = follower?.holds()
    // The first landing takes over the server's blocks, which nobody has coloured yet.
    if (patch(target, html) || shown === null) void colour()
    if (held) follower?.align()
    shown = sent!.text
    failures = 0
    pause = Math.max(SHORTEST, Math.min(LONGEST, 2 * (performance.now() - started) + (started - sent!.at)))
    sent = null
    target.removeAttribute("aria-busy")
    next()
  }

  function failed(reason: string): void {
    worker?.terminate()
    worker = null
    const text = sent?.text ?? wanted
    sent = null
    failures++
    if (failures < ATTEMPTS) {
      wanted ??= text
      next()
      return
    }
    // What was shown last stays; the text itself is safe in the editor.
    target.dispatchEvent(new CustomEvent("maru-preview-failed", { bubbles: true, detail: reason }))
  }

  async function colour(): Promise<void> {
    if (!target.querySelector("pre > code[class*=language-]:not([data-coloured])")) return
    const { colourCode } = await import("./code").catch(() => ({ colourCode: null }))
    if (!over) await colourCode?.(target, nonce())
  }

  function next(): void {
    if (timer || sent || wanted === null || over) return
    timer = window.setTimeout(() => {
      timer = 0
      if (over || wanted === null) return
      const text = wanted
      wanted = null
      if (text === shown) return
      worker ??= start()
      sent = { id: ++id, text, at: performance.now() }
      worker.postMessage({ id, text })
    }, shown === null ? 0 : pause)
  }

  return {
    render(text) {
      wanted = text
      if (failures >= ATTEMPTS) failures = 0
      next()
    },
    follow(editor) {
      follower?.dispose()
      follower = follow(target, editor)
    },
    dispose() {
      over = true
      follower?.dispose()
      clearTimeout(timer)
      worker?.terminate()
    },
  }
}
