/** What a page may load and run: nothing inline, nothing of others, no HTML but the preview's; and that everybody can use it (axe). */
import { type Server, createServer } from "node:http"
import type { AddressInfo } from "node:net"
import AxeBuilder from "@axe-core/playwright"
import type { Page } from "@playwright/test"
import { Maru, expect, test } from "../fixtures"

const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

/** One pixel. */
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64")

const TEXT = `# Everything at once

A [link](https://example.org/), **bold**, \`code\`, a list:

- [x] done
- [ ] open

| a | b |
|:-:|--:|
| 1 | 2 |

> a quotation

\`\`\`js
const answer = 42
\`\`\`
`

/** What axe finds, in a line each. */
async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze()
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(" ")} ${failureSummary}`))
}

/** A site that serves one image and counts who asks. */
async function pictures(): Promise<{ server: Server; origin: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? "")
    response.writeHead(200, { "content-type": "image/png" }).end(PIXEL)
  })
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

// That no policy is violated on any of these pages, and that none asks another site for anything, is the fixture's to say.
for (const [look, options] of [
  ["light", {}],
  ["dark, in Korean", { colorScheme: "dark" as const, locale: "ko-KR" }],
  ["on a phone", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
] as const) {
  test(`every page keeps to its policy and bars nobody: ${look}`, async ({ visit, join, maru }) => {
    const page = await visit(options)
    for (const path of ["/", "/?refused", "/lab"]) {
      await page.goto(maru.origin + path)
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible()
      expect(await barriers(page), path).toEqual([])
    }
    const ada = await join("Ada", options)
    expect(await barriers(ada.page), "an empty document").toEqual([])
    await ada.paste(TEXT)
    await ada.saved()
    const bin = await join("Bin", options)
    await bin.after("bold")
    await expect(ada.page.locator(".maru-caret")).toHaveCount(1)
    if (!("isMobile" in options)) await expect(ada.page.locator("pre > code[data-coloured] span").first()).toBeVisible()
    expect(await barriers(ada.page), "a document with somebody in it").toEqual([])
    await ada.page.locator(".cm-content").focus()
    await ada.press("Control+f")
    await expect(ada.page.locator(".cm-search")).toBeVisible()
    expect(await barriers(ada.page), "the search").toEqual([])
    await ada.press("Escape")
    await ada.page.locator(".share").click()
    await expect(ada.page.locator(".share-new")).toBeVisible()
    expect(await barriers(ada.page), "the share dialog").toEqual([])
    await ada.page.locator(".share-new .primary").click()
    await expect(ada.page.locator(".share-links li")).toHaveCount(1)
    expect(await barriers(ada.page), "the share dialog with a link").toEqual([])
    await ada.press("Escape")
    await ada.page.locator("#maru-way, .menu-button").filter({ visible: true }).first().click()
    expect(await barriers(ada.page), "what opens from the bars").toEqual([])
  })
}

test("what the policy forbids is stopped, and noticed by these tests", async ({ join, complaints }) => {
  const ada = await join("Ada")
  const stopped = await ada.page.evaluate(() => {
    const inline = (tag: string, text: string): void => {
      const element = document.createElement(tag)
      element.textContent = text
      document.head.append(element)
    }
    inline("style", "body { outline: 7px solid red }")
    document.body.setAttribute("style", "outline: 7px solid red")
    const image = new Image()
    image.src = "https://elsewhere.example/pixel.png"
    fetch("https://elsewhere.example/").catch(() => undefined)
    const threw = [
      () => (document.createElement("p").innerHTML = "<b>made of a string</b>"),
      () => new Worker("/editor/boot.js"),
      () => document.createElement("script").setAttribute("src", "/editor/boot.js"),
      () => document.createElement("iframe").setAttribute("srcdoc", "<b>x</b>"),
      () => (globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): void } }).trustedTypes.createPolicy("other", {}),
    ].map((act) => {
      try {
        act()
        return false
      } catch {
        return true
      }
    })
    return { threw, outline: getComputedStyle(document.body).outlineWidth }
  })
  expect(stopped.threw).toEqual([true, true, true, true, true])
  expect(stopped.outline).not.toBe("7px")
  for (const directive of ["connect-src", "img-src", "require-trusted-types-for", "style-src-attr", "style-src-elem", "trusted-types"])
    await expect.poll(() => complaints.join("\n")).toContain(`the policy was violated: ${directive}`)
  // A page that is closed complains no more.
  await ada.page.close()
  complaints.length = 0
})

test("an image of another site is a link that nobody follows by itself", async ({ join, visit, maru, doc }) => {
  const { server, origin, asked } = await pictures()
  const text = `![a cat](${origin}/cat.png) and ![](${origin}/nameless.png)\n`
  const ada = await join("Ada")
  await ada.paste(text)
  const link = ada.page.locator("#maru-preview a.maru-image").first()
  await expect(link).toHaveText("a cat")
  await expect(link).toHaveAttribute("rel", /\bnoopener\b.*\bnoreferrer\b/)
  await expect(ada.page.locator("#maru-preview img")).toHaveCount(0)
  await ada.saved()
  const still = await visit({ javaScriptEnabled: false })
  await still.goto(maru.url(doc))
  await expect(still.locator("#maru-preview a.maru-image")).toHaveCount(2)
  expect(asked).toEqual([])
  server.close()
})

test("images of a site that the operator trusts are shown", async ({ join }) => {
  const { server, origin, asked } = await pictures()
  const own = await Maru.start(["--image-origin", origin])
  const ada = await join("Ada", { server: own })
  await ada.paste(`![a cat](${origin}/cat.png) and ![a dog](https://elsewhere.example/dog.png)\n`)
  const image = ada.page.locator("#maru-preview img")
  await expect(image).toHaveCount(1)
  await expect.poll(() => image.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1)
  await expect(ada.page.locator("#maru-preview a.maru-image")).toHaveText("a dog")
  expect(asked).toEqual(["/cat.png"])
  await ada.page.close()
  await own.remove()
  server.close()
})

test("a link out of a document opens apart, and its site learns nothing", async ({ join }) => {
  const visits: (string | undefined)[] = []
  const server = createServer((request, response) => {
    if (request.url === "/seen") visits.push(request.headers.referer)
    response.writeHead(200, { "content-type": "text/html" }).end("<title>elsewhere</title><link rel=icon href=data:,>")
  })
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/seen`
  const ada = await join("Ada")
  await ada.paste(`[out](${address})\n`)
  const opened = ada.context.waitForEvent("page")
  await ada.page.locator("#maru-preview").getByRole("link", { name: "out" }).click()
  const other = await opened
  await other.waitForLoadState()
  await expect(other).toHaveTitle("elsewhere")
  expect(await other.evaluate(() => window.opener)).toBeNull()
  expect(visits).toEqual([undefined])
  await other.close()
  server.close()
})
