/** Somebody at a document page: reads and writes as a person does, and reports everything the browser complained about. */
import { readFile } from "node:fs/promises"
import { type BrowserContext, type CDPSession, type Page, expect } from "@playwright/test"

/** CodeMirror's view behind the editor's DOM, found where CodeMirror itself looks it up. */
interface View {
  state: { sliceDoc(): string; doc: { length: number }; selection: { main: { anchor: number; head: number } } }
  composing: boolean
  compositionStarted: boolean
  dispatch(change: { selection: { anchor: number; head: number }; scrollIntoView?: boolean; userEvent: string }): void
}
declare global {
  interface Element {
    cmTile?: { root: { view: View } }
  }
}

/** In an empty document: both type at once, see the same, and everything is saved. */
export async function typeTogether(ada: Person, bin: Person): Promise<void> {
  await ada.type("Ada begins.\n\n")
  await bin.sees("Ada begins.\n\n")
  await bin.press("Control+End")
  await ada.select(0)
  await Promise.all([ada.type("from the top, "), bin.type("from the end, 한글도")])
  const both = "from the top, Ada begins.\n\nfrom the end, 한글도"
  await ada.sees(both)
  await bin.sees(both)
  await ada.saved()
  await bin.saved()
}

/** The transports, the best first. */
export type Rung = "websocket" | "event-stream" | "long-poll" | "short-poll"

export class Person {
  constructor(readonly page: Page, readonly name: string) {}

  get context(): BrowserContext {
    return this.page.context()
  }

  /** The text in the editor, the same string that is on the screen. */
  async text(): Promise<string> {
    return this.page.evaluate(() => document.querySelector(".cm-content")!.cmTile!.root.view.state.sliceDoc())
  }

  /** The text of the replica behind the editor, by the menu's download. */
  async replica(): Promise<string> {
    const download = this.page.waitForEvent("download")
    const item = this.page.locator("#maru-menu").getByTitle(/^(Download text|원문 내려받기)$/)
    if (!(await item.isVisible())) await this.page.locator(".menu-button").click()
    await item.click()
    return readFile(await (await download).path(), "utf8")
  }

  async sees(text: string | RegExp): Promise<void> {
    const seen = expect.poll(() => this.text(), { message: `what ${this.name} sees` })
    await (typeof text === "string" ? seen.toBe(text) : seen.toMatch(text))
  }

  /** Waits until the mark says so. */
  async mark(...states: string[]): Promise<void> {
    await expect(this.page.locator(".saved")).toHaveAttribute("data-state", new RegExp(`^(${states.join("|")})$`))
  }

  async saved(): Promise<void> {
    await this.mark("saved")
  }

  /** Waits until this transport is in use, as the badge says. */
  async travelsBy(rung: Rung): Promise<void> {
    await expect(this.page.locator("#maru-way")).toHaveAttribute("data-way", rung)
  }

  /** Types by the keyboard, key by key. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text)
  }

  /** Types a key, such as `Control+z`, so often. */
  async press(key: string, times = 1): Promise<void> {
    for (let i = 0; i < times; i++) await this.page.keyboard.press(key)
  }

  async select(anchor: number, head = anchor): Promise<void> {
    await this.page.evaluate(([anchor, head]) => {
      const view = document.querySelector(".cm-content")!.cmTile!.root.view
      const length = view.state.doc.length
      view.dispatch({ selection: { anchor: Math.min(anchor, length), head: Math.min(head, length) }, scrollIntoView: true, userEvent: "select" })
    }, [anchor, head] as const)
  }

  /** Puts the caret behind the first such words. */
  async after(words: string): Promise<void> {
    const at = (await this.text()).indexOf(words)
    if (at < 0) throw new Error(`${this.name} does not see ${JSON.stringify(words)}`)
    await this.select(at + words.length)
  }

  /** Pastes through the browser's own paste event. */
  async paste(text: string): Promise<void> {
    await this.page.evaluate((text) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData("text/plain", text)
      document.querySelector(".cm-content")!.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
    }, text)
  }

  /** Puts this in the place of the whole text. */
  async rewrite(text: string): Promise<void> {
    await this.select(0, Number.MAX_SAFE_INTEGER)
    await this.paste(text)
  }

  /** The names of the others, as the list of people has them. */
  async others(): Promise<string[]> {
    const rows = await this.page.locator("#maru-people li").evaluateAll((rows) => rows.map((row) => row.lastChild?.textContent ?? ""))
    return rows.map((name) => name.trim())
  }

  async inputMethod(): Promise<InputMethod> {
    return new InputMethod(this.page, await this.context.newCDPSession(this.page))
  }
}

const LEADS = [..."ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"]

/** What a two-set input method shows while this syllable is typed: ㅎ, 하, 한. */
export function steps(syllable: string): string[] {
  const index = syllable.charCodeAt(0) - 0xac00
  const open = index % 28 ? [String.fromCharCode(0xac00 + index - (index % 28))] : []
  return [LEADS[Math.floor(index / 588)]!, ...open, syllable]
}

/** An input method that writes through the browser's own composition. */
export class InputMethod {
  constructor(readonly page: Page, readonly cdp: CDPSession) {}

  async show(text: string): Promise<void> {
    await this.cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length })
  }

  async commit(text: string): Promise<void> {
    await this.cdp.send("Input.insertText", { text })
  }

  /** One syllable, as fast as the browser takes it. */
  async syllable(syllable: string): Promise<void> {
    // The browser takes them in this order; waiting for each answer would be a slow typist.
    await Promise.all([...steps(syllable).map((step) => this.show(step)), this.commit(syllable)])
  }

  /** The composition has ended. */
  async settled(): Promise<void> {
    await this.page.waitForFunction(() => {
      const { composing, compositionStarted } = document.querySelector(".cm-content")!.cmTile!.root.view
      return !composing && !compositionStarted
    })
  }
}
