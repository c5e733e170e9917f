// The small parts that every screen is made of.
import { createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import { html } from 'htm/preact'

import alert from '~icons/alert-triangle.svg?raw'
import back from '~icons/chevron-left.svg?raw'
import bulb from '~icons/bulb.svg?raw'
import camera from '~icons/camera.svg?raw'
import check from '~icons/check.svg?raw'
import clock from '~icons/clock.svg?raw'
import keyboard from '~icons/keyboard.svg?raw'
import list from '~icons/list-check.svg?raw'
import phone from '~icons/phone.svg?raw'
import qrcode from '~icons/qrcode.svg?raw'
import right from '~icons/chevron-right.svg?raw'
import settings from '~icons/settings.svg?raw'
import swap from '~icons/arrows-exchange.svg?raw'
import upload from '~icons/upload.svg?raw'
import user from '~icons/user.svg?raw'
import wave from '~icons/microphone.svg?raw'

export { html }
export const Here = createContext(null)
export const useHere = () => useContext(Here)

const DRAWINGS = { alert, back, bulb, camera, check, clock, keyboard, list, phone, qrcode, right, settings, swap, upload, user, wave }
const inner = Object.fromEntries(Object.entries(DRAWINGS).map(([name, svg]) => [name, svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'))]))

export const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" dangerouslySetInnerHTML=${{ __html: inner[name] }}></svg>`

// --- risk: always colour + word + shape ---------------------------------------------------------------------------------

const SHAPES = {
  red: html`<polygon points="5,1 11,1 15,5 15,11 11,15 5,15 1,11 1,5" />`,
  orange: html`<polygon points="8,1.5 15,14.5 1,14.5" />`,
  yellow: html`<polygon points="8,1 15,8 8,15 1,8" />`,
  blue: html`<circle cx="8" cy="8" r="6.5" />`,
}
const COLOURS = { red: '红 · 重大风险', orange: '橙 · 较大风险', yellow: '黄 · 一般风险', blue: '蓝 · 低风险' }
const LEVELS = { major: 'red', serious: 'orange', general: 'yellow', low: 'blue' }

export const Colour = ({ code, word }) =>
  html`<span class=${`risk risk-${code}`}><svg class="shape" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[code] ?? SHAPES.blue}</svg><span>${word ?? COLOURS[code] ?? code}</span></span>`
export const Level = ({ code, word }) => html`<${Colour} code=${LEVELS[code] ?? 'blue'} word=${word} />`
export const Clock = ({ clock: { words, urgency } }) => html`<span class=${`due due-${urgency}`}>${words}</span>`

// --- the screen -----------------------------------------------------------------------------------------------------------

/** One screen: a bar with the way back, what it is about (or `words`, when its own heading stands in it), and the acts under the thumb. */
export function Screen({ title, words, back = '#/', children, foot, className = '' }) {
  const screen = useRef()
  useEffect(() => {
    document.title = `${title} · 闭环`
    screen.current.querySelector('h1')?.focus({ preventScroll: true })
    scrollTo(0, 0)
  }, [title])
  return html`<div class=${`screen ${className}`} ref=${screen}>
    <header class="bar">
      ${back && html`<a class="back" href=${back} aria-label="返回"><${Icon} name="back" /></a>`}
      ${words ? html`<p class="bar-words">${words}</p>` : html`<h1 tabindex="-1">${title}</h1>`}
      <${Waiting} />
    </header>
    <main>${children}</main>
    ${foot && html`<footer class="foot">${foot}</footer>`}
  </div>`
}

/** Whether everything has arrived, on every screen: a glance, and the way to the list. */
export function Waiting() {
  const here = useHere()
  if (!here?.session) return null
  const { waiting, refused, sending } = here.session.status
  const [word, kind] = refused ? [`${refused} 条要看`, 'refused'] : waiting ? [`${waiting} 条待上传`, 'waits'] : ['全部已上传', 'done']
  return html`<a class=${`waiting waiting-${kind}`} href="#/outbox">
    ${kind === 'done' ? html`<${Icon} name="check" />` : html`<${Icon} name=${refused ? 'alert' : 'upload'} />`}<span role="status">${word}</span>${sending && waiting ? html`<i class="turning" aria-hidden="true"></i>` : null}
  </a>`
}

/** The phone has no room: what is done now lives in this page. */
export const Full = () => html`<p class="says-no" role="alert">手机存储满了，新记的只在这个页面里：请不要关闭页面，连上网传完，再清理手机空间。</p>`

export function Empty({ title, children }) {
  return html`<div class="empty"><p class="empty-title">${title}</p><p>${children}</p></div>`
}

/** A question that must not be answered by accident; `typed` must be written out before the button works. */
export function Ask({ words, yes = '确定', no = '再想想', typed, off, danger, onyes, onno, children }) {
  const dialog = useRef()
  const [said, say] = useState('')
  useEffect(() => dialog.current.showModal(), [])
  const id = 'ask-words'
  return html`<dialog ref=${dialog} class="ask" aria-labelledby=${id} onCancel=${(event) => (event.preventDefault(), onno())}>
    <p id=${id}>${words}</p>
    ${children}
    ${typed && html`<label class="field"><span class="label">请输入「${typed}」再按下面的按钮</span><input class="control" value=${said} onInput=${(event) => say(event.target.value)} autocomplete="off" /></label>`}
    <div class="ask-buttons"><button class="btn" onClick=${onno} autofocus>${no}</button><button class=${`btn ${danger ? 'btn-danger' : 'btn-primary'}`} disabled=${off || (typed && said.trim() !== typed)} onClick=${onyes}>${yes}</button></div>
  </dialog>`
}

/** An act that may take a moment: never twice at once, and what went wrong is said. */
export function useAct(say, work) {
  const [busy, setBusy] = useState(false)
  const act = async (...given) => {
    if (busy) return
    setBusy(true)
    try {
      await work(...given)
    } catch (error) {
      console.warn(error)
      say(`没有记下来（${error.message}）。请再点一次；还不行，把这句话给管理员看。`, true)
    }
    setBusy(false)
  }
  return [act, busy]
}

/** [value, change, done, id]: what is typed is kept (sealed) while it is typed; `id` is that of the envelope it becomes. */
export function useDraft(session, name, first) {
  const [draft, set] = useState(null)
  useEffect(() => {
    let gone = false
    const load = async () => {
      const kept = await session.box.get(`draft/${name}`)
      const open = kept && !(await session.outbox.has(kept.id)) // sent, and killed before it was put away
      if (!gone) set(open ? kept : { id: crypto.randomUUID(), value: first() })
    }
    set(null)
    load()
    return () => (gone = true)
  }, [name])
  const change = (next) => {
    set((before) => {
      const after = { ...before, value: typeof next === 'function' ? next(before.value) : { ...before.value, ...next } }
      session.keep(`draft/${name}`, after)
      return after
    })
  }
  const done = () => session.keep(`draft/${name}`, null)
  return [draft?.value ?? null, change, done, draft?.id]
}

export const Problem = ({ children }) => (children ? html`<p class="says-no" role="alert">${children}</p>` : null)

/** Big answers, one of them. */
export function Choice({ name, label, options, value, onchange, bad = [], columns }) {
  return html`<fieldset class="field"><legend>${label}</legend><div class=${`answers ${columns ? `answers-${columns}` : ''}`}>
    ${options.map(([code, word]) => html`<label class=${`tick ${bad.includes(code) ? 'tick-bad' : ''}`} key=${code}><input type="radio" name=${name} checked=${value === code} onChange=${() => onchange(code)} /><span>${word}</span></label>`)}
  </div></fieldset>`
}
