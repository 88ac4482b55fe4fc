/** WebSocket clients that are none of ours (npm `ws`, Python's `websockets`) at both endpoints: what they find wrong with the server they say by themselves. */
import { execFile } from "node:child_process"
import { once } from "node:events"
import { resolve } from "node:path"
import { promisify } from "node:util"
import WebSocket from "ws"
import { expect, test } from "../fixtures"

/** PROBE with a nonce and padding, and what answers it. */
const probe = (nonce: number, padding: Buffer): Buffer => Buffer.concat([Buffer.from([7, nonce]), length(padding), padding])
const probed = (nonce: number, padding: Buffer): Buffer => Buffer.concat([Buffer.from([75, nonce]), length(padding), padding])
const length = ({ length }: Buffer): Buffer => Buffer.from(length < 128 ? [length] : [(length & 127) | 128, length >> 7])

async function open(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols)
  await once(socket, "open")
  return socket
}

const closed = async (socket: WebSocket): Promise<[number, string]> => {
  const [code, reason] = (await once(socket, "close")) as [number, Buffer]
  return [code, reason.toString()]
}

const ws = (origin: string): string => origin.replace("http", "ws")

test("npm ws upgrades, is given the subprotocol and no compression", async ({ maru }) => {
  const socket = await open(`${ws(maru.origin)}/rt/1/ws`, ["rt.1"])
  expect([socket.protocol, socket.extensions]).toEqual(["rt.1", ""])
  socket.close(1000, "done")
  expect(await closed(socket)).toEqual([1000, "done"])
})

test("npm ws is answered whole, whether it asks in one frame or in many", async ({ maru }) => {
  const socket = await open(`${ws(maru.origin)}/rt/1/ws`)
  const padding = Buffer.alloc(2_000, "*")
  socket.send(probe(1, padding))
  expect((await once(socket, "message"))[0]).toEqual(probed(1, padding))
  const whole = probe(2, padding)
  for (let at = 0; at < whole.length; at += 100) socket.send(whole.subarray(at, at + 100), { binary: true, fin: at + 100 >= whole.length })
  expect((await once(socket, "message"))[0]).toEqual(probed(2, padding))
  socket.terminate()
})

test("npm ws gets a pong for its ping, between the pieces of a message too", async ({ maru }) => {
  const socket = await open(`${ws(maru.origin)}/rt/1/ws`)
  socket.send(probe(1, Buffer.alloc(0)).subarray(0, 1), { binary: true, fin: false })
  socket.ping("between")
  expect(String((await once(socket, "pong"))[0])).toBe("between")
  socket.send(probe(1, Buffer.alloc(0)).subarray(1), { binary: true, fin: true })
  expect((await once(socket, "message"))[0]).toEqual(probed(1, Buffer.alloc(0)))
  socket.terminate()
})

test("npm ws is told why it is closed", async ({ maru, doc }) => {
  const session = await open(`${ws(maru.origin)}/rt/1/ws`)
  session.send("text")
  expect(await closed(session)).toEqual([4400, "only binary messages are understood here"])
  const yjs = await open(`${ws(maru.origin)}/ws/${doc}`)
  yjs.send(Buffer.from([99]))
  expect((await closed(yjs))[0]).toBe(4400)
})

test("npm ws meets every close code that may be sent, and each comes back", async ({ maru }) => {
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999]) {
    const socket = await open(`${ws(maru.origin)}/rt/1/ws`)
    socket.close(code)
    expect((await closed(socket))[0]).toBe(code)
  }
})

test("Python's websockets finds the same at both endpoints", async ({ maru, doc }) => {
  const script = resolve(import.meta.dirname, "../peers/second_client.py")
  const { stdout } = await promisify(execFile)("/usr/bin/python3", [script, ws(maru.origin), doc])
  const codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999]
  expect(JSON.parse(stdout)).toEqual({
    subprotocol: "rt.1",
    extensions: [],
    whole: true,
    pieces: true,
    pong: true,
    left: 1000,
    text: [4400, "only binary messages are understood here"],
    step1: [0, 0, 1, 0],
    step2: [0, 1],
    strange: 4400,
    codes: codes.map((code) => [code, code]),
  })
})
