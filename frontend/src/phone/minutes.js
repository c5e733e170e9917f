// Minutes that were really spent: the page in front, a hand on it within the last minute. Told per action and week, never per minute.
const IDLE = 60_000

/** A stopwatch over foreground time. `now` in ms; `touch` on every sign of a hand; `show`/`hide` with the page. */
export class Watch {
  #total = 0
  #since = null
  #until = 0

  constructor(now) {
    this.now = now
  }

  touch() {
    const now = this.now()
    if (this.#since !== null && now > this.#until) {
      this.#total += this.#until - this.#since
      this.#since = now
    }
    if (this.#since === null) this.#since = now
    this.#until = now + IDLE
  }

  hide() {
    if (this.#since === null) return
    this.#total += Math.max(0, Math.min(this.now(), this.#until) - this.#since)
    this.#since = null
  }

  get ms() {
    return this.#total + (this.#since === null ? 0 : Math.max(0, Math.min(this.now(), this.#until) - this.#since))
  }
}

const running = performance.now.bind(performance) // a wrong or changed clock does not make minutes
const whole = new Watch(running)

/** A hand need not touch while the camera looks for a code. */
export const working = () => document.hidden || whole.touch()

working() // a page may be opened behind another
for (const sign of ['pointerdown', 'keydown', 'scroll', 'input']) addEventListener(sign, working, { capture: true, passive: true })
document.addEventListener('visibilitychange', () => (document.hidden ? whole.hide() : whole.touch()))

/** Start measuring; the function tells the seconds so far. */
export function measure(before = 0) {
  const start = whole.ms
  return () => before + Math.round((whole.ms - start) / 1000)
}
