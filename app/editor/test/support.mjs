/** Serves the built editor on a free local port and drives it with the system's Chromium; any console error fails the test. */
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import { dirname, extname, join, normalize } from "node:path"
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const built = process.env.MARU_EDITOR_OUT ?? join(root, "../../public/editor")
const kinds = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".wasm": "application/wasm" }

/** As strict as the page's own: an inline style or script, or HTML made elsewhere, would be a console error here. */
const policy = "default-src 'self'; style-src 'self' 'nonce-test'; img-src data:; script-src 'self' 'wasm-unsafe-eval'; " +
  "require-trusted-types-for 'script'; trusted-types maru"

async function serve(extra) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname))
    try {
      const body = extra[path] ?? await readFile(path.startsWith("/editor/") ? join(built, path.slice(8)) : join(root, path))
      response.writeHead(200, { "content-type": kinds[extname(path)] ?? "text/html; charset=utf-8", "content-security-policy": policy })
      response.end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  return server
}

/** A browser for one test file. `extra` maps paths to bodies served beside the files. */
export async function browser(extra = {}) {
  const server = await serve(extra)
  const origin = `http://127.0.0.1:${server.address().port}`
  const chrome = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  })

  /** Runs `test` in a fresh page at `path`; afterwards no error may be on its console, and the model none found. */
  async function inPage(path, options, test) {
    const context = await chrome.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...options })
    const page = await context.newPage()
    const errors = []
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && errors.push(message.text()))
    page.on("pageerror", (error) => errors.push(String(error)))
    try {
      await page.goto(origin + path)
      await test(page, errors)
      assert.deepEqual(errors, [])
    } finally {
      await context.close()
    }
  }

  /** Mounts an editor with `text`, runs `test`, and ends with editor and model on one text. */
  async function withEditor(text, test, { editor = {}, context = {}, clock = false } = {}) {
    await inPage("/test/page.html", context, async (page, errors) => {
      await page.locator("html[data-ready]").waitFor({ state: "attached" })
      if (clock) await page.clock.install()
      await page.evaluate(([text, options]) => open_(text, options), [text, editor])
      await test(page, errors)
      await agree(page)
    })
  }

  async function close() {
    await chrome.close()
    await new Promise((resolve) => server.close(resolve))
  }

  return { inPage, withEditor, close, origin }
}

/** Editor and model hold one text, now, and the model saw nothing out of order. */
export async function agree(page) {
  const { editor, model, problems } = await page.evaluate(() => ({ editor: state().sliceDoc(), model: model.text, problems: model.problems }))
  assert.equal(editor, model)
  assert.deepEqual(problems, [])
  return model
}

/** Two frames: what was asked for on the next one has happened. */
export const frames = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))

/** Waits until nothing has scrolled, and no line was drawn anew, for ten frames in a row. */
export const still = (page) => page.evaluate(async () => {
  const seen = () => {
    const scroller = document.querySelector(".cm-scroller")
    return `${scroller.scrollTop} ${scroller.scrollHeight} ${view().viewport.from} ${view().viewport.to} ${view().state.doc.length}`
  }
  for (let last = seen(), same = 0; same < 10; ) {
    await new Promise(requestAnimationFrame)
    const now = seen()
    same = now === last ? same + 1 : 0
    last = now
  }
})

export const select = (page, anchor, head = anchor) =>
  page.evaluate(([anchor, head]) => view().dispatch({ selection: { anchor, head }, userEvent: "select" }), [anchor, head])

/** Pastes through the browser's own paste event. */
export const paste = (page, text) => page.evaluate((text) => {
  const clipboardData = new DataTransfer()
  clipboardData.setData("text/plain", text)
  document.querySelector(".cm-content").dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
}, text)

/** A seeded generator (mulberry32): a failing session can be played again. */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
