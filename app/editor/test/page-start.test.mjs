/** The page's start and the preview: what boot does, what it says when it cannot, and how the preview is kept in step. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { browser, frames } from "./support.mjs"

/** Stands for wasm-bindgen's output: the default export takes where the module is, as a path or a response on its way. */
const app = `export default async ({ module_or_path }) => { globalThis.started = await (await module_or_path).text() }
export const hydrate = () => { globalThis.hydrated = [typeof maruEditor.mount, started, __RESOLVED_RESOURCES.length, __INCOMPLETE_CHUNKS.length, __SERIALIZED_ERRORS.length] }`

/** One paragraph a line, fenced code as comrak writes it; the line "trap" is a module that dies once. */
const markdown = `export default async () => {}
export const render = (text, images) => {
  if (text === "images") return "<p>" + images + "</p>"
  if (text === "trap" && !globalThis.survived) throw new Error("unreachable")
  return text.split("\\n").map((line, i) => line.startsWith("code:")
    ? '<pre data-sourcepos="' + (i + 1) + ':1-' + (i + 1) + ':9"><code class="language-js">' + line.slice(5) + "</code></pre>"
    : '<p data-sourcepos="' + (i + 1) + ':1-' + (i + 1) + ':9">' + line + "</p>").join("\\n")
}`

const pageWith = (boot, lang = "en", name = "document") => `<!doctype html><html lang="${lang}" data-page="${name}"><meta charset="utf-8"><link rel="icon" href="data:,">
<p id="maru-boot-error" role="alert" hidden></p>
<script type="application/json" id="maru-boot">${JSON.stringify(boot)}</script>
<script type="module" src="/editor/boot.js"></script></html>`

/** The test page with a preview that the server rendered. */
const rendered = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/test/page.css">
<div id="editor"></div>
<div id="preview"><pre data-sourcepos="1:1-1:9"><code class="language-js">const x = 1</code></pre>\n<p data-sourcepos="2:1-1:9">last</p></div>
<script type="module" nonce="test" src="/test/page.js"></script></html>`

const paths = { app: "/fake/app.js", wasm: "/fake/app.wasm", editor: "/editor/editor.js" }

let b
before(async () => (b = await browser({
  "/fake/app.js": app,
  "/fake/app.wasm": "bytes",
  "/fake/markdown.js": markdown,
  "/boots": pageWith(paths),
  "/d/notes": pageWith(paths),
  "/rendered": rendered,
  "/form": pageWith(paths).replace("</html>", '<form action="/open"><input name="doc"><button>open</button></form></html>'),
  "/open": pageWith(paths),
  "/": pageWith(paths),
  "/without-editor": pageWith({ app: "/fake/alone.js", wasm: "/fake/app.wasm" }),
  "/fake/alone.js": `export default async () => {}; export const hydrate = () => (globalThis.hydrated = [typeof maruEditor])`,
  "/lab": pageWith({ ...paths, instruments: "/fake/instruments.js", instruments_wasm: "/fake/instruments.wasm" }, "en", "lab"),
  "/lab-broken": pageWith({ ...paths, instruments: "/fake/none.js", instruments_wasm: "/fake/instruments.wasm" }, "ko", "lab"),
  "/fake/instruments.js": `export default async ({ module_or_path }) => { globalThis.started = await (await module_or_path).text() }
export const lab = () => (globalThis.lab = [started, typeof globalThis.maruEditor, typeof globalThis.hydrated])`,
  "/fake/instruments.wasm": "instruments",
  "/broken": pageWith({ ...paths, app: "/fake/none.js" }),
  "/broken-ko": pageWith({ ...paths, app: "/fake/none.js" }, "ko"),
})))
after(() => b.close())

test("boot fetches app and editor, then hydrates with Leptos's globals there", () =>
  b.inPage("/boots", {}, async (page) => {
    await page.waitForFunction(() => globalThis.hydrated)
    assert.deepEqual(await page.evaluate(() => hydrated), ["function", "bytes", 0, 0, 0])
    assert.equal(await page.locator("#maru-boot-error").isHidden(), true)
  }))

test("boot starts a page that has no editor", () =>
  b.inPage("/without-editor", {}, async (page) => {
    await page.waitForFunction(() => globalThis.hydrated)
    assert.deepEqual(await page.evaluate(() => hydrated), ["undefined"])
  }))

test("boot starts the lab by the instruments alone", async () => {
  await b.inPage("/lab", {}, async (page) => {
    await page.waitForFunction(() => globalThis.lab)
    assert.deepEqual(await page.evaluate(() => lab), ["instruments", "undefined", "undefined"])
  })
  await b.inPage("/lab-broken", {}, async (page, errors) => {
    await page.locator("#maru-boot-error").waitFor()
    assert.match(await page.locator("#maru-boot-error").textContent(), /재는 부분을 불러오지 못했어요/)
    assert.ok(errors.splice(0).length > 0)
  })
})

test("a page that cannot start says so, in its language, and offers to reload", async () => {
  for (const [path, words, button] of [["/broken", /could not be loaded.*read and copy/, "Reload"], ["/broken-ko", /불러오지 못해.*복사/, "새로 고침"]])
    await b.inPage(path, {}, async (page, errors) => {
      await page.locator("#maru-boot-error").waitFor()
      assert.match(await page.locator("#maru-boot-error").textContent(), words)
      assert.equal(await page.locator("#maru-boot-error button").textContent(), button)
      assert.ok(errors.splice(0).length > 0)
    })
})

test("a browser without WebAssembly is told so", () =>
  b.inPage("/test/page.html", {}, async (page, errors) => {
    await page.addInitScript(() => delete globalThis.WebAssembly)
    await page.goto(`${b.origin}/boots`)
    await page.locator("#maru-boot-error").waitFor()
    assert.match(await page.locator("#maru-boot-error").textContent(), /does not run WebAssembly/)
    assert.match(errors.splice(0).join(), /WebAssembly is missing/)
  }))

test("a link's token is taken out of the address before anything else, and kept for its document", () =>
  b.inPage("/d/notes?x=1#t=a.b-_c", {}, async (page) => {
    await page.waitForFunction(() => globalThis.hydrated)
    assert.equal(page.url(), `${b.origin}/d/notes?x=1`)
    assert.equal(await page.evaluate(() => localStorage.getItem("maru-pass:notes")), "a.b-_c")
    assert.equal(await page.evaluate(() => history.length), 2)
    await page.goBack()
    assert.doesNotMatch(page.url(), /#t=/)
  }))

test("another token in the address is told like one that came to another tab, without a reload", () =>
  b.inPage("/d/notes", {}, async (page) => {
    await page.waitForFunction(() => globalThis.hydrated)
    await page.evaluate(() => {
      window.told = []
      addEventListener("storage", ({ key, newValue }) => told.push([key, newValue]))
      location.hash = "#h-heading"
      location.hash = "#t=not a token"
      location.hash = "#t=x.y.z"
    })
    await page.waitForFunction(() => told.length > 0)
    assert.deepEqual(await page.evaluate(() => told), [["maru-pass:notes", "x.y.z"]])
    assert.equal(page.url(), `${b.origin}/d/notes`)
    assert.ok(await page.evaluate(() => globalThis.hydrated))
  }))

test("a link with a token that is pasted into the form is followed and not sent, anything else is sent", () =>
  b.inPage("/form", {}, async (page) => {
    const asked = []
    page.on("request", (request) => asked.push(request.url()))
    for (const [pasted, arrives, origin = b.origin] of [
      [`  ${b.origin}/d/notes#t=a.b-_c `, "/d/notes"],
      [`${b.origin}/d/notes?x=1#t=a.b.c`, "/d/notes"],
      ["notes#t=a.b.c", "/d/notes"],
      [`Bin said: (${b.origin}/d/notes#t=a.b.c). Or ${b.origin}/d/other`, "/d/notes"],
      [`“${b.origin}/d/notes/#t=a.b.c”`, "/d/notes"],
      [`${b.origin}/d/one and ${b.origin}/d/notes#t=a.b.c\n`, "/d/notes"],
      ["maru.example/d/notes#t=a.b.c", "/d/notes"],
      [`${b.origin.replace("127.0.0.1", "localhost")}/d/notes#t=a.b.c`, "/d/notes", b.origin.replace("127.0.0.1", "localhost")],
      ["what is this #t=a.b.c", "/?refused"],
      ["notes", "/open?doc=notes"],
      [`${b.origin}/d/notes#h-heading`, `/open?doc=${encodeURIComponent(`${b.origin}/d/notes#h-heading`)}`],
    ]) {
      await page.goto(`${b.origin}/form`)
      await page.waitForFunction(() => globalThis.hydrated)
      await page.locator("input").fill(pasted)
      await page.locator("button").click()
      await page.waitForURL(`${origin}${arrives}`)
    }
    assert.deepEqual(asked.filter((url) => url.includes("t%3D") || url.includes("t=a")), [])
  }))

/** A token of this form that says what it allows. */
const saying = (access) => `h.${Buffer.from(JSON.stringify({ doc: "notes", access })).toString("base64url")}.s`

test("a view link beside another pass is this tab's alone, and no other tab hears of it", () =>
  b.inPage("/d/notes", {}, async (page) => {
    await page.waitForFunction(() => globalThis.hydrated)
    const [view, edit, later] = [saying("read"), saying("write"), `${saying("write")}2`]
    await page.evaluate((edit) => localStorage.setItem("maru-pass:notes", edit), edit)
    const other = await page.context().newPage()
    await other.goto(`${b.origin}/d/notes`)
    await other.evaluate(() => {
      window.told = []
      addEventListener("storage", ({ newValue }) => told.push(newValue))
    })
    const put = (token) => page.evaluate(async (token) => {
      const heard = new Promise((resolve) => addEventListener("storage", ({ newValue }) => resolve(newValue), { once: true }))
      location.hash = `#t=${token}`
      return [await heard, globalThis.maruPass, sessionStorage.getItem("maru-pass:notes"), localStorage.getItem("maru-pass:notes"),
        localStorage.getItem("maru-pass-before:notes"), location.hash]
    }, token)
    assert.deepEqual(await put(view), [view, view, view, edit, null, ""])
    // One that writes is for every tab again.
    assert.deepEqual(await put(later), [later, later, null, later, edit, ""])
    await other.waitForFunction(() => told.length > 1)
    assert.deepEqual(await other.evaluate(() => told), [edit, later])
  }))

test("a view link where no other pass is kept is kept for every tab", () =>
  b.inPage(`/d/notes#t=${saying("read")}`, {}, async (page) => {
    await page.waitForFunction(() => globalThis.hydrated)
    assert.equal(await page.evaluate(() => localStorage.getItem("maru-pass:notes")), saying("read"))
    assert.equal(await page.evaluate(() => sessionStorage.length), 0)
  }))

test("the token that another takes the place of is kept beside it", () =>
  b.inPage("/d/notes#t=a.b.c", {}, async (page) => {
    const kept = (name) => page.evaluate((name) => localStorage.getItem(name), `${name}:notes`)
    await page.waitForFunction(() => globalThis.hydrated)
    assert.equal(await kept("maru-pass-before"), null)
    await page.evaluate(() => (location.hash = "#t=a.b.c"))
    await page.evaluate(() => (location.hash = "#t=x.y.z"))
    await page.waitForFunction(() => localStorage.getItem("maru-pass:notes") === "x.y.z")
    assert.equal(await kept("maru-pass-before"), "a.b.c")
  }))

test("where the browser keeps nothing, the token stays in the address, and the page has it all the same", () =>
  b.inPage("/test/page.html", {}, async (page) => {
    await page.addInitScript(() => Object.defineProperty(Storage.prototype, "setItem", { value: () => { throw new Error("refused") } }))
    await page.goto(`${b.origin}/d/notes#t=a.b.c`)
    await page.waitForFunction(() => globalThis.hydrated)
    assert.match(page.url(), /#t=a\.b\.c$/)
    assert.equal(await page.evaluate(() => maruPass), "a.b.c")
  }))

async function withPreview(test, path = "/test/page.html") {
  await b.inPage(path, {}, async (page, errors) => {
    await page.locator("html[data-ready]").waitFor({ state: "attached" })
    await page.evaluate(() => {
      document.getElementById("editor").remove()
      window.target = document.getElementById("preview")
      target.style.cssText = "height: 300px; overflow: auto"
      window.preview = startPreview(target, { worker: "/editor/preview-worker.js", js: "/fake/markdown.js", wasm: "/fake/app.wasm", images: "" })
    })
    await test(page, errors)
  })
}

test("the preview replaces the blocks that changed and keeps the others' nodes and places", () =>
  withPreview(async (page) => {
    await page.evaluate(() => preview.render("one\ntwo\nthree"))
    await page.locator("#preview p", { hasText: "three" }).waitFor()
    await page.evaluate(() => (window.kept = [...target.children]))
    await page.evaluate(() => preview.render("new\none\n2\nthree"))
    await page.locator("#preview p", { hasText: "new" }).waitFor()
    const state = await page.evaluate(() => ({
      texts: [...target.children].map((p) => p.textContent),
      same: [...target.children].map((p) => kept.indexOf(p)),
      places: [...target.children].map((p) => p.dataset.sourcepos.split(":")[0]),
    }))
    assert.deepEqual(state, { texts: ["new", "one", "2", "three"], same: [-1, 0, -1, 2], places: ["1", "2", "3", "4"] })
  }))

test("the preview's module is told whose images are shown", () =>
  b.inPage("/test/page.html", {}, async (page) => {
    await page.locator("html[data-ready]").waitFor({ state: "attached" })
    await page.evaluate(() => {
      const urls = { worker: "/editor/preview-worker.js", js: "/fake/markdown.js", wasm: "/fake/app.wasm", images: "https://img.example" }
      startPreview(document.getElementById("preview"), urls).render("images")
    })
    await page.locator("#preview p", { hasText: "https://img.example" }).waitFor()
  }))

test("a worker of another site is not started", () =>
  b.inPage("/test/page.html", {}, async (page) => {
    await page.locator("html[data-ready]").waitFor({ state: "attached" })
    const started = await page.evaluate(() => {
      addEventListener("unhandledrejection", (event) => event.preventDefault())
      addEventListener("error", (event) => (event.preventDefault(), (window.refused = event.message)))
      startPreview(document.getElementById("preview"), { worker: "https://elsewhere.example/worker.js", js: "", wasm: "", images: "" }).render("text")
      return new Promise((resolve) => setTimeout(() => resolve(window.refused), 0))
    })
    assert.match(String(started), /own scripts only/)
  }))

test("what is read in the preview stays where it is", () =>
  withPreview(async (page) => {
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`)
    await page.evaluate((text) => preview.render(text), lines.join("\n"))
    await page.locator("#preview p").nth(99).waitFor({ state: "attached" })
    const top = () => page.evaluate(() => Math.round([...target.children].find((p) => p.textContent === "line 50").getBoundingClientRect().top))
    await page.evaluate(() => (target.scrollTop = target.children[50].offsetTop - target.offsetTop - 40))
    const before = await top()
    await page.evaluate((text) => preview.render(text), ["more", "and more", ...lines].join("\n"))
    await page.locator("#preview p", { hasText: "and more" }).waitFor({ state: "attached" })
    await frames(page)
    assert.equal(await top(), before)
  }))

test("the newest text wins, and code is coloured once", () =>
  withPreview(async (page) => {
    await page.evaluate(() => {
      for (let i = 0; i < 50; i++) preview.render(`draft ${i}`)
      preview.render("code:const x = 1\nlast")
    })
    await page.locator("#preview p", { hasText: "last" }).waitFor()
    await page.locator("#preview code span", { hasText: "const" }).waitFor()
    await page.evaluate(() => (window.code = target.querySelector("pre")))
    await page.evaluate(() => preview.render("first\ncode:const x = 1\nlast"))
    await page.locator("#preview p", { hasText: "first" }).waitFor()
    assert.equal(await page.evaluate(() => target.querySelector("pre") === code && code.textContent), "const x = 1")
  }))

test("code the server rendered is coloured too, in the block that is there", () =>
  withPreview(async (page) => {
    await page.evaluate(() => {
      window.code = target.querySelector("pre")
      preview.render("code:const x = 1\nlast")
    })
    await page.locator("#preview code span", { hasText: "const" }).waitFor()
    assert.equal(await page.evaluate(() => target.querySelector("pre") === code && code.textContent), "const x = 1")
  }, "/rendered"))

test("the preview scrolls with the editor, until the reader scrolls it away", () =>
  b.inPage("/test/page.html", {}, async (page) => {
    await page.locator("html[data-ready]").waitFor({ state: "attached" })
    const lines = Array.from({ length: 300 }, (_, i) => `line ${i + 1}`)
    await page.evaluate(async (text) => {
      open_(text, {})
      document.getElementById("editor").style.cssText = "height: 300px"
      window.target = document.getElementById("preview")
      target.style.cssText = "height: 300px; overflow: auto; position: relative"
      window.preview = startPreview(target, { worker: "/editor/preview-worker.js", js: "/fake/markdown.js", wasm: "/fake/app.wasm", images: "" })
      preview.follow(handle)
      preview.render(text)
    }, lines.join("\n"))
    await page.locator("#preview p").nth(299).waitFor({ state: "attached" })
    // The line at the upper edge of the preview, as the editor counts its own.
    const shown = () => page.evaluate(() => {
      const block = [...target.children].find((p) => p.offsetTop + p.offsetHeight > target.scrollTop + 1)
      return Number(block.dataset.sourcepos.split(":")[0])
    })
    const scroll = async (line) => {
      const scrolled = page.evaluate(() => new Promise((resolve) => {
        const stop = handle.onScroll(() => (stop(), resolve()))
      }))
      await page.evaluate((line) => handle.scrollToLine(line), line)
      await scrolled
      for (let i = 0; i < 3; i++) await frames(page)
    }
    for (const line of [120.5, 40.5, 200.5]) {
      await scroll(line)
      assert.ok(Math.abs((await shown()) - Math.floor(line)) <= 1, `${await shown()} is not ${line}`)
    }
    await scroll(1)
    assert.equal(await page.evaluate(() => target.scrollTop), 0)

    // Scrolled away by hand, and an editor that is not shown: new text moves nothing.
    await scroll(120.5)
    await page.evaluate(() => (target.scrollTop = target.children[249].offsetTop))
    assert.equal(await shown(), 250)
    await page.evaluate((text) => preview.render(text), [...lines, "more"].join("\n"))
    await page.locator("#preview p").nth(300).waitFor({ state: "attached" })
    await frames(page)
    assert.equal(await shown(), 250)
    await scroll(121.5)
    await page.evaluate(() => (document.getElementById("editor").style.display = "none"))
    await page.evaluate((text) => preview.render(text), [...lines, "more", "again"].join("\n"))
    await page.locator("#preview p").nth(301).waitFor({ state: "attached" })
    await frames(page)
    assert.ok(Math.abs((await shown()) - 121) <= 1, `${await shown()} is not 121`)
  }))

test("a module that traps leaves the last preview and says so after three tries", () =>
  withPreview(async (page) => {
    await page.evaluate(() => preview.render("good"))
    await page.locator("#preview p", { hasText: "good" }).waitFor()
    const failed = page.evaluate(() => new Promise((resolve) => target.addEventListener("maru-preview-failed", (event) => resolve(event.detail), { once: true })))
    await page.evaluate(() => preview.render("trap"))
    assert.match(await failed, /unreachable/)
    assert.equal(await page.locator("#preview").textContent(), "good")
    await page.evaluate(() => preview.render("good again"))
    await page.locator("#preview p", { hasText: "good again" }).waitFor()
  }))
