/** Large pastes: what fits is saved, what does not is refused in words and stays on the screen. */
import { expect, test as base } from "../fixtures"
import { Maru } from "../maru"

const test = base.extend<{ small: Maru }>({
  small: async ({}, use) => {
    const maru = await Maru.start(["--max-document", "64KiB", "--max-update", "16KiB"])
    await use(maru)
    await maru.remove()
  },
})

test("a paste of 4,000 lines is saved and seen by the other", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  const text = Array.from({ length: 4_000 }, (_, i) => `${i}: a line as people have them, 한글도 있고 길이도 조금 있어요\n`).join("")
  await ada.paste(text)
  await ada.saved()
  await bin.sees(text)
  const later = await join("Later")
  await later.sees(text)
})

test("more than the largest document is refused in words; the text stays, can be taken along, and nothing loops", async ({ small, join }) => {
  const [ada, bin] = [await join("Ada", { server: small }), await join("Bin", { server: small })]
  await ada.type("what was saved before. ")
  await ada.saved()
  await bin.sees("what was saved before. ")
  let sockets = 0
  ada.page.on("websocket", () => sockets++)
  const large = "0123456789abcdef".repeat(8 << 10)
  await ada.paste(large)
  await ada.mark("cannot-save")
  await expect(ada.page.getByRole("alert")).toContainText("This document has reached its largest size.")
  expect(await ada.text()).toContain(large)
  const offered = ada.page.waitForEvent("download")
  await ada.page.locator(".notice").getByRole("button", { name: "Download text" }).click()
  expect((await offered).suggestedFilename()).toMatch(/\.md$/)
  expect(await ada.replica()).toContain(large)
  // The other goes on, with what was saved.
  await bin.press("Control+End")
  await bin.type("Bin goes on.")
  await bin.saved()
  expect(await bin.text()).toContain("what was saved before. ")
  expect(sockets).toBeLessThan(5)
})
