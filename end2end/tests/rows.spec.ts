/**
 * The rows of failures that only a browser can show: its own HTTP/2, sleep, tabs, frozen and kept pages. The others are
 * `faults/tests/rows`.
 */
import { chromium } from "@playwright/test"
import { FaultProxy } from "../faults"
import { MOVED, NO_WEBSOCKET, Person, expect, test as base } from "../fixtures"
import { Front } from "../front"
import { yjsPeer } from "../yjs"

const NO_UPGRADE = { rules: [{ upgrade: true, fault: { answer: { status: 400 } } }] }

/** A proxy between the pages of a test and the server. */
const test = base.extend<{ faulty: FaultProxy }>({
  faulty: async ({ browser, maru }, use) => {
    const faulty = await FaultProxy.before(maru.port)
    await use(faulty)
    // A page whose proxy is gone would complain, rightly.
    for (const context of browser.contexts()) await context.close()
    await faulty.remove()
  },
})

/** Milliseconds until something has happened, printed beside its bar. */
async function measured(what: string, bar: number, wait: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await wait()
  const took = Math.round(performance.now() - began)
  console.log(`figure: ${what}: ${took} ms (bar ${bar} ms)`)
  return took
}

test("row 8: where a proxy announces WebSockets in HTTP/2 and then refuses them, an event stream carries the page", async ({ join, allow }) => {
  allow(NO_WEBSOCKET)
  const refuse = "http-request deny deny_status 400 if { path /rt/1/ws }"
  const front = await Front.start("haproxy-http2.cfg", (text) => text.replace("default_backend", `${refuse}\n    default_backend`))
  try {
    const options = { server: front, ignoreHTTPSErrors: true }
    const [ada, bin] = [await join("Ada", options), await join("Bin", options)]
    await ada.travelsBy("event-stream")
    await ada.type("over HTTP/2")
    await bin.sees("over HTTP/2")
    await ada.saved()
    for (const { context } of [ada, bin]) await context.close()
    await expect.poll(() => front.log).toMatch(/\/rt\/1\/ws HTTP\/2/)
  } finally {
    await front.remove()
  }
})

test("row 18: a page that slept for ten minutes is level with the others within 4 s", async ({ visit, join, faulty, doc, allow, maru }) => {
  allow(NO_WEBSOCKET)
  const page = await visit({ name: "Ada", server: faulty })
  await page.clock.install()
  await page.goto(`${faulty.origin}/d/${doc}`)
  const ada = new Person(page, "Ada")
  await page.locator('[data-mounted="true"] .cm-content').waitFor()
  await ada.travelsBy("websocket")
  const bin = await join("Bin", { server: maru })
  await ada.type("before. ")
  await bin.sees("before. ")
  await page.waitForLoadState("networkidle")
  // While it sleeps its connection is forgotten on the way, and others write.
  await faulty.strand()
  await bin.press("Control+End")
  await bin.type("meanwhile.")
  await bin.saved()
  await page.clock.fastForward("10:00")
  const took = await measured("row 18: level after waking up", 4_000, () => ada.sees("before. meanwhile."))
  expect(took).toBeLessThan(8_000)
  await ada.press("Control+End")
  await ada.type(" after.")
  await bin.sees("before. meanwhile. after.")
  await ada.saved()
})

test("row 21: two tabs of one person are two sessions that share no secret", async ({ join, maru, doc }) => {
  const ada = await join("Ada")
  await ada.type("in the first tab. ")
  await ada.saved()
  // A tab that is opened by another one begins with a copy of its sessionStorage.
  const opening = ada.context.waitForEvent("page")
  await ada.page.evaluate(() => void window.open(location.href))
  const twin = new Person(await opening, "Ada")
  await twin.page.locator('[data-mounted="true"] .cm-content').waitFor()
  await twin.sees("in the first tab. ")
  const peer = await yjsPeer(maru.origin, doc)
  const others = () => [...peer.provider.awareness.getStates().keys()].filter((id) => id !== peer.ydoc.clientID)
  await peer.until(() => others().length === 2, "both tabs")
  await twin.press("Control+End")
  await Promise.all([twin.type("in the second. "), ada.select(0).then(() => ada.type("first: "))])
  await ada.sees("first: in the first tab. in the second. ")
  await twin.sees("first: in the first tab. in the second. ")
  await ada.saved()
  await twin.saved()
  expect(new Set(others()).size).toBe(2)
  for (const { page } of [ada, twin]) {
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
    // A session's secret has 32 bytes: 43 letters of base64, 64 of hexadecimal.
    expect(stored.replaceAll(doc, "")).not.toMatch(/[A-Za-z0-9_-]{43}/)
  }
  peer.leave()
})

test("row 22: eight tabs on HTTP/1.1 without WebSocket load, see each other's text and save", async ({ join, faulty, doc, allow }) => {
  test.setTimeout(300_000)
  allow(NO_WEBSOCKET)
  // Tabs make place for each other.
  allow(MOVED)
  await faulty.set(NO_UPGRADE)
  const first = await join("Ada", { server: faulty })
  const tabs = [first]
  for (let i = 1; i < 8; i++) {
    const page = await first.context.newPage()
    const took = await measured(`row 22: tab ${i + 1} is loaded`, 5_000, async () => {
      await page.goto(`${faulty.origin}/d/${doc}`)
      await page.locator('[data-mounted="true"] .cm-content').waitFor()
    })
    expect(took).toBeLessThan(30_000)
    tabs.push(new Person(page, "Ada"))
  }
  let text = ""
  for (const [i, tab] of tabs.entries()) {
    await tab.page.bringToFront()
    await tab.press("Control+End")
    await tab.type(`tab ${i}. `)
    text += `tab ${i}. `
    const took = await measured(`row 22: what tab ${i + 1} wrote is saved`, 2_000, () => tab.saved())
    expect(took).toBeLessThan(30_000)
    for (const other of tabs) await other.sees(text)
  }
  const rungs = await Promise.all(tabs.map((tab) => tab.page.locator("#maru-way").getAttribute("data-way")))
  console.log(`figure: row 22: the tabs travel by ${rungs.join(", ")}`)
  expect(rungs).not.toContain("websocket")
  // Of the browser's six connections some have to stay free for what is sent.
  const streams = rungs.filter((rung) => rung === "event-stream").length
  expect(streams).toBeGreaterThan(0)
  expect(streams).toBeLessThanOrEqual(3)
})

test("row 23: a page that was frozen while its connection died goes on when it is thawed", async ({ join, faulty, maru, allow }) => {
  allow(NO_WEBSOCKET)
  const ada = await join("Ada", { server: faulty })
  const bin = await join("Bin", { server: maru })
  await ada.type("before. ")
  await bin.sees("before. ")
  await ada.saved()
  const cdp = await ada.context.newCDPSession(ada.page)
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" })
  // Nobody tells a frozen page that its connection is over.
  await faulty.cut()
  await bin.press("Control+End")
  await bin.type("meanwhile. ")
  await bin.saved()
  await cdp.send("Page.setWebLifecycleState", { state: "active" })
  const took = await measured("row 23: level after the thaw", 4_000, () => ada.sees("before. meanwhile. "))
  expect(took).toBeLessThan(8_000)
  await ada.press("Control+End")
  await ada.type("after.")
  await bin.sees("before. meanwhile. after.")
  await ada.saved()
})

for (const rung of ["websocket", "event-stream"] as const) {
  test(`row 23: what was typed right before a page is left arrives, and the page comes back out of the browser's memory, by ${rung}`, async ({ join, faulty, maru, doc }, info) => {
    if (rung !== "websocket") await faulty.set(NO_UPGRADE)
    // Playwright switches off what keeps pages in memory.
    const { executablePath, args } = info.project.use.launchOptions!
    const browser = await chromium.launch({ executablePath, args, ignoreDefaultArgs: ["--disable-back-forward-cache"] })
    try {
      const page = await browser.newPage()
      await page.goto(`${faulty.origin}/d/${doc}`)
      await page.locator('[data-mounted="true"] .cm-content').waitFor()
      const ada = new Person(page, "Ada")
      await ada.travelsBy(rung)
      const cdp = await page.context().newCDPSession(page)
      await cdp.send("Page.enable")
      const reasons: unknown[] = []
      cdp.on("Page.backForwardCacheNotUsed", (event) => reasons.push(event.notRestoredExplanations))
      await page.evaluate(() => {
        addEventListener("pageshow", (event) => {
          if (event.persisted) document.documentElement.dataset.kept = "true"
        })
      })
      await ada.type("typed, ")
      await ada.saved()
      const bin = await join("Bin", { server: maru })
      await bin.sees("typed, ")
      page.on("dialog", (dialog) => void dialog.accept())
      await ada.type("and left")
      await page.goto(`${maru.origin}/healthz`)
      await bin.sees("typed, and left")
      await bin.press("Control+End")
      await bin.type(", meanwhile")
      await bin.saved()
      // A page out of memory is not loaded, so nothing else tells that it is there.
      await page.goBack({ waitUntil: "commit" })
      const kept = await page.evaluate(() => document.documentElement.dataset.kept === "true")
      console.log(`figure: row 23, ${rung}: the page was ${kept ? "kept in memory" : "loaded anew"}`)
      await ada.sees("typed, and left, meanwhile")
      await ada.press("Control+End")
      await ada.type(", and back")
      await bin.sees("typed, and left, meanwhile, and back")
      await ada.saved()
      expect(kept, JSON.stringify(reasons)).toBe(true)
    } finally {
      await browser.close()
    }
  })
}
