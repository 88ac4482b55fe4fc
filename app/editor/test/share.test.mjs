/** The share dialog: it shows what the session knows, passes wishes on by number, and shows nothing that was only wished for. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { browser } from "./support.mjs"

let b
before(async () => (b = await browser({
  "/test/share.js": `import { openShare } from "/editor/editor.js"
window.state = [false, -1, false, true, "https://x/d/notes", false, undefined, false]
window.list = []
window.told = []
const note = (name) => (...said) => told.push([name, ...said])
window.sharing = { state: () => state, links: () => list, ...Object.fromEntries(["make", "allow", "last", "revoke", "shut", "forget", "missing"].map((name) => [name, note(name)])) }
window.openDialog = (lang) => (window.dialog = openShare(sharing, lang))
document.documentElement.dataset.ready = ""`,
  "/share": `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" nonce="test" src="/test/share.js"></script></html>`,
})))
after(() => b.close())

const inDialog = (test, lang = "en") => b.inPage("/share", {}, async (page) => {
  await page.locator("html[data-ready]").waitFor({ state: "attached" })
  await page.evaluate((lang) => openDialog(lang), lang)
  const dialog = page.locator("#maru-share")
  await dialog.waitFor()
  const change = (state, list) => page.evaluate(([state, list]) => {
    Object.assign(window.state, state)
    if (list) window.list = list
    dialog.changed()
  }, [state, list])
  await test(page, dialog, change, () => page.evaluate(() => told))
})

test("a wish is passed on, and the box waits for what the server says", () =>
  inDialog(async (page, dialog, change, told) => {
    const box = dialog.getByLabel("Only people with a link")
    await box.click()
    assert.deepEqual(await told(), [["shut", true]])
    assert.equal(await box.isChecked(), false)
    await change({ 2: true })
    await page.waitForFunction(() => document.querySelector(".share-close input").checked)
    assert.match(await dialog.locator(".share-who").textContent(), /^Only people with a link/)
  }))

test("a view link says what it does not hold while the document is open", () =>
  inDialog(async (page, dialog, change, told) => {
    const hint = dialog.locator(".share-new .share-hint")
    assert.equal(await hint.getAttribute("data-warns"), "true")
    await dialog.getByLabel("Edit", { exact: true }).check()
    assert.equal(await hint.getAttribute("data-warns"), "false")
    await dialog.getByLabel("Works for").selectOption("1 hour")
    await dialog.getByLabel("For whom").fill("친구")
    await dialog.getByRole("button", { name: "Make link" }).click()
    assert.deepEqual(await told(), [["make", 1, 0, "친구"]])
    await dialog.getByLabel("View", { exact: true }).check()
    await change({ 2: true })
    assert.equal(await hint.getAttribute("data-warns"), "false")
  }))

test("a new link is shown, copied, and gone with the dialog", () =>
  inDialog(async (page, dialog, change, told) => {
    assert.equal(await dialog.locator(".share-made").isHidden(), true)
    await change({ 6: "https://x/d/notes#t=a.b.c" })
    const made = dialog.locator(".share-made")
    assert.equal(await made.locator("input").inputValue(), "https://x/d/notes#t=a.b.c")
    await made.getByRole("button", { name: "Copy" }).click()
    await made.getByRole("button", { name: "Copied" }).waitFor()
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "https://x/d/notes#t=a.b.c")
    await page.keyboard.press("Escape")
    await dialog.waitFor({ state: "detached" })
    assert.deepEqual(await told(), [["forget"]])
  }))

test("each link is changed by its own row, and revoking asks once more", () =>
  inDialog(async (page, dialog, change, told) => {
    await change({}, [["a", 1, "우리 팀", 0, 3], ["b", 0, "", 3, 1]])
    const row = dialog.locator(".share-links li").nth(1)
    assert.equal(await row.locator(".link-name").textContent(), "View link")
    assert.equal(await row.getByLabel("Works for").locator("option:checked").textContent(), "3 hours left")
    await row.getByLabel("What the link allows").selectOption("Edit")
    await row.getByLabel("Works for").selectOption("until revoked")
    await row.getByRole("button").click()
    assert.deepEqual(await told(), [["allow", "b", 1], ["last", "b", 3]])
    // What is told again and has not changed does not take the question back.
    await change({})
    await row.getByRole("button", { name: "Revoke now?" }).click()
    assert.deepEqual((await told()).at(-1), ["revoke", "b"])
  }))

test("a change that was refused leaves the choice as it was", () =>
  inDialog(async (page, dialog, change) => {
    await change({}, [["a", 0, "우리 팀", 3, 1]])
    const row = dialog.locator(".share-links li")
    const [allows, lasts] = [row.getByLabel("What the link allows"), row.getByLabel("Works for")]
    await allows.selectOption("Edit")
    await lasts.selectOption("until revoked")
    // What was wished for stands while it is asked for.
    await change({ 0: true })
    assert.equal(await allows.locator("option:checked").textContent(), "Edit")
    await change({ 0: false, 1: 3 })
    assert.equal(await allows.locator("option:checked").textContent(), "View")
    assert.equal(await lasts.locator("option:checked").textContent(), "3 hours left")
  }))

test("a change elsewhere in the list takes neither the keyboard nor a question away", () =>
  inDialog(async (page, dialog, change, told) => {
    await change({}, [["a", 1, "우리 팀", 0, 3], ["b", 0, "", 3, 1]])
    const row = dialog.locator(".share-links li").nth(1)
    await row.getByRole("button").click()
    await change({}, [["c", 0, "new", 0, 3], ["b", 1, "", 2, 1]])
    assert.equal(await row.locator(".link-name").textContent(), "Edit link")
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Revoke now?")
    await page.keyboard.press("Enter")
    assert.deepEqual((await told()).at(-1), ["revoke", "b"])
    // When its own row goes, the keyboard stays beside it.
    await change({}, [["c", 0, "new", 0, 3]])
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Links that work")
  }))

test("a new link is heard of, and each row's controls say of which link they are", () =>
  inDialog(async (page, dialog, change) => {
    const news = dialog.locator(".share-parts > [role=status]")
    assert.equal(await news.textContent(), "")
    await change({ 6: "https://x/d/notes#t=a.b.c" }, [["a", 1, "우리 팀", 0, 3], ["b", 0, "", 3, 1]])
    assert.match(await news.textContent(), /^The new link/)
    for (const name of ["우리 팀", "View link"]) {
      assert.equal(await dialog.getByRole("button", { name: `Revoke: ${name}` }).count(), 1)
      assert.equal(await dialog.getByLabel(`What the link allows: ${name}`).count(), 1)
      assert.equal(await dialog.getByLabel(`Works for: ${name}`).count(), 1)
    }
  }))

test("an answer that was lost is not told as nothing done", () =>
  inDialog(async (page, dialog, change) => {
    await change({ 1: 4 })
    assert.match(await dialog.locator(".share-problem").textContent(), /may or may not have been done/)
  }))

test("a dialog that cannot be fetched is told of", () =>
  b.inPage("/share", {}, async (page, errors) => {
    await page.locator("html[data-ready]").waitFor({ state: "attached" })
    await page.context().setOffline(true)
    await page.evaluate(() => openDialog("en"))
    await page.waitForFunction(() => told.length > 0)
    assert.deepEqual(await page.evaluate(() => told), [["missing"]])
    errors.length = 0
  }))

test("who may not manage links sees no form, and what to do, in Korean too", () =>
  inDialog(async (page, dialog, change) => {
    await change({ 1: 1, 2: undefined, 3: undefined, 5: true })
    assert.equal(await dialog.locator(".share-new").isHidden(), true)
    assert.equal(await dialog.locator(".share-close").isHidden(), true)
    assert.match(await dialog.locator(".share-problem").textContent(), /내 링크로는/)
    assert.match(await dialog.locator(".copy label").first().textContent(), /^내 링크/)
  }, "ko"))
