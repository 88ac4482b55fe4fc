/** The inspector's panel over a page that is made up: what it lists, hides, stops, says and exports. */
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { after, before, test } from "node:test"
import { browser } from "./support.mjs"

/** A page with the panel in it. `told` are messages as the Rust side tells them, `calls` what the panel asked for. */
const html = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">
<button id="maru-way">way</button><section id="panel" tabindex="-1"></section>
<script type="module" src="/fake/inspector.js"></script></html>`

const script = `import { openInspector } from "/editor/editor.js"
const calls = [], told = []
const say = (out, kind, group, seq, ...said) => told.push([told.length, 1000 + told.length, out, told.length % 4, 1, 40, false, kind, group, seq, ...said])
const inspected = {
  rows: (from) => told.filter(([number]) => number >= from),
  bytes: (number) => (number === 0 ? new Uint8Array([1, 65, 255]) : undefined),
  totals: () => Array.from({ length: 20 }, (_, i) => (i % 5 === 4 ? undefined : i)),
  state: (lang) => [0, -1, 5, 12, lang === "ko" ? "좋아요." : "All is well."],
  force: (rung) => calls.push(["force", rung]),
  fault: (fault) => calls.push(["fault", fault]),
  cut: () => calls.push(["cut"]),
  close: () => (calls.push(["close"]), panel.close()),
}
const panel = openInspector(document.querySelector("#panel"), inspected, "en")
Object.assign(globalThis, { panel, calls, told, say })`

let b
before(async () => (b = await browser({ "/inspector": html, "/fake/inspector.js": script })))
after(() => b.close())

/** Opens the page and adds the messages. */
const open = (told, run) => b.inPage("/inspector", {}, async (page) => {
  await page.locator(".frames").waitFor()
  await page.evaluate((told) => {
    for (const one of told) say(...one)
    panel.changed()
  }, told)
  await run(page)
})

const rows = (page) => page.locator(".frames tbody tr[data-number]").evaluateAll((all) => all.map((row) => [...row.cells].slice(1, 5).map((cell) => cell.textContent)))

const FOUR = [
  [true, "DATA", 0, 1, "edit", 3, 0, 17, []],
  [false, "SAVED", 1, 1, "upto", 1],
  [false, "BATCH", 0, 9, "edit", 2, 5, undefined, ["하늘"]],
  [false, "PRESENCE", 2, undefined, "people", ["하늘", "Ada"], 1],
]

test("each message says its way, kind, change and number, the newest first", () =>
  open(FOUR, async (page) => {
    assert.deepEqual(await rows(page), [
      ["↓", "PRESENCE", "presence of 하늘, Ada; 1 left", ""],
      ["↓", "BATCH", "insert 2, delete 5 characters · 하늘", "9"],
      ["↓", "SAVED", "everything up to 1", "1"],
      ["↑", "DATA", "insert 3 characters at 17", "1"],
    ])
    await page.evaluate(() => panel.speak("ko"))
    assert.equal((await rows(page))[3][2], "17에 3자 넣음")
    assert.equal(await page.locator(".inspector-head p:not(.faulty)").textContent(), "좋아요. · 12 ms")
  }))

test("a key is pressed also when the panel is drawn anew while the finger is on it", () =>
  open(FOUR, async (page) => {
    for (const name of ["Long polling", "Clear"]) {
      await page.getByRole("button", { name, exact: true }).hover()
      await page.mouse.down()
      await page.evaluate(() => (say(false, "SAVED", 1, 2, "upto", 2), panel.changed()))
      await page.mouse.up()
    }
    assert.deepEqual(await page.evaluate(() => calls), [["force", 2]])
    assert.deepEqual(await rows(page), [])
  }))

test("kinds, directions and words narrow the list, and all come back", () =>
  open(FOUR, async (page) => {
    const kinds = async () => (await rows(page)).map(([, kind]) => kind)
    const press = (name) => page.getByRole("button", { name, exact: true }).click()
    await press("Edits")
    assert.deepEqual(await kinds(), ["PRESENCE", "SAVED"])
    await press("Edits")
    await press("Only sent")
    assert.deepEqual(await kinds(), ["DATA"])
    await press("Only received")
    assert.deepEqual(await kinds(), ["PRESENCE", "BATCH", "SAVED"])
    await press("Only received")
    await page.getByRole("searchbox").fill(" 하늘 ")
    assert.deepEqual(await kinds(), ["PRESENCE", "BATCH"])
    await page.getByRole("searchbox").fill("LONG-poll")
    assert.deepEqual(await kinds(), ["BATCH"])
    await page.getByRole("searchbox").fill("nothing of this")
    assert.deepEqual(await kinds(), [])
    assert.equal(await page.locator(".inspector-rows .muted").textContent(), "No message fits.")
  }))

test("a list that stands still shows what waits afterwards, and a cleared one only what comes", () =>
  open(FOUR.slice(0, 1), async (page) => {
    const press = (name) => page.getByRole("button", { name, exact: true }).click()
    const come = (told) => page.evaluate((told) => (say(...told), panel.changed()), told)
    await press("Pause")
    await come(FOUR[1])
    await come(FOUR[2])
    assert.equal((await rows(page)).length, 1)
    assert.equal(await page.locator(".inspector-waiting").textContent(), "2 new")
    await press("Pause")
    assert.equal((await rows(page)).length, 3)
    await press("Clear")
    assert.equal((await rows(page)).length, 0)
    await come(FOUR[3])
    assert.deepEqual((await rows(page)).map(([, kind]) => kind), ["PRESENCE"])
  }))

test("a long list is drawn in part, kept bounded, and a row that is drawn stays the same element", () =>
  open(Array.from({ length: 600 }, (_, i) => [true, "PING", 3, i]), async (page) => {
    assert.equal((await rows(page)).length, 200)
    assert.equal(await page.locator(".inspector-rows .muted").textContent(), "300 more fit; the export has them all.")
    await page.evaluate(() => {
      globalThis.newest = document.querySelector(".frames tbody tr")
      say(true, "PING", 3, 600)
      panel.changed()
    })
    assert.equal(await page.evaluate(() => newest.isConnected && newest.previousElementSibling.cells[4].textContent), "600")
  }))

test("the export is JSON of all that is kept, oldest first, whatever is shown", () =>
  open(FOUR, async (page) => {
    await page.getByRole("searchbox").fill("nothing of this")
    const download = page.waitForEvent("download")
    await page.getByRole("button", { name: "Export JSON" }).click()
    const exported = JSON.parse(await readFile(await (await download).path(), "utf8"))
    assert.deepEqual(exported.messages.map(({ kind }) => kind), ["DATA", "SAVED", "BATCH", "PRESENCE"])
    const { direction, transport, bytes, seq, inserted, at } = exported.messages[0]
    assert.deepEqual([direction, transport, bytes, seq, inserted, at], ["sent", "websocket", 40, 1, 3, 17])
    assert.ok(!Number.isNaN(Date.parse(exported.messages[0].time)))
    assert.deepEqual(exported.transports[1], {
      transport: "event-stream", sent: 5, sent_bytes: 6, received: 7, received_bytes: 8, round_trip_ms: null,
    })
  }))

test("a row shows its bytes when it is chosen, also by the keyboard", () =>
  open(FOUR, async (page) => {
    await page.locator(".inspector-rows").focus()
    for (let row = 0; row < 4; row++) await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    assert.match(await page.locator(".bytes pre").textContent(), /^0000 {2}01 41 ff +·A·$/)
    await page.locator("tr[data-number='1']").click()
    assert.equal(await page.locator(".bytes").count(), 1)
    assert.equal(await page.locator(".bytes pre").textContent(), "These bytes are no longer kept.")
    await page.locator("tr[data-number='1']").click()
    assert.equal(await page.locator(".bytes").count(), 0)
  }))

test("switches say what is on and ask for what is pressed, and the keyboard stays on them", () =>
  open([], async (page) => {
    const pressed = await page.locator(".faults .key[aria-pressed]").evaluateAll((all) => all.map((one) => one.getAttribute("aria-pressed")))
    assert.deepEqual(pressed, ["true", "false", "true", "false"])
    await page.getByRole("button", { name: "Long polling" }).focus()
    await page.keyboard.press("Enter")
    await page.evaluate(() => panel.changed())
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Long polling")
    for (const name of ["Automatic", "Lose half of what is sent", "Cut now"]) await page.getByRole("button", { name }).click()
    assert.deepEqual(await page.evaluate(() => calls), [["force", 2], ["force", -1], ["fault", 3], ["cut"]])
  }))

test("Esc closes the panel and gives the keyboard back to the badge", () =>
  open(FOUR, async (page) => {
    assert.equal(await page.evaluate(() => document.activeElement.id), "panel")
    await page.keyboard.press("Escape")
    assert.deepEqual(await page.evaluate(() => [calls.at(-1), document.activeElement.id, document.querySelector("#panel").childElementCount]), [["close"], "maru-way", 0])
  }))
