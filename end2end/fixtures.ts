/** What every test starts from: a server, a document nobody else uses, and pages on which nothing may go wrong unnoticed. */
import { type BrowserContext, type BrowserContextOptions, type Page, test as base } from "@playwright/test"
import { Maru } from "./maru"
import { Person } from "./person"

export { expect } from "@playwright/test"
export { Maru } from "./maru"
export { type InputMethod, Person, type Rung, steps, typeTogether } from "./person"

/** The long form of a test: more edits, the whole trace. */
export const FULL = process.env.MARU_FULL === "1"

/** What a browser says when nobody listens at the server's port. */
const NO_SERVER = /net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|INTERNET_DISCONNECTED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|SOCKET_NOT_CONNECTED)|WebSocket connection to .* failed|WebSocket is already in CLOSING/

/** What a browser says about a WebSocket that something on the way refused or cut. */
export const NO_WEBSOCKET = /WebSocket connection to '[^']*\/rt\/1\/ws' failed/

/** What a browser says of a request that was under way when its session moved to another link, and was refused for it. */
const LEFT_BEHIND = /^(409 for |console error: .* status of 409 ).*\/rt\/1\/(send|poll|stream)\b/

/** What a browser says about a request that was under way when its session moved to another link. */
export const MOVED = /\b409\b.*\/rt\/1\/(send|poll|stream)/

/** What a browser says about a page's last words when its goodbye by WebSocket was there before them. */
const GOODBYE = /\b4(09|10)\b.*\/rt\/1\/bye/

/** What a browser says about a WebSocket that was still being opened when its page was left. */
const LEFT_EARLY = /WebSocket is closed before the connection is established/

/** What a browser says about the scripts of a page for which they are switched off. */
const WITHOUT_SCRIPT = /^request failed: .*\.js csp$|was preloaded using link preload but not used/

interface Visit extends BrowserContextOptions {
  /** The name the others see. */
  name?: string
  colour?: string
  /** Where; the server of the worker and this test's document when it is not said. */
  server?: { origin: string }
  path?: string
}

interface Join {
  (name: string, options?: Visit): Promise<Person>
  /** The same on a page that is there already. */
  at: (page: Page, name: string) => Promise<Person>
}

interface Fixtures {
  /** The name of a document that only this test uses. */
  doc: string
  /** A server that only this test uses, for tests that stop it. From here on, failing connections are no complaint. */
  own: Maru
  /** A watched page in a browser of its own, not yet anywhere. */
  visit: (options?: Visit) => Promise<Page>
  /** Somebody at the document, once the page has come to life. */
  join: Join
  /** What the pages complained about. Empty at the end, or the test fails. */
  complaints: string[]
  /** From here on, complaints like this are expected: what the browser says about a WebSocket that a proxy refuses. */
  allow: (complaint: RegExp) => void
  tolerance: { noServer: boolean; allowed: RegExp[] }
  /** Sessions move from transport to transport in this test: requests that they leave behind are no complaint. */
  moves: boolean
}

export const test = base.extend<Fixtures, { maru: Maru }>({
  maru: [
    async ({}, use) => {
      const maru = await Maru.start()
      await use(maru)
      await maru.remove()
    },
    { scope: "worker", timeout: 90_000 },
  ],

  doc: async ({}, use, info) => {
    const title = info.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 40)
    await use(`${title}-${Math.random().toString(36).slice(2, 10)}`)
  },

  tolerance: async ({}, use) => use({ noServer: false, allowed: [] }),

  allow: async ({ tolerance }, use) => use((complaint) => void tolerance.allowed.push(complaint)),

  moves: [false, { option: true }],

  own: async ({ tolerance }, use, info) => {
    const maru = await Maru.start()
    tolerance.noServer = true
    await use(maru)
    if (info.status !== info.expectedStatus) await info.attach("server.log", { body: maru.log, contentType: "text/plain" })
    await maru.remove()
  },

  complaints: async ({}, use) => {
    const complaints: string[] = []
    await use(complaints)
    if (complaints.length) throw new Error(`the browser complained:\n${complaints.join("\n")}`)
  },

  visit: async ({ browser, complaints, tolerance, moves, maru }, use) => {
    const contexts: BrowserContext[] = []
    await use(async ({ name, colour, server = maru, ...options } = {}) => {
      const remembered = [...(name ? [{ name: "maru-name", value: name }] : []), ...(colour ? [{ name: "maru-colour", value: colour }] : [])]
      const storageState = { cookies: [], origins: [{ origin: server.origin, localStorage: remembered }] }
      const context = await browser.newContext({ storageState, permissions: ["clipboard-read", "clipboard-write"], locale: "en-US", ...options })
      contexts.push(context)
      const complain = (what: string): void => {
        if (moves && LEFT_BEHIND.test(what)) return
        const expected = [GOODBYE, LEFT_EARLY, ...tolerance.allowed].some((complaint) => complaint.test(what))
        if (!expected && !(tolerance.noServer && NO_SERVER.test(what))) complaints.push(`${name ?? "page"}: ${what}`)
      }
      const still = options.javaScriptEnabled === false
      await context.addInitScript(reportViolations)
      context.on("page", (page) => watch(page, (what) => {
        if (!(still && WITHOUT_SCRIPT.test(what))) complain(what)
      }))
      return context.newPage()
    })
    for (const context of contexts) await context.close()
  },

  join: async ({ visit, maru, doc }, use) => {
    const at = async (page: Page, name: string): Promise<Person> => {
      await page.locator('[data-mounted="true"] .cm-content').waitFor()
      return new Person(page, name)
    }
    const join = async (name: string, { server = maru, path = `/d/${doc}`, ...options }: Visit = {}): Promise<Person> => {
      const page = await visit({ name, server, ...options })
      await page.goto(server.origin + path)
      return at(page, name)
    }
    await use(Object.assign(join, { at }))
  },
})

/** Says every violation of the page's policy on its console, which is watched; some the browser itself only counts. */
function reportViolations(): void {
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sourceFile, lineNumber }) =>
    console.error(`the policy was violated: ${effectiveDirective} by ${blockedURI || "inline"}, ${sourceFile}:${lineNumber}`))
}

/** Whether a request leaves for another site; tests have proxies on this machine, and pages make addresses of their own. */
const foreign = (url: string): boolean => {
  const { protocol, hostname } = new URL(url)
  return !["data:", "blob:"].includes(protocol) && !["127.0.0.1", "localhost"].includes(hostname)
}

function watch(page: Page, complain: (what: string) => void): void {
  page.on("console", (message) => {
    // Where it came from tells a refused connection from a broken page.
    if (["error", "warning"].includes(message.type())) complain(`console ${message.type()}: ${message.text()} (${message.location().url})`)
  })
  page.on("pageerror", (error) => complain(`uncaught: ${error.stack ?? error}`))
  page.on("crash", () => complain("the page crashed"))
  page.on("request", (request) => {
    if (foreign(request.url())) complain(`a request to another site: ${request.url()}`)
  })
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? ""
    // A page that is left drops what it was still fetching.
    if (why !== "net::ERR_ABORTED") complain(`request failed: ${request.url()} ${why}`)
  })
  page.on("response", (response) => {
    if (response.status() >= 400) complain(`${response.status()} for ${response.url()}`)
  })
}
