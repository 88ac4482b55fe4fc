/** A relay of bytes before a server or proxy: it counts what really goes over the wire, TLS and headers included, and changes nothing. */
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net"
import { once } from "node:events"

export class Relay {
  /** Bytes so far, to the server and back. */
  up = 0
  down = 0
  readonly #sockets = new Set<Socket>()

  private constructor(readonly server: Server, upstream: number) {
    server.on("connection", (client) => {
      const behind = connect(upstream, "127.0.0.1")
      for (const socket of [client, behind]) {
        socket.setNoDelay(true)
        this.#sockets.add(socket)
        // One side that ends ends the other.
        socket.on("error", () => undefined).on("close", () => {
          this.#sockets.delete(socket)
          client.destroy()
          behind.destroy()
        })
      }
      client.on("data", (bytes) => (this.up += bytes.length)).pipe(behind)
      behind.on("data", (bytes) => (this.down += bytes.length)).pipe(client)
    })
  }

  static async before(upstream: number): Promise<Relay> {
    const server = createServer()
    const relay = new Relay(server, upstream)
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return relay
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  async remove(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.server.close()
    await once(this.server, "close")
  }
}
