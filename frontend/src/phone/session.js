// One person at work on this phone: what they carry (scope), what waits (outbox), the round under way, their minutes.
import { Outbox } from './outbox.js'
import { ofSignIn, serverOf } from './server.js'
import { weekStart } from './clock.js'
import { codeIn } from './scanner.js'

const TICK = 30_000
const UNNOTICED = 2_000 // ms that a clock may be off
const STALE = 10 * 60_000

const LOOK_ALIKES = ['0OQD', '1ILJT', '2Z', '5S', '6G', '8B', 'UV']
const looks = (code) => [...code].map((sign) => LOOK_ALIKES.find((group) => group.includes(sign))?.[0] ?? sign).join('')

/** Whether an envelope does its task: not a part of a round, nor a round that the server kept without it (too early, too little). */
const didTask = ({ args, action, command, state, answer }) =>
  args.task_id && action !== 'part' && (command !== 'patrols.submit_round' || state !== 'sent' || !!answer?.task)

export const fresh = () => crypto.randomUUID()
export const iso = (ms) => new Date(ms).toISOString()

export class Session {
  scope = null
  status = { waiting: 0, refused: 0, sent: 0 }
  round = null
  offset = 0
  kept_at = 0
  stale = '' // why the scope could not be renewed
  done_here = new Set()
  taken = new Set()
  place = null // not asked yet
  #listeners = new Set()
  #alone = Promise.resolve()

  constructor(box) {
    this.box = box
    this.server = serverOf(() => box.secret)
    const lock = (work) =>
      navigator.locks ? navigator.locks.request(`bihuan-outbox-${box.person.id}`, { ifAvailable: true }, (held) => (held ? work() : 'busy')) : work()
    this.outbox = new Outbox({ store: box.store, send: this.server.send, sendPhoto: this.server.sendPhoto, lock, memory: box.memory })
    this.outbox.onchange = () => this.#told()
  }

  get person() {
    return this.box.person
  }

  /** Now by the server's clock, as far as this phone knows it. */
  now() {
    return Date.now() + this.offset
  }

  async open() {
    const [scope, round, place] = await Promise.all([this.box.get('scope'), this.box.get('round'), this.box.get('place'), this.#told()])
    if (scope) this.#take(scope.data, scope.at)
    this.round = round
    this.place = place
    if (round && (await this.outbox.has(round.id))) await this.changeRound(() => null) // handed in, and killed before it was put away
    this.#timer = setInterval(() => this.tick(), TICK)
    this.#back = () => document.hidden || this.tick({ force: true })
    this.#line = () => this.tick({ force: true })
    document.addEventListener('visibilitychange', this.#back)
    addEventListener('online', this.#line)
    addEventListener('focus', this.#back)
    this.tick({ force: true })
    return this
  }

  #timer
  #back
  #line

  close() {
    clearInterval(this.#timer)
    document.removeEventListener('visibilitychange', this.#back)
    removeEventListener('online', this.#line)
    removeEventListener('focus', this.#back)
    this.closed = true
  }

  listen(heard) {
    this.#listeners.add(heard)
    return () => this.#listeners.delete(heard)
  }

  say() {
    if (!this.closed) this.#listeners.forEach((heard) => heard())
  }

  async #told() {
    this.status = await this.outbox.status()
    const rows = (await this.outbox.list()).filter((row) => row.state !== 'refused' && row.state !== 'dropped')
    this.done_here = new Set(rows.filter(didTask).map((row) => row.args.task_id))
    this.taken = new Set(rows.filter((row) => row.command === 'patrols.take_over_shift').map((row) => row.args.handover_id))
    const offset = (await this.outbox.offset()) ?? 0
    this.offset = Math.abs(offset) < UNNOTICED ? 0 : offset
    this.say()
    await this.#tell()
  }

  /** The lock screen says how much of mine is not with the server yet. */
  #tell() {
    return this.box.tell(this.status.waiting + this.status.refused + (this.round ? 1 : 0))
  }

  /** What would be lost with the page, or with this phone's copy of me: {waiting (how many), round, drafts (how many)}. */
  async unsent() {
    const names = [...(await this.box.names('draft/report')), ...(await this.box.names('draft/point/'))]
    const drafts = (await Promise.all(names.map((name) => this.box.get(name)))).filter((one) => one?.value?.words?.trim() || one?.value?.photos?.length)
    return { waiting: this.status.waiting + this.status.refused, round: this.round, drafts: drafts.length }
  }

  /** Whether the phone would not take all of it. */
  get full() {
    return this.box.full || (this.box.kept && this.status.volatile > 0)
  }

  /** Whether something lives in this page only, so that it must not be reloaded. */
  get loose() {
    return !this.box.kept || this.full
  }

  /** What must happen by itself: send, and take along what is new. */
  async tick({ force = false } = {}) {
    if (this.closed) return
    if (force) this.round = await this.box.get('round')
    await this.#flush(force)
    if (!this.scope || this.kept_at < Date.now() - STALE || this.kept_at > Date.now() || force) await this.refresh()
    if (this.closed) return
    await this.#tellMinutes()
    const wait = await this.outbox.wait()
    if (wait !== null && wait < TICK) setTimeout(() => this.#flush(false), Math.max(500, wait))
  }

  async #flush(force) {
    if (this.closed) return
    try {
      await this.outbox.flush({ force })
    } catch (error) {
      if (!this.closed) throw error // whoever left took the store along
    }
  }

  /** Take my scope along anew; false when there is no way to it now. */
  async refresh() {
    try {
      const asked_at = Date.now()
      const data = await this.server.scope(this.scope?.etag)
      this.kept_at = Date.now()
      this.stale = ''
      if (data) {
        this.#take(data, this.kept_at)
        await this.outbox.setClock(asked_at, data.server_now)
        await this.box.set('scope', { data, at: this.kept_at })
        await this.#told()
      }
      if (this.closed) return true
      this.outbox.resume()
      this.say()
      return true
    } catch (error) {
      this.stale = ofSignIn(error) ? 'sign-in' : error.status ? 'server' : 'offline'
      this.say()
      return false
    }
  }

  #take(scope, at) {
    this.scope = scope
    this.kept_at = at
    this.points = new Map((scope.points ?? []).map((point) => [point.id, point]))
    this.codes = new Map((scope.points ?? []).map((point) => [point.code.toUpperCase(), point]))
    this.routes = new Map((scope.routes ?? []).map((route) => [route.id, route]))
  }

  /** The point behind a code, scanned or typed: signs that a worn label exchanges are forgiven when one point is left. */
  pointOf(text) {
    const code = codeIn(text)
    if (this.codes?.has(code)) return this.codes.get(code)
    const alike = [...(this.codes ?? [])].filter(([one]) => looks(one) === looks(code))
    return alike.length === 1 ? alike[0][1] : null
  }

  /** Open tasks, without those that were done on this phone. */
  tasks(act) {
    return (this.scope?.tasks ?? []).filter((task) => (!act || task.act === act) && task.state === 'open' && !this.done_here.has(task.id))
  }

  /** Shifts that wait for me, without those that were taken on this phone. */
  shifts() {
    return (this.scope?.shift ?? []).filter((one) => !this.taken.has(one.id))
  }

  // --- keeping ---------------------------------------------------------------------------------------------------------

  /** Put something into the outbox and start sending; the answer's `sentence` is for the person when the phone is full. */
  async put(envelope, more = {}) {
    const kept = await this.outbox.add(envelope, more)
    this.#flush(true)
    return kept
  }

  /** A thing of mine by name, one change after the other. */
  keep(name, value) {
    this.#alone = this.#alone.then(() => (value === null ? this.box.remove(name) : this.box.set(name, value))).catch(() => {})
    return this.#alone
  }

  /** Change the round under way as it is stored now: the app may be open twice (the phone's own scanner opens it again). */
  async changeRound(change) {
    const work = async () => {
      const next = await change(await this.box.get('round'))
      await (next ? this.box.set('round', next, { strict: true }) : this.box.remove('round'))
      this.round = next
      this.say()
      this.#tell()
      return next
    }
    return this.#byTurns('round', work)
  }

  /** One hand at a time in a thing of mine, also when the app is open twice. */
  #byTurns(name, work) {
    return navigator.locks ? navigator.locks.request(`bihuan-${name}-${this.person.id}`, work) : work()
  }

  /** Whether a look takes the phone's place along; off until its person says yes. */
  async allowPlace(yes) {
    this.place = yes
    await this.keep('place', yes)
    if (yes) navigator.geolocation?.getCurrentPosition(() => {}, () => {})
    this.say()
  }

  // --- minutes ---------------------------------------------------------------------------------------------------------

  /** `seconds` in front of the screen went into one `action`. */
  async spent(action, seconds) {
    await this.#byTurns('minutes', async () => {
      const today = new Date(this.now()).toDateString()
      const book = (await this.box.get('minutes')) ?? { day: today, open: {}, told: {} }
      if (!Object.keys(book.open).length) book.day = today
      const week = weekStart(this.now())
      const entry = ((book.open[week] ??= {})[action] ??= { count: 0, seconds: 0 })
      entry.count += 1
      entry.seconds += Math.max(0, Math.round(seconds))
      await this.keep('minutes', book)
    })
  }

  /** What a day took is told on the next, as sums; its id is kept before it goes, so that a killed page tells it once. */
  async #tellMinutes() {
    const today = new Date(this.now()).toDateString()
    await this.#byTurns('minutes', async () => {
      const book = await this.box.get('minutes')
      if (!book || book.day === today || !Object.keys(book.open).length) return
      for (const week of Object.keys(book.open)) (book.ids ??= {})[week] ??= fresh()
      await this.keep('minutes', book)
      for (const [week, entries] of Object.entries(book.open)) {
        const id = book.ids[week]
        const rows = Object.entries(entries).map(([action, sum]) => ({ action, ...sum }))
        await this.outbox.add({ id, command: 'duties.tell_minutes', args: { id, week, entries: rows }, title: '本周用时', action: 'minutes' })
        for (const row of rows) {
          const sum = ((book.told[week] ??= {})[row.action] ??= { count: 0, seconds: 0 })
          sum.count += row.count
          sum.seconds += row.seconds
        }
      }
      const weeks = Object.keys(book.told).sort().slice(-2)
      await this.keep('minutes', { day: today, open: {}, told: Object.fromEntries(weeks.map((week) => [week, book.told[week]])) })
    })
  }

  /** This week's minutes on this phone: [{action, count, seconds}]. */
  async minutes() {
    const book = await this.box.get('minutes')
    const week = weekStart(this.now())
    const sums = {}
    for (const part of [book?.open[week], book?.told[week]]) {
      for (const [action, { count, seconds }] of Object.entries(part ?? {})) {
        sums[action] ??= { action, count: 0, seconds: 0 }
        sums[action].count += count
        sums[action].seconds += seconds
      }
    }
    return Object.values(sums)
  }
}
