/** One's name and colour: given, changed, seen by the others, remembered. */
import { expect, test } from "../fixtures"

test("a changed name and colour reach the others and are remembered", async ({ join }) => {
  const [ada, bin] = [await join("Ada"), await join("Bin")]
  await ada.type("here")
  await expect(bin.page.locator(".maru-caret-flag")).toHaveText("Ada")
  await ada.page.getByRole("button", { name: "Ada (Your name and colour)" }).click()
  const dialog = ada.page.getByRole("dialog", { name: "Your name and colour" })
  await dialog.getByLabel("Name", { exact: true }).fill("  김   하늘 ")
  await dialog.getByRole("radio", { name: "Indigo" }).check({ force: true })
  await dialog.getByRole("button", { name: "Done" }).click()
  await expect(dialog).toBeHidden()
  await expect.poll(() => bin.others()).toEqual(["김 하늘"])
  await expect(bin.page.locator(".maru-caret-flag")).toHaveText("김 하늘")
  const colour = () => bin.page.locator(".maru-caret").evaluate((caret) => (caret as HTMLElement).style.getPropertyValue("--maru-person"))
  const indigo = await ada.page.evaluate(() => localStorage.getItem("maru-colour"))
  expect(indigo).toMatch(/^#[0-9a-f]{6}$/)
  await expect.poll(colour).toBe(indigo)

  await ada.page.reload()
  await expect(ada.page.getByRole("button", { name: "김 하늘 (Your name and colour)" })).toBeVisible()
  await expect.poll(() => bin.others()).toEqual(["김 하늘"])
})

test("what was not sent is forgotten, and an empty name changes nothing", async ({ join }) => {
  const ada = await join("Ada")
  const open = ada.page.getByRole("button", { name: /\(Your name and colour\)$/ })
  const dialog = ada.page.getByRole("dialog", { name: "Your name and colour" })
  const name = dialog.getByLabel("Name", { exact: true })
  await open.click()
  await name.fill("somebody else")
  await ada.press("Escape")
  await expect(dialog).toBeHidden()
  await open.click()
  await expect(name).toHaveValue("Ada")
  await name.fill("   ")
  await ada.press("Enter")
  await expect(dialog).toBeHidden()
  await expect(open).toHaveAccessibleName("Ada (Your name and colour)")
})

test("the Enter that ends a syllable does not send the form", async ({ join }) => {
  const ada = await join("Ada")
  await ada.page.getByRole("button", { name: "Ada (Your name and colour)" }).click()
  const dialog = ada.page.getByRole("dialog", { name: "Your name and colour" })
  const name = dialog.getByLabel("Name", { exact: true })
  await name.fill("")
  const ime = await ada.inputMethod()
  await ime.show("하")
  await ime.show("한")
  // As Chromium reports it: the key, while the composition is still open.
  const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229, text: "\r", unmodifiedText: "\r" }
  await ime.cdp.send("Input.dispatchKeyEvent", { type: "keyDown", ...enter })
  await ime.cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...enter })
  await ime.commit("한")
  await expect(dialog).toBeVisible()
  await expect(name).toHaveValue("한")
  await ada.press("Enter")
  await expect(dialog).toBeHidden()
  await expect(ada.page.getByRole("button", { name: "한 (Your name and colour)" })).toBeVisible()
})

test("a name that is markup is shown as it is written, at the caret and in the list", async ({ join }) => {
  const name = "<img src=x onerror=alert(1)>"
  const [eve, bin] = [await join(name), await join("Bin")]
  await eve.type("here")
  await expect(bin.page.locator(".maru-caret-flag")).toHaveText(name)
  await expect.poll(() => bin.others()).toEqual([name])
  await expect(eve.page.getByRole("button", { name: `${name} (Your name and colour)` })).toBeVisible()
  for (const { page } of [eve, bin]) await expect(page.locator("img")).toHaveCount(0)
})
