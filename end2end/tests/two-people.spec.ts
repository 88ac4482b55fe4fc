/** Two people, and ten, in one document: texts, carets, names, and who is here. */
import { type Person, expect, test, typeTogether } from "../fixtures"

test("two who type at once see each other's text", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await typeTogether(ada, bin)
})

test("a caret is where its owner put it, with the owner's name, and stays on its text", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await ada.type("one two three")
  await bin.sees("one two three")
  await bin.after("one two")
  const caret = ada.page.locator(".maru-carets .maru-caret")
  await expect(caret).toHaveCount(1)
  await expect(caret.locator(".maru-caret-flag")).toHaveText("Bin")

  /** Pixels between Bin's caret and the end of "two" on Ada's page. */
  const distance = () => ada.page.evaluate(() => {
    const view = document.querySelector(".cm-content")!.cmTile!.root.view as unknown as {
      state: { sliceDoc(): string }
      coordsAtPos(at: number, side: number): { left: number }
    }
    const at = view.state.sliceDoc().indexOf("two") + 3
    const box = document.querySelector(".maru-caret")!.getBoundingClientRect()
    return Math.abs(box.left + box.width / 2 - view.coordsAtPos(at, -1).left)
  })
  await expect.poll(distance).toBeLessThan(3)
  await ada.select(0)
  await ada.type("before it ")
  await expect.poll(distance).toBeLessThan(3)
  await bin.select(0, 6)
  await expect(ada.page.locator(".maru-selections .maru-selection")).not.toHaveCount(0)
})

test("the list of people has everybody once, and loses whoever leaves", async ({ join }) => {
  const [ada, bin, chan] = [await join("Ada"), await join("Bin"), await join("찬")]
  await expect.poll(async () => (await ada.others()).sort()).toEqual(["Bin", "찬"])
  await expect.poll(async () => (await chan.others()).sort()).toEqual(["Ada", "Bin"])
  await expect(ada.page.getByRole("button", { name: "2 other people are here" })).toBeVisible()
  await bin.page.close()
  await expect.poll(() => ada.others()).toEqual(["찬"])
  await chan.page.reload()
  await expect.poll(() => ada.others()).toEqual(["찬"])
})

test("ten who type at once end with one text, in which every keystroke is once", async ({ join }) => {
  test.setTimeout(300_000)
  const people: Person[] = []
  for (let i = 0; i < 10; i++) people.push(await join(`Person ${i}`))
  const words = people.map((_, i) => `<${i} ${"가나다라마"[i % 5]} writes here, and goes on ${i}>`)
  await Promise.all(people.map((person, i) => person.type(words[i]!)))
  await Promise.all(people.map((person) => person.saved()))
  const length = words.join("").length
  await expect.poll(async () => new Set(await Promise.all(people.map((person) => person.text()))).size).toBe(1)
  const text = await people[0]!.text()
  expect(text.length).toBe(length)
  expect([...text].sort().join("")).toBe([...words.join("")].sort().join(""))
  for (const person of people) expect(await person.others()).toHaveLength(9)
})

test("what others write above does not move the text I look at", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await ada.paste(Array.from({ length: 400 }, (_, i) => `line ${i}`).join("\n"))
  await bin.sees(/line 399$/)
  await bin.after("line 300")
  const line = bin.page.locator(".cm-line", { hasText: /^line 300$/ })
  await expect(line).toBeInViewport()
  const before = (await line.boundingBox())!.y
  await ada.select(0)
  await ada.paste("above\n".repeat(50))
  await bin.sees(/^(above\n){50}line 0\n/)
  await expect.poll(async () => Math.abs((await line.boundingBox())!.y - before)).toBeLessThan(2)
  // And the caret stays on its line.
  await bin.type("!")
  await ada.sees(/line 300!\nline 301/)
})
