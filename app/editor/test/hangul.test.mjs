/** Composition: one operation for a syllable, and remote changes that never break one. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { agree, browser, frames, random, select } from "./support.mjs"

let b
before(async () => (b = await browser()))
after(() => b.close())

const LEADS = [..."ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"]

/** What a two-set input method shows while this syllable is typed: ㅎ, 하, 한. */
function steps(syllable) {
  const index = syllable.charCodeAt(0) - 0xac00
  const list = [LEADS[Math.floor(index / 588)]]
  if (index % 28) list.push(String.fromCharCode(0xac00 + index - (index % 28)))
  return [...list, syllable]
}

/** An input method that writes through the browser's own composition, without a keyboard. */
async function inputMethod(page) {
  const session = await page.context().newCDPSession(page)
  return {
    show: (text) => session.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length }),
    commit: (text) => session.send("Input.insertText", { text }),
  }
}

const pause = (page, ms) => page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), ms)

/** The composition has ended and what it wrote was handed over. */
const settled = (page) => page.waitForFunction(() => !view().composing && !view().compositionStarted && model.held.length === 0 && model.text === state().sliceDoc())

test("a syllable is one operation", () =>
  b.withEditor("", async (page) => {
    const ime = await inputMethod(page)
    for (const syllable of "한글로쓴다") {
      for (const step of steps(syllable)) {
        await ime.show(step)
        await frames(page)
      }
      await ime.commit(syllable)
      await settled(page)
    }
    assert.equal(await agree(page), "한글로쓴다")
    assert.deepEqual(await page.evaluate(() => model.calls), [..."한글로쓴다"].map((c, i) => [i, 0, c]))
  }))

test("eight syllables without a pause are at most nine operations", () =>
  b.withEditor("앞 뒤", async (page) => {
    await select(page, 2)
    const ime = await inputMethod(page)
    for (const syllable of "가나다라마바사아") {
      for (const step of steps(syllable)) await ime.show(step)
      await ime.commit(syllable)
    }
    await settled(page)
    assert.equal(await agree(page), "앞 가나다라마바사아뒤")
    const calls = await page.evaluate(() => model.calls.length)
    assert.ok(calls <= 9, `${calls} operations`)
  }))

test("a long composition is handed over after 1.2 s, and ends as it should", () =>
  b.withEditor("", async (page) => {
    const ime = await inputMethod(page)
    await ime.show("に")
    await ime.show("にほ")
    assert.equal(await page.evaluate(() => model.text), "")
    await page.waitForFunction(() => model.text === "にほ")
    await ime.show("日本")
    await ime.commit("日本")
    await settled(page)
    assert.equal(await agree(page), "日本")
  }))

test("blur and flush hand over an open composition", () =>
  b.withEditor("", async (page) => {
    const ime = await inputMethod(page)
    await ime.show("하")
    await page.evaluate(() => handle.flush())
    assert.equal(await page.evaluate(() => model.text), "하")
    await ime.show("한")
    await page.evaluate(() => document.activeElement.blur())
    await settled(page)
    assert.equal(await agree(page), "한")
    assert.ok(await page.evaluate(() => model.boundaries) > 0)
  }))

test("undo hands over an open composition first", () =>
  b.withEditor("", async (page) => {
    const ime = await inputMethod(page)
    await ime.show("하")
    await page.evaluate(() => {
      const event = new InputEvent("beforeinput", { inputType: "historyUndo", bubbles: true, cancelable: true })
      document.querySelector(".cm-content").dispatchEvent(event)
    })
    assert.deepEqual(await page.evaluate(() => model.calls), [[0, 0, "하"]])
    assert.equal(await agree(page), "")
  }))

test("Enter that confirms a composition runs no command", () =>
  b.withEditor("- ", async (page) => {
    await select(page, 2)
    const ime = await inputMethod(page)
    await ime.show("한")
    await page.evaluate(() => document.querySelector(".cm-content").dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true })))
    await ime.commit("한")
    // Safari sends it after the composition's end.
    await page.evaluate(() => document.querySelector(".cm-content").dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true })))
    await settled(page)
    assert.equal(await agree(page), "- 한")
  }))

test("remote changes wait for the composition and come after it", () =>
  b.withEditor("윗줄\n", async (page) => {
    await select(page, 3)
    const ime = await inputMethod(page)
    await ime.show("하")
    await page.evaluate(() => model.remote(() => ({ from: 0, ins: "x" })))
    await pause(page, 400)
    assert.equal(await page.evaluate(() => model.held.length), 1)
    assert.equal(await page.evaluate(() => state().sliceDoc()), "윗줄\n하")
    await ime.commit("한")
    await settled(page)
    assert.equal(await agree(page), "x윗줄\n한")
  }))

test("a composition that never pauses holds the others back for 3 s only", () =>
  b.withEditor("윗줄\n", async (page) => {
    await select(page, 3)
    const ime = await inputMethod(page)
    await ime.show("하")
    await page.evaluate(() => model.remote(() => ({ from: 0, ins: "x" })))
    await page.clock.runFor(2800)
    assert.equal(await page.evaluate(() => model.held.length), 1)
    await page.clock.runFor(400)
    assert.equal(await page.evaluate(() => model.held.length), 0)
    assert.equal(await page.evaluate(() => state().sliceDoc()), "x윗줄\n하")
    await ime.show("한")
    await ime.commit("한")
    await page.clock.runFor(200)
    assert.equal(await agree(page), "x윗줄\n한")
  }, { clock: true }))

test("it holds them for 10 s when somebody works beside its line", () =>
  b.withEditor("윗줄\n", async (page) => {
    await select(page, 3)
    const ime = await inputMethod(page)
    await page.evaluate(() => handle.carets([{ id: "1", name: "Kim", color: "#c2410c", anchor: 1, head: 1 }]))
    await page.clock.runFor(100)
    await ime.show("하")
    await page.evaluate(() => model.remote(() => ({ from: 1, ins: "x" })))
    await page.clock.runFor(9800)
    assert.equal(await page.evaluate(() => model.held.length), 1)
    await page.clock.runFor(400)
    assert.equal(await page.evaluate(() => model.held.length), 0)
    await ime.commit("한")
    await page.clock.runFor(200)
    await agree(page)
  }, { clock: true }))

test("25 random sessions of fast typing among remote changes keep every syllable", async () => {
  const broken = []
  for (let seed = 1; seed <= 25; seed++) {
    const next = random(seed)
    const syllables = Array.from({ length: 8 }, () => String.fromCharCode(0xac00 + Math.floor(next() * 11172)))
    await b.withEditor("first line\nbefore  after\nlast line\n", async (page) => {
      await select(page, "first line\nbefore ".length)
      const ime = await inputMethod(page)
      const disturb = async () => {
        if (next() > 0.5) return
        await page.evaluate((kind) => model.remote((text) => {
          // Where the writer is: right behind the last syllable written so far, or where one would go.
          const found = /[\uac00-\ud7a3\u3131-\u318e](?![^]*[\uac00-\ud7a3\u3131-\u318e])/u.exec(text)
          const end = found ? found.index + 1 : text.indexOf("before ") + 7
          const first = text.search(/[\uac00-\ud7a3\u3131-\u318e]/u)
          const line = text.lastIndexOf("\n", end - 1) + 1
          return [
            { from: end, ins: "r" },
            { from: first < 0 ? end : first, ins: "l" },
            { from: line, ins: "in line " },
            { from: line, ins: "new line\n" },
            { from: line, del: text[line] === "\n" || /[\uac00-\ud7a3\u3131-\u318e]/u.test(text[line] ?? "") || line >= text.length ? 0 : 1 },
            { from: 0, ins: "top " },
            { from: text.length, ins: "end " },
          ][kind]
        }), Math.floor(next() * 7))
      }
      for (const syllable of syllables) {
        for (const step of steps(syllable)) {
          await ime.show(step)
          await disturb()
          if (next() < 0.5) await pause(page, Math.floor(next() * 40))
        }
        await ime.commit(syllable)
        await disturb()
      }
      await settled(page)
      const text = await agree(page)
      const kept = text.replace(/[^\uac00-\ud7a3\u3131-\u318e]/gu, "")
      if (kept !== syllables.join("")) broken.push(`${seed}: ${syllables.join("")} became ${kept}`)
    })
  }
  assert.deepEqual(broken, [])
})
