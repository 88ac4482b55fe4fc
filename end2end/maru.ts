/** A `maru` process with its own port and data folder, that a test may freeze, kill and start again. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { answers, makeCertificate } from "./certificate"

const root = resolve(import.meta.dirname, "..")
const binary = process.env.MARU_BIN ?? join(root, "target/debug/maru")
const site = process.env.MARU_SITE ?? join(root, "target/packed")

/** How long a server may take until it is ready, in milliseconds. */
const READY_MS = 60_000

export class Maru {
  #process: ChildProcess | undefined
  #log = ""

  private constructor(readonly port: number, readonly data: string, readonly flags: string[], readonly scheme = "http") {}

  /** Starts a server on an empty data folder and waits until it is ready. `flags` go to `maru serve`. */
  static async start(flags: string[] = []): Promise<Maru> {
    for (const path of [binary, site]) if (!existsSync(path)) throw new Error(`${path} is missing; run the tests with cargo xtask test`)
    const maru = new Maru(await freePort(), await mkdtemp(join(tmpdir(), "maru-e2e-")), flags)
    await maru.restart()
    return maru
  }

  /** As [start], with a certificate of its own: https and wss without a proxy. It lies in the data folder. */
  static async startSecure(flags: string[] = []): Promise<Maru> {
    const data = await mkdtemp(join(tmpdir(), "maru-e2e-"))
    await makeCertificate(data)
    const tls = ["--tls-cert", join(data, "certificate.pem"), "--tls-key", join(data, "key.pem")]
    const maru = new Maru(await freePort(), data, [...tls, ...flags], "https")
    await maru.restart()
    return maru
  }

  get origin(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`
  }

  url(doc: string): string {
    return `${this.origin}/d/${doc}`
  }

  /** What the server logged so far. */
  get log(): string {
    return this.#log
  }

  /** Starts the server again: the same port, the same data. */
  async restart(): Promise<void> {
    const args = ["serve", "--addr", `127.0.0.1:${this.port}`, "--data-dir", this.data, "--site", site, "--drain-seconds", "2", ...this.flags]
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] })
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (this.#log += bytes))
    const deadline = Date.now() + READY_MS
    for (;;) {
      if (await answers(`${this.origin}/readyz`)) return
      if (child.exitCode !== null) throw new Error(`maru ended with code ${child.exitCode}:\n${this.#log}`)
      if (Date.now() > deadline) throw new Error(`maru was not ready in ${READY_MS} ms:\n${this.#log}`)
      await new Promise((later) => setTimeout(later, 50))
    }
  }

  /** Stops it as an operator does; resolves with its exit code. */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM")
  }

  /** Kills it as a power failure does. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL")
  }

  /** Stops its time: sockets stay open, nothing answers. */
  freeze(): void {
    this.#process?.kill("SIGSTOP")
  }

  thaw(): void {
    this.#process?.kill("SIGCONT")
  }

  /** Ends the server, if it runs, and removes its data. */
  async remove(): Promise<void> {
    this.thaw()
    await this.stop()
    await rm(this.data, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = once(child, "exit")
    child.kill(signal)
    const late = setTimeout(() => child.kill("SIGKILL"), READY_MS)
    const [code] = (await ended) as [number | null]
    clearTimeout(late)
    return code
  }
}

/** Below the ports that systems give to outgoing connections: while the server is down, none of those may take its place. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const probe = createServer()
    const free = await new Promise<boolean>((done) => {
      probe.once("error", () => done(false))
      probe.listen(port, "127.0.0.1", () => done(true))
    })
    if (!free) continue
    await new Promise((closed) => probe.close(closed))
    return port
  }
}
