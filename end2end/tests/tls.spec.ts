/** Maru with a certificate of its own: https, wss and HTTP/2 in a real browser, without a proxy. */
import { get } from "node:https"
import { connect } from "node:tls"
import { makeCertificate } from "../certificate"
import { Maru, expect, test, typeTogether } from "../fixtures"

let secure: Maru
test.beforeAll(async () => void (secure = await Maru.startSecure()))
test.afterAll(() => secure.remove())

/** What the server counts. */
function metrics(): Promise<string> {
  return new Promise((done, fail) => {
    const request = get(`${secure.origin}/metrics`, { agent: false, rejectUnauthorized: false }, (answer) => {
      let text = ""
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece)).on("end", () => done(text))
    })
    request.on("error", fail)
  })
}

/** Which certificate is shown to who comes now. */
function shown(): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect({ port: secure.port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      done(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.on("error", fail)
  })
}

test("two people type over wss, which shares the connection of their pages by HTTP/2", async ({ join }) => {
  const options = { server: secure, ignoreHTTPSErrors: true }
  const [ada, bin] = [await join("Ada", options), await join("Bin", options)]
  await ada.travelsBy("websocket")
  await bin.travelsBy("websocket")
  await typeTogether(ada, bin)
  const version = await ada.page.evaluate(() => (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming).nextHopProtocol)
  expect(version).toBe("h2")
  expect(await metrics()).toContain('maru_links_open{kind="rt_websocket"} 2')
  // One for each browser, and the one that asks. What a browser opened in advance and never used goes by itself.
  await expect.poll(metrics).toContain("maru_connections_open 3\n")
})

test("a page of a server with a certificate knows that it is safe, and asks for nothing over plain http", async ({ join }) => {
  const ada = await join("Ada", { server: secure, ignoreHTTPSErrors: true })
  expect(await ada.page.evaluate(() => window.isSecureContext)).toBe(true)
  const asked = await ada.page.evaluate(() => performance.getEntriesByType("resource").map((entry) => entry.name))
  expect(asked.filter((url) => !url.startsWith(secure.origin))).toEqual([])
})

test("people go on typing while the certificate is renewed, and the next visitor is shown the new one", async ({ join }) => {
  const options = { server: secure, ignoreHTTPSErrors: true }
  const ada = await join("Ada", options)
  await ada.type("before")
  await ada.saved()
  const before = await shown()
  await makeCertificate(secure.data)
  await expect.poll(shown).not.toBe(before)
  await ada.type(" and after")
  await ada.saved()
  const bin = await join("Bin", options)
  await bin.sees("before and after")
})
