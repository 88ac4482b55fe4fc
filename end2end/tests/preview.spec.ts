/** The preview beside the text: what Markdown becomes, what it never becomes, and where it is shown. */
import { type Person, expect, test } from "../fixtures"

const SAMPLE = `# Heading

**한글**을 *and* plain.

| a | b |
|---|---|
| 1 | 2 |

- [x] done
- [ ] open

\`\`\`js
const answer = 42 // why
\`\`\`

<script>window.broken = true</script>
<img src=x onerror="window.broken = true">
<b>raw</b>

[dead](javascript:window.broken=true) [alive](https://example.org/)
`

const prose = (person: Person) => person.page.locator("#maru-preview")

test("Markdown is rendered while it is typed", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await ada.paste(SAMPLE)
  for (const person of [ada, bin]) {
    await expect(prose(person).getByRole("heading", { level: 1, name: "Heading" })).toBeVisible()
    // The closing marks stand between a Hangul letter and a particle, where plain CommonMark sees no emphasis.
    await expect(prose(person).locator("strong")).toHaveText("한글")
    await expect(prose(person).locator("table td")).toHaveText(["1", "2"])
    await expect(prose(person).locator("input[type=checkbox]")).toHaveCount(2)
    await expect(prose(person).locator("input[type=checkbox]").first()).toBeChecked()
    await expect(prose(person).locator("pre > code[data-coloured] span").first()).toBeVisible()
  }
  await bin.press("Control+End")
  await bin.type("\nadded 나중에")
  await expect(prose(ada).getByText("added 나중에")).toBeVisible()
  await expect(prose(bin).getByText("added 나중에")).toBeVisible()
})

// The preview colours only blocks that it added itself, and these are the server's.
test("a document that is opened as it stands has its code coloured too", async ({ join }) => {
  const ada = await join("Ada")
  await ada.paste("```js\nconst answer = 42\n```\n")
  await ada.saved()
  const bin = await join("Bin")
  await expect(prose(bin).locator("pre > code[data-coloured] span").first()).toBeVisible()
})

test("raw HTML is shown and not run, and a javascript: link leads nowhere", async ({ join, visit, maru, doc }) => {
  const ada = await join("Ada")
  await ada.paste(SAMPLE)
  await expect(prose(ada)).toContainText("<b>raw</b>")
  await ada.saved()
  // The server's rendering, which a page without script shows, follows the same rules.
  const still = await visit({ javaScriptEnabled: false })
  await still.goto(maru.url(doc))
  for (const article of [prose(ada), still.locator("#maru-preview")]) {
    await expect(article).toContainText('<img src=x onerror="window.broken = true">')
    await expect(article).toContainText("<script>window.broken = true</script>")
    await expect(article.locator("script, img, b")).toHaveCount(0)
    await expect(article.locator('[href^="javascript" i]')).toHaveCount(0)
    await expect(article.getByText("alive")).toHaveAttribute("href", "https://example.org/")
  }
  await prose(ada).getByText("dead").click()
  expect(await ada.page.evaluate(() => "broken" in window)).toBe(false)
  await expect(ada.page).toHaveURL(maru.url(doc))
})

test("source, both and preview are three arrangements, remembered by this browser", async ({ join }) => {
  const ada = await join("Ada")
  await ada.paste("# Arranged")
  await ada.saved()
  const pane = { source: ada.page.locator(".pane-source"), preview: ada.page.locator(".pane-preview") }
  await expect(pane.source).toBeVisible()
  await expect(pane.preview).toBeVisible()
  await ada.page.getByRole("button", { name: "Source", exact: true }).click()
  await expect(pane.source).toBeVisible()
  await expect(pane.preview).toBeHidden()
  await ada.page.getByRole("button", { name: "Preview", exact: true }).click()
  await expect(pane.source).toBeHidden()
  await expect(pane.preview.getByRole("heading", { name: "Arranged" })).toBeVisible()
  await ada.page.reload()
  await expect(pane.preview.getByRole("heading", { name: "Arranged" })).toBeVisible()
  await expect(pane.source).toBeHidden()
  await ada.page.getByRole("button", { name: "Both", exact: true }).click()
  await expect(pane.source).toBeVisible()
  await expect(pane.preview).toBeVisible()
})

test("a Korean browser gets Korean, before and after the script, and may change its mind", async ({ join, visit, maru, doc }) => {
  const ada = await join("아다", { locale: "ko-KR" })
  await expect(ada.page.locator("html")).toHaveAttribute("lang", "ko")
  await expect(ada.page.locator(".saved-word")).toHaveText("저장됨")
  await expect(ada.page.locator(".cm-placeholder")).toHaveText("여기에 쓰세요. 링크를 가진 사람은 누구나 함께 쓸 수 있어요.")
  await expect(ada.page).toHaveTitle("제목 없음 · Maru")
  await ada.page.getByTitle("Read in English").click()
  await expect(ada.page.locator(".saved-word")).toHaveText("Saved")
  await ada.page.reload()
  await expect(ada.page.locator("html")).toHaveAttribute("lang", "en")

  const still = await visit({ javaScriptEnabled: false, locale: "ko-KR" })
  await still.goto(maru.origin)
  await expect(still.getByRole("heading", { level: 1 })).toHaveText("함께 모여 글을 쓰는 마루")
  await still.goto(maru.url(doc))
  await expect(still.locator(".no-script")).toContainText("지금 그대로 읽을 수 있어요.")
})

test("dark is dark from the first byte on, and remembered", async ({ join, maru, doc }) => {
  const ada = await join("Ada")
  const light = () => ada.page.evaluate(() => {
    const [r, g, b] = getComputedStyle(document.documentElement).backgroundColor.match(/[\d.]+/g)!.map(Number)
    return (r! + g! + b!) / 3
  })
  expect(await light()).toBeGreaterThan(200)
  const toggle = ada.page.getByTitle(/^Colours:/)
  for (let i = 0; i < 3 && (await ada.page.locator("html").getAttribute("data-theme")) !== "dark"; i++) await toggle.click()
  await expect.poll(light).toBeLessThan(60)
  const cookie = (await ada.context.cookies()).find(({ name }) => name === "maru-theme")
  expect(cookie?.value).toBe("dark")
  const html = await (await fetch(maru.url(doc), { headers: { cookie: "maru-theme=dark" } })).text()
  expect(html).toMatch(/<html[^>]* data-theme="dark"/)
  await ada.page.reload()
  expect(await light()).toBeLessThan(60)
})

test("a phone shows one pane and nothing to scroll sideways", async ({ join, visit, maru }) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
  const ada = await join("Ada", phone)
  await ada.paste(`${SAMPLE}\n\n${"averylongwordthatnobodybreaks".repeat(10)}\n`)
  await ada.saved()
  const wide = (page: typeof ada.page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  await expect(ada.page.locator(".pane-source")).toBeVisible()
  await expect(ada.page.locator(".pane-preview")).toBeHidden()
  expect(await wide(ada.page)).toBe(0)
  await ada.page.getByRole("button", { name: "Preview", exact: true }).click()
  await expect(prose(ada).getByRole("heading", { name: "Heading" })).toBeVisible()
  await expect(ada.page.locator(".pane-source")).toBeHidden()
  expect(await wide(ada.page)).toBe(0)
  const home = await visit(phone)
  await home.goto(maru.origin)
  await expect(home.getByRole("heading", { level: 1 })).toBeVisible()
  expect(await wide(home)).toBe(0)
})
