/** Two pages, many random edits at once: one text at the end, on both screens, in both replicas and on the server. */
import { type Person, FULL, expect, test } from "../fixtures"
import { Chance, seed } from "../seeded"
import { delivered, yjsPeer } from "../yjs"

const EDITS = FULL ? 2_000 : 300

const PIECES = [
  "a", " ", "\n", "가", "한글", "각", "😀", "👩‍👩‍👧‍👦", "🇰🇷", "é", "𠮷", "한", "\r\n", "line\r\nline\r\n", "\r", "- [ ] task\n", "**굵게**을 ", "\u200d", "\ufe0f",
  "a longer sentence, as people paste them",
]

/** So many edits of one person: pastes, keys and deletions at random places, half a surrogate pair's edge among them. */
async function edit(person: Person, chance: Chance, edits: number): Promise<void> {
  for (let done = 0; done < edits; ) {
    const kind = chance.next()
    if (kind < 0.1) {
      // Real keys where they are.
      await person.select(chance.below(await length(person) + 1))
      await person.press(chance.pick(["Backspace", "Delete", "Enter", "Control+Backspace"]))
      done++
    } else if (kind < 0.2) {
      await person.select(chance.below(await length(person) + 1))
      await person.page.keyboard.insertText(chance.pick(PIECES).replace(/\r\n?/g, "\n"))
      done++
    } else {
      const plan = Array.from({ length: Math.min(edits - done, 8) }, () => ({
        at: chance.next(),
        length: chance.next() < 0.5 ? 0 : chance.below(6),
        insert: chance.next() < 0.45 ? "" : chance.pick(PIECES),
      }))
      await pasteAll(person, plan)
      done += plan.length
    }
  }
}

const length = (person: Person): Promise<number> =>
  person.page.evaluate(() => document.querySelector(".cm-content")!.cmTile!.root.view.state.doc.length)

/** Selections and the browser's own paste and delete events, several in one turn: what arrives in between must wait. */
async function pasteAll(person: Person, plan: { at: number; length: number; insert: string }[]): Promise<void> {
  await person.page.evaluate(async (plan) => {
    const content = document.querySelector(".cm-content")!
    const view = content.cmTile!.root.view
    for (const { at, length, insert } of plan) {
      const size = view.state.doc.length
      const anchor = Math.floor(at * (size + 1))
      view.dispatch({ selection: { anchor, head: Math.min(size, anchor + length) }, userEvent: "select" })
      if (insert) {
        const clipboardData = new DataTransfer()
        clipboardData.setData("text/plain", insert)
        content.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
      } else {
        content.dispatchEvent(new KeyboardEvent("keydown", { key: "Backspace", keyCode: 8, bubbles: true, cancelable: true }))
      }
      if (at < 0.3) await new Promise((next) => setTimeout(next, 0))
    }
  }, plan)
}

test(`two pages, ${EDITS} random edits each, end with one well-formed text everywhere`, async ({ join, maru, doc }) => {
  test.setTimeout(FULL ? 1_200_000 : 300_000)
  const chance = new Chance(seed())
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await ada.paste("Start 😀 가나다\n".repeat(10))
  await bin.sees(/^Start 😀/)
  await Promise.all([edit(ada, new Chance(chance.below(2 ** 31)), EDITS), edit(bin, new Chance(chance.below(2 ** 31)), EDITS)])
  await ada.saved()
  await bin.saved()
  await expect.poll(async () => (await ada.text()) === (await bin.text()), { message: "both see one text" }).toBe(true)
  const text = await ada.text()
  expect(text.isWellFormed()).toBe(true)
  expect(text).not.toContain("\r")
  // The replica behind each editor, and the server's, hold what is on the screen.
  expect(await ada.replica()).toBe(text)
  expect(await bin.replica()).toBe(text)
  const peer = await yjsPeer(maru.origin, doc)
  await peer.until(() => peer.text.toString() === text, "the same text")
  peer.leave()
  expect((await delivered(maru.url(doc)))?.text ?? text).toBe(text)
  const later = await join("Later")
  await later.sees(text)
})
