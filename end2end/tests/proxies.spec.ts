/** The recipes of docs/proxies.md, run as they stand: two people type through each, and the page finds the way that it lets through. */
import { Front } from "../front"
import { NO_WEBSOCKET, type Rung, expect, test, typeTogether } from "../fixtures"

/** What each front lets through. */
const FRONTS: { recipe: string; rung: Rung }[] = [
  { recipe: "nginx-websocket.conf", rung: "websocket" },
  { recipe: "nginx-http2.conf", rung: "websocket" },
  { recipe: "haproxy-http2.cfg", rung: "websocket" },
  { recipe: "nginx-default.conf", rung: "event-stream" },
  { recipe: "nginx-buffering.conf", rung: "long-poll" },
  { recipe: "nginx-impatient.conf", rung: "websocket" },
  { recipe: "haproxy-impatient.cfg", rung: "websocket" },
]

/** Longer than twice the shortest patience of a recipe, and than the longest of the impatient ones, in milliseconds. */
const QUIET_MS = 36_000

const fronts: Front[] = []
test.afterEach(async ({ browser }, info) => {
  // A page whose proxy is gone would complain, rightly.
  for (const context of browser.contexts()) await context.close()
  for (const front of fronts.splice(0)) {
    if (info.status !== info.expectedStatus) await info.attach("proxy.log", { body: front.log, contentType: "text/plain" })
    await front.remove()
  }
})

async function start(recipe: string): Promise<Front> {
  const front = await Front.start(recipe)
  fronts.push(front)
  return front
}

for (const { recipe, rung } of FRONTS) {
  test(`two people type through ${recipe} by ${rung}`, async ({ join, allow }) => {
    if (rung !== "websocket") allow(NO_WEBSOCKET)
    const front = await start(recipe)
    const options = { server: front, ignoreHTTPSErrors: true }
    const [ada, bin] = [await join("Ada", options), await join("Bin", options)]
    await ada.travelsBy(rung)
    await bin.travelsBy(rung)
    await typeTogether(ada, bin)
    await ada.travelsBy(rung)
    await bin.travelsBy(rung)
  })
}

test("a WebSocket goes through HAProxy inside of HTTP/2, and beside it through nginx, which does not take it", async ({ join }) => {
  const [haproxy, nginx] = [await start("haproxy-http2.cfg"), await start("nginx-http2.conf")]
  for (const front of [haproxy, nginx]) {
    const ada = await join("Ada", { server: front, ignoreHTTPSErrors: true })
    await ada.travelsBy("websocket")
    await ada.type("here")
    await ada.saved()
    const version = await ada.page.evaluate(() => (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming).nextHopProtocol)
    expect(version).toBe("h2")
    await ada.page.close()
  }
  // HAProxy logs a connection when it has ended.
  await expect.poll(() => haproxy.log).toMatch(/\/rt\/1\/ws HTTP\/2/)
})

test("quiet pages lose nothing and stay on WebSocket behind proxies that wait for 30 s, and for 15", async ({ join, allow }) => {
  test.setTimeout(QUIET_MS + 120_000)
  allow(NO_WEBSOCKET)
  const [patient, short] = [await start("nginx-impatient.conf"), await start("haproxy-impatient.cfg")]
  const people = []
  for (const front of [patient, short]) {
    const [ada, bin] = [await join("Ada", { server: front }), await join("Bin", { server: front })]
    let sockets = 0
    ada.page.on("websocket", () => sockets++)
    await typeTogether(ada, bin)
    people.push({ ada, bin, opened: () => sockets })
  }
  // Nothing shorter shows what a proxy does to a connection on which nobody types.
  await people[0]!.ada.page.waitForTimeout(QUIET_MS)
  for (const { ada, bin } of people) {
    await ada.press("Control+End")
    await ada.type(" still here")
    await bin.sees(/ still here$/)
    await ada.saved()
    await ada.travelsBy("websocket")
    await bin.travelsBy("websocket")
  }
  // Maru's heartbeat is shorter than 30 s: nothing was made anew.
  expect(people[0]!.opened()).toBe(0)
})
