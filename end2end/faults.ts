/** The fault proxy (the crate `faults`) between pages and a server. What it can break is written in `faults/src/fault.rs`. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { createInterface } from "node:readline"

const binary = process.env.MARU_FAULTS ?? resolve(import.meta.dirname, "../target/debug/faults")

type Way = "to_server" | "to_client"

/** What happens to a request, its response, or the tunnel that an upgrade opened. */
export type Fault =
  | "swallow"
  | "lose"
  | { answer: { status: number; headers?: [string, string][]; body?: string } }
  | { lose_response: { larger_than: number | null } }
  | { delay: { ms: number } }
  | { twice: { after_ms: number } }
  | { overtaken: { at_most_ms: number } }
  | { larger_than: { bytes: number } }
  | { give_up: { after_ms: number; status: number } }
  | { buffer: "whole" | "after_first" | { until: number } }
  | { lifetime: { ms: number } }
  | { mute: { to_client: boolean; to_server: boolean } }
  | { flip: { way: Way; every: number } }
  | { truncate: { way: Way; after: number } }

export interface Faults {
  rules?: { path?: string; upgrade?: boolean; fault: Fault; times?: number }[]
  line?: { silent?: boolean; idle_ms?: number; bytes_per_second?: number; holds_open?: boolean }
}

/** What passed. */
export interface Seen {
  connections: number
  open: number
  upgrades: number
  upgraded: number
  requests: Record<string, number>
  answers: Record<string, number>
  cut: number
  held: number
  fired: number[]
  to_clients: number
  to_server: number
}

export class FaultProxy {
  private constructor(readonly process: ChildProcess, readonly origin: string, readonly control: string) {}

  static async before(upstream: number, faults: Faults = {}): Promise<FaultProxy> {
    if (!existsSync(binary)) throw new Error(`${binary} is missing; run the tests with cargo xtask test`)
    const args = ["--upstream", `127.0.0.1:${upstream}`, "--control", "--faults", JSON.stringify(faults)]
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "inherit"] })
    const said = createInterface(child.stdout)
    const [line] = (await Promise.race([once(said, "line"), once(child, "exit").then(() => ["{}"])])) as [string]
    const { proxy, control } = JSON.parse(line) as { proxy?: string; control?: string }
    if (!proxy || !control) throw new Error("the fault proxy did not start")
    return new FaultProxy(child, `http://${proxy}`, `http://${control}`)
  }

  /** From now on this goes wrong, and nothing else. */
  async set(faults: Faults): Promise<void> {
    await this.#ask("PUT", "/faults", JSON.stringify(faults))
  }

  async seen(): Promise<Seen> {
    return JSON.parse(await this.#ask("GET", "/seen")) as Seen
  }

  /** Cuts every open connection. */
  async cut(): Promise<void> {
    await this.#ask("POST", "/cut")
  }

  /** Nothing passes on the open connections any more, and nobody is told. */
  async strand(): Promise<void> {
    await this.#ask("POST", "/strand")
  }

  async remove(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = once(this.process, "exit")
    this.process.kill("SIGTERM")
    await ended
  }

  async #ask(method: string, path: string, body?: string): Promise<string> {
    const answer = await fetch(this.control + path, { method, body })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`)
    return text
  }
}
