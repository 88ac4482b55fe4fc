/** A Yjs program from npm and a page in one document. */
import { expect, test } from "../fixtures"
import { type Peer, yjsPeer } from "../yjs"

const peers: Peer[] = []
test.afterEach(() => peers.splice(0).forEach((peer) => peer.leave()))

test("a y-websocket program and a page see each other's edits", async ({ join, maru, doc }) => {
  const peer = await yjsPeer(maru.origin, doc)
  peers.push(peer)
  peer.text.insert(0, "from Node 😀\n")
  const ada = await join("Ada")
  await ada.sees("from Node 😀\n")
  await ada.press("Control+End")
  await ada.type("from the page, 한글")
  await peer.until(() => peer.text.toString() === "from Node 😀\nfrom the page, 한글", "the page's edit")
  peer.text.delete(0, "from Node ".length)
  await ada.sees("😀\nfrom the page, 한글")
  await ada.saved()
})

test("a y-websocket program and a page see each other's names and carets", async ({ join, maru, doc }) => {
  const peer = await yjsPeer(maru.origin, doc)
  peers.push(peer)
  peer.text.insert(0, "some words here")
  peer.provider.awareness.setLocalStateField("user", { name: "Program", color: "#0e7490" })
  const ada = await join("Ada", { colour: "#b91c1c" })
  await ada.sees("some words here")
  await expect.poll(() => ada.others()).toEqual(["Program"])
  const states = () => [...peer.provider.awareness.getStates().entries()].filter(([id]) => id !== peer.ydoc.clientID).map(([, state]) => state)
  await peer.until(() => states().some((state) => (state.user as { name?: string })?.name === "Ada"), "Ada's name")
  await ada.select(4)
  await peer.until(() => states().some((state) => (state.cursor as { head?: unknown })?.head), "Ada's caret")

  const { createRelativePositionFromTypeIndex } = await import("yjs")
  const at = createRelativePositionFromTypeIndex(peer.text, 10)
  peer.provider.awareness.setLocalStateField("cursor", { anchor: at, head: at })
  await expect(ada.page.locator(".maru-caret-flag")).toHaveText("Program")

  await ada.page.close()
  await peer.until(() => states().length === 0, "Ada to leave")
})

test("an undo on the page leaves a program's edits alone", async ({ join, maru, doc }) => {
  const peer = await yjsPeer(maru.origin, doc)
  peers.push(peer)
  const ada = await join("Ada")
  await ada.type("mine")
  await peer.until(() => peer.text.toString() === "mine", "the page's edit")
  peer.text.insert(2, "|theirs|")
  await ada.sees("mi|theirs|ne")
  for (let i = 0; i < 5; i++) await ada.press("Control+z")
  await ada.sees("|theirs|")
  await peer.until(() => peer.text.toString() === "|theirs|", "the page's undo")
})
