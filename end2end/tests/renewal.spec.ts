/** Tokens of an operator's own system: renewed while one writes, without losing caret or scroll; and what a page says when they are not. */
import { createHmac } from "node:crypto"
import { mkdtemp, writeFile } from "node:fs/promises"
import { type Server, createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join as path } from "node:path"
import { Maru, type Person, expect, test } from "../fixtures"

const SECRET = "a secret of the operator's own system, long enough"

/** A token as an operator's system signs it. */
function signed(doc: string, seconds: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")
  const exp = Math.floor(Date.now() / 1000) + seconds
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ doc, access: "write", exp, jti: Math.random().toString(36).slice(2), name: "Ada" })}`
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`
}

type Answer = { status: number; body?: string }

/** The operator's system: answers what it is told to, and remembers how it was asked. */
class Operator {
  asked: string[] = []
  answer: () => Answer = () => ({ status: 503 })

  private constructor(readonly server: Server, readonly origin: string) {}

  static async start(): Promise<Operator> {
    const server = createServer()
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
    const operator = new Operator(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    server.on("request", (request, response) => {
      operator.asked.push(request.url ?? "")
      const { status, body = "" } = operator.answer()
      const from = request.headers.origin ?? ""
      response.writeHead(status, { "access-control-allow-origin": from, "access-control-allow-credentials": "true" }).end(body)
    })
    return operator
  }
}

async function serverOf(operator: Operator): Promise<Maru> {
  const file = path(await mkdtemp(path(tmpdir(), "maru-secret-")), "secret")
  await writeFile(file, SECRET, { mode: 0o600 })
  return Maru.start(["--auth", "jwt", "--jwt-secret-file", file, "--jwt-renew-url", `${operator.origin}/maru?doc={doc}`])
}

/** A document that opens by a token may be written in once its session is open, and has the keyboard then. */
const mayWrite = (person: Person) => expect(person.page.locator(".cm-content:focus")).toHaveAttribute("contenteditable", "true")

/** Another token in the address of the page, as it stands; it is the only one then, without an earlier one to go back to. */
const given = (person: Person, token: string) => person.page.evaluate(async (token) => {
  const heard = new Promise((resolve) => addEventListener("storage", resolve, { once: true }))
  location.hash = `#t=${token}`
  await heard
  for (const key of Object.keys(localStorage)) if (key.startsWith("maru-pass-before:")) localStorage.removeItem(key)
}, token)

/** The browser says so when the operator's system does not answer well, or refuses. */
const UNWELL = /\b(503|403)\b.*\/maru\?doc=/

test("a token is renewed while one writes, once the operator's system answers, and the caret stays", async ({ join, doc, allow }) => {
  allow(UNWELL)
  const operator = await Operator.start()
  const own = await serverOf(operator)
  const ada = await join("Ada", { server: own, path: `/d/${doc}#t=${signed(doc, 3_600)}` })
  await mayWrite(ada)
  await ada.paste(`${"a line\n".repeat(200)}`)
  await ada.saved()
  await ada.select(70)
  const place = () => ada.page.evaluate(() => {
    const { head } = document.querySelector(".cm-content")!.cmTile!.root.view.state.selection.main
    return { head, scroll: Math.round(document.querySelector(".cm-scroller")!.scrollTop) }
  })
  // The caret is scrolled to on a later frame.
  await ada.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  let before = await place()
  await expect.poll(async () => {
    const last = before
    before = await place()
    return before.scroll - last.scroll
  }).toBe(0)
  // The server says it 60 seconds before the end: at once.
  await given(ada, signed(doc, 50))
  await expect(ada.page.locator(".note[data-shown=true]")).toContainText("could not be renewed yet")
  await ada.saved()
  expect(operator.asked[0]).toBe(`/maru?doc=${doc}`)
  const fresh = signed(doc, 3_600)
  operator.answer = () => ({ status: 200, body: fresh })
  await expect(ada.page.locator(".note[data-shown=true]")).toHaveCount(0)
  expect(await place()).toEqual(before)
  expect(await ada.page.evaluate((key) => localStorage.getItem(key), `maru-pass:${doc}`)).toBe(fresh)
  await ada.press("Control+End")
  await ada.type("on")
  await ada.sees(`${"a line\n".repeat(200)}on`)
  await ada.saved()
  expect(own.log).not.toContain(fresh)
  await ada.page.close()
  await own.remove()
  operator.server.close()
})

test("when the operator's system says no, the session ends with the token, and the text stays", async ({ join, doc, allow }) => {
  allow(UNWELL)
  allow(/\b401\b.*\/rt\/1\//)
  const operator = await Operator.start()
  operator.answer = () => ({ status: 403 })
  const own = await serverOf(operator)
  const ada = await join("Ada", { server: own, path: `/d/${doc}#t=${signed(doc, 3_600)}` })
  await mayWrite(ada)
  await ada.type("until the end")
  await ada.saved()
  await given(ada, signed(doc, 3))
  await expect(ada.page.locator(".notice")).toContainText("Your access to this document has ended")
  expect(operator.asked.length).toBeGreaterThanOrEqual(1)
  await ada.sees("until the end")
  // A new token in the address, and it goes on.
  await given(ada, signed(doc, 3_600))
  await ada.saved()
  await expect(ada.page.locator(".notice")).toHaveCount(0)
  await ada.page.close()
  await own.remove()
  operator.server.close()
})

test("a token that has ended while the operator's system is away is renewed when it is back", async ({ join, doc, allow }) => {
  allow(UNWELL)
  allow(/\b401\b.*\/rt\/1\//)
  const operator = await Operator.start()
  const own = await serverOf(operator)
  const ada = await join("Ada", { server: own, path: `/d/${doc}#t=${signed(doc, 3_600)}` })
  await mayWrite(ada)
  await ada.type("patience")
  await ada.saved()
  await given(ada, signed(doc, 3))
  await expect(ada.page.locator(".notice")).toContainText("the system that renews it cannot be reached")
  operator.answer = () => ({ status: 200, body: signed(doc, 3_600) })
  await ada.saved()
  await expect(ada.page.locator(".notice")).toHaveCount(0)
  await ada.sees("patience")
  await ada.page.close()
  await own.remove()
  operator.server.close()
})

test("a page begins with the name that its token says, and keeps the one that its person chose", async ({ visit, join, doc }) => {
  const operator = await Operator.start()
  const own = await serverOf(operator)
  const path = `/d/${doc}#t=${signed(doc, 3_600)}`
  const newcomer = await visit({ server: own })
  await newcomer.goto(`${own.origin}${path}`)
  await expect(newcomer.getByRole("button", { name: "Ada (Your name and colour)" })).toBeVisible()
  const bin = await join("Bin", { server: own, path })
  await expect(bin.page.getByRole("button", { name: "Bin (Your name and colour)" })).toBeVisible()
  await expect.poll(() => bin.others()).toEqual(["Ada"])
  await newcomer.close()
  await bin.page.close()
  await own.remove()
  operator.server.close()
})
