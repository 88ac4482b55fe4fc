/** Renders Markdown off the page's thread, in the Markdown module's own wasm; it answers the newest request only. */

interface Markdown {
  default(init: { module_or_path: string }): Promise<unknown>
  render(text: string, images: string): string
}

interface Init {
  js: string
  wasm: string
  /** Sites whose images are shown: origins separated by spaces, or `*`. */
  images: string
}

interface Job {
  init?: Init
  id?: number
  text?: string
}

let markdown: Promise<Markdown> | null = null
let images = ""
let latest: { id: number; text: string } | null = null
let waiting = false

async function load({ js, wasm }: Init): Promise<Markdown> {
  const module = (await import(js)) as Markdown
  await module.default({ module_or_path: wasm })
  return module
}

async function answer(): Promise<void> {
  // One turn of the event loop lets requests that queued up during a long rendering replace this one.
  await new Promise((resolve) => setTimeout(resolve, 0))
  waiting = false
  const request = latest
  latest = null
  if (!request) return
  const { id, text } = request
  try {
    if (!markdown) throw new Error("the preview was asked to render before it was told where its module is")
    postMessage({ id, html: (await markdown).render(text, images) })
  } catch (error) {
    postMessage({ id, error: String(error) })
  }
}

addEventListener("message", ({ data }: MessageEvent<Job>) => {
  if (data.init) {
    markdown = load(data.init)
    images = data.init.images
    // Reported with the first request; unhandled until then otherwise.
    markdown.catch(() => undefined)
  }
  if (data.id === undefined || data.text === undefined) return
  latest = { id: data.id, text: data.text }
  if (waiting) return
  waiting = true
  void answer()
})
