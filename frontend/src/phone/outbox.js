// What a person did, until the server has confirmed it. Pure: no DOM, no clock and no chance of its own, so that a test can
// run a year of bad luck in a second.
//
// Four promises, each held by one place below:
//   nothing is lost      every change is stored before it is acted on (`add`, `#deliver`, `#settle`)
//   nothing is doubled   an envelope keeps its id for ever; an unknown answer is asked for again, never guessed
//   order is kept        envelopes go in the order they were made, photos before what shows them, `needs` before the rest
//   nothing is silent    whatever waits has a sentence: since when, and why
//
// An envelope: {id, command, args}. A photo: {id (its evidence id), bytes, kind, taken_at}; its id stands in the args.
// `store`      {read() → records, write({put, remove, bytes}) all or nothing, bytes(id)}; see stores.js. Each record has `rev`:
//              writing another rev than the stored one throws {name: 'Conflict'}; a full disk throws {name: 'QuotaExceededError'}.
// `send`       ({phone_now, envelopes}) → {server_now, results}; throws when there is no answer, with `status` if there was one.
// `sendPhoto`  ({id, sha256, kind, total, taken_at}, offset, bytes | null) → {have} | {evidence} | {refused: {code, sentence}};
//              null bytes only ask how much is there. Throws like `send`.
// `lock`       (work) → work's result, or 'busy' when another tab holds it.
// `memory`     {} that outlives this object: what no disk would take is kept there, for the next outbox of the same person.

import { ofSignIn } from './server.js'
import { byTurn, parcels, summary, troubleWords, without } from './waiting.js'

export const LIMITS = {
  batch: 200, // envelopes in one request
  chunk: 128 * 1024, // bytes of a photo in one request, halved and doubled as the line allows
  least: 16 * 1024,
  most: 512 * 1024,
  base: 2_000, // ms; doubled with every failure
  longest: 5 * 60_000,
  keepSent: 3 * 86_400_000, // ms that what arrived can still be looked at here
  keepDropped: 86_400_000,
  sentBytes: 20 * 1024 * 1024,
}
const stalled = 3

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const sha256 = async (bytes) => hex(await crypto.subtle.digest('SHA-256', bytes))
const iso = (ms) => new Date(ms).toISOString()

export class Outbox {
  #running = null
  #again = false
  #pause = { tries: 0, until: 0, why: null, hard: false }
  #batch
  #chunk
  #loose // photos that no disk would take: they live as long as this page
  #volatile // records, or newer states of records, that no disk would take
  #adding = Promise.resolve()
  #tried = new Set()
  #sending = new Set()

  constructor({ store, send, sendPhoto, now = Date.now, random = Math.random, lock = (work) => work(), digest = sha256, limits = {}, memory = {} }) {
    Object.assign(this, { store, send, sendPhoto, now, random, lock, digest, limits: { ...LIMITS, ...limits } })
    this.#loose = memory.photos ??= new Map()
    this.#volatile = memory.records ??= new Map()
    this.#batch = this.limits.batch
    this.#chunk = this.limits.chunk
    this.onchange = () => {}
  }

  // --- keeping -------------------------------------------------------------------------------------------------------

  /**
   * Keep an envelope and its photos, all or nothing, before anything is sent.
   * Answers {id, kept: 'all' | 'words' | 'memory', sentence}: on a full disk old sent photos give way first, then the photos
   * live in memory ('words'), then everything does ('memory'), and the sentence says so.
   */
  add(envelope, more) {
    const done = this.#adding.then(() => this.#add(envelope, more)) // two quick taps keep their order
    this.#adding = done.catch(() => {})
    return done
  }

  async #add({ id, command, args, title = '', action = '' }, { photos = [], needs = [] } = {}) {
    const made = []
    for (const { id: photo, bytes, kind = 'image', taken_at = null } of photos) {
      made.push({ type: 'photo', id: photo, of: id, sha256: await this.digest(bytes), kind, taken_at, total: bytes.length, have: 0, state: 'waiting', tries: 0, next_at: 0, stalls: 0, rev: 0 })
    }
    const bytes = new Map(photos.map((photo) => [photo.id, photo.bytes]))
    const records = await this.#read()
    if (records.some((row) => row.id === id)) return { id, kept: 'all', sentence: '' } // a double tap
    const n = 1 + records.reduce((most, row) => Math.max(most, row.n ?? 0), 0)
    const envelope = {
      type: 'envelope', id, command, args, title, action, needs: [...needs], photos: photos.map((photo) => photo.id), n,
      made_at: this.now(), state: 'waiting', tries: 0, next_at: 0, maybe: false, why: null, rev: 0,
    }
    const kept = await this.#keep([envelope, ...made], bytes)
    this.onchange()
    const sentence = {
      all: '',
      words: '手机存储满了：文字已存好，照片只在这个页面里。请先不要关闭页面，等照片传完；或清理手机空间。',
      memory: '手机存储满了，存不下来：这一条只在这个页面里。请不要关闭页面，连上网传完；或清理手机空间。',
    }[kept]
    return { id, kept, sentence }
  }

  async #keep(put, bytes) {
    for (;;) {
      try {
        await this.store.write({ put, bytes })
        return 'all'
      } catch (error) {
        if (error.name === 'Conflict') return 'all' // the same envelope came from another tab
        if (error.name !== 'QuotaExceededError') throw error
        if (!(await this.#evict())) break
      }
    }
    for (const [id, value] of bytes) this.#loose.set(id, value)
    if (bytes.size) {
      try {
        await this.store.write({ put })
        return 'words'
      } catch (error) {
        if (error.name !== 'QuotaExceededError') throw error
      }
    }
    for (const record of put) this.#volatile.set(record.id, record)
    return 'memory'
  }

  /** Let the oldest photo go that the server has; false when there is none. */
  async #evict() {
    const sent = (await this.store.read()).filter((row) => row.type === 'photo' && row.state === 'sent')
    if (!sent.length) return false
    const { id } = sent.sort((a, b) => a.sent_at - b.sent_at)[0]
    await this.store.write({ remove: [id], bytes: new Map([[id, null]]) })
    return true
  }

  async #read() {
    const kept = await this.store.read()
    if (!this.#volatile.size) return kept
    const revs = new Map(kept.map((row) => [row.id, row.rev]))
    for (const [id, row] of this.#volatile) if ((revs.get(id) ?? 0) !== (row.rev ?? 0)) this.#volatile.delete(id) // another tab knows better
    return [...kept.filter((row) => !this.#volatile.has(row.id)), ...[...this.#volatile.values()].map((row) => ({ ...row }))]
  }

  /**
   * Change records by `change(row) → row | undefined` on what is stored now; answers the changed ones. A full disk
   * never stops the sending: the new state then lives in memory until there is room.
   */
  async #change(ids, change) {
    const wanted = new Set(ids)
    for (;;) {
      const rows = (await this.#read()).filter((row) => wanted.has(row.id))
      const put = rows.map((row) => change({ ...row })).filter(Boolean)
      try {
        if (put.length) await this.store.write({ put })
        put.forEach((row) => this.#volatile.delete(row.id))
        return put
      } catch (error) {
        if (error.name === 'Conflict') continue
        if (error.name !== 'QuotaExceededError') throw error
        if (await this.#evict()) continue
        put.forEach((row) => this.#volatile.set(row.id, row))
        return put
      }
    }
  }

  // --- sending -------------------------------------------------------------------------------------------------------

  /**
   * Send what can be sent now. `force` (the person's own tap, the network's return, a fresh start) does not wait out a pause,
   * unless the server asked for it.
   */
  flush({ force = false } = {}) {
    if (this.#running) {
      this.#again = true
      return this.#running
    }
    this.#running = Promise.resolve(this.lock(() => this.#run(force))).finally(() => {
      this.#running = null
      this.onchange()
      if (!this.#again) return undefined
      this.#again = false
      return this.flush() // what was made while this one put things away
    })
    return this.#running
  }

  async #run(force) {
    this.#tried.clear()
    if ((!force || this.#pause.hard) && !this.#over(this.#pause.until)) return
    let more = true
    while (more) {
      this.#again = false
      const records = await this.#read()
      const { envelopes, photo } = this.#next(records, force)
      if (envelopes.length) more = await this.#deliver(envelopes, records)
      else if (photo) more = await this.#push(photo)
      else more = this.#again
    }
    await this.#tidy()
  }

  /** Whether a waiting time is over; a clock that was set back must not make it endless. */
  #over(until) {
    const left = until - this.now()
    return left <= 0 || left > this.limits.longest
  }

  #due(row, force) {
    return this.#over(row.next_at) || (force && !this.#tried.has(row.id))
  }

  /** What goes next: a run of envelopes in their order, or else the photo that has least to go. */
  #next(records, force) {
    const known = new Map(records.map((row) => [row.id, row]))
    const waiting = records.filter((row) => row.type === 'envelope' && row.state === 'waiting').sort(byTurn)
    const envelopes = []
    const chosen = new Set()
    const held = new Set()
    let open = true
    const photos = []
    for (const row of waiting) {
      const before = row.needs.map((id) => known.get(id)).filter((one) => one && one.state !== 'sent' && one.state !== 'dropped')
      if (before.some((one) => one.state === 'refused' || held.has(one.id))) {
        held.add(row.id)
        continue
      }
      const lacking = row.photos.map((id) => known.get(id)).filter((one) => one?.state === 'waiting')
      const able = lacking.filter((one) => this.#due(one, force))
      photos.push(...able)
      if (able.length) open = false // its turn comes when its photos are there; nobody overtakes it meanwhile
      const ready = !lacking.length && this.#due(row, force) && before.every((one) => chosen.has(one.id))
      if (open && ready && envelopes.length < this.#batch) {
        envelopes.push(row)
        chosen.add(row.id)
      }
    }
    photos.sort((a, b) => a.total - a.have - (b.total - b.have) || (a.id < b.id ? -1 : 1))
    return { envelopes, photo: photos[0] }
  }

  async #deliver(chosen, records) {
    const known = new Map(records.map((row) => [row.id, row]))
    const absent = new Set(records.filter((row) => row.state === 'dropped' || row.state === 'gone' || known.get(row.of)?.state === 'dropped').map((row) => row.id))
    // that it may have arrived, and in which words, is known before it can arrive; what was thrown away meanwhile stays
    const marked = await this.#change(chosen.map((row) => row.id), (row) => {
      if (row.state !== 'waiting') return undefined
      const said = row.maybe && row.said ? row.said : absent.size ? without(row.args, absent) : row.args
      return { ...row, said, maybe: true, tries: row.tries + 1, tried_at: this.now() }
    })
    const sent = marked.sort(byTurn)
    if (!sent.length) return true
    const ids = sent.map((row) => row.id)
    const envelopes = sent.map((row) => ({
      id: row.id,
      command: row.command,
      args: row.said,
      sent_at: iso(row.made_at),
      needs: row.needs.filter((id) => known.get(id)?.state === 'waiting'), // the others are there already, or never will be
    }))
    ids.forEach((id) => this.#tried.add(id))
    const asked_at = this.now()
    let answer
    this.#sending = new Set(ids)
    this.onchange()
    try {
      answer = await this.send({ phone_now: iso(asked_at), envelopes })
      if (!Array.isArray(answer?.results)) throw Object.assign(new Error('no answer of ours'), { foreign: true })
    } catch (error) {
      return await this.#trouble(error, sent)
    } finally {
      this.#sending = new Set()
    }
    const results = new Map(answer.results.map((result) => [result.id, result]))
    await this.#settle(ids, results, answer.server_now)
    await this.setClock(asked_at, answer.server_now)
    this.#calm()
    this.#batch = Math.min(this.limits.batch, this.#batch * 2)
    this.onchange()
    return true
  }

  /** Write down what the server said of each; what it did not mention is asked again. */
  #settle(ids, results, server_now) {
    return this.#change(ids, (row) => {
      const result = results.get(row.id)
      if (row.state === 'sent') return undefined
      if (!result) return this.#later(row, { code: 'phone.no_answer', sentence: '服务器没有回音，稍后再问。' })
      if (result.ok) return { ...row, state: 'sent', said: undefined, maybe: false, why: null, sent_at: this.now(), server_at: server_now ?? null, answer: result.answer ?? null, replayed: !!result.replayed }
      const why = { code: result.code ?? '', sentence: result.sentence ?? '', fields: result.fields ?? {} }
      if (result.retry || result.code === 'mobile.waits_for') return { ...this.#later(row, why), maybe: false }
      return { ...row, state: row.state === 'dropped' ? 'dropped' : 'refused', maybe: false, why }
    })
  }

  #later(row, why) {
    return { ...row, why, next_at: this.now() + this.#backoff(row.tries) }
  }

  #backoff(tries) {
    const whole = Math.min(this.limits.longest, this.limits.base * 2 ** Math.min(20, Math.max(0, tries - 1)))
    return Math.round(whole * (0.5 + this.random() / 2))
  }

  #calm() {
    this.#pause = { tries: 0, until: 0, why: null, hard: false }
  }

  /** No answer, or one that is no answer to anything. Everything waits; what the server choked on waits by itself longer. */
  async #trouble(error, rows) {
    const status = error.status ?? 0
    const tries = this.#pause.tries + 1
    const sign_in = ofSignIn(error)
    const why = { code: status ? `phone.status_${status}` : error.foreign ? 'phone.foreign' : 'phone.offline', sentence: troubleWords(error, status, sign_in), sign_in }
    const wait = Math.max(this.#backoff(tries), error.wait ?? 0)
    this.#pause = { tries, until: this.now() + Math.min(this.limits.longest, wait), why, hard: status === 429 || error.wait > 0 }
    const choked = status >= 500 || status === 413 || status === 400 || status === 422
    if (choked && rows.length > 1) {
      this.#batch = Math.max(1, rows.length >> 1) // which of them it is shows when they go apart
    } else if (status >= 500 || (choked && rows[0].type === 'photo')) {
      await this.#change([rows[0].id], (row) => (row.state === 'waiting' ? this.#later({ ...row, tries: row.type === 'photo' ? row.tries + 1 : row.tries }, why) : undefined))
    } else if (choked) {
      const refused = { code: why.code, sentence: `服务器读不懂这一条（${status}）。请重试；还不行就把它给管理员看。`, fields: {} }
      await this.#change([rows[0].id], (row) => (row.state === 'waiting' ? { ...row, state: 'refused', maybe: false, why: refused } : undefined))
    }
    this.onchange()
    return status >= 500 && rows[0].type === 'photo' // what needs no photo need not wait for one that is stuck
  }

  async #push(photo) {
    this.#tried.add(photo.id)
    const whole = this.#loose.get(photo.id) ?? (await this.store.bytes(photo.id))
    if (!whole) {
      await this.#change([photo.id, photo.of], (row) => (row.id === photo.id ? { ...row, state: 'gone' } : { ...row, lost: (row.lost ?? 0) + 1 }))
      return true
    }
    const { id, sha256, kind, total, taken_at } = photo
    const asking = photo.maybe || photo.have >= total // an attempt was cut off: ask how much arrived before sending again
    const part = asking ? null : whole.subarray(photo.have, photo.have + this.#chunk)
    await this.#change([id], (row) => ({ ...row, maybe: true }))
    const began = this.now()
    let answer
    this.#sending = new Set([photo.of])
    this.onchange()
    try {
      answer = await this.sendPhoto({ id, sha256, kind, total, taken_at }, asking ? 0 : photo.have, part)
      const ours = answer && (answer.evidence || answer.refused || Number.isInteger(answer.have))
      if (!ours) throw Object.assign(new Error('no answer of ours'), { foreign: true })
    } catch (error) {
      this.#chunk = Math.max(this.limits.least, this.#chunk >> 1)
      return await this.#trouble(error, [photo])
    } finally {
      this.#sending = new Set()
    }
    this.#calm()
    if (answer.refused) {
      const why = { ...answer.refused, sentence: `${photo.kind === 'audio' ? '语音' : '照片'}没有被接受：${answer.refused.sentence}`, photo: id }
      await this.#change([id, photo.of], (row) => (row.id === id || row.state === 'waiting' ? { ...row, state: 'refused', maybe: false, why } : undefined))
    } else if (answer.evidence) {
      await this.#change([id], (row) => ({ ...row, state: 'sent', maybe: false, have: row.total, sent_at: this.now() }))
      this.#loose.delete(id)
    } else {
      const onward = answer.have > photo.have || (asking && answer.have < total)
      const stalls = onward ? 0 : photo.stalls + 1
      if (!asking && onward && this.now() - began < 1500) this.#chunk = Math.min(this.limits.most, this.#chunk * 2)
      await this.#change([id], (row) => {
        const next = { ...row, have: Math.max(0, Math.min(answer.have, total)), maybe: false, stalls }
        return stalls < stalled ? next : this.#later({ ...next, have: 0, stalls: 0, tries: row.tries + 1 }, { code: 'phone.stalled', sentence: '照片传不动，稍后再传。' })
      })
    }
    this.onchange()
    return true
  }

  /** What the server's clock said when it was asked at this moment of the phone's. */
  async setClock(asked_at, server_now) {
    const server = Date.parse(server_now)
    if (Number.isNaN(server)) return
    const offset = Math.round(server - (asked_at + this.now()) / 2)
    const records = await this.store.read()
    const before = records.find((row) => row.id === 'clock')
    if (before && Math.abs(before.offset - offset) < 1000) return
    await this.store.write({ put: [{ ...before, type: 'clock', id: 'clock', offset, at: this.now(), rev: before?.rev ?? 0 }] }).catch((error) => {
      if (error.name !== 'Conflict' && error.name !== 'QuotaExceededError') throw error
    })
  }

  /** What arrived long ago, and what was thrown away and not taken back, goes. */
  async #tidy() {
    const records = await this.store.read()
    const now = this.now()
    const old = (row, since, keep) => row[since] !== undefined && (now - row[since] > keep || row[since] - now > keep)
    const needed = new Set(records.filter((row) => row.type === 'envelope' && (row.state === 'waiting' || row.state === 'refused')).flatMap((row) => row.needs))
    const going = new Set(
      records
        .filter((row) => row.type === 'envelope' && !needed.has(row.id))
        .filter((row) => (row.state === 'sent' && old(row, 'sent_at', this.limits.keepSent)) || (row.state === 'dropped' && old(row, 'dropped_at', this.limits.keepDropped)))
        .map((row) => row.id),
    )
    const photos = records.filter((row) => row.type === 'photo')
    const orphans = photos.filter((row) => going.has(row.of)).map((row) => row.id)
    const remove = [...going, ...orphans]
    if (remove.length) await this.store.write({ remove, bytes: new Map(orphans.map((id) => [id, null])) })
    let room = photos.reduce((sum, row) => sum + (row.state === 'sent' && !going.has(row.of) ? row.total : 0), 0)
    for (; room > this.limits.sentBytes && (await this.#evict()); room -= this.limits.sentBytes / 20);
  }

  // --- what a person can do with it -----------------------------------------------------------------------------------

  /** Throw one away; `restore` takes it back for a day. What needs it goes without it. Not while its answer is unknown. */
  async drop(id) {
    return await this.#decide(id, (row) => (row.state === 'refused' || (row.state === 'waiting' && !row.maybe) ? { ...row, was: row.state, state: 'dropped', dropped_at: this.now() } : undefined))
  }

  async restore(id) {
    return await this.#decide(id, (row) => (row.state === 'dropped' ? { ...row, state: row.was, dropped_at: undefined } : undefined))
  }

  /** Send a refused one again as it is (somebody has put right what was in its way). */
  async retry(id) {
    const done = await this.#decide(id, (row) => (row.state === 'refused' ? { ...row, state: 'waiting', tries: 0, next_at: 0, why: null } : undefined))
    const photos = (await this.#read()).filter((row) => row.type === 'photo' && row.of === id && row.state === 'refused').map((row) => row.id)
    if (done && photos.length) await this.#change(photos, (row) => ({ ...row, state: 'waiting', have: 0, tries: 0, next_at: 0, why: null }))
    return done
  }

  /** Put a refused or never attempted one right; `remove` names photos to leave out. It keeps its id and its turn. */
  async edit(id, { args, title, remove = [] }) {
    const gone = new Set(remove)
    const done = await this.#decide(id, (row) => {
      if (row.state !== 'refused' && (row.state !== 'waiting' || row.maybe)) return undefined
      return { ...row, args: without(args ?? row.args, gone), title: title ?? row.title, photos: row.photos.filter((one) => !gone.has(one)), state: 'waiting', tries: 0, next_at: 0, why: null }
    })
    if (done && gone.size) {
      // their records stay: others may name them (the round in which they were taken), and must go without them too
      await this.#change(remove, (row) => ({ ...row, state: 'dropped' }))
      await this.store.write({ bytes: new Map(remove.map((one) => [one, null])) })
      remove.forEach((one) => this.#loose.delete(one))
    }
    return done
  }

  async #decide(id, change) {
    let did = false
    await this.#change([id], (row) => {
      const next = change(row)
      did = !!next
      return next
    })
    this.onchange()
    return did
  }

  /** The picture itself, while this phone still has it. */
  async picture(id) {
    return this.#loose.get(id) ?? (await this.store.bytes(id))
  }

  // --- what a person can see of it ------------------------------------------------------------------------------------

  /** Everything here, oldest first; see `parcels` in waiting.js. */
  async list() {
    return parcels(await this.#read(), this.#view())
  }

  /** {waiting, refused, sent, oldest (ms or null), why, sign_in, sending, volatile}: one line for every screen. */
  async status() {
    const said = summary(await this.list(), this.#view())
    const unkept = [...this.#volatile.values()].filter((row) => !row.rev).length + this.#loose.size // lost with the page
    return { ...said, sending: !!this.#running, volatile: unkept }
  }

  #view() {
    const paused = this.#pause.why && !this.#over(this.#pause.until) ? this.#pause.why : null
    return { sending: this.#sending, volatile: this.#volatile, paused, over: (until) => this.#over(until) }
  }

  async has(id) {
    return (await this.#read()).some((row) => row.id === id)
  }

  /** Milliseconds until the next try is due, null when nothing waits. */
  async wait() {
    const rows = (await this.#read()).filter((row) => row.state === 'waiting')
    if (!rows.length) return null
    const until = Math.max(this.#pause.until, Math.min(...rows.map((row) => row.next_at)))
    return this.#over(until) ? 0 : until - this.now()
  }

  /** What the server's clock says minus what this phone says, in ms; null before the first answer. */
  async offset() {
    return (await this.store.read()).find((row) => row.id === 'clock')?.offset ?? null
  }

  /** The server answers and the sign-in is fresh: what waited for that may go. */
  resume() {
    if (!this.#pause.hard) this.#calm()
  }
}
