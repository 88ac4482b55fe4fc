/** Runs one piece of work at most once a frame, in hidden pages too; it keeps no queue. */

/** Milliseconds after which the work runs although no frame came: a hidden page draws none. */
const WITHOUT_FRAME = 150

export class Frame {
  #frame = 0
  #timer = 0

  constructor(readonly work: () => void) {}

  request(): void {
    if (this.#timer) return
    this.#frame = requestAnimationFrame(() => this.#run())
    this.#timer = window.setTimeout(() => this.#run(), WITHOUT_FRAME)
  }

  cancel(): void {
    cancelAnimationFrame(this.#frame)
    clearTimeout(this.#timer)
    this.#frame = this.#timer = 0
  }

  #run(): void {
    this.cancel()
    this.work()
  }
}
