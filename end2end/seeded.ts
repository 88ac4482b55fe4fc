/** Chance that can be played again: a generator of numbers, and where its seed comes from. */
import { test } from "@playwright/test"

/** mulberry32: numbers from 0 up to 1, the same for the same seed. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number from 0 up to `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }
}

/** The seed of this run: `MARU_SEED`, or a new one. Printed, so that a failure can be played again. */
export function seed(): number {
  const seed = Number(process.env.MARU_SEED ?? Math.floor(Math.random() * 2 ** 31))
  test.info().annotations.push({ type: "seed", description: `MARU_SEED=${seed}` })
  console.log(`MARU_SEED=${seed} ${test.info().title}`)
  return seed
}
