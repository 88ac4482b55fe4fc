/** What a page shows before any script runs, and that its script then takes over without a word. */
import { expect, test } from "../fixtures"

const TEXT = "# 회의록 for June\n\nA paragraph that *everybody* can read.\n\n- one\n- two\n"

test("a document's text is readable without JavaScript, under its own title", async ({ join, visit, maru, doc }) => {
  const writer = await join("Writer")
  await writer.paste(TEXT)
  await writer.saved()

  const page = await visit({ javaScriptEnabled: false })
  await page.goto(maru.url(doc))
  const prose = page.locator("#maru-preview")
  await expect(prose.getByRole("heading", { name: "회의록 for June" })).toBeVisible()
  await expect(prose.getByText("A paragraph that everybody can read.")).toBeVisible()
  await expect(prose.getByRole("listitem")).toHaveCount(2)
  await expect(page).toHaveTitle("회의록 for June · Maru")
  await expect(page.locator("html")).toHaveAttribute("lang", "en")
  // On a phone, which has room for one pane, too.
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(prose.getByText("A paragraph that everybody can read.")).toBeInViewport()
  await expect(page.locator(".no-script")).toContainText("To write, turn JavaScript on.")
})

test("the home page makes and opens documents without JavaScript", async ({ visit, maru, doc }) => {
  const page = await visit({ javaScriptEnabled: false })
  await page.goto(maru.origin)
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible()
  await page.getByRole("button", { name: "New document" }).click()
  await expect(page).toHaveURL(/\/d\/[0-9a-z]{26}$/)
  await expect(page.locator("#maru-preview")).toBeAttached()

  await page.goto(maru.origin)
  await page.getByLabel("Open a document by its name or link").fill(maru.url(doc))
  await page.getByRole("button", { name: "Open", exact: true }).click()
  await expect(page).toHaveURL(maru.url(doc))
})

test("a name that is none is refused in words, on the home page", async ({ visit, maru }) => {
  const page = await visit({ javaScriptEnabled: false })
  await page.goto(maru.origin)
  await page.getByLabel("Open a document by its name or link").fill("두 낱말")
  await page.getByRole("button", { name: "Open", exact: true }).click()
  await expect(page.getByRole("alert")).toContainText("That is no name or link of a document here.")
})

test("the home page comes to life and remembers what was open", async ({ visit, join, maru, doc }) => {
  const person = await join("Writer")
  await person.type("# Kept in mind")
  await expect(person.page).toHaveTitle("Kept in mind · Maru")
  await person.saved()
  await person.page.goto(maru.origin)
  await expect(person.page.getByRole("link", { name: /Kept in mind/ })).toHaveAttribute("href", `/d/${doc}`)
  await person.page.getByRole("button", { name: "Remove from this list" }).click()
  await expect(person.page.getByText("Documents you open on this device are listed here.")).toBeVisible()
  const page = await visit()
  await page.goto(maru.origin)
  await page.getByRole("button", { name: "New document" }).click()
  await page.locator('[data-mounted="true"] .cm-content').waitFor()
})

test("a link leads straight to the caret: no dialog, no click, a friendly name given", async ({ visit, maru, doc }) => {
  const page = await visit()
  await page.goto(maru.url(doc))
  await expect(page.locator(".cm-content")).toBeFocused()
  await expect(page.locator("dialog[open]")).toHaveCount(0)
  await page.keyboard.type("typed at once")
  await expect(page.locator(".cm-line")).toHaveText("typed at once")
  await expect(page.getByRole("button", { name: /\(Your name and colour\)$/ })).toHaveAccessibleName(/^\S+ \S+ \(/)
})

test("the text comes with the page: it is in the editor before any connection", async ({ join, visit, maru, doc }) => {
  const writer = await join("Writer")
  await writer.paste(TEXT)
  await writer.saved()
  const page = await visit()
  // The socket is opened by the browser and answered by nobody.
  await page.routeWebSocket(/\/rt\//, () => undefined)
  await page.goto(maru.url(doc))
  await expect(page.locator(".cm-line").first()).toHaveText("# 회의록 for June")
  await expect(page.locator(".saved")).not.toHaveAttribute("data-state", "saved")
})
