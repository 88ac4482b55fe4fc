/** The inspector shows what really travels, in both directions, and stays out of the way. */
import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import { expect, test } from "../fixtures"
import { Inspector } from "../inspector"

test.use({ moves: true })

const FOLDER = resolve(import.meta.dirname, "../test-results/look")
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

test("a typed key is there as DATA, its acknowledgement as SAVED, and the other's key as BATCH with a name", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("하늘")]
  const inspector = await Inspector.of(ada)
  // What came before it was opened is there too.
  await inspector.shows(/^↑ HELLO/)
  await inspector.shows(/^↓ WELCOME/)
  await ada.page.locator(".cm-content").focus()
  await ada.type("abc")
  await ada.saved()
  await inspector.shows(/^↑ DATA insert \d characters? at 0 1$/)
  // Cumulative: how many it names at once is the disk's affair.
  await inspector.shows(/^↓ SAVED everything up to \d+ \d+$/)
  await bin.sees("abc")
  await bin.press("Control+End")
  await bin.type("가")
  await inspector.shows(/^↓ BATCH insert 1 character at 3 · 하늘 \d+$/)
  await inspector.shows(/^↓ PRESENCE presence of 하늘/)
  await ada.select(0, 2)
  await ada.press("Delete")
  await inspector.shows(/^↑ DATA delete 2 characters \d+$/)
})

test("the list narrows, stands still, goes on and is cleared, and its export is valid JSON", async ({ join }) => {
  const ada = await join("Ada")
  const inspector = await Inspector.of(ada)
  const write = async (text: string) => {
    await ada.page.locator(".cm-content").focus()
    await ada.type(text)
    await ada.saved()
  }
  await write("x")
  await inspector.shows(/^↑ DATA/)
  await inspector.press("Edits")
  await expect.poll(() => inspector.rows()).not.toContainEqual(expect.stringContaining("DATA"))
  await inspector.press("Edits")
  await inspector.panel.getByRole("searchbox").fill("saved")
  await expect.poll(async () => (await inspector.rows()).every((row) => row.includes("SAVED"))).toBe(true)
  await inspector.panel.getByRole("searchbox").fill("")
  await inspector.press("Pause")
  const still = await inspector.rows()
  await write("y")
  await expect(inspector.panel.locator(".inspector-waiting")).toHaveText(/^\d+ new$/)
  expect(await inspector.rows()).toEqual(still)
  await inspector.press("Pause")
  await expect.poll(async () => (await inspector.rows()).length).toBeGreaterThan(still.length)

  const download = ada.page.waitForEvent("download")
  await inspector.press("Export JSON")
  const exported = JSON.parse(await readFile(await (await download).path(), "utf8"))
  const kinds = exported.messages.map(({ kind }: { kind: string }) => kind)
  for (const kind of ["HELLO", "WELCOME", "DATA", "SAVED"]) expect(kinds).toContain(kind)
  expect(exported.transports[0]).toMatchObject({ transport: "websocket" })
  expect(exported.transports[0].sent_bytes).toBeGreaterThan(0)
  await inspector.press("Clear")
  await expect.poll(async () => (await inspector.rows()).length).toBeLessThan(still.length)
})

test("it opens and closes by the keyboard, and gives the keyboard back", async ({ join }) => {
  const ada = await join("Ada")
  const badge = ada.page.locator("#maru-way")
  await badge.focus()
  await ada.press("Enter")
  await expect(ada.page.locator("#maru-inspector")).toBeFocused()
  await expect(badge).toHaveAttribute("aria-expanded", "true")
  await ada.press("Escape")
  await expect(ada.page.locator("#maru-inspector")).toBeHidden()
  await expect(badge).toBeFocused()
  await expect(badge).toHaveAttribute("aria-expanded", "false")
})

test("pictures of the inspector", async ({ join }) => {
  const take = async (who: { page: import("@playwright/test").Page }, name: string) =>
    void (await who.page.screenshot({ path: resolve(FOLDER, `${name}.png`) }))
  const ada = await join("Ada Lovelace", { viewport: { width: 1280, height: 800 } })
  await ada.paste("# Opening the hall 마루 열기\n\nWe meet on **Thursday**.\n")
  const dark = await join("김 하늘", { viewport: { width: 1280, height: 800 }, locale: "ko-KR", colorScheme: "dark" })
  const phone = await join("Quiet Heron", { ...PHONE, colorScheme: "light" })
  await ada.saved()
  const light = await Inspector.of(ada)
  await dark.page.locator("#maru-way").click()
  await dark.page.locator(".frames").waitFor()
  await phone.page.locator(".menu-button").click()
  await phone.page.getByTitle("Connection").first().click()
  await phone.page.locator(".frames").waitFor()
  await phone.page.locator("#maru-inspector").press("Escape")
  for (const person of [ada, dark]) {
    await person.page.locator(".cm-content").focus()
    await person.press("Control+End")
    await person.type("on the floor, ")
    await person.saved()
  }
  await light.press("Block WebSocket")
  await light.way("event-stream")
  await light.shows(/^↓ RESUMED/)
  await take(ada, "inspector-limited")
  await take(dark, "inspector-dark-korean")
  await phone.page.locator(".menu-button").click()
  await phone.page.getByTitle("Connection").first().click()
  await phone.page.locator(".frames").waitFor()
  await take(phone, "inspector-phone")
  await light.panel.locator("tr[data-number]").first().click()
  await take(ada, "inspector-bytes")
  await ada.press("Escape")
  await take(ada, "badge-limited")
})
