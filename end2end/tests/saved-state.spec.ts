/** The saved-state mark says nothing that the server's disk has not confirmed. */
import { MOVED, expect, test } from "../fixtures"

test("nothing is called saved while the server does not answer, and how long it waits is said", async ({ own, join }) => {
  const ada = await join("Ada", { server: own })
  await ada.type("before. ")
  await ada.saved()
  own.freeze()
  await ada.type("while it is frozen")
  await ada.mark("saving")
  await expect(ada.page.locator(".saved-age")).toHaveText(/^[1-9]\d* s$/)
  await expect(ada.page.locator(".saved-word")).toHaveText("Saving")
  own.thaw()
  await ada.saved()
  await expect(ada.page.locator(".saved-age")).toHaveText("")
  await own.kill()
  await own.restart()
  const later = await join("Later", { server: own })
  await later.sees("before. while it is frozen")
})

test("a frozen server is found out within half a minute, without a socket closing", async ({ own, join, allow }) => {
  // The thawed server finds all that was asked of it meanwhile, in some order.
  allow(MOVED)
  const ada = await join("Ada", { server: own })
  await ada.saved()
  own.freeze()
  await ada.type("nobody hears this yet")
  await ada.mark("unsaved")
  await expect(ada.page.locator(".saved-word")).toHaveText("Not saved yet")
  own.thaw()
  await ada.saved()
  const later = await join("Later", { server: own })
  await later.sees("nobody hears this yet")
})

test("after kill -9 typing goes on, and once the server is back all is merged and saved, nothing twice", async ({ own, join }) => {
  const [ada, bin] = [await join("Ada", { server: own }), await join("Bin", { server: own })]
  await ada.type("shared start.\n")
  await ada.saved()
  await bin.sees("shared start.\n")
  await own.kill()
  await ada.mark("offline")
  await bin.mark("offline")
  await ada.select(0)
  await ada.type("Ada alone. ")
  await bin.press("Control+End")
  await bin.type("Bin alone.")
  await ada.mark("unsaved")
  await bin.mark("unsaved")
  await own.restart()
  await ada.saved()
  await bin.saved()
  const merged = "Ada alone. shared start.\nBin alone."
  await ada.sees(merged)
  await bin.sees(merged)
  await own.kill()
  await own.restart()
  const later = await join("Later", { server: own })
  await later.sees(merged)
})

test("what was called saved is there after kill -9 and a reload", async ({ own, join }) => {
  const ada = await join("Ada", { server: own })
  await ada.type("# 제목\n\nsaved once")
  await ada.saved()
  await own.kill()
  await own.restart()
  await ada.page.reload()
  await ada.page.locator('[data-mounted="true"] .cm-content').waitFor()
  await ada.sees("# 제목\n\nsaved once")
})

test("an orderly stop loses nothing that was typed right before it", async ({ own, join }) => {
  const ada = await join("Ada", { server: own })
  await ada.saved()
  await ada.type("the last keys")
  expect(await own.stop()).toBe(0)
  await own.restart()
  await ada.saved()
  await own.kill()
  await own.restart()
  const later = await join("Later", { server: own })
  await later.sees("the last keys")
})

test("a page with unsaved edits asks before it is left, a saved one does not", async ({ own, join }) => {
  const ada = await join("Ada", { server: own })
  await ada.type("kept")
  await ada.saved()
  own.freeze()
  await ada.type(" and not kept")
  await ada.mark("saving")
  const asked = ada.page.waitForEvent("dialog")
  await ada.page.close({ runBeforeUnload: true })
  const dialog = await asked
  expect(dialog.type()).toBe("beforeunload")
  await dialog.dismiss()
  own.thaw()
  await ada.saved()
  let again = 0
  ada.page.on("dialog", (dialog) => {
    again++
    void dialog.accept()
  })
  const closed = ada.page.waitForEvent("close")
  await ada.page.close({ runBeforeUnload: true })
  await closed
  expect(again).toBe(0)
})
