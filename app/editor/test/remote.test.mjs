/** What the others do: their text, their carets, what one's own undo leaves alone, and the repair when the two sides differ. */
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { after, before, test } from "node:test"
import { agree, browser, frames, paste, select, still } from "./support.mjs"

let b
before(async () => (b = await browser()))
after(() => b.close())

const kim = (anchor, head = anchor) => ({ id: "kim", name: "Kim", color: "#c2410c", anchor, head })

test("remote changes come in one dispatch a frame and leave the own caret in its text", () =>
  b.withEditor("hello world", async (page) => {
    await select(page, 6)
    const updates = await page.evaluate(async () => {
      const { view } = document.querySelector(".cm-content").cmTile.root
      let count = 0
      const { dispatch } = view
      view.dispatch = (...specs) => (count++, dispatch.apply(view, specs))
      model.remote(() => ({ from: 0, ins: ">> " }))
      model.remote((text) => ({ from: text.length, ins: " end" }))
      model.remote(() => ({ from: 3, del: 1, ins: "J" }))
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      return count
    })
    assert.equal(updates, 1)
    assert.equal(await agree(page), ">> Jello world end")
    await page.keyboard.type("|")
    assert.equal(await agree(page), ">> Jello |world end")
  }))

test("lines that arrive above the view do not move what is read", () =>
  b.withEditor(Array.from({ length: 400 }, (_, i) => `line ${i}`).join("\n"), async (page) => {
    await page.evaluate(() => handle.scrollToLine(200))
    await page.locator(".cm-line", { hasText: "line 204" }).waitFor()
    await still(page)
    const top = () => page.evaluate(() => {
      const line = [...document.querySelectorAll(".cm-line")].find((l) => l.textContent === "line 204")
      return Math.round(line.getBoundingClientRect().top)
    })
    const before = await top()
    await page.evaluate(() => model.remote(() => ({ from: 0, ins: "more\n".repeat(50) })))
    await still(page)
    assert.ok(Math.abs((await top()) - before) <= 2, `${before} became ${await top()}`)
  }))

test("lines that arrive while it goes to a line do not lead it astray", () =>
  b.withEditor(Array.from({ length: 400 }, (_, i) => `line ${i}`).join("\n"), async (page) => {
    // In one frame with the jump, whose last corrections are still to come.
    await page.evaluate(() => {
      handle.scrollToLine(200)
      model.remote(() => ({ from: 0, ins: "more\n".repeat(50) }))
    })
    await still(page)
    assert.equal(Math.round(await page.evaluate(() => handle.topLine())), 250)
  }))

test("the own selection is reported once a frame, and only of a text the host has", () =>
  b.withEditor("abcdef", async (page) => {
    await frames(page)
    const reported = await page.evaluate(async () => {
      model.selections.length = 0
      for (let i = 0; i <= 5; i++) view().dispatch({ selection: { anchor: i } })
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      return model.selections
    })
    assert.deepEqual(reported, [[5, 5]])
  }))

test("undo and redo ask the host, whichever way they are asked for", () =>
  b.withEditor("start ", async (page) => {
    await select(page, 6)
    await page.keyboard.type("ab")
    await page.evaluate(() => model.remote(() => ({ from: 0, ins: "they " })))
    await frames(page)
    // The model takes back its last own change; it knows no positions moved by others, so this one is at the end.
    await page.evaluate(() => model.done.forEach((step) => (step.from += 5)))
    await page.keyboard.press("Control+z")
    assert.equal(await agree(page), "they start a")
    await page.evaluate(() => document.querySelector(".cm-content").dispatchEvent(
      new InputEvent("beforeinput", { inputType: "historyUndo", bubbles: true, cancelable: true })))
    assert.equal(await agree(page), "they start ")
    await page.keyboard.press("Control+z")
    assert.equal(await agree(page), "they start ")
    await page.keyboard.press("Control+y")
    await page.keyboard.press("Control+Shift+Z")
    assert.equal(await agree(page), "they start ab")
    assert.equal(await page.evaluate(() => state().selection.main.head), 13)
    // With CapsLock the letter is a small one, in spite of Shift.
    const capsLocked = (shiftKey) => page.evaluate((shiftKey) => document.querySelector(".cm-content").dispatchEvent(
      new KeyboardEvent("keydown", { key: shiftKey ? "z" : "Z", code: "KeyZ", keyCode: 90, ctrlKey: true, shiftKey, bubbles: true, cancelable: true })), shiftKey)
    await capsLocked(false)
    assert.equal(await agree(page), "they start a")
    await capsLocked(true)
    assert.equal(await agree(page), "they start ab")
  }))

test("paste, a moved cursor and blur end an undo step", () =>
  b.withEditor("", async (page) => {
    const boundaries = () => page.evaluate(() => model.boundaries)
    await page.keyboard.type("ab")
    assert.equal(await boundaries(), 0)
    await page.keyboard.press("ArrowLeft")
    assert.equal(await boundaries(), 1)
    await page.keyboard.press("ArrowLeft")
    assert.equal(await boundaries(), 1)
    await page.keyboard.type("c")
    await paste(page, "pasted")
    assert.equal(await boundaries(), 3)
    await page.keyboard.type("d")
    await page.evaluate(() => document.activeElement.blur())
    await page.waitForFunction(() => model.boundaries === 4)
  }))

test("carets are drawn beside the text, move with it, and never into it", () =>
  b.withEditor("one two three", async (page) => {
    await page.evaluate((list) => handle.carets(list), [kim(4, 7), { ...kim(99), id: "lee", name: "이" }])
    await page.locator(".maru-caret").nth(1).waitFor()
    assert.equal(await page.locator(".maru-selection").count(), 1)
    assert.equal(await page.locator(".cm-content .maru-caret, .cm-content .maru-selection, .cm-content [class*=maru]").count(), 0)
    const left = () => page.evaluate(() => [...document.querySelectorAll(".maru-caret")].map((c) => Math.round(c.getBoundingClientRect().left)))
    const at = (position) => page.evaluate((position) => Math.round(view().coordsAtPos(position).left), position)
    assert.ok(Math.abs((await left())[0] - (await at(7))) <= 1)
    assert.ok(Math.abs((await left())[1] - (await at(13))) <= 1)
    await select(page, 0)
    await page.keyboard.type("XXX")
    await frames(page)
    assert.ok(Math.abs((await left())[0] - (await at(10))) <= 1)
    await page.evaluate(() => handle.carets([]))
    await frames(page)
    assert.equal(await page.locator(".maru-caret").count(), 0)
  }))

test("every colour we give away is read on both papers, as a caret and under its name", async () => {
  const sheet = async (name) => readFile(new URL(`../../../public/style/${name}.css`, import.meta.url), "utf8")
  const tokens = await sheet("tokens")
  const palette = [...(await sheet("people")).matchAll(/--person: (#\w+)/g)].map(([, color]) => color)
  assert.equal(palette.length, 12)
  const block = (selector) => tokens.slice(tokens.lastIndexOf(selector)).split("}")[0]
  const themes = [':root[data-theme="light"] {\n  --', ':root[data-theme="dark"] {\n  --'].map((selector) =>
    [...block(selector).matchAll(/(--maru-(?:paper|ink|person-\w+)): ([^;]+);/g)].map(([, name, value]) => [name, value]))
  await b.withEditor("one", async (page) => {
    for (const theme of themes) {
      assert.equal(theme.length, 4)
      const contrasts = await page.evaluate(async ([theme, palette, caret]) => {
        for (const [name, value] of theme) document.documentElement.style.setProperty(name, value)
        const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
        const luminance = (color) => {
          context.fillStyle = color
          context.fillRect(0, 0, 1, 1)
          const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
          return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        }
        const contrast = (a, b) => Math.max(luminance(a), luminance(b)) / Math.min(luminance(a), luminance(b))
        handle.carets(palette.map((color, i) => ({ ...caret, id: String(i), color })))
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
        return [...document.querySelectorAll(".maru-caret")].map((dom) => {
          const flag = getComputedStyle(dom.firstElementChild)
          return [contrast(getComputedStyle(dom).backgroundColor, theme[0][1]), contrast(flag.color, flag.backgroundColor)]
        })
      }, [theme, palette, kim(1)])
      assert.equal(contrasts.length, 12)
      for (const [i, [caret, name]] of contrasts.entries())
        assert.ok(caret >= 4.5 && name >= 4.5, `${palette[i]} on ${theme[0][1]}: ${caret}, its name ${name}`)
    }
  })
})

test("carets that arrive with text still to come stand where their owner is", () =>
  b.withEditor("abc", async (page) => {
    await page.evaluate((list) => {
      // Resolved before the remote text below is settled, as the page's own order is.
      handle.carets(list)
      model.remote(() => ({ from: 0, ins: "12345" }))
    }, [kim(3)])
    await frames(page)
    await frames(page)
    const [left, at] = await page.evaluate(() => [document.querySelector(".maru-caret").getBoundingClientRect().left, view().coordsAtPos(8).left])
    assert.ok(Math.abs(left - at) <= 1.5, `${left} is not ${at}`)
  }))

test("a caret list given from inside a call of the host is in the text after it", () =>
  b.withEditor("abc", async (page) => {
    await page.evaluate((list) => {
      const { settle } = model
      model.settle = function () {
        const transactions = settle.call(model)
        handle.carets(list)
        return transactions
      }
      model.remote(() => ({ from: 0, ins: "12345" }))
    }, [kim(5)])
    await frames(page)
    await frames(page)
    const [left, at] = await page.evaluate(() => [document.querySelector(".maru-caret").getBoundingClientRect().left, view().coordsAtPos(5).left])
    assert.ok(Math.abs(left - at) <= 1.5, `${left} is not ${at}`)
  }))

test("a text that differs is found when idle, repaired and reported", () =>
  b.withEditor("one two three", async (page) => {
    await select(page, 8)
    await page.evaluate(() => (model.text = "one 2 three"))
    await page.clock.runFor(29_000)
    assert.equal(await page.evaluate(() => model.repairs), 0)
    await page.clock.runFor(3_000)
    assert.equal(await page.evaluate(() => model.repairs), 1)
    assert.equal(await agree(page), "one 2 three")
    assert.equal(await page.evaluate(() => state().selection.main.head), 6)
    await page.keyboard.type("!")
    assert.equal(await agree(page), "one 2 !three")
    await page.clock.runFor(40_000)
    assert.equal(await page.evaluate(() => model.repairs), 1)
  }, { clock: true }))

test("operations that do not fit the text repair it at once", () =>
  b.withEditor("short", async (page) => {
    await page.evaluate(() => {
      model.settle = () => ((model.text = "short and long"), [[40, "x"]])
      handle.wake()
    })
    await page.waitForFunction(() => model.repairs === 1)
    assert.equal(await agree(page), "short and long")
  }))

test("a hidden page settles without frames", () =>
  b.withEditor("a", async (page) => {
    await page.evaluate(() => {
      window.requestAnimationFrame = () => 0
      model.remote(() => ({ from: 1, ins: "b" }))
    })
    await page.waitForFunction(() => state().sliceDoc() === "ab", null, { polling: 20 })
  }))

test("the line at the upper edge can be read and set, also between two lines", () =>
  b.withEditor(Array.from({ length: 300 }, (_, i) => `line ${i + 1}`).join("\n"), async (page) => {
    assert.ok((await page.evaluate(() => handle.topLine())) < 1.1)
    for (const line of [120, 57.5]) {
      const scrolled = page.evaluate(() => new Promise((resolve) => {
        const stop = handle.onScroll(() => (stop(), resolve()))
      }))
      await page.evaluate((line) => handle.scrollToLine(line), line)
      await scrolled
      for (let i = 0; i < 3; i++) await frames(page)
      const top = await page.evaluate(() => handle.topLine())
      assert.ok(Math.abs(top - line) < 0.1, `${top} is not ${line}`)
    }
  }))

test("a screen reader hears what is announced, and finds the text by its name", () =>
  b.withEditor("", async (page) => {
    await page.evaluate(() => handle.announce("Kim joined"))
    await page.locator(".cm-announced", { hasText: "Kim joined" }).waitFor({ state: "attached" })
    assert.equal(await page.getByRole("textbox", { name: "Text" }).count(), 1)
  }))
