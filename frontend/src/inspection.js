// Judging on a phone with a bad network: an answer is kept on this device until the server has confirmed it. Each answer
// is an envelope of its own, so sending it again is never a second fact. Without this script every form still works.
import { Kept } from './kept.js'

import './inspection.css'

const person = document.body.dataset.person ?? ''
const list = document.querySelector('[data-judge]')
const saved = document.querySelector('[data-saved]')
const RETRY = 30_000
const SLOW = 1_000 // so long on its way, and the line above says that it waits
const NOT_NOW = [401, 408, 429]

const box = await Kept.open('bihuan-inspections', 1, {
  upgrade: (db) => db.createObjectStore('answers', { keyPath: 'id' }),
}).catch(() => null) // a private window without storage: answers are sent, not kept

const fresh = () => {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return text.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}
const token = () => JSON.parse(document.body.getAttribute('hx-headers') ?? '{}')['X-CSRFToken'] ?? ''
const articleOf = (row) => document.querySelector(`[data-inspection="${row.inspection}"] [data-item="${row.item}"]`)

// --- keeping and sending ---------------------------------------------------------------------------------------------

/** Answers that this device does not take (a private window, no room): they live in this page until the server has them. */
const loose = new Map()
let sending = false
let more = false // something was judged while others were on their way

async function mine() {
  const rows = (await box?.run((db) => db.getAll('answers')).catch(() => null)) ?? []
  return [...rows.filter((row) => row.person === person), ...loose.values()]
}

/** Keep an answer in the place of those before it to the same item. */
async function store(row) {
  const before = (await mine()).filter((one) => one.inspection === row.inspection && one.item === row.item)
  before.forEach((one) => loose.delete(one.id))
  try {
    await box.write((all) => {
      const answers = all.objectStore('answers')
      return Promise.all([...before.map((one) => answers.delete(one.id)), answers.put(row)])
    })
  } catch {
    // no storage at all, or no room
    loose.set(row.id, row)
  }
}

async function drop(row) {
  loose.delete(row.id)
  await box?.write((all) => all.objectStore('answers').delete(row.id))
}

async function keep(form, article) {
  const data = new FormData(form)
  const row = {
    id: fresh(),
    person,
    inspection: list.dataset.inspection,
    item: article.dataset.item,
    url: form.action,
    at: Date.now(),
    fields: [...data].filter(([name, value]) => typeof value === 'string' && name !== '_id' && name !== 'csrfmiddlewaretoken'),
    // each photo has an id of its own, so that sending it again is the same photo
    photos: data.getAll('photos').filter((value) => value instanceof File && value.size).map((file) => ({ id: fresh(), file })),
    refused: '',
  }
  await store(row)
  return row
}

async function flush() {
  more = true
  if (sending) return
  sending = true
  try {
    while (more) {
      more = false
      const rows = (await mine()).filter((row) => !row.refused)
      for (const row of rows.sort((a, b) => a.at - b.at)) {
        if (!(await deliver(row))) break
      }
    }
  } finally {
    sending = false
    await say()
  }
}

/** An answer of the server, whatever it says; it throws when the network, the sign-in or the server is gone. */
async function post(url, body, headers) {
  const answer = await fetch(url, { method: 'POST', body, redirect: 'error', headers: { ...headers, 'X-CSRFToken': token() } })
  if (NOT_NOW.includes(answer.status) || answer.status >= 500) throw new Error(`not now: ${answer.status}`)
  return answer
}

async function upload(photo) {
  const data = new FormData()
  data.append('file', photo.file, photo.file.name)
  data.append('id', photo.id)
  const answer = await post('/evidence/', data, { Accept: 'application/json' })
  return answer.ok ? {} : { refused: (await answer.json()).sentence }
}

/** The answer stays here with its sentence (`say` shows it), unless it was changed meanwhile. */
async function keepRefused(row, words) {
  if ((await mine()).some((one) => one.id === row.id)) await store({ ...row, refused: words || '没有被接受，请核对后重新确定。' })
  return true
}

/** Whether sending may go on: false when the network or the sign-in is gone. */
async function deliver(row) {
  const data = new FormData()
  for (const [name, value] of row.fields) data.append(name, value)
  data.append('_id', row.id)
  let answer
  let html
  try {
    for (const photo of row.photos) {
      const kept = await upload(photo)
      if (kept.refused) return await keepRefused(row, kept.refused)
      data.append('photos', photo.id)
    }
    answer = await post(row.url, data, { 'HX-Request': 'true' })
    html = await answer.text()
  } catch {
    return false
  }
  if (answer.ok) await drop(row)
  else await keepRefused(row, new DOMParser().parseFromString(html, 'text/html').querySelector('[role=alert]')?.textContent.trim())
  const article = articleOf(row)
  if (article && html.includes(`id="item-${row.item}"`)) put(article, html)
  count(answer.headers.get('X-Progress'))
  return true
}

function put(article, html) {
  const now = article.classList.contains('now')
  const holder = document.createElement('template')
  holder.innerHTML = html
  const next = holder.content.querySelector('article')
  next.classList.toggle('now', now)
  article.replaceWith(next)
  window.htmx.process(next)
  next.dispatchEvent(new CustomEvent('htmx:load', { bubbles: true, detail: { elt: next } }))
  watch(next)
}

function refuse(article, words) {
  article.querySelector('[data-kept]').textContent = words
  article.dataset.refused = ''
}

function count(progress) {
  if (!progress) return
  const done = list.querySelectorAll('[data-item]:not([data-result=""])').length
  const place = document.querySelector('[data-section-count]')
  if (place) place.textContent = done
  const bar = document.querySelector('.check-bars .here')
  if (bar) bar.value = done
}

const keptWords = (row) => (loose.has(row.id) ? '本机存不下，只在这个页面里' : '已存在本机')

async function say() {
  const rows = await mine()
  const here = list ? rows.filter((row) => row.inspection === list.dataset.inspection) : rows
  const refused = here.filter((row) => row.refused)
  if (saved && list) {
    saved.hidden = false
    const words = [
      here.length > loose.size && `已存在本机 ${here.length - loose.size} 项，连上网就上传`,
      loose.size > 0 && `本机存不下：${loose.size} 项只在这个页面里，请不要关闭，连上网就上传`,
      refused.length > 0 && `其中 ${refused.length} 项没被接受，请看红字`,
    ]
    saved.textContent = words.filter(Boolean).join('；') || '已全部上传'
    saved.classList.toggle('waits', here.length > 0)
  }
  for (const row of here) {
    const article = list && articleOf(row)
    if (!article) continue
    if (row.refused && !article.querySelector('[role=alert]')) refuse(article, row.refused)
    else if (!row.refused) article.querySelector('[data-kept]')?.replaceChildren(keptWords(row))
  }
}

// --- judging ---------------------------------------------------------------------------------------------------------

const items = () => [...list.querySelectorAll('[data-item]')]

async function judged(form) {
  const article = form.closest('[data-item]')
  const result = form.elements.result?.value || 'filled'
  if (result === 'fail' && form.elements.note.value.trim().length < 2) {
    form.elements.note.focus()
    article.querySelector('[data-kept]').textContent = '请用一句话写明看到了什么'
    return
  }
  const row = await keep(form, article)
  article.dataset.result = result
  article.querySelector('[data-kept]').textContent = keptWords(row)
  seen.add(article.dataset.item)
  unseen()
  if (list.classList.contains('one')) step(1, article)
  setTimeout(say, SLOW)
  flush()
}

function step(by, from = list.querySelector('.now')) {
  const all = items()
  const next = all[all.indexOf(from) + by]
  if (!next) return
  all.forEach((item) => item.classList.toggle('now', item === next))
  place(all, next)
  next.scrollIntoView({ block: 'nearest' })
  next.querySelector('input, a')?.focus({ preventScroll: true })
}

function place(all, now) {
  const words = document.querySelector('[data-place]')
  if (words) words.textContent = `${all.indexOf(now) + 1} / ${all.length}`
}

function oneByOne(on) {
  list.classList.toggle('one', on)
  const button = document.querySelector('[data-one-by-one]')
  button.setAttribute('aria-pressed', String(on))
  button.textContent = on ? '看成列表' : '一屏一项'
  document.querySelector('[data-steps]').hidden = !on
  if (on) {
    const start = items().find((item) => `#${item.id}` === location.hash) ?? items().find((item) => !item.dataset.result) ?? items()[0]
    items().forEach((item) => item.classList.toggle('now', item === start))
    place(items(), start)
  }
  try {
    localStorage.setItem('inspection-one-by-one', on ? '1' : '')
  } catch {
    return // the choice lasts as long as this page
  }
}

// --- what was seen ---------------------------------------------------------------------------------------------------

const seen = new Set()
const timers = new Map()
const eye = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target))
      if (isIntersecting) {
        timers.set(
          target,
          setTimeout(() => {
            seen.add(target.dataset.item)
            eye.unobserve(target)
            unseen()
          }, 600),
        )
      }
    }
  },
  { threshold: 0.5 },
)
const watch = (article) => seen.has(article.dataset.item) || eye.observe(article)

function unseen() {
  const rest = document.querySelector('[data-rest]')
  if (!rest) return
  const left = items().filter((item) => !item.dataset.result && !seen.has(item.dataset.item)).length
  const note = rest.querySelector('[data-unseen]')
  note.hidden = !left
  note.textContent = left ? `还有 ${left} 项没看过` : ''
  const button = rest.querySelector('button')
  button.toggleAttribute('aria-disabled', left > 0)
}

if (list) {
  list.dataset.live = ''
  list.addEventListener('submit', (event) => {
    const form = event.target.closest('[data-answer]')
    if (!form) return
    event.preventDefault()
    event.stopPropagation()
    judged(form)
  })
  // one touch for 符合 and 不适用; the keyboard's arrows only move, Enter sends
  list.addEventListener('click', (event) => {
    const choice = event.target.closest('[data-answer] input[name=result]')
    if (choice && event.detail > 0 && choice.value !== 'fail') judged(choice.form)
    else if (choice?.value === 'fail' && event.detail > 0) choice.form.elements.note.focus()
  })
  const toggle = document.querySelector('[data-one-by-one]')
  toggle.hidden = false
  toggle.addEventListener('click', () => oneByOne(!list.classList.contains('one')))
  document.querySelectorAll('[data-step]').forEach((button) => button.addEventListener('click', () => step(Number(button.dataset.step))))
  let start = null
  list.addEventListener('touchstart', (event) => (start = event.changedTouches[0]), { passive: true })
  list.addEventListener('touchend', (event) => {
    const end = event.changedTouches[0]
    const [x, y] = start ? [end.clientX - start.clientX, end.clientY - start.clientY] : [0, 0]
    if (list.classList.contains('one') && Math.abs(x) > 70 && Math.abs(y) < 40) step(x < 0 ? 1 : -1)
  })
  items().forEach(watch)
  const rest = document.querySelector('[data-rest]')
  if (rest) {
    const box = rest.querySelector('[data-seen-all]')
    box.hidden = true
    box.querySelector('input').required = false
    rest.addEventListener('submit', (event) => {
      rest.querySelectorAll('input[name=seen]').forEach((old) => old.remove())
      for (const item of seen) {
        const input = document.createElement('input')
        input.type = 'hidden'
        input.name = 'seen'
        input.value = item
        rest.append(input)
      }
      if (rest.querySelector('button').hasAttribute('aria-disabled')) {
        event.preventDefault()
        event.stopPropagation()
        items().find((item) => !item.dataset.result && !seen.has(item.dataset.item))?.scrollIntoView({ block: 'start' })
      }
    })
    unseen()
  }
  let before = ''
  try {
    before = localStorage.getItem('inspection-one-by-one') ?? ''
  } catch {
    before = ''
  }
  if (before) oneByOne(true)
}

window.addEventListener('beforeunload', (event) => loose.size && event.preventDefault())
// the online event alone is not reliable: also on load, on coming back, and every half minute
window.addEventListener('online', flush)
document.addEventListener('visibilitychange', () => document.hidden || flush())
setInterval(flush, RETRY)
flush()
