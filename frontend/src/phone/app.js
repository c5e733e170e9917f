// The app: who is here, which screen, what is said, and the worker that keeps it for going without a network.
import { Component, render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

import { keepSafe } from '../kept.js'
import { Hazards, Home, Mend, OutboxScreen, People, Settings, Sheet, Shift, Tasks } from './desk.js'
import { Gate } from './gate.js'
import { Point, Report, Round, Scan, TroubleHere } from './guard.js'
import { go, useRoute } from './router.js'
import { leaveBrowser } from './server.js'
import { Session } from './session.js'
import { remember, remembered } from './stores.js'
import { Here, html } from './ui.js'
import { MemoryVault, openVault } from './vault.js'

/** Whether something lives in this page only: then a new version waits for the next visit. */
const holding = { now: () => false }

const LOCKS_AFTER = 30 * 60_000
const SAID = 3500

const SCREENS = { '': Home, scan: Scan, report: Report, round: Round, tasks: Tasks, task: Sheet, shift: Shift, hazards: Hazards, people: People, settings: Settings }

function screenOf({ hash, parts, query }) {
  const [first, second, third] = parts
  if (first === 'p' && second) return third === 'problem' ? html`<${TroubleHere} key=${second} code=${second} query=${query} />` : html`<${Point} key=${second} code=${second} query=${query} />`
  if (first === 'outbox') return second ? html`<${Mend} parts=${parts} />` : html`<${OutboxScreen} />`
  const Found = SCREENS[first ?? ''] ?? Home
  return html`<${Found} key=${hash} parts=${parts} query=${query} />`
}

const looksKept = () => {
  try {
    return JSON.parse(remembered('phone-looks') || '{}')
  } catch {
    return {}
  }
}

function App({ vault }) {
  const route = useRoute()
  const [session, setSession] = useState(null)
  const [, tell] = useState(0)
  const [said, setSaid] = useState(null)
  const [looks, setLooksNow] = useState(looksKept)
  const tabs = useRef(null)
  const { update, complete } = useWorker()

  useEffect(() => {
    document.documentElement.dataset.size = looks.size ?? ''
    document.documentElement.dataset.hand = looks.hand ?? ''
  }, [looks])
  useEffect(() => session?.listen(() => tell((n) => n + 1)), [session])
  useEffect(() => {
    // what was said about the screen before is not said over the one after
    if (said && !said.stays) said.moves ? setSaid(null) : setSaid({ ...said, moves: 1 })
  }, [route.path])
  useEffect(() => {
    if (!said || said.stays) return undefined
    const timer = setTimeout(() => setSaid(null), SAID)
    return () => clearTimeout(timer)
  }, [said])
  useEffect(() => {
    if (!session) return undefined
    let left = 0
    const seen = () => {
      if (document.hidden) left = Date.now()
      else if (left && Math.abs(Date.now() - left) > LOCKS_AFTER && session.box.kept) away()
    }
    document.addEventListener('visibilitychange', seen)
    const minute = setInterval(() => tell((n) => n + 1), 30_000) // the words of a clock move on
    // the app is often open twice: the phone's own scanner opens it anew for each code
    const others = 'BroadcastChannel' in window ? new BroadcastChannel('bihuan-phone') : null
    if (others) others.onmessage = ({ data }) => data.person === session.person.id && away(data.left)
    tabs.current = others
    holding.now = () => session.loose
    return () => {
      document.removeEventListener('visibilitychange', seen)
      clearInterval(minute)
      others?.close()
      holding.now = () => false
    }
  }, [session])

  const open = async (box) => {
    const next = new Session(box)
    await next.open()
    setSession(next)
    if (box.kept) keepSafe()
  }
  const away = (left = false) => {
    session.close()
    session.box.gone = left // nothing that is still under way may write again
    setSession(null)
    setSaid(null)
  }
  const lock = () => {
    if (!session.box.kept) return setSaid({ words: '这个窗口不保存内容，锁上就什么都没了。要换人，请到“设置”里退出。', stays: true, moves: 0 })
    tabs.current?.postMessage({ person: session.person.id })
    return away()
  }
  const leave = async () => {
    tabs.current?.postMessage({ person: session.person.id, left: true })
    session.close()
    session.box.gone = true
    await session.server.revoke()
    await vault.wipe(session.person.id)
    await leaveBrowser()
    setSession(null)
    go('/')
    setSaid({ words: '已退出，这台手机上你的内容都清掉了。', moves: 0 })
  }
  const setLooks = (next) => {
    const after = { ...looks, ...next }
    setLooksNow(after)
    remember('phone-looks', JSON.stringify(after))
  }
  const here = { session, say: (words, stays = false) => setSaid({ words, stays, moves: 0 }), looks, setLooks, lock, leave, update, complete }
  return html`<${Here.Provider} value=${here}>
    ${session ? html`<${Safe} key=${route.path}>${screenOf(route)}<//>` : html`<${Gate} vault=${vault} route=${route} onopen=${open} />`}
    <div class="said" role="status" aria-live="polite">${said && html`<p class=${said.stays ? 'stays' : ''}>${said.words}${said.stays ? html`<button class="btn btn-plain" onClick=${() => setSaid(null)}>知道了</button>` : null}</p>`}</div>
  <//>`
}

/** A screen that breaks says so and leaves the way home; what was done is in the outbox already. */
class Safe extends Component {
  componentDidCatch(error) {
    console.error(error)
    this.setState({ error })
  }

  render({ children }, { error }) {
    return error ? html`<div class="screen"><main><h1>这一页出了错</h1><p>已经记下的都在手机里。请回首页再试；还不行，把这句话告诉管理员：${String(error.message)}</p><p><a class="btn btn-primary" href="#/">回首页</a></p></main></div>` : children
  }
}

/** The worker: {update (a function when a new version waits), complete (null until known)}. */
function useWorker() {
  const [update, setUpdate] = useState(null)
  const [complete, setComplete] = useState('serviceWorker' in navigator ? null : false)
  useEffect(() => {
    if (!('serviceWorker' in navigator)) return
    let mine = !!navigator.serviceWorker.controller
    navigator.serviceWorker.addEventListener('controllerchange', () => (mine ? holding.now() || location.reload() : (mine = true)))
    navigator.serviceWorker.register('/sw.js', { scope: '/' }).then(
      (registration) => {
        if (!registration) return
        const offer = (worker) => worker && navigator.serviceWorker.controller && setUpdate(() => () => worker.postMessage('now'))
        offer(registration.waiting)
        registration.addEventListener('updatefound', () => {
          const worker = registration.installing
          worker.addEventListener('statechange', () => worker.state === 'installed' && offer(worker))
        })
        setInterval(() => registration.update().catch(() => {}), 60 * 60_000)
        navigator.serviceWorker.ready.then(({ active }) => {
          const line = new MessageChannel()
          line.port1.onmessage = ({ data }) => setComplete(!!data)
          active.postMessage('complete', [line.port2])
        })
      },
      () => setComplete(false),
    )
  }, [])
  return { update, complete }
}

const STUCK = 8_000
const root = document.getElementById('app')
const opening = root.firstElementChild
const Stuck = () => html`<div class="opening" role="alert"><p>手机的存储没有回应，已经记下的还在手机里。请重新打开；还不行，关掉别的页面，或者重启手机。</p><p><button class="btn btn-primary" onClick=${() => location.reload()}>重新打开</button></p><p><button class="btn" onClick=${() => start(new MemoryVault())}>急着用：这一次先不保存</button></p></div>`
let started = false
function show(what) {
  opening.remove()
  render(what, root)
}
function start(vault) {
  if (!started) show(html`<${App} vault=${vault} />`)
  started = true
}
const stuck = () => started || show(html`<${Stuck} />`)
setTimeout(stuck, STUCK)
openVault().then(start, stuck)
