/** The share dialog, as somebody uses it who may. */
import { expect } from "@playwright/test"
import type { Person } from "./person"

export interface Links {
  /** Only people with a link may open the document. */
  close(): Promise<void>
  /** A new link, copied. */
  make(access: "View" | "Edit", label: string): Promise<string>
  /** Another right for everybody who came by this link. */
  allow(label: string, access: "View" | "Edit"): Promise<void>
  revoke(label: string): Promise<void>
}

/** Each act opens the dialog and closes it again. */
export async function shareOf(person: Person): Promise<Links> {
  const { page } = person
  const dialog = page.locator("#maru-share")
  const row = (label: string) => dialog.getByRole("listitem").filter({ hasText: label })
  const within = async <T>(act: () => Promise<T>): Promise<T> => {
    await page.getByRole("button", { name: "Share", exact: true }).click()
    await expect(dialog.locator(".share-new")).toBeVisible()
    const done = await act()
    await dialog.getByRole("button", { name: "Close" }).click()
    await page.locator(".cm-content").focus()
    return done
  }
  return {
    close: () => within(async () => {
      await dialog.getByLabel("Only people with a link").click()
      await expect(dialog.getByLabel("Only people with a link")).toBeChecked()
    }),
    make: (access, label) => within(async () => {
      await dialog.getByLabel(access, { exact: true }).check()
      await dialog.getByLabel("For whom").fill(label)
      await dialog.getByRole("button", { name: "Make link" }).click()
      const made = dialog.locator("#maru-share-made")
      await expect(made).toHaveValue(/#t=[\w.-]+$/)
      await expect(row(label)).toBeVisible()
      await dialog.locator(".share-made").getByRole("button", { name: "Copy" }).click()
      await expect(dialog.locator(".share-made").getByRole("button", { name: "Copied" })).toBeVisible()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await made.inputValue())
      return made.inputValue()
    }),
    allow: async (label, access) => {
      const allows = () => row(label).getByLabel("What the link allows")
      await within(async () => {
        await allows().selectOption({ label: access })
        await expect(dialog.locator(".share-parts")).toHaveAttribute("aria-busy", "false")
      })
      // A dialog that is opened anew has asked the server, and shows no wish.
      await within(() => expect(allows().locator("option:checked")).toHaveText(access))
    },
    revoke: (label) => within(async () => {
      await row(label).getByRole("button", { name: "Revoke" }).click()
      await row(label).getByRole("button", { name: "Revoke now?" }).click()
      await expect(row(label)).toHaveCount(0)
    }),
  }
}
