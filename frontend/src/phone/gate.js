// The way in: sign in once with the network, then a PIN. Several people change over on one phone.
import { useEffect, useState } from 'preact/hooks'

import { go } from './router.js'
import { enrol, leaveBrowser, signedIn, signOutHere } from './server.js'
import { Ask, html, Icon, Problem } from './ui.js'

const SIGN_IN = `/sign-in/?next=${encodeURIComponent('/m/#/enrol')}`
const FULL = '手机存储满了，放不下。请先清理手机空间，再试一次。'
const toSignIn = () => location.assign(SIGN_IN)

/** Nobody has used the app on this phone, or somebody new comes. */
export function Welcome({ vault, who, people, onenrol, onback }) {
  const other = async () => {
    if (who) await signOutHere(who.csrf)
    toSignIn()
  }
  return html`<div class="screen gate">
    <main>
      <h1 tabindex="-1">闭环 · 手机端</h1>
      <p>扫码巡查、随手报、交接班。没有网络也能用，连上网自动上传。</p>
      ${!window.isSecureContext && html`<${Problem}>这个网址不是 https，手机不许它用相机和离线存储。请用 https 网址打开，或先用<a href="/">网页版</a>。<//>`}
      ${!vault.kept && window.isSecureContext && html`<${Problem}>这个窗口不允许保存内容（可能是无痕模式）：关掉页面，没上传的就没了。请换普通窗口打开。<//>`}
      ${vault.used && !people.length && html`<${Problem}>这台手机上保存的内容没有了：被清理过，或者手机的存储出了错。没上传的也没有了，请登录后补报。<//>`}
      ${!('serviceWorker' in navigator) && html`<p class="says-so">这个浏览器不能离线打开网页，巡查前请先打开好；或换手机自带的浏览器。</p>`}
    </main>
    <footer class="foot foot-up">
      ${who ? html`<button class="btn btn-primary" onClick=${onenrol}>以 ${who.person.name} 的身份使用</button><button class="btn" onClick=${other}>换别人登录</button>` : html`<button class="btn btn-primary" onClick=${toSignIn}>登录</button>`}
      ${people.length > 0 && html`<button class="btn btn-plain" onClick=${onback}>返回</button>`}
    </footer>
  </div>`
}

function Pad({ title, note, problem, onpin, busy, children, foot }) {
  const [pin, set] = useState('')
  useEffect(() => {
    if (pin.length < 4) return
    onpin(pin)
    set('')
  }, [pin])
  const press = (key) => !busy && set((now) => (key === '←' ? now.slice(0, -1) : (now + key).slice(0, 4)))
  useEffect(() => {
    const typed = (event) => {
      if (/^\d$/.test(event.key)) press(event.key)
      if (event.key === 'Backspace') press('←')
    }
    addEventListener('keydown', typed)
    return () => removeEventListener('keydown', typed)
  }, [busy])
  return html`<div class="screen gate">
    <main>
      <h1 tabindex="-1">${title}</h1>
      ${note && html`<p>${note}</p>`}
      ${children}
      <p class="dots" role="status" aria-label=${`已输入 ${pin.length} 位，共 4 位`}>${[0, 1, 2, 3].map((n) => html`<i class=${n < pin.length ? 'on' : ''}></i>`)}</p>
      <${Problem}>${problem}<//>
    </main>
    <div class="pad" role="region" aria-label="数字键">${['1', '2', '3', '4', '5', '6', '7', '8', '9', '', '0', '←'].map((key) => (key ? html`<button class="key" aria-label=${key === '←' ? '删一位' : key} onClick=${() => press(key)}>${key}</button>` : html`<i></i>`))}</div>
    ${foot && html`<footer class="foot">${foot}</footer>`}
  </div>`
}

/** A PIN of one's own, typed twice, and whose phone this is. */
export function NewPin({ vault, who, onopen }) {
  const [shared, share] = useState(null)
  const [first, setFirst] = useState('')
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const finish = async (pin, isShared) => {
    setBusy(true)
    try {
      const { token, id, expires_at, person } = await enrol(who.csrf)
      const box = await vault.enrol({ person, secret: { token, token_id: id, expires_at }, pin, shared: isShared })
      if (isShared) await signOutHere(who.csrf)
      await onopen(box)
    } catch (error) {
      setBusy(false)
      setFirst('')
      setProblem(error.sentence ?? (error.name === 'QuotaExceededError' ? FULL : '没有连上服务器，请连上网再试。'))
    }
  }
  if (shared === null) {
    const pick = (isShared) => (vault.kept ? share(isShared) : finish('', isShared))
    return html`<div class="screen gate"><main><h1 tabindex="-1">${who.person.name}，这是谁的手机？</h1><p>几个人共用时，每人一个 PIN，各看各的，互不相见。</p><${Problem}>${problem}<//></main>
      <footer class="foot foot-up"><button class="btn" aria-busy=${busy} onClick=${() => pick(true)}>几个人共用</button><button class="btn btn-primary" aria-busy=${busy} onClick=${() => pick(false)}>我自己的</button></footer></div>`
  }
  const pin = async (said) => {
    if (/^(\d)\1{3}$/.test(said) || '0123456789876543210'.includes(said)) return setProblem('这个太容易猜，请换一个。')
    if (!first) {
      setProblem('')
      return setFirst(said)
    }
    if (said !== first) {
      setFirst('')
      return setProblem('两次不一样，请重新设。')
    }
    return finish(said, shared)
  }
  return html`<${Pad} key=${first ? 'again' : 'first'} title=${first ? '再输一遍' : '设一个 4 位 PIN'} note="以后打开只要输它，没有网也行。" problem=${problem} busy=${busy} onpin=${pin} />`
}

/** Who is it, and their PIN. */
export function Lock({ vault, people, onopen, onadd, renewing, onforgotten }) {
  const [who, choose] = useState(people[0])
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const [forgot, setForgot] = useState(false)
  const minutes = (ms) => (ms > 90_000 ? `${Math.ceil(ms / 60_000)} 分钟` : `${Math.ceil(ms / 1000)} 秒`)
  const pin = async (said) => {
    setBusy(true)
    try {
      const { box, wrong, wait } = await vault.unlock(who.id, said)
      if (box) await onopen(box)
      else setProblem(wait ? `输错太多次，请等 ${minutes(wait)} 再试。` : `PIN 不对，还可以试 ${wrong} 次。`)
    } catch (error) {
      setProblem(error.name === 'QuotaExceededError' ? FULL : `没有打开：${error.message}。内容还在手机里，请再试一次。`)
    } finally {
      setBusy(false)
    }
  }
  const pending = (one) => (one.pending ? `${one.pending} 条待上传` : '')
  return html`<${Pad} title=${who.name} note=${renewing ? '重新登录成功，输入 PIN 接着用。' : pending(who)} problem=${problem} busy=${busy} onpin=${pin} foot=${html`<button class="btn btn-plain" onClick=${() => setForgot(true)}>忘了 PIN</button><button class="btn btn-plain" onClick=${onadd}><${Icon} name="user" />加一个人</button>`}>
    ${people.length > 1 && html`<div class="who" role="group" aria-label="换人">${people.map((one) => html`<button key=${one.id} class="btn" aria-pressed=${one.id === who.id} onClick=${() => (choose(one), setProblem(''))}>${one.name}${one.pending ? html`<small>${pending(one)}</small>` : null}</button>`)}</div>`}
    ${forgot && html`<${Ask} words=${`PIN 只在这台手机里，没有人能找回。可以清掉 ${who.name} 在这台手机上的内容，重新登录、重新设 PIN。${who.pending ? `有 ${who.pending} 条还没上传，会一起丢失。` : ''}`} typed=${who.pending ? '清掉' : undefined} danger yes="清掉，重新登录" onno=${() => setForgot(false)} onyes=${() => onforgotten(who.id)} />`}
  <//>`
}

/** Which of these it is, and what follows. */
export function Gate({ vault, route, onopen }) {
  const [people, setPeople] = useState(null)
  const [who, setWho] = useState(undefined)
  const [adding, add] = useState(false)
  const enrolling = route.parts[0] === 'enrol'
  const look = async () => {
    const rows = await vault.people()
    setPeople(rows)
    if (enrolling || !rows.length) setWho(await signedIn())
  }
  useEffect(() => void look(), [enrolling])
  const addOne = async () => {
    setWho(await signedIn())
    add(true)
  }
  const forgotten = async (id) => {
    await vault.wipe(id)
    await leaveBrowser() // or whoever tries would be offered that person's sign-in
    await look()
    go('/')
  }
  const open = async (box) => {
    if (enrolling && who && box.person.id === who.person.id && box.kept) {
      const made = await enrol(who.csrf).catch(() => null)
      if (made) await box.renew({ token: made.token, token_id: made.id, expires_at: made.expires_at })
      if (box.shared) await signOutHere(who.csrf)
    }
    await onopen(box)
    if (enrolling) go('/', { replace: true })
  }
  if (!people || (who === undefined && (enrolling || !people.length))) return html`<p class="opening">正在打开…</p>`
  const known = who && people.find((one) => one.id === who.person.id)
  if (enrolling && who && !known) return html`<${NewPin} vault=${vault} who=${who} onopen=${async (box) => (await onopen(box), go('/', { replace: true }))} />`
  if (adding || !people.length) return html`<${Welcome} vault=${vault} who=${who} people=${people} onenrol=${() => go('/enrol')} onback=${() => add(false)} />`
  const first = enrolling && known ? [known, ...people.filter((one) => one !== known)] : people
  return html`<${Lock} vault=${vault} people=${first} renewing=${enrolling && !!known} onopen=${open} onadd=${addOne} onforgotten=${forgotten} />`
}
