/** A real paper's edits, one by one through a Yjs program into a running server; the page then opens the text. */
import { existsSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { gunzipSync } from "node:zlib"
import { FULL, expect, test } from "../fixtures"
import { yjsPeer } from "../yjs"

const FILE = resolve(process.env.MARU_TRACES ?? resolve(import.meta.dirname, "../../../shared/data"), "automerge-paper.json.gz")
/** The short form types the beginning. */
const PREFIX = 3_000

interface Trace {
  startContent: string
  endContent: string
  txns: { patches: [at: number, deleted: number, inserted: string][] }[]
}

test(`${FULL ? "all" : PREFIX} edits of automerge-paper, typed into the server, are the text that a page opens, after a restart too`, async ({ own, join, doc }) => {
  test.skip(!existsSync(FILE), `${FILE} is missing: put the trace there, or say in MARU_TRACES which folder has it`)
  test.setTimeout(FULL ? 1_200_000 : 300_000)
  const trace = JSON.parse(gunzipSync(readFileSync(FILE)).toString("utf8")) as Trace
  const txns = FULL ? trace.txns : trace.txns.slice(0, PREFIX)
  let text = trace.startContent
  const peer = await yjsPeer(own.origin, doc)
  const started = performance.now()
  for (const [i, { patches }] of txns.entries()) {
    for (const [at, deleted, inserted] of patches) {
      if (!FULL) text = text.slice(0, at) + inserted + text.slice(at + deleted)
      peer.ydoc.transact(() => {
        if (deleted) peer.text.delete(at, deleted)
        if (inserted) peer.text.insert(at, inserted)
      })
    }
    // Lets the socket send: the program must not be one burst.
    if (i % 50 === 49) await new Promise((next) => setImmediate(next))
  }
  if (FULL) text = trace.endContent
  expect(peer.text.toString()).toBe(text)
  // Another program that joins now gets everything only after the server has taken it in.
  const reader = await yjsPeer(own.origin, doc)
  await reader.until(() => reader.text.toString() === text, "the whole text")
  console.log(`${txns.length} edits typed and read back in ${Math.round(performance.now() - started)} ms`)
  reader.leave()
  peer.leave()

  for (const when of ["at once", "after a restart"]) {
    if (when !== "at once") {
      expect(await own.stop()).toBe(0)
      await own.restart()
    }
    const opened = performance.now()
    const ada = await join(`Reader ${when.replaceAll(" ", "-")}`, { server: own })
    await ada.sees(text)
    console.log(`the page opens it in ${Math.round(performance.now() - opened)} ms (${when})`)
    await ada.saved()
    await ada.page.close()
  }
})
