/**
 * A reverse proxy in front of a server, as an operator would run it: the recipes of `proxies/` with nothing changed but ports
 * and the folder of the certificate.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { answers, makeCertificate } from "./certificate"
import { Maru, freePort } from "./maru"

const recipes = resolve(import.meta.dirname, "proxies")

/** How long a proxy may take until it passes something on, in milliseconds. */
const READY_MS = 30_000

export class Front {
  #log = ""

  private constructor(
    readonly origin: string,
    readonly maru: Maru,
    readonly folder: string,
    readonly process: ChildProcess,
  ) {
    for (const stream of [process.stdout!, process.stderr!]) stream.on("data", (bytes: Buffer) => (this.#log += bytes))
  }

  /** Starts a server of its own and the recipe in front of it, and waits until pages come through. `change` makes another of it. */
  static async start(recipe: string, change = (text: string) => text): Promise<Front> {
    const text = change(await readFile(join(recipes, recipe), "utf8"))
    const port = await freePort()
    const origin = `${/\bssl\b/.test(text) ? "https" : "http"}://127.0.0.1:${port}`
    const maru = await Maru.start(["--trusted-proxy", "127.0.0.1", "--allowed-origin", origin])
    const folder = await mkdtemp(join(tmpdir(), "maru-front-"))
    if (origin.startsWith("https")) await makeCertificate(folder)
    const kind = recipe.startsWith("nginx") ? "nginx" : "haproxy"
    await writeFile(join(folder, kind === "nginx" ? "recipe.conf" : "recipe.cfg"), filled(text, port, maru.port, folder))
    const frame = kind === "nginx" ? "nginx.conf" : "haproxy.cfg"
    // nginx looks for what it includes beside the file that includes it.
    await copyFile(join(recipes, "frame", frame), join(folder, frame))
    const [program, args] = kind === "nginx"
      ? ["/usr/sbin/nginx", ["-p", `${folder}/`, "-c", frame, "-e", "stderr"]] as const
      : ["/usr/sbin/haproxy", ["-db", "-f", frame, "-f", "recipe.cfg"]] as const
    const front = new Front(origin, maru, folder, spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: folder }))
    try {
      await front.#ready()
    } catch (error) {
      await front.remove()
      throw error
    }
    return front
  }

  /** What the proxy said so far. */
  get log(): string {
    return this.#log
  }

  /** Ends the proxy and the server, and removes what they wrote. */
  async remove(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, "exit")
      this.process.kill("SIGTERM")
      await ended
    }
    await this.maru.remove()
    await rm(this.folder, { recursive: true, force: true })
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + READY_MS
    while (!(await answers(`${this.origin}/readyz`))) {
      if (this.process.exitCode !== null) throw new Error(`the proxy ended with code ${this.process.exitCode}:\n${this.#log}`)
      if (Date.now() > deadline) throw new Error(`the proxy passed nothing on in ${READY_MS} ms:\n${this.#log}`)
      await new Promise((later) => setTimeout(later, 50))
    }
  }
}

/** A recipe with the ports and the certificate of a test. What it says for operators has to be there to be replaced. */
function filled(text: string, port: number, upstream: number, folder: string): string {
  let filled = text
  const replace = (what: RegExp, by: string): void => {
    if (!what.test(filled)) throw new Error(`the recipe has no ${what}`)
    filled = filled.replace(what, by)
  }
  replace(/(?<=^ *)(listen |bind :)(80|443)\b/m, `${text.includes("listen ") ? "listen" : "bind"} 127.0.0.1:${port}`)
  replace(/(?<=^ *(server|proxy_pass) .*)127\.0\.0\.1:3000/m, `127.0.0.1:${upstream}`)
  if (/\bssl\b/.test(text)) {
    replace(/\/etc\/ssl\/maru\//, `${folder}/`)
    filled = filled.replaceAll("/etc/ssl/maru/", `${folder}/`)
  }
  return filled
}
