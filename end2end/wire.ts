/** A wire between pages and a server that a test may cut, or let go dead while it looks whole. */
import { type Server, type Socket, connect, createServer } from "node:net"
import { once } from "node:events"
import { freePort } from "./maru"

export class Wire {
  #sockets = new Set<Socket>()
  #dead = false
  #cut = false

  private constructor(readonly port: number, readonly server: Server) {}

  static async to(target: number): Promise<Wire> {
    const server = createServer({ pauseOnConnect: true })
    const wire = new Wire(await freePort(), server)
    server.on("connection", (near) => wire.#join(near, target))
    server.listen(wire.port, "127.0.0.1")
    await once(server, "listening")
    return wire
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Every connection ends now, and every new one at once. */
  cut(): void {
    this.#cut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  /** What is sent from now on arrives nowhere, and no socket closes: a network changed, a laptop that slept. */
  die(): void {
    this.#dead = true
    for (const socket of this.#sockets) socket.pause()
  }

  /** New connections work again. What died stays dead: its packets are gone. */
  mend(): void {
    this.#cut = false
    this.#dead = false
  }

  async remove(): Promise<void> {
    this.cut()
    this.server.close()
    await once(this.server, "close")
  }

  #join(near: Socket, target: number): void {
    if (this.#cut) {
      near.destroy()
      return
    }
    const far = connect(target, "127.0.0.1")
    for (const [from, to] of [[near, far], [far, near]] as const) {
      this.#sockets.add(from)
      from.on("data", (bytes) => to.write(bytes))
      from.on("end", () => to.end())
      from.on("error", () => to.destroy())
      from.on("close", () => {
        this.#sockets.delete(from)
        to.destroy()
      })
    }
    if (this.#dead) far.pause()
    else near.resume()
  }
}
