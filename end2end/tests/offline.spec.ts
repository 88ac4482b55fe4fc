/** A network that fails: what was written meanwhile is merged once it is back, once. */
import { expect, test as base } from "../fixtures"
import { Wire } from "../wire"

const test = base.extend<{ wire: Wire }>({
  wire: async ({ maru, tolerance }, use) => {
    tolerance.noServer = true
    const wire = await Wire.to(maru.port)
    await use(wire)
    await wire.remove()
  },
})

test("what both wrote while one was cut off is merged once", async ({ wire, join }) => {
  const [ada, bin] = [await join("Ada", { server: wire }), await join("Bin")]
  await ada.type("start. ")
  await ada.saved()
  await bin.sees("start. ")
  wire.cut()
  await ada.mark("offline")
  await ada.type("한글 while cut off. ")
  await ada.mark("unsaved")
  await expect.poll(() => bin.others()).toEqual([])
  await bin.select(0)
  await bin.type("Bin went on. ")
  await bin.saved()
  wire.mend()
  await ada.saved()
  const merged = "Bin went on. start. 한글 while cut off. "
  await ada.sees(merged)
  await bin.sees(merged)
  await expect.poll(() => bin.others()).toEqual(["Ada"])
})

test("a wire that is dead and looks whole is found out, and all is merged after a new connection", async ({ wire, join }) => {
  const [ada, bin] = [await join("Ada", { server: wire }), await join("Bin")]
  await ada.type("start. ")
  await ada.saved()
  await bin.sees("start. ")
  wire.die()
  await ada.type("into the void. ")
  await bin.select(0)
  await bin.type("unheard. ")
  await ada.mark("unsaved")
  wire.mend()
  await ada.saved()
  await ada.sees("unheard. start. into the void. ")
  await bin.sees("unheard. start. into the void. ")
})

test("an acknowledgement that is lost does not double the edit", async ({ wire, join }) => {
  const [ada, bin] = [await join("Ada", { server: wire }), await join("Bin")]
  await ada.saved()
  for (let round = 0; round < 10; round++) {
    await ada.type(`${round},`)
    // Right after the keys: some are on their way, some answers are.
    wire.cut()
    wire.mend()
  }
  await ada.saved()
  await ada.sees("0,1,2,3,4,5,6,7,8,9,")
  await bin.sees("0,1,2,3,4,5,6,7,8,9,")
})

test("a browser that says it is offline, and comes back, merges once", async ({ wire, join }) => {
  const [ada, bin] = [await join("Ada", { server: wire }), await join("Bin")]
  await ada.type("start. ")
  await bin.sees("start. ")
  await ada.context.setOffline(true)
  wire.cut()
  await ada.type("offline. ")
  await ada.mark("unsaved")
  await bin.select(0)
  await bin.type("online. ")
  wire.mend()
  await ada.context.setOffline(false)
  await ada.saved()
  await ada.sees("online. start. offline. ")
  await bin.sees("online. start. offline. ")
})

test("who wakes up finds what a colleague wrote, and keeps one's own", async ({ own, join }) => {
  const [ada, bin] = [await join("Ada", { server: own }), await join("Bin", { server: own })]
  await ada.type("ours. ")
  await bin.sees("ours. ")
  await own.stop()
  await ada.mark("offline", "unsaved")
  await ada.type("mine while away. ")
  await ada.mark("unsaved")
  await own.restart()
  await bin.saved()
  await ada.saved()
  await ada.sees("ours. mine while away. ")
  await bin.sees("ours. mine while away. ")
})
