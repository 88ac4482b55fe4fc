/** Undo takes back only one's own, whatever the others do in between. */
import { type Person, expect, test } from "../fixtures"

/** Undoes until the text is this; every step of the way, what the other wrote stays. */
async function undoTo(person: Person, text: string, others: string): Promise<void> {
  for (let i = 0; i < 60 && (await person.text()) !== text; i++) {
    await person.press("Control+z")
    expect(await person.text()).toContain(others)
  }
  expect(await person.text()).toBe(text)
}

async function redoTo(person: Person, text: string): Promise<void> {
  for (let i = 0; i < 60 && (await person.text()) !== text; i++) await person.press("Control+Shift+Z")
  expect(await person.text()).toBe(text)
}

test("undo leaves what another inserted inside my words, redo brings mine back around it", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await ada.type("hello world")
  await bin.sees("hello world")
  await bin.after("hello")
  await bin.type(" [Bin]")
  await ada.sees("hello [Bin] world")
  await undoTo(ada, " [Bin]", " [Bin]")
  await bin.sees(" [Bin]")
  // Nothing of one's own is left to take back.
  await ada.press("Control+z", 5)
  expect(await ada.text()).toBe(" [Bin]")
  await redoTo(ada, "hello [Bin] world")
  await bin.sees("hello [Bin] world")
  await undoTo(bin, "hello world", "hello")
  await ada.sees("hello world")
})

test("undo brings back what I deleted, beside what another wrote there meanwhile", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await bin.type("keep this. lose this.")
  await ada.sees("keep this. lose this.")
  await ada.select(10, 21)
  await ada.press("Backspace")
  await bin.sees("keep this.")
  await bin.press("Control+End")
  await bin.type(" 새 글")
  await ada.sees("keep this. 새 글")
  await ada.press("Control+z")
  await ada.sees(/^keep this\..*lose this\./)
  expect(await ada.text()).toContain(" 새 글")
  await bin.sees(await ada.text())
})

test("undo still takes back only one's own after the server was killed and came back", async ({ own, join }) => {
  const [ada, bin] = [await join("Ada", { server: own }), await join("Bin", { server: own })]
  await ada.type("first words")
  await ada.saved()
  await bin.sees("first words")
  await own.kill()
  await ada.mark("offline")
  await bin.after("first")
  await bin.type(" (Bin, alone)")
  await own.restart()
  await ada.sees("first (Bin, alone) words")
  await ada.saved()
  await undoTo(ada, " (Bin, alone)", " (Bin, alone)")
  await bin.sees(" (Bin, alone)")
  await redoTo(ada, "first (Bin, alone) words")
  await bin.sees("first (Bin, alone) words")
})

test("undo and redo never leave a syllable half composed", async ({ join }) => {
  const ada = await join("Ada")
  const ime = await ada.inputMethod()
  const whole = "앞 한글"
  await ada.type("앞 ")
  for (const syllable of "한글") await ime.syllable(syllable)
  await ime.settled()
  await ada.sees(whole)
  for (let i = 0; i < 10 && (await ada.text()) !== ""; i++) {
    await ada.press("Control+z")
    expect(whole.startsWith(await ada.text()), await ada.text()).toBe(true)
  }
  expect(await ada.text()).toBe("")
  await redoTo(ada, whole)
})
