// The real outboxes of several phones in one process, with no network of their own: whatever a phone sends is a line on
// stdout, and the answer (or what befell it) a line on stdin. `kill` takes a phone away in the middle of whatever it does;
// its disk stays.
import { Outbox } from '../../frontend/src/phone/outbox.js'
import { memoryStore } from '../../frontend/src/phone/stores.js'
import { ask, forget, serve } from './lines.mjs'

const phones = new Map()

/** A number between 0 and 1 that is the same in every run. */
function chance(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function start(phone) {
  const life = {}
  phone.life = life
  const call = (what) =>
    new Promise((resolve, reject) => {
      if (phone.life !== life) return // this app was killed: nobody waits for anything any more
      ask({ phone: phone.name, ...what }, (answer) => {
        if (phone.life !== life) return
        if (answer.lost) reject(Object.assign(new Error('no network'), answer))
        else resolve(answer.body)
      })
    })
  phone.outbox = new Outbox({
    store: memoryStore({ ...phone.disk }),
    now: () => (phone.clock += 1),
    random: phone.random,
    send: (body) => call({ send: body }),
    sendPhoto: (photo, offset, bytes) => call({ photo, offset, bytes: bytes && Buffer.from(bytes).toString('base64') }),
  })
}

const acts = {
  begin({ name, clock, seed }) {
    const phone = { name, clock, random: chance(seed), disk: { records: new Map(), blobs: new Map(), limits: {} } }
    phones.set(name, phone)
    start(phone)
  },
  clock: ({ name, ms }) => void (phones.get(name).clock += ms),
  async add({ name, envelope, photos, needs }) {
    const taken = photos.map(({ id, bytes }) => ({ id, bytes: new Uint8Array(Buffer.from(bytes, 'base64')) }))
    return await phones.get(name).outbox.add(envelope, { photos: taken, needs })
  },
  flush: async ({ name, force }) => void (await phones.get(name).outbox.flush({ force })),
  kill: ({ name }) => start(phones.get(name)),
  list: async ({ name }) => await phones.get(name).outbox.list(),
  status: async ({ name }) => await phones.get(name).outbox.status(),
  limits: ({ name, limits }) => void Object.assign(phones.get(name).disk.limits, limits),
  drop: ({ name, id }) => phones.get(name).outbox.drop(id),
  restore: ({ name, id }) => phones.get(name).outbox.restore(id),
  retry: ({ name, id }) => phones.get(name).outbox.retry(id),
  edit: ({ name, id, ...more }) => phones.get(name).outbox.edit(id, more),
  forget: () => phones.clear() || forget(),
}

serve(acts)
