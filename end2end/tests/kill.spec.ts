/** kill -9 at random moments while somebody types: what the page called saved is on disk, and nothing is doubled. */
import { FULL, expect, test as base } from "../fixtures"
import { Chance, seed } from "../seeded"
import { Wire } from "../wire"
import { delivered } from "../yjs"

const ROUNDS = FULL ? 50 : 5

declare global {
  interface Window {
    /** The longest text during which the mark said that it is saved. */
    savedText: string
  }
}

const test = base.extend<{ wire: Wire }>({
  wire: async ({ own }, use) => {
    const wire = await Wire.to(own.port)
    await use(wire)
    await wire.remove()
  },
})

test(`${ROUNDS} rounds of kill -9 under typing: all that was shown as saved is there, nothing twice`, async ({ own, wire, join, doc }) => {
  test.setTimeout(FULL ? 1_200_000 : 300_000)
  const chance = new Chance(seed())
  const ada = await join("Ada", { server: wire })
  await ada.page.evaluate(() => {
    const mark = document.querySelector<HTMLElement>(".saved")!
    const note = (): void => {
      if (mark.dataset.state === "saved") window.savedText = document.querySelector(".cm-content")!.cmTile!.root.view.state.sliceDoc()
    }
    window.savedText = ""
    new MutationObserver(note).observe(mark, { attributeFilter: ["data-state"] })
  })
  let typed = ""
  const type = async (words: number): Promise<void> => {
    for (; words > 0; words--) {
      const word = `${typed.length}${chance.pick(["가", "나", "😀", "x"])} `
      await ada.page.keyboard.insertText(word)
      typed += word
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    await ada.saved()
    // The moment is counted in words, not in time: a slow machine must not type less.
    await type(chance.below(60))
    const typing = type(20)
    await own.kill()
    wire.cut()
    await typing
    const saved = await ada.page.evaluate(() => window.savedText)
    await own.restart()
    // The page cannot have mended it: its wire is still cut.
    const onDisk = (await delivered(own.url(doc)))!.text
    if (round > 0) expect(saved).not.toBe("")
    expect(onDisk.startsWith(saved), `round ${round}: ${saved.length} saved, ${onDisk.length} on disk`).toBe(true)
    expect(typed.startsWith(onDisk), `round ${round}: on disk is what was typed`).toBe(true)
    wire.mend()
  }
  await ada.saved()
  await ada.sees(typed)
  const later = await join("Later", { server: own })
  await later.sees(typed)
})
