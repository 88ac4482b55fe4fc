/** Whatever carries the messages, and whatever is done to it: two who type see one text, once, and saved means saved. */
import { type Person, expect, test } from "../fixtures"
import { Inspector, TRANSPORTS } from "../inspector"

test.use({ moves: true })

/** Something to write around. */
async function begin(ada: Person, bin: Person): Promise<void> {
  await ada.type("middle")
  await bin.sees("middle")
}

/** Both type at once, one at each end of the text; both then have what both wrote. */
async function both(ada: Person, bin: Person, mark: string): Promise<void> {
  await ada.page.locator(".cm-content").focus()
  await bin.page.locator(".cm-content").focus()
  await ada.select(0)
  await bin.press("Control+End")
  await Promise.all([ada.type(`<a${mark} 가나다>`), bin.type(`<b${mark} 라마바>`)])
  for (const person of [ada, bin]) {
    await person.sees(new RegExp(`<a${mark} 가나다>.*<b${mark} 라마바>`, "s"))
    await person.saved()
  }
  expect(await ada.text()).toBe(await bin.text())
}

test("each transport in turn carries what two people type, and moving from one to the next loses and doubles nothing", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  const [first, second] = [await Inspector.of(ada), await Inspector.of(bin)]
  await ada.page.locator(".cm-content").focus()
  await begin(ada, bin)
  let expected = "middle"
  for (const transport of [...TRANSPORTS.slice(1), ...TRANSPORTS].reverse()) {
    await first.force(transport)
    await second.force(transport)
    // They type while their sessions are on the move.
    const mark = `${expected.length}`
    await both(ada, bin, mark)
    await first.way(transport)
    await second.way(transport)
    expected = `<a${mark} 가나다>${expected}<b${mark} 라마바>`
    expect(await ada.text()).toBe(expected)
    await expect.poll(() => ada.others()).toEqual(["Bin"])
  }
})

test("where WebSocket is blocked the page says so and works, and it is back on WebSocket by itself", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await begin(ada, bin)
  const inspector = await Inspector.of(ada)
  await inspector.press("Block WebSocket")
  await inspector.way("event-stream")
  const badge = ada.page.locator("#maru-way")
  await expect(badge).toHaveAttribute("data-limited", "true")
  await expect(badge).toContainText("this network blocks WebSocket; everything still works")
  await both(ada, bin, "blocked")
  await inspector.press("Block WebSocket")
  await inspector.way("websocket")
  await expect(badge).toHaveAttribute("data-limited", "false")
  await both(ada, bin, "lifted")
})

test("where streams open and bring nothing the page comes to polls, and nothing is lost", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await begin(ada, bin)
  const inspector = await Inspector.of(ada)
  await inspector.press("Swallow what streams bring")
  await ada.page.locator(".cm-content").focus()
  await ada.type("while all is swallowed")
  await expect(ada.page.locator("#maru-way")).toHaveAttribute("data-way", /^(long|short)-poll$/)
  await ada.saved()
  await bin.sees(/while all is swallowed/)
  await both(ada, bin, "polled")
})

test("delay and loss make it slow and never wrong", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await begin(ada, bin)
  const inspector = await Inspector.of(ada)
  await inspector.press("Add 500 ms each way")
  await both(ada, bin, "late")
  await inspector.press("Lose half of what is sent")
  await expect(inspector.panel.locator(".faulty")).toContainText("are being simulated")
  await ada.page.locator(".cm-content").focus()
  await ada.select(0)
  await ada.type("half of it is lost. ")
  await inspector.press("Lose half of what is sent")
  await inspector.press("Add 500 ms each way")
  await both(ada, bin, "whole")
  expect((await bin.text()).split("half of it is lost. ")).toHaveLength(2)
})

test("a link that is cut and mended at once is never called a lost connection", async ({ join }) => {
  const ada = await join("Ada")
  await ada.saved()
  const inspector = await Inspector.of(ada)
  await ada.page.evaluate(() => {
    const seen: string[] = []
    const mark = document.querySelector(".saved")!
    new MutationObserver(() => seen.push(mark.getAttribute("data-state")!)).observe(mark, { attributes: true })
    Object.assign(globalThis, { seen })
  })
  for (const transport of TRANSPORTS) {
    await inspector.force(transport)
    await inspector.way(transport)
    await inspector.press("Cut now")
    await inspector.shows(/^↓ RESUMED/)
    await inspector.press("Clear")
    await ada.page.locator(".cm-content").focus()
    await ada.type("!")
    await ada.saved()
  }
  const seen = await ada.page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)
  expect(seen.filter((state) => !["saving", "saved"].includes(state))).toEqual([])
})

test("what was typed right before the page is left arrives, on every transport", async ({ join }) => {
  for (const transport of TRANSPORTS) {
    const ada = await join("Ada")
    const inspector = await Inspector.of(ada)
    await inspector.force(transport)
    await inspector.way(transport)
    await ada.page.locator(".cm-content").focus()
    await ada.page.on("dialog", (dialog) => void dialog.accept())
    await ada.press("Control+End")
    await ada.type(`${transport} to the last key. `)
    await ada.page.goto("about:blank")
    await ada.page.close()
  }
  const later = await join("Later")
  await later.sees(TRANSPORTS.map((transport) => `${transport} to the last key. `).join(""))
})
