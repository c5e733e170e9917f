// The rest of a shift: home, what is to be filled, the hand-over, my hazards, the outbox, settings.
import { useEffect, useMemo, useState } from 'preact/hooks'

import { dueClock, length, moment, taskClock } from './clock.js'
import { measure } from './minutes.js'
import { progress, titleOf } from './rounds.js'
import { go } from './router.js'
import { fresh, iso } from './session.js'
import { Ask, Choice, Clock, Empty, Full, html, Icon, Level, Problem, Screen, useAct, useDraft, useHere } from './ui.js'

// --- home ---------------------------------------------------------------------------------------------------------------------

export function Home() {
  const { session, update, lock } = useHere()
  const { scope, round, stale, offset, kept_at } = session
  const now = session.now()
  const all = session.tasks()
  const patrols = all.filter((task) => task.act === 'patrol' && task.id !== round?.task_id)
  const sheets = all.filter((task) => !['patrol', 'drill', 'visit'].includes(task.act))
  const soon = (task) => Date.parse(task.opens_at) - now < 12 * 3_600_000
  const shown = [...patrols.filter(soon), ...sheets.filter(soon)].sort((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at))
  const waiting = session.shifts()
  return html`<div class="screen home">
    <header class="bar"><button class="me" onClick=${lock} aria-label=${`${session.person.name}，换人或锁屏`}><${Icon} name="user" /><span>${session.person.name}</span></button><h1 tabindex="-1" class="visually-hidden">手机端</h1><a class="gear" href="#/settings" aria-label="设置"><${Icon} name="settings" /></a></header>
    <main>
      ${update && !round && !session.loose && html`<button class="btn news" onClick=${update}>有新版本，点一下更新</button>`}
      ${stale === 'sign-in' && html`<a class="says-no block" href=${`/sign-in/?next=${encodeURIComponent('/m/#/enrol')}`}>登录已过期，点这里重新登录。内容都在手机里。</a>`}
      ${!session.box.kept && html`<p class="says-no">这个窗口不允许保存：关掉页面，没上传的就没了。</p>`}
      ${session.full ? html`<${Full} />` : null}
      ${Math.abs(offset) > 5 * 60_000 && html`<p class="says-so">手机时间${offset < 0 ? '快' : '慢'}了 ${length(offset)}，请到手机设置里校准。记录会按服务器时间改正，也会标明。</p>`}
      ${!scope && html`<p class="says-so">${stale ? '还没有取到资料，请连一次网。' : '正在取资料…'}</p>`}
      ${round && html`<a class="row row-now" href="#/round"><span class="row-main"><b>${round.title}</b><small>正在走，已查 ${progress(round).done}/${round.stops.length}</small></span><span class="row-act">接着走<${Icon} name="right" /></span></a>`}
      ${waiting.map((one) => html`<a class="row row-now" key=${one.id} href="#/shift"><span class="row-main"><b>${one.from_name}交了班，等你接</b><small>${moment(one.handed_at, now)}${one.note ? `　${one.note}` : ''}</small></span><span class="row-act">接班<${Icon} name="right" /></span></a>`)}
      ${shown.length > 0 && html`<section><h2>接下来</h2><div class="rows">${shown.map((task) => html`<${TaskRow} key=${task.id} task=${task} now=${now} session=${session} />`)}</div></section>`}
      ${scope && !shown.length && !round && !waiting.length && html`<div class="empty"><p class="empty-title">眼下没有等你做的</p><p>看见问题随手报，路过的点也可以扫。</p></div>`}
      ${scope?.hazards?.length > 0 && html`<a class="row" href="#/hazards"><span class="row-main">等我办的隐患</span><span class="row-count">${scope.hazards.length}</span><${Icon} name="right" /></a>`}
      ${all.length > shown.length && html`<a class="row" href="#/tasks"><span class="row-main">之后的巡查和填报</span><span class="row-count">${all.length - shown.length}</span><${Icon} name="right" /></a>`}
      ${scope?.people?.length > 0 && html`<a class="row" href="#/people"><span class="row-main">找人打电话</span><${Icon} name="phone" /></a>`}
      ${scope && html`<p class="kept quiet">资料 ${moment(kept_at, Date.now())} 更新${stale === 'offline' ? '，现在没有网络，照常可用' : stale === 'server' ? '，服务器暂时没有回音' : ''}</p>`}
    </main>
    <footer class="foot home-foot">
      <${OutboxLine} />
      <a class="btn btn-primary btn-scan" href="#/scan"><${Icon} name="qrcode" />扫码巡查</a>
      <a class="btn" href="#/report"><${Icon} name="camera" />随手报</a>
      <a class="btn" href="#/shift"><${Icon} name="swap" />交接班</a>
    </footer>
  </div>`
}

function OutboxLine() {
  const { session } = useHere()
  const { waiting, refused, why, sending } = session.status
  if (refused) return html`<a class="outbox-line waits" href="#/outbox"><${Icon} name="alert" /><span role="status"><b>${refused} 条没被接受</b>，要你看一下</span></a>`
  if (waiting) return html`<a class="outbox-line waits" href="#/outbox"><${Icon} name="upload" /><span role="status"><b>${waiting} 条待上传</b>　${sending ? '正在上传…' : why}</span></a>`
  return html`<a class="outbox-line" href="#/outbox"><${Icon} name="check" /><span role="status">全部已上传</span></a>`
}

function TaskRow({ task, now, session }) {
  const points = session.routes?.get(task.subject_id)?.stops.length
  const href = task.act === 'patrol' ? `#/round/${task.id}` : `#/task/${task.id}`
  return html`<a class="row" href=${href}><span class="row-main"><b>${task.title}</b><small><${Clock} clock=${taskClock(task, now)} />${points ? `　${points} 个点` : ''}</small></span><${Icon} name="right" /></a>`
}

export function Tasks() {
  const { session } = useHere()
  const now = session.now()
  const rows = session.tasks()
  const free = [...(session.routes?.values() ?? [])]
  return html`<${Screen} title="巡查和填报">
    ${rows.length ? html`<div class="rows">${rows.map((task) => html`<${TaskRow} key=${task.id} task=${task} now=${now} session=${session} />`)}</div>` : html`<${Empty} title="没有等你做的">到点的巡查和填报会自己出现。<//>`}
    ${free.length > 0 && html`<section><h2>不到点也可以走</h2><div class="rows">${free.map((route) => html`<a class="row" key=${route.id} href=${`#/round/${route.id}`}><span class="row-main"><b>${route.name}</b><small>${route.stops.length} 个点</small></span><${Icon} name="right" /></a>`)}</div></section>`}
  <//>`
}

// --- filling a sheet ------------------------------------------------------------------------------------------------------------

const sheetOf = (session, task) => Object.values(session.scope?.sheets ?? {}).find((one) => one.sheet_id === task.subject_id || one.id === task.subject_id)
const applies = (item, school) => {
  const stages = school?.stages ?? []
  if (item.stages?.length && stages.length && !item.stages.some((one) => stages.includes(one))) return false
  return (item.facets ?? []).every((one) => (school?.facets ?? []).includes(one))
}

export function Sheet({ parts }) {
  const { session, say } = useHere()
  const task = session.tasks().find((one) => one.id === parts[1])
  const sheet = task && sheetOf(session, task)
  const [answers, change, done, id] = useDraft(session, `task/${parts[1]}`, () => ({}))
  const [wrong, setWrong] = useState({})
  const [asking, ask] = useState(false)
  const seconds = useMemo(() => measure(), [])
  if (!task) return html`<${Screen} title="填报" foot=${html`<a class="btn btn-primary" href="#/">回首页</a>`}><p>这一项已经填过，或者不再由你填。</p><//>`
  const school = session.scope.schools?.find((one) => one.id === (task.school_id ?? task.org_id))
  const items = (sheet?.content.items ?? []).filter((item) => applies(item, school) && item.kind !== 'signature' && item.kind !== 'person')
  const asked = items.filter((item) => !item.when || item.when.among.includes(answers?.[item.when.item]?.result ?? '') || item.when.among.includes(answers?.[item.when.item]?.value ?? ''))
  const checks = asked.filter((item) => (item.kind ?? 'pass-fail') === 'pass-fail')
  const send = async (more) => {
    const told = Object.fromEntries(Object.entries(answers ?? {}).filter(([code]) => asked.some((item) => item.code === code)))
    const args = { task_id: task.id, id, ...(more ?? { answers: told }) }
    const kept = await session.put({ id, command: 'duties.answer_task', args, title: task.title, action: 'sheet' })
    await session.spent('sheet', seconds())
    await done()
    say(kept.sentence || '填好了，有网就上传。', !!kept.sentence)
    go('/')
  }
  const finish = () => {
    const found = Object.fromEntries(asked.map((item) => [item.code, faultOf(item, answers?.[item.code])]).filter(([, words]) => words))
    setWrong(found)
    const first = Object.keys(found)[0]
    if (first) document.getElementById(`item-${first}`)?.scrollIntoView({ block: 'center' })
    else send()
  }
  const rest = () => change((now) => ({ ...now, ...Object.fromEntries(checks.filter((item) => !now[item.code]?.result).map((item) => [item.code, { result: 'pass' }])) }))
  const left = asked.filter((item) => faultOf(item, answers?.[item.code])).length
  if (!sheet) {
    return html`<${Screen} title=${task.title} foot=${html`<button class="btn btn-primary" onClick=${() => send({ nil: true })}>办完了</button>`}><p><${Clock} clock=${taskClock(task, session.now())} /></p><p>${task.act === 'sheet' ? '这张表还没有存到手机里，请连一次网再填。' : '办完以后在这里登记一下。'}</p><//>`
  }
  return html`<${Screen} title=${task.title} foot=${html`${task.nil_allowed ? html`<button class="btn" onClick=${() => ask(true)}>零报告</button>` : null}<button class="btn btn-primary" onClick=${finish}>交${left ? `（缺 ${left} 项）` : ''}</button>`}>
    <p class="quiet">${sheet.title}　<${Clock} clock=${taskClock(task, session.now())} /></p>
    ${answers && asked.map((item) => html`<${Item} key=${item.code} item=${item} answer=${answers[item.code] ?? {}} wrong=${wrong[item.code]} onchange=${(answer) => change({ [item.code]: answer })} />`)}
    ${answers && checks.length > 3 && html`<button class="btn wide" onClick=${rest}>其余都符合</button>`}
    ${asking && html`<${Ask} words=${`「${task.title}」报“没有情况”？`} yes="没有情况，上报" onno=${() => ask(false)} onyes=${() => send({ nil: true })} />`}
  <//>`
}

function faultOf(item, answer = {}) {
  const kind = item.kind ?? 'pass-fail'
  const value = (answer.value ?? '').trim()
  if (kind === 'pass-fail') return !answer.result ? '请选一个' : answer.result === 'fail' && (answer.note ?? '').trim().length < 2 ? '请写一句看到了什么' : ''
  if (kind === 'photo') return ''
  if (!value) return item.required === false ? '' : '必须填写'
  if (kind !== 'number') return ''
  const n = Number(value)
  if (Number.isNaN(n)) return `应填数字${item.unit ? `（${item.unit}）` : ''}`
  if ((item.least != null && n < item.least) || (item.most != null && n > item.most)) return `应在 ${item.least ?? '…'} 到 ${item.most ?? '…'} 之间，请核对`
  return ''
}

const isOdd = (item, { value = '' }) => {
  const n = Number(value)
  return item.kind === 'number' && value.trim() !== '' && ((item.normal_from != null && n < item.normal_from) || (item.normal_to != null && n > item.normal_to))
}

function Item({ item, answer, wrong, onchange }) {
  const kind = item.kind ?? 'pass-fail'
  const value = (event) => onchange({ ...answer, value: event.target.value })
  const label = html`${item.title}${item.unit ? html`<small class="quiet">${item.unit}</small>` : null}`
  const control = {
    number: () => html`<input class="control" inputmode="decimal" value=${answer.value ?? ''} onInput=${value} />`,
    date: () => html`<input class="control" type="date" value=${answer.value ?? ''} onInput=${value} />`,
    text: () => html`<textarea class="control" rows="2" maxlength="500" value=${answer.value ?? ''} onInput=${value}></textarea>`,
  }[kind]
  return html`<div class="item" id=${`item-${item.code}`}>
    ${kind === 'pass-fail' && html`<${Choice} name=${item.code} label=${item.title} options=${[['pass', '符合'], ['fail', '有问题'], ['na', '不适用']]} bad=${['fail']} value=${answer.result} onchange=${(result) => onchange({ ...answer, result })} columns="3" />
      ${answer.result === 'fail' && html`<label class="field"><span class="label">看到了什么</span><textarea class="control" rows="2" maxlength="500" value=${answer.note ?? ''} onInput=${(event) => onchange({ ...answer, note: event.target.value })}></textarea></label>`}`}
    ${kind === 'choice' && html`<${Choice} name=${item.code} label=${item.title} options=${item.options.map((one) => [one, one])} bad=${item.abnormal ?? []} value=${answer.value} onchange=${(one) => onchange({ ...answer, value: one })} columns=${item.options.length > 3 ? 2 : item.options.length} />`}
    ${control && html`<label class="field"><span class="label">${label}</span>${control()}</label>`}
    ${kind === 'photo' && html`<p class="quiet">${item.title}：照片请在“随手报”里拍。</p>`}
    ${item.standard && html`<p class="quiet standard">${item.standard}</p>`}
    ${!wrong && isOdd(item, answer) && html`<p class="quiet standard">不是平常的数，会记为发现。</p>`}
    <${Problem}>${wrong}<//>
  </div>`
}

// --- hand-over ------------------------------------------------------------------------------------------------------------------

const STATES = [['ok', '在'], ['missing', '少'], ['broken', '坏']]

export function Shift() {
  const { session, say } = useHere()
  const waiting = session.shifts()
  const posts = session.scope?.person.posts ?? []
  const places = session.scope?.schools ?? []
  const usual = session.scope?.handover_items ?? []
  const [draft, change, done, draftId] = useDraft(session, 'shift', () => ({ items: usual.map((name) => ({ name, state: 'ok', note: '' })), note: '', to: '', org: posts[0]?.org_id ?? places[0]?.id ?? '', more: '' }))
  const [usually, setUsually] = useState(null)
  const seconds = useMemo(() => measure(), [])
  useEffect(() => void session.box.get('shift-items').then(setUsually), [])
  useEffect(() => {
    if (draft && usually?.length && !draft.items.length) change({ items: usually.map((name) => ({ name, state: 'ok', note: '' })) })
  }, [usually, !!draft])
  const [take, busy] = useAct(say, async (one) => {
    const id = fresh()
    await session.put({ id, command: 'patrols.take_over_shift', args: { handover_id: one.id, note: '' }, title: `接${one.from_name}的班`, action: 'shift' })
    await session.spent('shift', seconds())
    say(`已接${one.from_name}的班。`)
  })
  const add = () => {
    const name = draft.more.trim()
    if (name) change({ more: '', items: [...draft.items, { name: name.slice(0, 40), state: 'ok', note: '' }] })
  }
  const school = places.find((one) => one.id === draft?.org) ?? places[0]
  const relief = (session.scope?.relief ?? []).filter((one) => one.school_id === school?.id)
  const taker = relief.find((one) => one.id === draft?.to)
  const set = (n, next) => change({ items: draft.items.map((item, k) => (k === n ? { ...item, ...next } : item)) })
  const give = async () => {
    const id = draftId
    const items = draft.more.trim() ? [...draft.items, { name: draft.more.trim(), state: 'ok', note: '' }] : draft.items
    const args = { id, org_id: draft.org, to_id: taker?.id ?? null, items, note: draft.note.trim(), handed_at: iso(Date.now()) }
    const kept = await session.put({ id, command: 'patrols.hand_over_shift', args, title: '交班', action: 'shift' })
    await session.keep('shift-items', items.map((item) => item.name))
    await session.spent('shift', seconds())
    await done()
    say(kept.sentence || `已交班，${taker?.name ?? '接班的人'}扫开手机就能看到。`, !!kept.sentence)
    go('/')
  }
  return html`<${Screen} title="交接班" foot=${html`<button class="btn btn-primary" onClick=${give}>交班</button>`}>
    ${waiting.map((one) => html`<section class="hand" key=${one.id}><h2>${one.from_name}交的班</h2><p class="quiet">${moment(one.handed_at, session.now())}</p>
      ${one.items?.length > 0 && html`<ul class="things">${one.items.map((item) => html`<li key=${item.name}>${item.name}<b class=${item.state === 'ok' ? '' : 'bad'}>${STATES.find(([code]) => code === item.state)?.[1]}</b></li>`)}</ul>`}
      ${one.note && html`<p>${one.note}</p>`}<button class="btn btn-primary wide" aria-busy=${busy} onClick=${() => take(one)}>东西点过了，接班</button></section>`)}
    ${session.round && html`<p class="says-so">「${session.round.title}」还没交。可以先<a href="#/round">打开它</a>，交给下一班接着走。</p>`}
    ${draft && html`<section><h2>交给下一班</h2>
      ${relief.length > 0 && html`<label class="field"><span class="label">交给谁</span><select class="control" value=${draft.to} onChange=${(event) => change({ to: event.target.value })}><option value="">不指定，谁接班谁来接</option>${relief.map((one) => html`<option key=${one.id + one.post} value=${one.id}>${one.name} · ${one.post}</option>`)}</select></label>`}
      ${draft.items.map((item, n) => html`<div class="thing" key=${item.name}><span>${item.name}</span><${Choice} name=${`thing-${n}`} label=${html`<span class="visually-hidden">${item.name}</span>`} options=${STATES} bad=${['missing', 'broken']} value=${item.state} onchange=${(state) => set(n, { state })} columns="3" /></div>`)}
      <div class="add-thing"><label class="field"><span class="label">加一样东西</span><input class="control" maxlength="40" value=${draft.more} onInput=${(event) => change({ more: event.target.value })} placeholder="钥匙、对讲机、盾牌…" /></label><button type="button" class="btn" onClick=${add}>加上</button></div>
      <label class="field"><span class="label">要交代的</span><textarea class="control" rows="3" maxlength="500" value=${draft.note} onInput=${(event) => change({ note: event.target.value })} placeholder="没有就空着"></textarea></label></section>`}
  <//>`
}

// --- hazards that wait for me ------------------------------------------------------------------------------------------------------

export function Hazards() {
  const { session } = useHere()
  const rows = session.scope?.hazards ?? []
  return html`<${Screen} title="等我办的隐患">
    ${rows.length ? html`<div class="rows">${rows.map((one) => html`<a class="row" key=${one.id} href=${`/hazards/${one.id}/`}><span class="row-main"><b>${one.title}</b><small>${one.org_name}${one.place ? ` · ${one.place}` : ''}</small><small><${Level} code=${one.level} word=${one.level_name} />　${one.state_name}　<${Clock} clock=${dueClock(one.due_at, session.now())} /></small></span><${Icon} name="right" /></a>`)}</div><p class="quiet">点开要有网络，可能要再登录一次网页版。</p>` : html`<${Empty} title="没有等你办的隐患">新的交办会出现在这里。<//>`}
  <//>`
}

/** Whom to call, school by school. */
export function People() {
  const { session } = useHere()
  const people = session.scope?.people ?? []
  const schools = (session.scope?.schools ?? []).filter((school) => school.phone || people.some((one) => one.school_id === school.id))
  return html`<${Screen} title="找人打电话">
    <ul class="people">${['110 报警', '119 火警', '120 急救'].map((one) => html`<li key=${one}><div><b>${one}</b></div><a class="btn" href=${`tel:${one.slice(0, 3)}`}><${Icon} name="phone" />打电话<span class="visually-hidden">${one}</span></a></li>`)}</ul>
    ${schools.map((school) => html`<section key=${school.id}><h2>${school.name}</h2><ul class="people">
      ${school.phone && html`<li><div><b>学校值班</b><span class="quiet">${school.phone}</span></div><a class="btn" href=${`tel:${school.phone}`}><${Icon} name="phone" />打电话<span class="visually-hidden">给${school.name}</span></a></li>`}
      ${people.filter((one) => one.school_id === school.id).map((one) => html`<li key=${one.name + one.post}><div><b>${one.name}</b><span class="quiet">${one.post}</span></div><a class="btn" href=${`tel:${one.phone}`}><${Icon} name="phone" />打电话<span class="visually-hidden">给${one.name}</span></a></li>`)}
    </ul></section>`)}
  <//>`
}

// --- outbox -------------------------------------------------------------------------------------------------------------------------

export function OutboxScreen() {
  const { session, say } = useHere()
  const [rows, set] = useState(null)
  const [asking, ask] = useState(null)
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    let gone = false
    const load = () => session.outbox.list().then((next) => gone || set(next.filter((row) => row.action !== 'minutes')))
    load()
    const quiet = session.listen(load)
    return () => {
      gone = true
      quiet()
    }
  }, [])
  const now = session.now()
  const send = async () => {
    setBusy(true)
    await session.outbox.flush({ force: true })
    setBusy(false)
  }
  const drop = async (row) => {
    ask(null)
    const did = await session.outbox.drop(row.id)
    say(did ? '已丢弃，一天内可以在下面找回。' : '这一条已经发出，等服务器回话后才能丢弃。', !did)
  }
  const restore = async (row) => {
    await session.outbox.restore(row.id)
    send()
  }
  const retry = async (row) => {
    await session.outbox.retry(row.id)
    send()
  }
  if (!rows) return html`<${Screen} title="上传" />`
  const part = (...states) => rows.filter((row) => states.includes(row.state))
  const waiting = part('waiting', 'sending')
  const refused = part('refused')
  const dropped = part('dropped')
  const sent = part('sent').reverse()
  const line = (row, acts) => html`<li class=${`parcel parcel-${row.state}`} key=${row.id}>
    <b>${row.title}</b>
    <small class="quiet">${moment(row.since, Date.now())} 记下${row.photos.count ? `，照片${row.photos.voices.length ? '和语音' : ''} ${row.photos.sent}/${row.photos.count}` : ''}${row.lost ? `，${row.lost} 张照片没能存下` : ''}${row.state === 'sent' && row.server_at ? `，${moment(row.server_at, now)} 服务器收到` : ''}</small>
    ${row.state === 'sent' ? answerOf(row) : html`<span class=${row.state === 'refused' ? 'parcel-why bad' : 'parcel-why'}>${row.state === 'sending' ? '正在上传…' : row.why}</span>`}
    ${row.photos.count > 0 && row.photos.have < row.photos.total && row.state !== 'refused' && row.state !== 'dropped' ? html`<progress max=${row.photos.total} value=${row.photos.have} aria-label="照片上传进度"></progress>` : null}
    ${acts && html`<div class="parcel-acts">${acts}</div>`}
  </li>`
  return html`<${Screen} title="上传" foot=${waiting.length ? html`<button class="btn btn-primary" aria-busy=${busy} onClick=${send}>${busy ? '正在上传…' : '现在上传'}</button>` : null}>
    ${!waiting.length && !refused.length && html`<div class="empty"><p class="empty-title all-sent"><${Icon} name="check" />全部已上传</p><p>手机里没有等着的东西。</p></div>`}
    ${refused.length > 0 && html`<section><h2>没被接受，要你看一下</h2><ul class="parcels">${refused.map((row) => line(row, html`<button class="btn" onClick=${() => retry(row)}>再试一次</button>${mendable(row) ? html`<a class="btn" href=${`#/outbox/${row.id}`}>改一改</a>` : null}<button class="btn btn-danger" onClick=${() => ask(row)}>丢弃</button>`))}</ul></section>`}
    ${waiting.length > 0 && html`<section><h2>等着上传 <span class="quiet">${waiting.length}</span></h2><ul class="parcels">${waiting.map((row) => line(row, row.editable && html`${mendable(row) && row.photos.sent < row.photos.count ? html`<a class="btn btn-plain" href=${`#/outbox/${row.id}`}>改一改</a>` : null}<button class="btn btn-plain" onClick=${() => ask(row)}>丢弃</button>`))}</ul></section>`}
    ${dropped.length > 0 && html`<section><h2>已丢弃</h2><ul class="parcels">${dropped.map((row) => line(row, html`<button class="btn" onClick=${() => restore(row)}>找回</button>`))}</ul></section>`}
    ${sent.length > 0 && html`<section><h2>已上传</h2><ul class="parcels">${sent.slice(0, 30).map((row) => line(row))}</ul></section>`}
    ${asking && html`<${Ask} words=${`丢弃「${asking.title}」？一天内可以找回。`} danger yes="丢弃" onno=${() => ask(null)} onyes=${() => drop(asking)} />`}
  <//>`
}

const mendable = ({ args }) => args.description !== undefined || args.note !== undefined

const RESULTS = { normal: '正常', found: '发现问题', late: '迟巡', double: '别人已先巡过，这一趟照样留档', wrong_place: '点位不符', free: '随手巡查' }
const answerOf = ({ answer }) => {
  if (!answer) return null
  const words = [answer.number, RESULTS[answer.result], answer.left ? `还缺 ${answer.left} 点` : '', answer.first ? `先巡的是${answer.first}` : ''].filter(Boolean).join('，')
  const signals = (answer.signals ?? []).map((one) => one.words).filter(Boolean)
  return html`${words && html`<span class="parcel-why">${words}</span>`}${signals.map((one) => html`<span class="parcel-why" key=${one}>系统提示：${one}（在网页版可以说明）</span>`)}`
}

/** A refused one is put right: its words, its photos. */
export function Mend({ parts }) {
  const { session, say } = useHere()
  const [row, set] = useState(null)
  const [words, write] = useState('')
  useEffect(
    () =>
      void session.outbox.list().then((rows) => {
        const found = rows.find((one) => one.id === parts[1] && one.editable)
        set(found ?? false)
        if (found) write(found.args.description ?? found.args.note ?? '')
      }),
    [],
  )
  if (row === null) return html`<${Screen} title="改一改" back="#/outbox" />`
  if (!row) return html`<${Screen} title="改一改" back="#/outbox"><p>这一条现在不能改：已经上传，或者正等服务器回话。</p><//>`
  const name = row.args.description === undefined ? 'note' : 'description'
  const send = async (remove = []) => {
    const said = words.trim()
    const title = row.command === 'cases.report_hazard' ? titleOf(said, session.points?.get(row.args.point)) : row.title
    await session.outbox.edit(row.id, { args: { ...row.args, [name]: said, ...(name === 'description' ? { title } : {}) }, title, remove })
    session.outbox.flush({ force: true })
    say('改好了，正在上传。')
    go('/outbox')
  }
  return html`<${Screen} title="改一改" back="#/outbox" foot=${html`<button class="btn btn-primary" onClick=${() => send()}>再上传</button>`}>
    <p><b>${row.title}</b></p><${Problem}>${row.why}<//>
    <label class="field"><span class="label">文字</span><textarea class="control" rows="5" maxlength="2000" value=${words} onInput=${(event) => write(event.target.value)}></textarea></label>
    ${row.photos.voices.length > 0 && html`<button class="btn" onClick=${() => send(row.photos.voices)}>不要语音</button>`}
    ${row.photos.count > 0 && html`<button class="btn" onClick=${() => send(row.photos.ids)}>不要照片${row.photos.voices.length ? '和语音' : ''}，只传文字</button>`}
  <//>`
}

// --- settings -------------------------------------------------------------------------------------------------------------------------

const ACTIONS = { check: '看一个点', patrol: '走一趟', report: '报问题', sheet: '填表', shift: '交接班' }

export function Settings() {
  const { session, looks, setLooks, lock, leave, complete } = useHere()
  const [asking, ask] = useState(null)
  const [minutes, setMinutes] = useState([])
  const [room, setRoom] = useState(null)
  const [safe, setSafe] = useState(null)
  useEffect(() => {
    session.minutes().then(setMinutes)
    navigator.storage?.estimate?.().then(({ usage }) => setRoom(usage))
    navigator.storage?.persisted?.().then(setSafe)
  }, [])
  const [unsent, setUnsent] = useState(null)
  const leaving = async () => {
    setUnsent(await session.unsent())
    ask('leave')
  }
  const lost = unsent && [
    unsent.waiting && `还有 ${unsent.waiting} 条没有上传`,
    unsent.round && `「${unsent.round.title}」走到 ${progress(unsent.round).done}/${unsent.round.stops.length} 没有交`,
    unsent.drafts && `${unsent.drafts} 条写了一半的上报`,
  ].filter(Boolean).join('，')
  const roundFirst = unsent?.round && !unsent.waiting
  const whole = minutes.reduce((sum, one) => sum + one.seconds, 0)
  return html`<${Screen} title="设置" foot=${html`<button class="btn" onClick=${lock}>锁屏 · 换人</button><button class="btn btn-danger" onClick=${leaving}>退出这台手机</button>`}>
    <p><b>${session.person.name}</b><br /><span class="quiet">${(session.scope?.person.posts ?? []).map((post) => `${post.org} ${post.name}`).join('、')}</span></p>
    <${Choice} name="size" label="字的大小" options=${[['', '标准'], ['large', '大字']]} value=${looks.size ?? ''} onchange=${(size) => setLooks({ size })} columns="2" />
    <${Choice} name="hand" label="单手用" options=${[['left', '左手'], ['', '双手'], ['right', '右手']]} value=${looks.hand ?? ''} onchange=${(hand) => setLooks({ hand })} columns="3" />
    <${Choice} name="place" label="打卡时记位置" options=${[['yes', '记'], ['no', '不记']]} value=${session.place ? 'yes' : 'no'} onchange=${(said) => session.allowPlace(said === 'yes')} columns="2" />
    <p class="quiet">只在你点“正常”“有问题”的那一刻记一次，用来证明到过现场，平时不记。不记也能巡查。</p>
    <section><h2>这周用了多少分钟</h2>${minutes.length ? html`<dl class="facts"><dt>一共</dt><dd>${Math.round(whole / 60)} 分钟</dd>${minutes.map((one) => html`<dt key=${one.action}>${ACTIONS[one.action] ?? one.action}</dt><dd>${one.count} 次${one.seconds ? `，平均 ${Math.round(one.seconds / one.count)} 秒` : ''}</dd>`)}</dl><p class="quiet">只算屏幕亮着、手在用的时间；上传的只有岗位每周的合计，不记谁。</p>` : html`<p class="quiet">这周还没有用过。</p>`}</section>
    <section><h2>这台手机</h2><dl class="facts"><dt>离线可用</dt><dd>${complete === null ? '正在准备…' : complete ? '是，扫码也可以' : '不行：这个浏览器或窗口不支持，或还没有存全'}</dd>${safe !== null && html`<dt>会被清理吗</dt><dd>${safe ? '不会，除非自己去清' : '手机空间很紧时可能会：请把这一页“添加到主屏幕”，有待上传的早点连网'}</dd>`}${room != null && html`<dt>占用</dt><dd>${(room / 1e6).toFixed(1)} MB</dd>`}</dl></section>
    <p><a href="/">打开网页版</a>　<a href="#/tasks">全部路线和填报</a></p>
    ${asking === 'leave' && !lost && html`<${Ask} words="退出后，这台手机上你的内容全部清掉，下次要重新登录。" yes="退出" onno=${() => ask(null)} onyes=${leave} />`}
    ${asking === 'leave' && lost && html`<${Ask} words=${`${lost}。`} no="返回" yes=${session.box.kept ? '锁着留在手机里' : '先不退出'} onno=${() => ask(null)} onyes=${session.box.kept ? lock : () => ask(null)}><div class="ask-more"><button class="btn btn-primary" onClick=${() => (ask(null), session.outbox.flush({ force: true }), go(roundFirst ? '/round' : '/outbox'))}>${roundFirst ? '先去交这一趟' : '现在上传'}</button><button class="btn btn-danger" onClick=${() => ask('throw')}>丢弃没上传的，退出</button></div>${session.box.kept ? html`<p class="quiet">锁着留下：别人看不到，下次输 PIN 接着上传。</p>` : null}<//>`}
    ${asking === 'throw' && html`<${Ask} words=${`${lost}：会永远丢失，没有人能找回。`} typed="丢弃" danger yes="丢弃并退出" onno=${() => ask(null)} onyes=${leave} />`}
  <//>`
}
