/** Pictures of the pages for a person to look at, in `test-results/look/`. What is asserted is only that they could be taken. */
import { resolve } from "node:path"
import type { Page } from "@playwright/test"
import { expect, test } from "../fixtures"
import { shareOf } from "../share"

const FOLDER = resolve(import.meta.dirname, "../test-results/look")
// Animations go on: a finished one would have taken the names from the carets.
const take = (page: Page, name: string) => page.screenshot({ path: resolve(FOLDER, `${name}.png`) })

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
const DESKTOP = { viewport: { width: 1280, height: 800 } }

const TEXT = `# Opening the hall 마루 열기

We meet on **Thursday**, on the *wooden floor*. **한글**을 쓰는 사람도, writing English too.

## What to bring

- [x] tea and cups
- [ ] the long table
- a list inside
  - of a list

| who | brings |
|-----|--------|
| Ada | tea    |
| 김 하늘 | 떡 |

> A quotation, over a line
> or two.

\`\`\`rust
fn main() {
    println!("마루"); // a comment
}
\`\`\`

See [the plan](https://example.org/), \`inline code\`, and $a^2 + b^2 = c^2$.
`

test("pictures of the home page", async ({ visit, maru }) => {
  for (const [name, options] of [
    ["home-desktop", DESKTOP],
    ["home-phone", PHONE],
    ["home-korean", { ...DESKTOP, locale: "ko-KR" }],
    ["home-dark", { ...DESKTOP, colorScheme: "dark" as const }],
  ] as const) {
    const page = await visit(options)
    await page.goto(maru.origin)
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible()
    await take(page, name)
  }
})

test("pictures of a document with three people in it", async ({ join }) => {
  const ada = await join("Ada Lovelace", DESKTOP)
  await take(ada.page, "document-empty")
  await ada.paste(TEXT)
  await ada.saved()
  const bin = await join("김 하늘", { ...DESKTOP, locale: "ko-KR", colorScheme: "dark", colour: "#0f766e" })
  const chan = await join("Quiet Heron", { ...PHONE, colour: "#b91c1c" })
  const at = (await bin.text()).indexOf("Thursday")
  await bin.select(at, at + 8)
  await ada.after("English")
  await chan.after("the long table")
  await bin.select(at + 8, at)
  await expect(ada.page.locator(".maru-caret")).toHaveCount(2)
  await expect(ada.page.locator("pre > code[data-coloured]")).toBeVisible()
  await ada.saved()
  await take(ada.page, "document-desktop")
  await take(bin.page, "document-dark-korean")
  await take(chan.page, "document-phone")
  await chan.page.getByRole("button", { name: "Preview", exact: true }).click()
  await expect(chan.page.locator("#maru-preview table")).toBeVisible()
  await take(chan.page, "document-phone-preview")
  await chan.page.locator(".menu-button").click()
  await take(chan.page, "document-phone-menu")
  await ada.page.locator(".others").click()
  await take(ada.page, "document-people")
  await ada.press("Escape")
  await ada.page.getByRole("button", { name: /\(Your name and colour\)$/ }).click()
  await take(ada.page, "document-profile")
  await ada.press("Escape")
  await ada.page.locator(".saved-mark").click()
  await take(ada.page, "document-saved-card")
  await ada.press("Escape")
  await ada.page.getByTitle("Help").click()
  await take(ada.page, "document-help")
})

test("pictures of a document without script, and without a server", async ({ own, join, visit, doc }) => {
  const ada = await join("Ada Lovelace", { ...DESKTOP, server: own })
  await ada.paste(TEXT)
  await ada.saved()
  const still = await visit({ ...DESKTOP, javaScriptEnabled: false })
  await still.goto(own.url(doc))
  await take(still, "document-without-script")
  await own.kill()
  await ada.press("Control+End")
  await ada.type("Written with nobody listening.")
  await ada.mark("unsaved")
  await take(ada.page, "document-unsaved")
})

test("pictures of sharing, and of what one may do here", async ({ join, visit, maru, doc, allow }) => {
  allow(/\b40[13]\b/)
  const ada = await join("Ada Lovelace", DESKTOP)
  await ada.paste(TEXT)
  await ada.saved()
  const dialog = ada.page.locator("#maru-share")
  await ada.page.locator(".share").click()
  await expect(dialog.locator(".share-new")).toBeVisible()
  await take(ada.page, "share-open-document")
  await dialog.getByRole("button", { name: "Close" }).click()
  const links = await shareOf(ada)
  await links.close()
  const view = await links.make("View", "for the newsletter")
  await links.make("Edit", "우리 팀")
  await ada.page.locator(".share").click()
  await dialog.locator(".share-new .primary").click()
  await expect(dialog.locator(".share-links li")).toHaveCount(4)
  await take(ada.page, "share-closed-document")
  await dialog.getByRole("button", { name: "Close" }).click()
  const korean = { locale: "ko-KR", colorScheme: "dark" as const }
  for (const [name, options] of [["desktop", DESKTOP], ["phone", PHONE], ["dark-korean", { ...DESKTOP, ...korean }], ["phone-dark-korean", { ...PHONE, ...korean }]] as const) {
    const page = await visit({ name: "Bin", ...options })
    await page.goto(view)
    const bin = await join.at(page, "Bin")
    await expect(page.locator(".note[data-shown=true]")).toBeVisible()
    await bin.sees(TEXT)
    await take(page, `viewer-${name}`)
    await page.locator(".share").click()
    await expect(page.locator(".share-problem")).not.toBeEmpty()
    await take(page, `viewer-share-${name}`)
    await page.locator("#maru-share .dialog-head button").click()
    const stranger = await visit({ name: "Chan", ...options })
    await stranger.goto(maru.url(doc))
    await expect(stranger.locator(".notice")).toBeVisible()
    await take(stranger, `needs-link-${name}`)
    await stranger.goto(`${view.slice(0, -9)}`)
    await expect(stranger.locator(".notice")).toBeVisible()
    await take(stranger, `bad-link-${name}`)
  }
  const phone = await visit({ name: "Dara", ...PHONE, ...korean })
  await phone.goto(await links.make("Edit", "다라"))
  await join.at(phone, "Dara")
  await phone.locator(".share").click()
  await expect(phone.locator(".share-links li")).toHaveCount(5)
  await take(phone, "share-phone-dark-korean")
  await phone.locator(".share-links li").last().scrollIntoViewIfNeeded()
  await take(phone, "share-phone-dark-korean-links")
  await phone.locator("#maru-share .dialog-head button").click()
  await links.revoke("다라")
  await expect(phone.locator(".notice")).toBeVisible()
  await take(phone, "revoked-phone-dark-korean")
})
