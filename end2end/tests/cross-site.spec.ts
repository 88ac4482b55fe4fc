/** A page of another origin, in a real browser, tries every door of the server; none opens, and the document never hears of it. */
import { type Server, createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Page } from "@playwright/test"
import { type Maru, expect, test } from "../fixtures"

let elsewhere: Server
let port: number

test.beforeAll(async () => {
  elsewhere = createServer((_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>elsewhere</title>"))
  await new Promise<void>((ready) => elsewhere.listen(0, ready))
  port = (elsewhere.address() as AddressInfo).port
})
test.afterAll(() => void elsewhere.close())

/** How an attempt ended, as the page that makes it sees it. */
type Outcome = "open" | "closed" | "answered" | "hidden" | "failed"

const socket = (page: Page, address: string): Promise<Outcome> =>
  page.evaluate((address) => new Promise<Outcome>((done) => {
    const socket = new WebSocket(address)
    socket.onopen = () => done("open")
    socket.onclose = () => done("closed")
  }), address)

/** `opaque` is a request that a page may make to any site without being asked, and whose answer it never sees. */
const request = (page: Page, address: string, init: RequestInit): Promise<Outcome> =>
  page.evaluate(async ([address, init]) => {
    try {
      return (await fetch(address, init)).type === "opaque" ? "hidden" : "answered"
    } catch {
      return "failed"
    }
  }, [address, init] as const)

const DOORS = [
  ["POST", "/rt/1/session"], ["POST", "/rt/1/send"], ["POST", "/rt/1/bye"], ["GET", "/rt/1/stream"], ["GET", "/rt/1/poll"],
] as const

/** What the server answers to the page's requests, as it travels: the browser hides most of it from the page. */
async function statuses(page: Page, origin: string): Promise<() => string[]> {
  // Of one request, either may come first.
  const answers: [string, number][] = []
  const requests = new Map<string, string>()
  const cdp = await page.context().newCDPSession(page)
  cdp.on("Network.requestWillBeSent", ({ requestId, request }) => {
    const { origin: to, pathname } = new URL(request.url)
    if (to === origin) requests.set(requestId, `${request.method} ${pathname}`)
  })
  cdp.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => {
    answers.push([requestId, statusCode])
  })
  await cdp.send("Network.enable")
  return () => answers.filter(([id]) => requests.has(id)).map(([id, status]) => `${requests.get(id)} ${status}`)
}

for (const [site, host] of [["another port", "127.0.0.1"], ["another site", "localhost"]] as const) {
  test(`a page of ${site} gets in by no door`, async ({ browser, join, maru, doc }) => {
    const ada = await join("Ada")
    await ada.type("hers")
    await ada.saved()
    const stranger = await (await browser.newContext()).newPage()
    const answers = await statuses(stranger, maru.origin)
    await stranger.goto(`http://${host}:${port}/`)
    const ws = maru.origin.replace("http", "ws")

    for (const path of ["/rt/1/ws", `/ws/${doc}`]) {
      expect(await socket(stranger, ws + path), path).toBe("closed")
      // The same, from the server's own page: it is the origin that makes the difference.
      expect(await socket(ada.page, ws + path), path).toBe("open")
    }
    for (const [method, path] of DOORS) {
      const body = method === "POST" ? "anything" : undefined
      expect(await request(stranger, maru.origin + path, { method, mode: "no-cors", ...(body && { body }) }), path).toMatch(/hidden|failed/)
      const headers = { authorization: "RT a.b.c", "content-type": "application/octet-stream" }
      expect(await request(stranger, maru.origin + path, { method, headers, ...(body && { body }) }), path).toBe("failed")
    }
    // What the server answered at all was a refusal.
    for (const [method, path] of DOORS) await expect.poll(answers).toContain(`${method} ${path} 403`)
    expect(answers().filter((answer) => !/ (403|405)$/.test(answer))).toEqual([])

    expect(await request(stranger, maru.url(doc), {}), "the document's page").toBe("failed")
    expect(await framed(stranger, maru, doc), "in a frame").toBe(false)
    expect(await ada.others()).toEqual([])
    expect(await reached(stranger, maru, doc), "in a window").toBe(false)
    await ada.type(" alone")
    await ada.sees("hers alone")
    await ada.saved()
    await stranger.context().close()
  })
}

/** Whether the document shows inside a frame of the page. */
async function framed(page: Page, maru: Maru, doc: string): Promise<boolean> {
  await page.evaluate((address) => new Promise((loaded) => {
    const frame = document.createElement("iframe")
    frame.onload = loaded
    frame.src = address
    document.body.append(frame)
  }), maru.url(doc))
  const frame = page.frames().find((frame) => frame.parentFrame())
  return (await frame?.evaluate(() => !!document.getElementById("maru-editor")).catch(() => false)) ?? false
}

/** Whether the page keeps its hand on a window with the document in it. */
async function reached(page: Page, maru: Maru, doc: string): Promise<boolean> {
  const opened = page.waitForEvent("popup")
  await page.evaluate((address) => ((window as { opened?: Window | null }).opened = window.open(address)), maru.url(doc))
  await (await opened).waitForLoadState()
  return page.evaluate(() => !(window as { opened?: Window | null }).opened?.closed)
}
