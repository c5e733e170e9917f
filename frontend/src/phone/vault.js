// Several people on one phone. Each has a key of their own, which only their PIN unlocks; everything of theirs that lies on the
// phone is sealed with it. Names stay readable on the lock screen, nothing else does.
//
// A PIN of four digits keeps out a colleague and whoever finds the phone, not a laboratory: the wait after wrong tries and the
// cost of PBKDF2 are what a page can do, and signing out wipes everything.
import { Kept } from '../kept.js'
import { memoryStore, remember, remembered } from './stores.js'

const DB = 'bihuan-phone'
const USED = 'phone-used'
const PROBE = 'probe'
const ROUNDS = 150_000
const TRIES = 5
const FIRST_WAIT = 60_000
const LONGEST_WAIT = 60 * 60_000
const waitAfter = (wrong) => (wrong < TRIES ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (wrong - TRIES)))
const text = new TextEncoder()
const plain = new TextDecoder()

const seal = async (key, bytes, name) => {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: text.encode(name) }, key, bytes) }
}
const unseal = async (key, { iv, data }, name) =>
  new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: text.encode(name) }, key, data))
const sealJson = (key, value, name) => seal(key, text.encode(JSON.stringify(value)), name)
const unsealJson = async (key, sealed, name) => JSON.parse(plain.decode(await unseal(key, sealed, name)))

async function keyOf(pin, salt) {
  const base = await crypto.subtle.importKey('raw', text.encode(pin), 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ROUNDS }, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}
const aes = (raw) => crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
const conflict = () => Object.assign(new Error('another tab was quicker'), { name: 'Conflict' })

/**
 * The phone's people. Where a window may keep nothing (private mode), `kept` is false and all of it ends with the page. It throws
 * when somebody is here and their things cannot be reached now.
 */
export async function openVault() {
  try {
    const kept = await Kept.open(DB, 1, {
      upgrade(db) {
        db.createObjectStore('people', { keyPath: 'id' })
        for (const name of ['records', 'blobs', 'things']) db.createObjectStore(name, { keyPath: ['person', 'id'] })
      },
      blocking: (_, __, event) => event.target.close(),
    })
    // some private windows open a database and then refuse to write; a full phone refuses too, but what it has is there
    await unlessFull(kept.write((all) => all.objectStore('people').put({ id: PROBE })))
    await kept.write((all) => all.objectStore('people').delete(PROBE))
    return new Vault(kept)
  } catch (error) {
    if (remembered(USED)) throw error
    return new MemoryVault()
  }
}

/** Whether it was written: a full disk is no reason to stop. */
async function unlessFull(writing) {
  try {
    await writing
    return true
  } catch (error) {
    if (error?.name !== 'QuotaExceededError') throw error
    return false
  }
}

class Vault {
  kept = true
  #memories = new Map()
  #disk

  constructor(disk) {
    this.#disk = disk
  }

  /** What of a person's no disk would take: it outlives a locked screen, not the page. */
  #memory(id) {
    if (!this.#memories.has(id)) this.#memories.set(id, { things: new Map() })
    return this.#memories.get(id)
  }

  /** For the lock screen: {id, name, posts, pending, wait_until}, who used it last first. */
  async people() {
    return (await this.#disk.run((db) => db.getAll('people'))).filter((one) => one.id !== PROBE).sort((a, b) => b.used_at - a.used_at)
  }

  /** Whether somebody was here who did not leave: with nobody here, the browser has lost or cleared what it kept. */
  get used() {
    return !!remembered(USED)
  }

  /** Somebody new signed in on this phone: their key is made and locked with their PIN. Whoever is here already unlocks and renews. */
  async enrol({ person, secret, pin, shared }) {
    const salt = crypto.getRandomValues(new Uint8Array(16))
    const raw = crypto.getRandomValues(new Uint8Array(32))
    const key = await aes(raw)
    const row = { id: person.id, name: person.name, posts: person.posts ?? '', salt, wrapped: await seal(await keyOf(pin, salt), raw, person.id), secret: await sealJson(key, secret, 'secret'), wrong: 0, wait_until: 0, used_at: Date.now(), pending: 0, shared }
    await this.wipe(person.id)
    await this.#disk.write((all) => all.objectStore('people').put(row))
    remember(USED, 'yes')
    return new Box(this.#disk, row, key, secret, this.#memory(row.id))
  }

  /** {box} · {wrong: tries left} · {wait: ms} */
  async unlock(id, pin) {
    const row = await this.#disk.run((db) => db.get('people', id))
    const left = row.wait_until - Date.now()
    if (left > 0 && left <= waitAfter(row.wrong)) return { wait: left } // longer only when the clock was set back since
    let raw
    try {
      raw = await unseal(await keyOf(pin, row.salt), row.wrapped, id)
    } catch {
      const wrong = row.wrong + 1
      const wait = waitAfter(wrong)
      await unlessFull(this.#disk.write((all) => all.objectStore('people').put({ ...row, wrong, wait_until: wait && Date.now() + wait })))
      return wait ? { wait } : { wrong: TRIES - wrong }
    }
    const next = { ...row, wrong: 0, wait_until: 0, used_at: Date.now() }
    await unlessFull(this.#disk.write((all) => all.objectStore('people').put(next)))
    const key = await aes(raw)
    return { box: new Box(this.#disk, next, key, await unsealJson(key, row.secret, 'secret'), this.#memory(id)) }
  }

  /** Nothing of this person stays on the phone. */
  async wipe(id) {
    this.#memories.delete(id)
    const theirs = IDBKeyRange.bound([id], [id, []])
    await this.#disk.write((all) => Promise.all([all.objectStore('people').delete(id), ...['records', 'blobs', 'things'].map((name) => all.objectStore(name).delete(theirs))]))
    if (!(await this.people()).length) remember(USED, '')
  }
}

/** What one person has on this phone, unlocked. */
class Box {
  kept = true
  #disk

  constructor(disk, row, key, secret, memory) {
    this.#disk = disk
    Object.assign(this, { key, secret, memory, person: { id: row.id, name: row.name, posts: row.posts }, shared: row.shared })
    this.store = { read: () => this.#read(), write: (change) => this.#write(change), bytes: (id) => this.#bytes(id) }
  }

  #name(kind, id) {
    return `${kind}/${this.person.id}/${id}`
  }

  async #read() {
    const rows = await this.#disk.run((db) => db.getAll('records', IDBKeyRange.bound([this.person.id], [this.person.id, []])))
    return Promise.all(rows.map(async (row) => ({ ...(await unsealJson(this.key, row.sealed, this.#name('records', row.id))), id: row.id, rev: row.rev })))
  }

  async #write({ put = [], remove = [], bytes = new Map() }) {
    const person = this.person.id
    // sealing takes time and a transaction does not wait for it: all of it is done before one begins
    const rows = await Promise.all(put.map(async (row) => ({ person, id: row.id, rev: (row.rev ?? 0) + 1, sealed: await sealJson(this.key, row, this.#name('records', row.id)) })))
    const blobs = await Promise.all([...bytes].filter(([, value]) => value).map(async ([id, value]) => ({ person, id, sealed: await seal(this.key, value, this.#name('blobs', id)) })))
    await this.#disk.write((all) => this.#change(all, { rows, blobs, remove, bytes }), { durability: 'strict' })
  }

  async #change(all, { rows, blobs, remove, bytes }) {
    if (this.gone) throw new Error('this person has left the phone')
    const person = this.person.id
    const records = all.objectStore('records')
    const photos = all.objectStore('blobs')
    const before = await Promise.all(rows.map((row) => records.get([person, row.id])))
    if (rows.some((row, n) => (before[n]?.rev ?? 0) !== row.rev - 1)) throw conflict()
    await Promise.all([
      ...rows.map((row) => records.put(row)),
      ...remove.map((id) => records.delete([person, id])),
      ...blobs.map((row) => photos.put(row)),
      ...[...bytes].filter(([, value]) => !value).map(([id]) => photos.delete([person, id])),
    ])
  }

  async #bytes(id) {
    const row = await this.#disk.run((db) => db.get('blobs', [this.person.id, id]))
    return row ? unseal(this.key, row.sealed, this.#name('blobs', id)) : null
  }

  /** A thing by name: the scope, a draft, the round under way. */
  async get(id) {
    if (this.memory.things.has(id)) return structuredClone(this.memory.things.get(id))
    const row = await this.#disk.run((db) => db.get('things', [this.person.id, id]))
    return row ? unsealJson(this.key, row.sealed, this.#name('things', id)).catch(() => null) : null
  }

  /** Keep a thing, *strict*: even when the battery falls out; on a full disk in memory, until it is set again with room. */
  async set(id, value, { strict = false } = {}) {
    const row = { person: this.person.id, id, sealed: await sealJson(this.key, value, this.#name('things', id)) }
    if (this.gone) return
    const writing = this.#disk.write((all) => all.objectStore('things').put(row), { durability: strict ? 'strict' : 'default' })
    if (await unlessFull(writing)) this.memory.things.delete(id)
    else this.memory.things.set(id, structuredClone(value))
  }

  async remove(id) {
    this.memory.things.delete(id)
    await this.#disk.write((all) => all.objectStore('things').delete([this.person.id, id]))
  }

  /** The names of the things that begin so. */
  async names(start) {
    const keys = await this.#disk.run((db) => db.getAllKeys('things', IDBKeyRange.bound([this.person.id, start], [this.person.id, `${start}\uffff`])))
    return [...new Set([...keys.map(([, id]) => id), ...[...this.memory.things.keys()].filter((id) => id.startsWith(start))])]
  }

  /** Whether things live in memory because the disk would not take them. */
  get full() {
    return this.memory.things.size > 0
  }

  /** What the lock screen may say of somebody who is not there: how much of theirs still waits. */
  async tell(pending) {
    await this.#row((row) => (row.pending === pending ? null : { ...row, pending }))
  }

  async renew(secret) {
    this.secret = secret
    const sealed = await sealJson(this.key, secret, 'secret')
    await this.#row((row) => ({ ...row, secret: sealed }))
  }

  /** Change this person's row in one step; whoever has left the phone does not come back by it. */
  async #row(change) {
    const alter = async (all) => {
      const people = all.objectStore('people')
      const row = await people.get(this.person.id)
      const next = row && !this.gone ? change(row) : null
      if (next) await people.put(next)
    }
    await unlessFull(this.#disk.write(alter))
  }
}

export class MemoryVault {
  kept = false

  async people() {
    return []
  }

  async enrol({ person, secret, shared }) {
    const things = new Map()
    return {
      kept: false,
      full: false,
      memory: {},
      person: { id: person.id, name: person.name, posts: person.posts ?? '' },
      secret,
      shared,
      store: memoryStore(),
      get: async (id) => structuredClone(things.get(id) ?? null),
      set: async (id, value) => void things.set(id, structuredClone(value)),
      remove: async (id) => void things.delete(id),
      names: async (start) => [...things.keys()].filter((id) => id.startsWith(start)),
      tell: async () => {},
      renew: async function (next) {
        this.secret = next
      },
    }
  }

  async wipe() {}
}
