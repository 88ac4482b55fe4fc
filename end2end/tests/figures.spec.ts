/** What people feel and pay by each transport: from a key pressed to the other's screen, and bytes for an edit. Prints its figures. */
import { Front } from "../front"
import { FULL, type Person, expect, test } from "../fixtures"
import { Inspector, TRANSPORTS, type Transport } from "../inspector"
import { Relay } from "../relay"

test.use({ moves: true })

/** Edits a figure is made of. */
const EDITS = FULL ? 200 : 8
/** Milliseconds between two edits: each travels by itself. */
const PAUSE = 120
/** The bars in milliseconds, for a quiet machine. */
const BARS: Partial<Record<Transport, number>> = { "websocket": 15, "event-stream": 30, "long-poll": 50 }

const median = (of: number[]): number => of.sort((a, b) => a - b)[Math.floor(of.length / 2)]!

/** Transports over plain requests, where the version of HTTP matters most; the others are figures only. */
const REQUESTS: Transport[] = ["event-stream", "long-poll"]

/** What makes an update of about 30 bytes. */
const TEXT = "abcdef"

/** From here on everything of this person goes by one transport. */
async function travelBy(person: Person, transport: Transport): Promise<void> {
  const inspector = await Inspector.of(person)
  await inspector.force(transport)
  await inspector.way(transport)
  await inspector.close()
  await person.page.locator(".cm-content").focus()
}

/** From the input of one to the frame of the other in which it is painted, in milliseconds. */
async function toTheScreen(ada: Person, bin: Person): Promise<number[]> {
  await bin.page.evaluate(() => {
    const content = document.querySelector(".cm-content")!
    window.painted = []
    // In a task after each frame: what the text is then is on the screen, whichever part of the frame it came in.
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      const { length } = content.textContent!
      if (length !== window.painted.at(-1)?.[0]) window.painted.push([length, performance.timeOrigin + performance.now()])
    }
    const frame = (): void => {
      port2.postMessage(null)
      requestAnimationFrame(frame)
    }
    frame()
  })
  await ada.page.evaluate(() => {
    const content = document.querySelector(".cm-content")!
    window.entered = []
    content.addEventListener("beforeinput", (event) => window.entered.push(performance.timeOrigin + event.timeStamp), true)
  })
  const took: number[] = []
  for (let i = 0; i < EDITS; i++) {
    const seen = await bin.page.evaluate(() => document.querySelector(".cm-content")!.textContent!.length)
    await ada.page.keyboard.insertText("x")
    await bin.page.waitForFunction((seen) => window.painted.some(([length]) => length > seen), seen)
    const entered = await ada.page.evaluate(() => window.entered.at(-1)!)
    const painted = await bin.page.evaluate((seen) => window.painted.find(([length]) => length > seen)![1], seen)
    took.push(painted - entered)
    await ada.page.waitForTimeout(PAUSE)
  }
  return took
}

declare global {
  interface Window {
    painted: [number, number][]
    entered: number[]
  }
}

test("a key pressed is on the other's screen soon, by each transport", async ({ join }) => {
  test.setTimeout(600_000)
  const medians = new Map<Transport, number>()
  for (const transport of TRANSPORTS) {
    const path = `/d/figures-${transport}`
    const [ada, bin] = [await join("Ada", { path }), await join("Bin", { path })]
    await travelBy(bin, transport)
    await travelBy(ada, transport)
    await ada.page.keyboard.insertText("begin")
    await bin.sees("begin")
    const took = await toTheScreen(ada, bin)
    medians.set(transport, median(took))
    console.log(`figure: from a key to the other's screen by ${transport}: p50 ${median(took).toFixed(1)} ms, p95 ${took[Math.floor(took.length * 0.95)]!.toFixed(1)} ms of ${took.length}`)
    await ada.page.context().close()
    await bin.page.context().close()
  }
  if (FULL) for (const [transport, bar] of Object.entries(BARS)) expect(medians.get(transport as Transport), transport).toBeLessThanOrEqual(bar)
  // On any machine: what is pushed is faster than what is asked for now and then.
  for (const pushed of Object.keys(BARS)) expect(medians.get(pushed as Transport), pushed).toBeLessThan(medians.get("short-poll")!)
})

test("HTTP/2 more than halves what edits over plain requests weigh", async ({ join }) => {
  test.setTimeout(600_000)
  const bytes = new Map<string, number>()
  for (const version of ["http/1.1", "h2"]) {
    const front = await Front.start("nginx-http2.conf", (recipe) => version === "h2" ? recipe : recipe.replace(/ http2;/, ";"))
    const relay = await Relay.before(Number(new URL(front.origin).port))
    try {
      for (const transport of FULL ? TRANSPORTS : REQUESTS) {
        const path = `/d/bytes-${transport}`
        const server = { origin: `https://127.0.0.1:${relay.port}` }
        // Only the writer's bytes pass the relay: the reader reads directly.
        const ada = await join("Ada", { path, server, ignoreHTTPSErrors: true })
        const spoken = await ada.page.evaluate(() => (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming).nextHopProtocol)
        expect(spoken).toBe(version)
        await travelBy(ada, transport)
        await ada.page.keyboard.insertText("begin")
        await ada.saved()
        const [up, down] = [relay.up, relay.down]
        for (let i = 0; i < EDITS; i++) {
          await ada.page.keyboard.insertText(TEXT)
          await ada.saved()
          await ada.page.waitForTimeout(PAUSE)
        }
        const each = [(relay.up - up) / EDITS, (relay.down - down) / EDITS]
        console.log(`figure: ${version} ${transport}: ${each[0]!.toFixed(0)} bytes up, ${each[1]!.toFixed(0)} down for an edit, TLS, caret and SAVED included`)
        bytes.set(`${version} ${transport}`, each[0]! + each[1]!)
        await ada.page.context().close()
      }
    } finally {
      await relay.remove()
      await front.remove()
    }
  }
  for (const transport of REQUESTS) {
    expect(bytes.get(`h2 ${transport}`)! * 2, transport).toBeLessThan(bytes.get(`http/1.1 ${transport}`)!)
  }
})
