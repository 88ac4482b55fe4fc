/** The inspector of somebody's page, as a person uses it. */
import { type Locator, type Page, expect } from "@playwright/test"

export type Transport = "websocket" | "event-stream" | "long-poll" | "short-poll"

const NAMES: Record<Transport, string> = {
  "websocket": "WebSocket",
  "event-stream": "Event stream",
  "long-poll": "Long polling",
  "short-poll": "Short polling",
}

/** All of them, the best first. */
export const TRANSPORTS = Object.keys(NAMES) as Transport[]

export class Inspector {
  readonly panel: Locator

  private constructor(readonly page: Page) {
    this.panel = page.locator("#maru-inspector")
  }

  /** Opens it by the badge. */
  static async of({ page }: { page: Page }): Promise<Inspector> {
    const inspector = new Inspector(page)
    await page.locator("#maru-way").click()
    await inspector.panel.locator(".frames").waitFor()
    return inspector
  }

  async press(name: string): Promise<void> {
    await this.panel.getByRole("button", { name, exact: true }).click()
  }

  async force(transport: Transport): Promise<void> {
    await this.press(NAMES[transport])
  }

  /** What was chosen in it stays so. */
  async close(): Promise<void> {
    await this.press("Close")
    await this.panel.waitFor({ state: "hidden" })
  }

  /** Waits until the badge says so. */
  async way(transport: Transport | "none"): Promise<void> {
    await expect(this.page.locator("#maru-way")).toHaveAttribute("data-way", transport)
  }

  /** The rows in the list, the newest first: way, kind, what it says, number. */
  async rows(): Promise<string[]> {
    return this.panel.locator("tr[data-number]").evaluateAll((rows) =>
      rows.map((row) => [...(row as HTMLTableRowElement).cells].slice(1, 5).map((cell) => cell.textContent).join(" ")))
  }

  async shows(row: string | RegExp): Promise<void> {
    await expect.poll(() => this.rows(), { message: `the rows of the inspector, looking for ${row}` })
      .toContainEqual(typeof row === "string" ? row : expect.stringMatching(row))
  }
}
