// One phone with its people, in Node: the real vault, sessions and stopwatch, over a disk, a clock, a hand and a network that the
// test holds. Each of its pages has a name; two of them are two tabs.
import 'fake-indexeddb/auto'
import { ask, serve } from './lines.mjs'

process.env.TZ = 'Asia/Shanghai' // days and weeks are the phone's own
const clock = { wall: 0, running: 0 } // what the phone says the time is, and the ms that really went by
Date.now = () => clock.wall
performance.now = () => clock.running
const hand = new EventTarget()
globalThis.addEventListener = hand.addEventListener.bind(hand)
globalThis.removeEventListener = hand.removeEventListener.bind(hand)
globalThis.document = Object.assign(new EventTarget(), { hidden: false })
const held = []
let atOnce = 1 // so many answers arrive in one moment
globalThis.fetch = (path, { headers, body }) =>
  new Promise((answered, lost) =>
    ask({ path, token: headers.Authorization, body: body && JSON.parse(body) }, (said) => {
      held.push(() => {
        if (said.lost) lost(new TypeError('no network'))
        else answered(new Response(JSON.stringify(said.body), { headers: { 'Content-Type': 'application/json' } }))
      })
      if (held.length >= atOnce) held.splice(0).forEach((go) => go())
    }),
  )

const { openVault } = await import('../../frontend/src/phone/vault.js')
const { Session } = await import('../../frontend/src/phone/session.js')

const pages = new Map()
const measures = new Map()
let minutes = null

const refuse = (name) => () => {
  throw new DOMException('not here', name)
}
const failing = () => {
  const asked = Object.assign(new EventTarget(), { error: new DOMException('not here', 'InvalidStateError') })
  setImmediate(() => asked.dispatchEvent(new Event('error')))
  return asked
}
const REFUSALS = {
  absent: () => delete globalThis.indexedDB,
  throws: () => (indexedDB.open = refuse('SecurityError')),
  fails: () => (indexedDB.open = failing),
  'will not write': () => (IDBObjectStore.prototype.put = refuse('ReadOnlyError')),
}

const acts = {
  goes: ({ ms, wall = ms }) => void ((clock.running += ms), (clock.wall += wall)),

  // the stopwatch
  load: async ({ hidden = false }) => {
    document.hidden = hidden
    minutes = await import('../../frontend/src/phone/minutes.js')
  },
  measure: ({ name, before }) => void measures.set(name, minutes.measure(before)),
  seconds: ({ name }) => measures.get(name)(),
  touch: ({ sign }) => void hand.dispatchEvent(new Event(sign)),
  camera: () => void minutes.working(),
  show: ({ hidden }) => {
    document.hidden = hidden
    document.dispatchEvent(new Event('visibilitychange'))
  },

  // the people
  refuse: ({ how }) => void REFUSALS[how](),
  keeps: async () => (await openVault()).kept,
  enrol: async ({ id, pin }) => void (await (await openVault()).enrol({ person: { id, name: id }, secret: { token: id }, pin, shared: true })),
  unlock: async ({ id, pin }) => {
    const { box, ...said } = await (await openVault()).unlock(id, pin)
    return { open: !!box, ...said }
  },

  // their pages
  enter: async ({ page, id, pin }) => {
    const { box } = await (await openVault()).unlock(id, pin)
    const session = new Session(box)
    let first
    session.tick = (...all) => (first ??= Session.prototype.tick.apply(session, all))
    await session.open()
    await first // nothing of the start is still under way
    delete session.tick
    pages.set(page, session)
  },
  put: async ({ page, id, args }) => void (await pages.get(page).put({ id, command: 't.do', args, title: id })),
  /** Two envelopes, the second made some moments after the first was answered; tells what waits when nothing is under way. */
  quick: async ({ page, ids, moments }) => {
    const { outbox } = pages.get(page)
    const { send } = outbox
    const answered = new Promise((go) => (outbox.send = (body) => send(body).finally(go)))
    for (const id of ids) {
      await pages.get(page).put({ id, command: 't.do', args: {}, title: id })
      await answered
      for (let n = 0; n < moments; n++) await new Promise(setImmediate)
    }
    outbox.send = send
    while ((await outbox.status()).sending) await new Promise(setImmediate)
    return (await outbox.status()).waiting
  },
  spent: async ({ names, action, seconds }) => void (await Promise.all(names.map((name) => pages.get(name).spent(action, seconds)))),
  tick: async ({ names, at_once = 1 }) => {
    atOnce = at_once
    await Promise.all(names.map((name) => pages.get(name).tick({ force: true })))
    atOnce = 1
  },
  status: ({ page }) => pages.get(page).status,
  minutes: ({ page }) => pages.get(page).minutes(),
  close: ({ page }) => pages.get(page).close(),
  /** The page will be killed as it tells its minutes: in the outbox, and the told book never put away. */
  dies: ({ page }) => {
    const { box } = pages.get(page)
    const set = box.set.bind(box)
    box.set = async (name, value) => {
      if (name === 'minutes' && !Object.keys(value.open).length) throw new Error('gone')
      return set(name, value)
    }
  },
}

serve(acts)
