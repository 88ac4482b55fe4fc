/** What is typed, deleted and pasted reaches the host as the same text. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { agree, browser, paste, random, select } from "./support.mjs"

let b
before(async () => (b = await browser()))
after(() => b.close())

test("a keystroke reaches the host inside the update that made it", () =>
  b.withEditor("", async (page) => {
    await page.keyboard.type("hello")
    assert.equal(await agree(page), "hello")
    assert.deepEqual(await page.evaluate(() => model.calls), [..."hello"].map((c, i) => [i, 0, c]))
    await page.keyboard.press("Backspace")
    assert.equal(await agree(page), "hell")
  }))

test("several cursors send one change each and one flush", () =>
  b.withEditor("one\ntwo\nthree", async (page) => {
    await select(page, 0)
    await page.keyboard.press("Control+Alt+ArrowDown")
    await page.keyboard.press("Control+Alt+ArrowDown")
    const before = await page.evaluate(() => model.flushes)
    await page.keyboard.type("- ")
    assert.equal(await agree(page), "- one\n- two\n- three")
    assert.equal(await page.evaluate(() => model.flushes), before + 2)
  }))

test("pasted line ends become newlines, whatever they were", () =>
  b.withEditor("a", async (page) => {
    await select(page, 1)
    await paste(page, "\r\nb\rc\n\r\nd\r")
    assert.equal(await agree(page), "a\nb\nc\n\nd\n")
  }))

test("emoji, joined emoji and combining marks keep their code units", () =>
  b.withEditor("", async (page) => {
    for (const text of ["😀", "👩‍👩‍👧‍👦", "🇰🇷", "é", "각", "𠮷"]) {
      await page.keyboard.insertText(text)
      await agree(page)
    }
    assert.equal(await agree(page), "😀👩‍👩‍👧‍👦🇰🇷é각𠮷")
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press("Backspace")
      await agree(page)
    }
    assert.equal(await agree(page), "")
  }))

test("a change inside a surrogate pair is widened to the pair", () =>
  b.withEditor("x😀y", async (page) => {
    await page.evaluate(() => view().dispatch({ changes: { from: 2, to: 3, insert: "\ude01" } }))
    assert.equal(await agree(page), "x😁y")
    assert.deepEqual(await page.evaluate(() => model.calls), [[1, 2, "😁"]])
  }))

test("half a surrogate pair never gets into the text", () =>
  b.withEditor("x😀y", async (page) => {
    await page.evaluate(() => view().dispatch({ changes: { from: 2, to: 3 } }))
    assert.equal(await agree(page), "x\ufffdy")
    await paste(page, "\ud800")
    await agree(page)
    await page.evaluate(() => view().dispatch({ changes: { from: 0, insert: "😀" } }))
    await page.evaluate(() => view().dispatch({ changes: { from: 1, insert: "-" } }))
    await agree(page)
  }))

test("300 random changes leave editor and host on one text", async () => {
  const seed = 7
  await b.withEditor("start 😀 가나다\n", async (page) => {
    const next = random(seed)
    const pieces = ["a", "가", "😀", "👨‍👩‍👧", "\n", "\r\n", "긴 문장 하나", "- x\n", "\r", "🇰🇷"]
    const plan = Array.from({ length: 300 }, () => [next(), next(), next() < 0.4 ? "" : pieces[Math.floor(next() * pieces.length)]])
    await page.evaluate((plan) => {
      for (const [at, length, insert] of plan) {
        const size = state().doc.length
        const from = Math.floor(at * (size + 1))
        view().dispatch({ changes: { from, to: Math.min(size, from + Math.floor(length * 4)), insert } })
      }
    }, plan)
    await agree(page)
  })
})

test("read-only takes no input but still shows remote changes", () =>
  b.withEditor("fixed", async (page) => {
    await page.locator(".cm-content").click()
    await page.keyboard.type("x")
    await page.keyboard.press("Control+b")
    await page.keyboard.press("Control+z")
    await paste(page, "pasted")
    assert.equal(await agree(page), "fixed")
    assert.equal(await page.locator(".cm-content").getAttribute("contenteditable"), "false")
    await page.evaluate(() => model.remote(() => ({ from: 0, ins: "un" })))
    await page.locator(".cm-line", { hasText: "unfixed" }).waitFor()
    await page.evaluate(() => handle.setReadOnly(false))
    await page.locator(".cm-content").click()
    await page.keyboard.press("Control+End")
    await page.keyboard.type("!")
    assert.equal(await agree(page), "unfixed!")
  }, { editor: { readOnly: true } }))

test("Enter continues a list, Tab leaves the editor, the keys write Markdown", () =>
  b.withEditor("", async (page) => {
    await page.keyboard.type("- one")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    assert.equal(await agree(page), "- one\n- two")
    await select(page, 8, 11)
    await page.keyboard.press("Control+b")
    assert.equal(await agree(page), "- one\n- **two**")
    await page.keyboard.press("Control+b")
    assert.equal(await agree(page), "- one\n- two")
    await page.keyboard.press("Control+k")
    assert.equal(await agree(page), "- one\n- [two]()")
    await page.keyboard.press("Control+s")
    assert.deepEqual(await page.evaluate(() => model.shortcuts), ["save"])
    await page.keyboard.press("Tab")
    assert.equal(await page.evaluate(() => document.activeElement.classList.contains("cm-content")), false)
  }))

test("the first Mod-f fetches the search and opens it", () =>
  b.withEditor("가나 가나", async (page) => {
    await page.keyboard.press("Control+f")
    await page.locator(".cm-search input[name=search]:focus").waitFor()
    await page.keyboard.insertText("가나")
    await page.keyboard.press("Enter")
    await page.locator(".cm-searchMatch").nth(1).waitFor()
    assert.equal(await page.locator(".cm-search [name=next]").textContent(), "다음")
  }, { editor: { lang: "ko" } }))

test("a host that trapped ends input instead of losing it", () =>
  b.inPage("/test/page.html", {}, async (page, errors) => {
    await page.locator("html[data-ready]").waitFor({ state: "attached" })
    await page.evaluate(() => {
      open_("kept", {})
      model.local = () => { throw new Error("trapped") }
    })
    await page.keyboard.type("x")
    await page.locator(".cm-content[contenteditable=false]").waitFor()
    assert.match(errors.splice(0).join(), /trapped/)
  }))

test("a reader changes nothing, neither by the keys of lists and quotations, and sees what the others write", () =>
  b.withEditor("- a\n> b", async (page) => {
    for (const at of [2, 3, 6, 7]) {
      await select(page, at)
      for (const key of ["Enter", "Backspace", "Shift+Enter", "Delete", "Tab", "Control+b", "x"]) await page.keyboard.press(key)
    }
    assert.equal(await agree(page), "- a\n> b")
    assert.deepEqual(await page.evaluate(() => model.calls), [])
    await page.evaluate(() => model.remote((text) => ({ from: text.length, ins: "!" })))
    await page.waitForFunction(() => state().sliceDoc() === "- a\n> b!")
    await page.evaluate(() => handle.setReadOnly(false))
    await select(page, 3)
    await page.keyboard.press("Enter")
    assert.equal(await agree(page), "- a\n- \n> b!")
  }, { editor: { readOnly: true } }))
