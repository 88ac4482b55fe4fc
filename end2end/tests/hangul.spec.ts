/** Hangul through the browser's own composition: small documents, and no syllable lost to another's edits. */
import { type Person, FULL, expect, test } from "../fixtures"
import { Chance } from "../seeded"
import { delivered } from "../yjs"

/** What the bar of 60 kB is about. */
const BAR = { syllables: 10_000, bytes: 60_000 }
/** Syllables of one visit. The test runner keeps a record of every step, so a visit of ten thousand would measure that. */
const VISIT = 1_000
const VISITS = FULL ? BAR.syllables / VISIT : 1

test.describe.serial(`${VISIT * VISITS} syllables typed without a pause`, () => {
  const doc = `syllables-${Math.random().toString(36).slice(2, 10)}`
  const chance = new Chance(10_000)
  let text = ""

  for (let visit = 1; visit <= VISITS; visit++) {
    test(`are all there: visit ${visit} of ${VISITS}`, async ({ join }) => {
      test.setTimeout(300_000)
      const ada = await join("Ada", { path: `/d/${doc}` })
      await ada.page.getByRole("button", { name: "Source", exact: true }).click()
      await ada.page.locator(".cm-content").focus()
      await ada.press("Control+End")
      const ime = await ada.inputMethod()
      for (let i = 0; i < VISIT; i++) {
        const syllable = String.fromCharCode(0xac00 + chance.below(11_172))
        await ime.syllable(syllable)
        text += syllable
        // Lines as people have them; one of 10,000 syllables is a test of the browser's layout.
        if (i % 40 === 39) {
          await ime.settled()
          await ada.press("Enter")
          text += "\n"
        }
      }
      await ime.settled()
      await ada.sees(text)
      await ada.saved()
    })
  }

  test("make a document below 60 kB for 10,000", async ({ maru }) => {
    const state = (await delivered(maru.url(doc)))!
    expect(state.text).toBe(text)
    const scaled = (state.size * BAR.syllables) / (VISIT * VISITS)
    console.log(`figure: ${VISIT * VISITS} syllables: ${state.size} bytes, ${Math.round(scaled)} for ${BAR.syllables}`)
    expect(scaled).toBeLessThan(BAR.bytes)
  })
})

const HANGUL = /[\uac00-\ud7a3\u3131-\u318e]/u
const START = "first line\nbefore  after\nlast line\n"

/** One edit of somebody who has no regard for the one who composes. */
async function disturb(bin: Person, chance: Chance): Promise<void> {
  const text = await bin.text()
  const at = text.search(HANGUL)
  const end = at < 0 ? text.indexOf("before ") + 7 : at + /^[^\n]*/.exec(text.slice(at))![0].replace(/[^\uac00-\ud7a3\u3131-\u318e]*$/u, "").length
  const line = text.lastIndexOf("\n", end - 1) + 1
  const [where, what] = chance.pick<[number, string]>([
    [end, "r"],
    [at < 0 ? end : at, "l"],
    [line, "in line "],
    [line, "new line\n"],
    [0, "top "],
    [text.length, "end "],
    [text.indexOf("after"), "a"],
  ])
  await bin.select(where)
  await bin.page.keyboard.insertText(what)
}

test("25 of 25 random sessions of fast typing keep every syllable while another edits around them", async ({ join }) => {
  test.setTimeout(600_000)
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  const ime = await ada.inputMethod()
  const broken: string[] = []
  for (let seed = 1; seed <= 25; seed++) {
    const chance = new Chance(seed)
    const others = new Chance(seed + 1_000)
    await ada.rewrite(START)
    await bin.sees(START)
    await ada.after("before ")
    const syllables = Array.from({ length: 8 }, () => String.fromCharCode(0xac00 + chance.below(11_172))).join("")
    let typing = true
    await Promise.all([
      (async () => {
        for (const syllable of syllables) await ime.syllable(syllable)
        typing = false
      })(),
      (async () => {
        // At least a few, however fast the other is.
        for (let i = 0; i < 3 || typing; i++) await disturb(bin, others)
      })(),
    ])
    await ime.settled()
    const kept = (text: string) => text.replace(/[^\uac00-\ud7a3\u3131-\u318e]/gu, "")
    await expect.poll(async () => (await ada.text()) === (await bin.text()), { message: `seed ${seed}: both see one text` }).toBe(true)
    const text = await ada.text()
    if (kept(text) !== syllables) broken.push(`seed ${seed}: ${syllables} became ${kept(text)}`)
  }
  expect(broken).toEqual([])
  expect(await ada.replica()).toBe(await ada.text())
  await ada.saved()
})

test("a composition goes on undisturbed while lines appear above it", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  const ime = await ada.inputMethod()
  await ada.type("윗줄\n")
  await bin.sees("윗줄\n")
  await ime.show("하")
  await bin.select(0)
  await bin.type("x\n")
  await ime.show("한")
  await ime.commit("한")
  await ime.settled()
  await ada.sees("x\n윗줄\n한")
  await bin.sees("x\n윗줄\n한")
})
