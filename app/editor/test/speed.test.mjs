/** What a keystroke costs in a document of 1 MB, beside an empty one on the same machine; a ratio, for machines differ. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { agree, browser, select } from "./support.mjs"

let b
before(async () => (b = await browser()))
after(() => b.close())

const SECTION = `## 제목 and heading

A paragraph with **bold**, *italic*, \`code\` and [a link](https://example.org), long enough to wrap in the editor twice.
한글 문단도 있습니다. 마루는 모두가 모이는 **열린 공간**입니다.

- one item
- [ ] another item
  - nested

> a quote

`

/** Milliseconds from the browser's input event to the host having the change, view updated: median and 95th percentile. */
async function keystrokes(text, at) {
  let sorted
  await b.withEditor(text, async (page) => {
    await select(page, at)
    await page.evaluate(() => {
      view().dispatch({ effects: view().constructor.scrollIntoView(state().selection.main.head) })
      window.times = []
      document.addEventListener("beforeinput", () => {
        const start = performance.now()
        const { flushed } = model
        model.flushed = function () {
          flushed.call(model)
          times.push(performance.now() - start)
          model.flushed = flushed
        }
      }, true)
    })
    // The first strokes pay for compiling, and parsing in the background comes to rest meanwhile.
    await page.keyboard.type("warming up the whole editor ", { delay: 25 })
    await page.evaluate(() => void (times.length = 0))
    await page.keyboard.type("the quick brown fox jumps over the lazy dog, and 100 more keys", { delay: 25 })
    await agree(page)
    sorted = (await page.evaluate(() => times)).sort((a, b) => a - b)
  })
  assert.ok(sorted.length > 50, `${sorted.length} keystrokes seen`)
  return { median: sorted[sorted.length >> 1], p95: sorted[Math.floor(sorted.length * 0.95)] }
}

test("a keystroke in 1 MB costs at most a small multiple of one in an empty document", async () => {
  const large = SECTION.repeat(Math.ceil((1 << 20) / SECTION.length))
  const empty = await keystrokes("", 0)
  const figures = {
    empty,
    start: await keystrokes(large, SECTION.indexOf("long")),
    middle: await keystrokes(large, SECTION.length * Math.floor(large.length / SECTION.length / 2) + SECTION.indexOf("long")),
    end: await keystrokes(large, large.length - 1),
  }
  for (const [name, { median, p95 }] of Object.entries(figures)) console.log(`${name}: median ${median.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms`)
  for (const place of ["start", "middle", "end"])
    assert.ok(figures[place].median <= 6 * Math.max(empty.median, 0.3), `${place}: ${JSON.stringify(figures)}`)
})
