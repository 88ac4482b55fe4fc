/** A program of somebody else: the npm packages yjs and y-websocket, in Node, on the same documents. Not one line of Maru's own. */
import WebSocket from "ws"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"

export interface Peer {
  ydoc: Y.Doc
  text: Y.Text
  provider: WebsocketProvider
  /** Resolves when this holds, tried again after every change of text or awareness. */
  until(condition: () => boolean, what: string): Promise<void>
  leave(): void
}

/** Joins `doc` and waits for the first sync. */
export async function yjsPeer(origin: string, doc: string): Promise<Peer> {
  const ydoc = new Y.Doc()
  const text = ydoc.getText("content")
  const provider = new WebsocketProvider(`${origin.replace("http", "ws")}/ws`, doc, ydoc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  })
  const until = (condition: () => boolean, what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(late)
        ydoc.off("update", look)
        provider.awareness.off("change", look)
        provider.off("sync", look)
        settle()
      }
      const look = (): void => void (condition() && end(resolve))
      const late = setTimeout(() => end(() => reject(new Error(`the Yjs program waited in vain for ${what}; its text: ${JSON.stringify(text.toString().slice(0, 500))}`))), 60_000)
      ydoc.on("update", look)
      provider.awareness.on("change", look)
      provider.on("sync", look)
      look()
    })
  await until(() => provider.synced, "the first sync")
  return {
    ydoc,
    text,
    provider,
    until,
    leave() {
      provider.destroy()
      ydoc.destroy()
    },
  }
}

/** The document as the server delivers it with its page. */
export interface Delivered {
  /** Bytes of the encoded state. */
  size: number
  /** The text, as Yjs decodes it. */
  text: string
}

/** Fetches the page and decodes the state in it; undefined when the state is too large to come with the page. */
export async function delivered(url: string): Promise<Delivered | undefined> {
  const html = await (await fetch(url)).text()
  const block = /<script[^>]*id="maru-document"[^>]*>(.*?)<\/script>/s.exec(html)
  if (!block) throw new Error(`no document in ${url}`)
  const { state } = JSON.parse(block[1]!) as { state: string | null }
  if (state === null) return undefined
  const bytes = Buffer.from(state, "base64")
  const ydoc = new Y.Doc()
  Y.applyUpdate(ydoc, bytes)
  return { size: bytes.length, text: ydoc.getText("content").toString() }
}
