/** The lab: all four transports run side by side, and every figure is one that was measured. */
import { type Server, createServer, request } from "node:http"
import { resolve } from "node:path"
import type { Locator, Page } from "@playwright/test"
import { expect, test } from "../fixtures"

const LANES = ["websocket", "event-stream", "long-poll", "short-poll"]
const FOLDER = resolve(import.meta.dirname, "../test-results/look")
const take = (page: Page, name: string) => page.screenshot({ path: resolve(FOLDER, `${name}.png`), fullPage: true })

const lane = (page: Page, name: string) => page.locator(`[data-lane="${name}"]`)
const figure = (where: Locator, name: string) => where.locator(`[data-figure="${name}"]`)

/** Milliseconds in the page's words. */
async function ms(where: Locator, name: string): Promise<number> {
  const [, value, unit] = /^([\d.]+) (ms|s)$/.exec(await figure(where, name).innerText()) ?? []
  expect(value, `${name} is a duration`).toBeDefined()
  return Number(value) * (unit === "s" ? 1000 : 1)
}

async function bytes(where: Locator, name: string): Promise<number> {
  const [, value, unit] = /^([\d.]+) (B|kB)$/.exec(await figure(where, name).innerText()) ?? []
  expect(value, `${name} is a number of bytes`).toBeDefined()
  return Number(value) * (unit === "kB" ? 1000 : 1)
}

const dots = async (where: Locator): Promise<number> => ((await figure(where, "plot").getAttribute("d")) ?? "").split("M").length - 1

/** Waits until a lane has brought so many updates. */
const arrived = (where: Locator, least: number) =>
  expect.poll(async () => Number.parseInt(await figure(where, "arrived").innerText()) || 0).toBeGreaterThanOrEqual(least)

async function open(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/lab`)
  await expect(page.locator("#lab-run")).toBeEnabled()
}

test("every lane measures, its plot grows, and a run can be stopped", async ({ visit, maru }) => {
  const page = await visit()
  await open(page, maru.origin)
  for (const name of LANES) await expect(figure(lane(page, name), "remote-p95")).toHaveAttribute("data-measured", "false")
  await page.locator("#lab-rate").selectOption("4")
  await page.getByRole("button", { name: "Start measuring" }).click()
  for (const name of LANES) await arrived(lane(page, name), 5)
  const before = await dots(lane(page, "websocket"))
  const first = await arrived(lane(page, "websocket"), 20).then(() => dots(lane(page, "websocket")))
  expect(first).toBeGreaterThan(before)
  for (const name of LANES) {
    const where = lane(page, name)
    await expect(where).toHaveAttribute("data-standing", "running")
    expect(await ms(where, "remote-p50")).toBeGreaterThan(0)
    expect(await ms(where, "remote-p95")).toBeGreaterThanOrEqual(await ms(where, "remote-p50"))
    expect(await ms(where, "saved-p50")).toBeGreaterThan(0)
    // 30 bytes of text cannot travel in fewer.
    expect(await bytes(where, "up")).toBeGreaterThan(30)
    expect(await bytes(where, "down")).toBeGreaterThan(30)
  }
  const requests = async (name: string): Promise<number> => Number.parseInt(await figure(lane(page, name), "requests").innerText())
  expect(await requests("websocket")).toBe(0)
  expect(await requests("event-stream")).toBeGreaterThan(0)
  // What the lab is there to show.
  expect(await bytes(lane(page, "websocket"), "up")).toBeLessThan(await bytes(lane(page, "event-stream"), "up"))
  expect(await ms(lane(page, "websocket"), "remote-p50")).toBeLessThan(await ms(lane(page, "short-poll"), "remote-p50"))

  const figures = await Promise.all(LANES.map((name) => ms(lane(page, name), "remote-p50")))
  console.log(`median from edit to the other page: ${LANES.map((name, i) => `${name} ${figures[i]} ms`).join(", ")}`)

  await page.getByRole("button", { name: /^Stop/ }).click()
  await expect(page.getByRole("button", { name: "Measure again" })).toBeVisible()
  await expect(page.getByRole("status")).toContainText("On this network, from edit to the other page: WebSocket ")
  const stopped = await page.locator(".lab-lanes").innerText()
  const later: string[] = []
  page.on("request", (asked) => later.push(asked.url()))
  // Three polls' time: nothing may be asked any more, and no figure may move.
  await page.evaluate(() => new Promise((done) => setTimeout(done, 3_000)))
  expect(later).toEqual([])
  expect(await page.locator(".lab-lanes").innerText()).toBe(stopped)

  await page.getByRole("button", { name: "Measure again" }).click()
  for (const name of LANES) {
    await expect(lane(page, name)).toHaveAttribute("data-standing", "running")
    await arrived(lane(page, name), 3)
  }
  // All figures to a tenth the same twice: then they were not measured.
  expect(await page.locator(".lab-lanes").innerText()).not.toBe(stopped)
})

test("larger updates cost more bytes, by about what they are larger", async ({ visit, maru }) => {
  const page = await visit()
  await open(page, maru.origin)
  const socket = lane(page, "websocket")
  const measure = async (size: string): Promise<number> => {
    await page.locator("#lab-size").selectOption(size)
    await page.locator("#lab-rate").selectOption("16")
    await page.locator("#lab-run").click()
    await expect(socket).toHaveAttribute("data-standing", "running")
    await arrived(socket, 40)
    await page.getByRole("button", { name: /^Stop/ }).click()
    await expect(page.getByRole("button", { name: "Measure again" })).toBeVisible()
    return bytes(socket, "up")
  }
  const [small, large] = [await measure("30"), await measure("300")]
  expect(large - small).toBeGreaterThan(240)
  expect(large - small).toBeLessThan(330)
})

test("a network that blocks WebSocket is told from the lanes that work", async ({ visit, maru, tolerance }) => {
  tolerance.noServer = true
  const proxy = await withoutUpgrades(maru.port)
  try {
    const page = await visit()
    await open(page, proxy.origin)
    await page.locator("#lab-run").click()
    for (const name of LANES.slice(1)) await arrived(lane(page, name), 3)
    await expect(lane(page, "websocket")).toHaveAttribute("data-standing", "blocked")
    await expect(lane(page, "websocket").locator(".lane-standing")).toContainText("refused before it is open")
    await expect(figure(lane(page, "websocket"), "remote-p95")).toHaveAttribute("data-measured", "false")
    await take(page, "lab-blocked")
    await page.getByRole("button", { name: /^Stop/ }).click()
    await expect(page.getByRole("status")).toContainText("WebSocket did not pass · SSE + POST ")
  } finally {
    proxy.close()
  }
})

test("the page reads without JavaScript, in Korean and in English", async ({ visit, maru }) => {
  for (const [locale, heading, words] of [
    ["en-US", "Four ways to a server, on your network", "Where WebSocket does not pass"],
    ["ko-KR", "서버로 가는 네 가지 길, 지금 이 네트워크에서", "WebSocket이 통하지 않는 곳에서"],
  ] as const) {
    const page = await visit({ javaScriptEnabled: false, locale })
    await page.goto(`${maru.origin}/lab`)
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible()
    await expect(page.getByText(words)).toBeVisible()
    await expect(page.locator(".lab-needs-script")).toBeVisible()
    await expect(page.locator("#lab-run")).toBeHidden()
    await expect(page.locator("html")).toHaveAttribute("lang", locale.slice(0, 2))
  }
})

test("the live page changes its language, and the home page leads to it", async ({ visit, maru }) => {
  const page = await visit()
  await page.goto(maru.origin)
  await page.getByRole("link", { name: "Four ways to a server, measured on your own network" }).click()
  await expect(page.locator("#lab-run")).toBeEnabled()
  await page.getByRole("button", { name: "한국어" }).click()
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("서버로 가는 네 가지 길, 지금 이 네트워크에서")
  await expect(page.getByRole("button", { name: "재기 시작" })).toBeVisible()
  await expect(page.locator("html")).toHaveAttribute("lang", "ko")
})

test("the lab loads neither the editor nor the page's own module, and a document not the instruments", async ({ visit, maru, doc }) => {
  const page = await visit()
  const asked: string[] = []
  page.on("request", (request) => asked.push(new URL(request.url()).pathname))
  await open(page, maru.origin)
  expect(asked.filter((path) => /\/pkg\/maru.*\.(js|wasm)$|\/editor\/editor/.test(path))).toEqual([])
  expect(asked.some((path) => /\/instruments\/instruments.*\.wasm$/.test(path))).toBe(true)
  asked.length = 0
  await page.goto(maru.url(doc))
  await page.locator('[data-mounted="true"] .cm-content').waitFor()
  expect(asked.filter((path) => path.includes("/instruments/"))).toEqual([])
})

test("everything has a name, headings have an order, and nothing is wider than the screen", async ({ visit, maru }) => {
  const page = await visit({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true })
  await open(page, maru.origin)
  const found = await page.evaluate(() => {
    const levels = [...document.querySelectorAll("h1,h2,h3")].map((heading) => Number(heading.tagName[1]))
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id)
    return {
      jumps: levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1).length,
      first: levels.filter((level) => level === 1).length,
      twice: ids.filter((id, i) => ids.indexOf(id) !== i),
      unnamed: [...document.querySelectorAll("select")].filter((select) => !select.labels?.length).length,
      lost: [...document.querySelectorAll("[aria-labelledby]")].filter((e) => !document.getElementById(e.getAttribute("aria-labelledby")!)).length,
      mute: [...document.querySelectorAll('svg[role="img"]')].filter((svg) => !svg.getAttribute("aria-label")).length,
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }
  })
  expect(found).toEqual({ jumps: 0, first: 1, twice: [], unnamed: 0, lost: 0, mute: 0, wide: 0 })
})

test("pictures of the lab", async ({ visit, maru }) => {
  for (const [name, options] of [
    ["lab-desktop", { viewport: { width: 1280, height: 900 } }],
    ["lab-phone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }],
    ["lab-dark-korean", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" as const, locale: "ko-KR" }],
    ["lab-phone-korean", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, locale: "ko-KR" }],
  ] as const) {
    const page = await visit(options)
    await open(page, maru.origin)
    await page.locator("#lab-run").click()
    for (const lane_ of LANES) await arrived(lane(page, lane_), 12)
    await take(page, name)
    await page.context().close()
  }
})

/** A proxy in front of the server that passes everything on but upgrades, which it refuses. */
async function withoutUpgrades(port: number): Promise<{ origin: string; close: () => void }> {
  const proxy: Server = createServer((asked, answer) => {
    const { method, url: path, headers } = asked
    const onward = request({ host: "127.0.0.1", port, method, path, headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers)
      answer.flushHeaders()
      from.pipe(answer)
    })
    onward.on("error", () => answer.destroy())
    answer.on("close", () => onward.destroy())
    asked.pipe(onward)
  })
  proxy.on("upgrade", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
  await new Promise<void>((ready) => proxy.listen(0, "127.0.0.1", ready))
  const address = proxy.address()
  if (address === null || typeof address === "string") throw new Error("the proxy has no port")
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () => {
      proxy.close()
      proxy.closeAllConnections()
    },
  }
}
