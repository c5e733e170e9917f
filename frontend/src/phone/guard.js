// What a guard does at a point: look for the code, say 正常 or 有问题, walk on.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'

import { bytesOf, Photos } from './camera.js'
import { moment, taskClock } from './clock.js'
import { measure, working } from './minutes.js'
import { ask } from './place.js'
import { go } from './router.js'
import { handIn, lookedAt, newRound, progress, report, taskFor, WINDOW_BEFORE } from './rounds.js'
import { codeIn, scan, serialIn, warm } from './scanner.js'
import { Ask, Choice, Clock, Colour, Full, html, Icon, Problem, Screen, useAct, useDraft, useHere, Waiting } from './ui.js'
import { Voice, voicesOf } from './voice.js'

const STILL_THERE = 60_000

/** What led to the point that is open: set by the camera or the keyboard, read by the point's page. `code` is where it led. */
let last = null
const lookFor = (text, how, { seconds = measure(), code = codeIn(text) } = {}) => (last = { code, text, how, at: Date.now(), seconds })

// --- the camera -------------------------------------------------------------------------------------------------------------

export function Scan({ query }) {
  const { session } = useHere()
  const video = useRef()
  const [state, set] = useState('starting')
  const [typing, type] = useState(query.has('typed'))
  const [other, setOther] = useState(false)
  const [just, setJust] = useState(false)
  const torch = useRef(null)
  const [light, setLight] = useState(null)
  const round = session.round
  const way = round && progress(round, session.points)

  useEffect(() => {
    if (typing) return undefined
    let stop = () => {}
    let gone = false
    const seconds = measure()
    const hand = setInterval(working, 10_000)
    const onCode = (code, text) => {
      // the label that was just answered is still before the camera
      if (session.just?.code === code && Date.now() - session.just.at < STILL_THERE) return setJust(true)
      performance.mark('code-seen')
      navigator.vibrate?.(60)
      lookFor(text, 'scan', { seconds })
      stop()
      return go(`/p/${code}`)
    }
    scan(video.current, { onCode, onOther: (unable) => (unable === 'unable' ? set('unable') : setOther(true)) }).then(
      (running) => {
        if (gone) return running.stop()
        stop = running.stop
        torch.current = running.torch
        setLight(running.torch ? false : null)
        return set('looking')
      },
      (error) => gone || set(error.name === 'NotAllowedError' ? 'forbidden' : 'none'),
    )
    return () => {
      gone = true
      clearInterval(hand)
      stop()
    }
  }, [typing])

  const words = {
    starting: '正在打开相机…',
    looking: just ? '这一点刚记过，走到下一点再扫' : other ? '这不是风险点的码，请对准墙上的码' : '对准墙上的码，会自动打开',
    forbidden: '没有得到相机的许可。请在浏览器设置里允许相机，或输入码下面的编号。',
    none: '这台手机的相机打不开，请输入码下面的编号。',
    unable: '扫码部件还没有存到手机里，请连一次网；现在可以输入编号。',
  }[state]
  if (typing) return html`<${Typed} onback=${() => type(false)} />`
  return html`<div class="screen scan">
    <header class="bar"><a class="back" href=${round ? '#/round' : '#/'} aria-label="返回"><${Icon} name="back" /></a><h1 tabindex="-1">扫码巡查</h1><${Waiting} /></header>
    <main>
      <div class=${`finder ${state === 'looking' ? 'on' : ''}`}><video ref=${video} playsinline muted aria-label="相机画面"></video><i aria-hidden="true"></i></div>
      <p class="scan-says" role="status">${words}</p>
      ${session.full ? html`<${Full} />` : null}
      ${way && html`<p class="scan-next">${round.title}　已查 <b>${way.done}</b>/${way.all}${way.next ? html`<br />下一点：${way.next.name}${way.next.place ? `（${way.next.place}）` : ''}` : html`<br />都查完了`}</p>`}
    </main>
    <footer class="foot">
      ${light !== null && html`<button class="btn" aria-pressed=${light} onClick=${() => (torch.current(!light), setLight(!light))}><${Icon} name="bulb" />${light ? '关灯' : '开灯'}</button>`}
      <button class="btn" onClick=${() => type(true)}><${Icon} name="keyboard" />输入编号</button>
      ${round && html`<a class=${`btn ${way.left.length ? '' : 'btn-primary'}`} href="#/round"><${Icon} name="list" />${way.left.length ? '看这一趟' : '交这一趟'}</a>`}
    </footer>
  </div>`
}

function Typed({ onback }) {
  const { session } = useHere()
  const [code, set] = useState('')
  const [wrong, setWrong] = useState('')
  const seconds = useMemo(() => measure(), [])
  const send = (event) => {
    event.preventDefault()
    const said = codeIn(code)
    if (said.length < 4) return setWrong('编号在二维码旁边，是 10 位字母和数字。')
    const found = session.pointOf(said)?.code ?? said
    lookFor(code.trim(), 'typed', { seconds, code: codeIn(found) })
    return go(`/p/${found}?how=typed`) // in the address too: a killed page still knows that nothing was scanned
  }
  return html`<${Screen} title="输入编号" back="#/scan?again" foot=${html`<button type="button" class="btn" onClick=${onback}><${Icon} name="qrcode" />改用扫码</button><button form="typed" class="btn btn-primary">打开</button>`}>
    <form id="typed" onSubmit=${send}>
      <label class="field"><span class="label">码旁边的编号</span><input class="control code-input" autofocus value=${code} onInput=${(event) => set(event.target.value)} autocapitalize="characters" autocomplete="off" spellcheck="false" inputmode="text" maxlength="30" /></label>
      <${Problem}>${wrong}<//>
      <p class="quiet">标签坏了、扫不出来才用编号。这一点会标明“输入编号”，请顺手告诉安全负责人换标签。</p>
    </form>
  <//>`
}

// --- the point --------------------------------------------------------------------------------------------------------------

/** How the person came here: by the camera or keyboard a moment ago, or by a link (the phone's own scanner, a tag). */
function useLook(code, query) {
  return useMemo(() => {
    const said = query.get('how')
    const how = ['chosen', 'typed'].includes(said) ? said : query.get('via') === 'nfc' ? 'nfc' : 'scan'
    if (last?.code === codeIn(code) && (how === 'scan' || how === last.how) && Date.now() - last.at < 10 * 60_000) return last
    const n = query.get('n')
    const text = { chosen: '', typed: code }[how] ?? `${location.origin}/p/${code}${n ? `?n=${n}` : ''}`
    return lookFor(text, how, { code: codeIn(code) })
  }, [code])
}

/** The address of a point or of what is wrong there, with how the person came to it. */
const pointHref = (code, query, more = '') => [`#/p/${encodeURIComponent(code)}${more}`, query.toString()].filter(Boolean).join('?')

export function Point({ code, query }) {
  const { session, say } = useHere()
  const point = session.pointOf(code)
  const look = useLook(code, query)
  const place = useMemo(() => ask(session.place), [code])
  const [unable, cannot] = useState(null)
  const [normal, busy] = useAct(say, async () => {
    const { round: next, began, kept } = await lookedAt(session, point, look, 'normal', { place: place() })
    last = null
    say(kept?.sentence || (next ? `已记：${point.name} 正常（${progress(next).done}/${next.stops.length}）${began ? `，${next.title}开始` : ''}` : `已记：${point.name} 正常`), !!kept?.sentence)
    go(next ? (progress(next).left.length ? '/scan' : '/round') : '/')
  })
  const [skip, skipping] = useAct(say, async () => {
    const { round: next } = await lookedAt(session, point, look, 'skipped', { place: place(), note: unable.trim().slice(0, 300) })
    last = null
    say(`已记：${point.name} 没有查`)
    go(next && !progress(next).left.length ? '/round' : '/scan')
  })
  useEffect(() => {
    warm()
    session.last = point
    const drawn = requestAnimationFrame(() =>
      setTimeout(() => {
        performance.mark('point-ready') // painted, and a tap is heard
        if (performance.getEntriesByName('code-seen').length) performance.measure('scan-to-point', 'code-seen', 'point-ready')
      }),
    )
    return () => cancelAnimationFrame(drawn)
  }, [code])
  if (!point) return html`<${Unknown} code=${code} />`
  const round = session.round
  const on = round?.stops.includes(point.id)
  const task = round ? null : taskFor(session, point)
  const before = on && round.checks.find((check) => check.point_id === point.id)
  const old = serialIn(look.text) && point.least_n && serialIn(look.text) < point.least_n
  const emergency = point.measures?.find((one) => one.word.includes('应急'))
  return html`<${Screen} title=${point.name} words=${on ? `${round.title} ${progress(round).done}/${round.stops.length}` : '风险点'} back=${round ? '#/round' : '#/'} className="at-point" foot=${html`<a class="btn btn-trouble" href=${pointHref(code, query, '/problem')}><${Icon} name="alert" />有问题</a><button class="btn btn-normal" aria-busy=${busy} onClick=${normal}><${Icon} name="check" />正常</button>`}>
    <section class=${`plate plate-${point.shown_colour ?? point.colour}`}>
      <${Colour} code=${point.shown_colour ?? point.colour} />
      <h1 tabindex="-1">${point.name}</h1>
      <p>${point.place || point.school_name}</p>
      ${point.shown_colour && point.shown_colour !== point.colour && point.why?.length ? html`<p class="quiet">现在按${COLOUR_WORDS[point.shown_colour]}管：${wordsOf(point.why)}</p>` : null}
    </section>
    ${task && html`<p class="route-line"><b>${task.title}</b>　点“正常”就开始这一趟，<${Clock} clock=${taskClock(task, session.now())} /></p>`}
    ${before && html`<p class="says-so">这一点刚才记过：${RESULT_WORDS[before.result]}。再记一次，以后一次为准。</p>`}
    ${session.place === null && html`<div class="asks-place"><p>打卡时要不要记一下位置？只在点“正常”“有问题”的那一刻，用来证明到过现场。</p><button class="btn" onClick=${() => session.allowPlace(false)}>不记</button><button class="btn" onClick=${() => session.allowPlace(true)}>记位置</button></div>`}
    ${round && !on && html`<p class="says-so">这一点不在「${round.title}」里，会单独记一次，不影响这一趟。</p>`}
    ${look.how === 'typed' && html`<p class="says-so">输入编号打开，会标明。</p>`}
    ${old ? html`<p class="says-so">扫到的是旧标签（第 ${serialIn(look.text)} 张），现场应有更新的一张。照常登记，请告诉安全负责人。</p>` : null}
    <section><h2>风险告知</h2><dl class="facts">
      <dt>危险</dt><dd>${point.hazard_source || '尚未填写'}</dd>
      <dt>会出的事</dt><dd>${point.accident || '尚未填写'}</dd>
      ${emergency && html`<dt>应急</dt><dd><b>${emergency.text}</b></dd>`}
    </dl></section>
    ${point.measures?.length > (emergency ? 1 : 0) && html`<section><h2>看什么</h2><dl class="facts">${point.measures.filter((one) => one !== emergency).map((one) => html`<dt key=${one.word}>${one.word.replace(/措施$/, '')}</dt><dd>${one.text}</dd>`)}</dl></section>`}
    <section><h2>找谁</h2><${People} people=${point.phones ?? []} owner=${point.owner} post=${point.owner_post} session=${session} school=${point.school_id} /></section>
    <section><h2>最近巡查</h2><p class="quiet">${point.checked_at ? `${moment(point.checked_at, session.now())} 看过` : '还没有登记过'}${point.open_hazards ? `，有 ${point.open_hazards} 条隐患没销号` : ''}${point.cadence ? `。规定：${point.cadence}` : ''}</p></section>
    ${point.posted === false && html`<p class="quiet">这一点的标签还没有登记贴好。<a href=${`/p/${encodeURIComponent(point.code)}/post/`}>拍照登记</a>（要有网络和登记的权限）</p>`}
    ${on && html`<p><button class="btn btn-plain" onClick=${() => cannot('')}>这一点查不了</button></p>`}
    ${unable !== null && html`<${Ask} words=${`${point.name} 为什么查不了？会写在这一趟里。`} yes="记为没有查" no="返回" off=${skipping || unable.trim().length < 2} onno=${() => cannot(null)} onyes=${skip}><label class="field"><span class="label">原因</span><input class="control" maxlength="120" value=${unable} onInput=${(event) => cannot(event.target.value)} placeholder="例如：门锁着，钥匙在总务处" /></label><//>`}
  <//>`
}

const RESULT_WORDS = { normal: '正常', found: '有问题', skipped: '没有查' }

const COLOUR_WORDS = { red: '红色', orange: '橙色', yellow: '黄色', blue: '蓝色' }
const wordsOf = (why) => why.map((one) => (typeof one === 'string' ? one : (one.words ?? one.text ?? one.sentence ?? ''))).filter(Boolean).join('；')

function People({ people, owner, post, session, school }) {
  const unit = session.scope?.schools?.find((one) => one.id === school)
  const rows = people.length ? people : owner ? [{ name: owner, post, phone: '' }] : []
  return html`<ul class="people">
    ${rows.map((one) => html`<li key=${one.name}><div><b>${one.name}</b><span class="quiet">${one.post}</span></div>${one.phone && html`<a class="btn" href=${`tel:${one.phone}`}><${Icon} name="phone" />打电话</a>`}</li>`)}
    ${unit?.phone && html`<li><div><b>学校值班</b><span class="quiet">${unit.name}</span></div><a class="btn" href=${`tel:${unit.phone}`}><${Icon} name="phone" />打电话</a></li>`}
    ${!rows.length && html`<li class="nobody">这一点现在没有人负责，请告诉安全负责人。</li>`}
  </ul>`
}

function Unknown({ code }) {
  const { session } = useHere()
  const [state, set] = useState('')
  const again = async () => {
    set('正在更新…')
    set((await session.refresh()) ? '资料是最新的，还是没有这个码。' : '没有连上，连上网后再试。')
  }
  return html`<${Screen} title="手机里没有这个码" back="#/scan" foot=${html`<button class="btn" onClick=${again}>更新资料</button><a class="btn btn-primary" href="#/scan">重新扫</a>`}>
    <p class="code-shown">${code}</p>
    <p>可能是旧标签、别的学校的码，或者刚换的新码。</p>
    <p>如果墙上就是这一张：点“更新资料”；还不行，用<a href=${`/p/${encodeURIComponent(code)}?page=1`}>网页版打开</a>看这个点，或告诉学校安全负责人换标签。</p>
    ${session.round && html`<p>正在走「${session.round.title}」：也可以<a href="#/round">从名单里选这一点</a>，会标明“从名单选”。</p>`}
    <p role="status">${state}</p>
  <//>`
}

// --- 有问题 -------------------------------------------------------------------------------------------------------------------

const blank = () => ({ words: '', photos: [], voice: null, level: 'general' })
const levelsOf = (session) => (session.scope?.levels?.length ? session.scope.levels.map((one) => [one.code, one.name]) : [['general', '一般'], ['major', '重大']])

const STOP_FIRST = '还在录音，请先点一下停。'

function lacking(draft) {
  if (!draft.photos.length) return '请拍一张能看清问题的照片。'
  return draft.words.trim().length < 2 ? (draft.voice ? '请再写两个字作标题，例如：灭火器。' : '请写一句话：什么问题。') : ''
}

export function TroubleHere({ code, query }) {
  const { session, say } = useHere()
  const point = session.pointOf(code)
  const look = useLook(code, query)
  const place = useMemo(() => ask(session.place), [code])
  const [draft, change, done, id] = useDraft(session, `point/${code}`, blank)
  const [wrong, setWrong] = useState('')
  const [recording, record] = useState(false)
  const [send, busy] = useAct(say, async () => {
    const lack = recording ? STOP_FIRST : lacking(draft)
    setWrong(lack)
    if (lack) return
    const photos = draft.photos.map((photo) => ({ id: photo.id, bytes: bytesOf(photo.data), taken_at: photo.taken_at }))
    const { kept } = await report(session, { id, point, org: point.org_id ?? point.school_id, place: point.place, words: draft.words.trim(), level: draft.level, photos: [...photos, ...voicesOf(draft)], source: 'point' })
    const { round } = await lookedAt(session, point, look, 'found', { place: place(), hazard: id, evidence: photos.map((photo) => photo.id), note: draft.words.trim().slice(0, 300) })
    last = null
    await done()
    say(kept.sentence || `已记：${point.name} 有问题，记下的都在手机里`, !!kept.sentence)
    go(round ? (progress(round).left.length ? '/scan' : '/round') : '/outbox')
  })
  if (!point) return html`<${Unknown} code=${code} />`
  return html`<${Screen} title="有问题" back=${pointHref(code, query)} foot=${html`<button class="btn btn-primary" aria-busy=${busy} onClick=${send}>上报</button>`}>
    <p class="where"><b>${point.name}</b>${point.place ? `　${point.place}` : ''}</p>
    ${draft && html`<${TroubleFields} draft=${draft} change=${change} onbusy=${record} levels=${levelsOf(session)} />`}
    <${Problem}>${wrong}<//>
  <//>`
}

function TroubleFields({ draft, change, onbusy, levels }) {
  return html`<${Photos} photos=${draft.photos} must onchange=${(photos) => change({ photos })} label="拍照" />
    <label class="field"><span class="label">什么问题</span><textarea class="control" rows="3" maxlength="500" value=${draft.words} onInput=${(event) => change({ words: event.target.value })} placeholder="一句话，例如：灭火器指针在红区"></textarea></label>
    <${Voice} voice=${draft.voice} onbusy=${onbusy} onchange=${(voice) => change({ voice })} />
    <${Choice} name="level" label="要紧吗" options=${levels} value=${draft.level} onchange=${(level) => change({ level })} bad=${['major']} columns=${levels.length > 3 ? 2 : levels.length} />`
}

/** 随手报: a photo, a few words, the place; three taps when the camera's own two are not counted. */
export function Report() {
  const { session, say } = useHere()
  const schools = session.scope?.schools ?? []
  const [draft, change, done, id] = useDraft(session, 'report', () => ({ ...blank(), org: session.last?.school_id ?? schools[0]?.id ?? '', point: session.last?.id ?? '', place: session.last?.place ?? '' }))
  const [wrong, setWrong] = useState('')
  const [recording, record] = useState(false)
  const seconds = useMemo(() => measure(), [])
  const org = draft?.org || schools[0]?.id || '' // a draft may be older than what the phone knows of schools
  const here = draft && (session.scope?.points ?? []).filter((point) => point.school_id === org)
  const [send, busy] = useAct(say, async () => {
    const lack = (recording ? STOP_FIRST : lacking(draft)) || (org ? '' : '手机里还没有学校的资料，请连一次网。')
    setWrong(lack)
    if (lack) return
    const point = session.points?.get(draft.point) ?? null
    const photos = draft.photos.map((photo) => ({ id: photo.id, bytes: bytesOf(photo.data), taken_at: photo.taken_at }))
    const { kept } = await report(session, { id, point, org: point?.org_id ?? org, place: draft.place.trim() || (point?.place ?? ''), words: draft.words.trim(), level: draft.level, photos: [...photos, ...voicesOf(draft)], source: 'snap' })
    await session.spent('report', seconds())
    await done()
    say(kept.sentence || '已存好，有网就上传。谢谢你。', !!kept.sentence)
    go('/outbox')
  })
  return html`<${Screen} title="随手报" foot=${html`<button class="btn btn-primary" aria-busy=${busy} onClick=${send}>上报</button>`}>
    ${draft && html`<${TroubleFields} draft=${draft} change=${change} onbusy=${record} levels=${levelsOf(session)} />
      ${schools.length > 1 && html`<label class="field"><span class="label">哪所学校</span><select class="control" value=${org} onChange=${(event) => change({ org: event.target.value, point: '' })}>${schools.map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}</select></label>`}
      <label class="field"><span class="label">在哪里</span><input class="control" maxlength="80" value=${draft.place} onInput=${(event) => change({ place: event.target.value })} placeholder="例如：综合楼一层东楼梯" /></label>
      ${here.length > 0 && html`<label class="field"><span class="label">挨着哪个风险点<small class="quiet">可不选</small></span><select class="control" value=${draft.point} onChange=${(event) => change({ point: event.target.value, place: session.points.get(event.target.value)?.place || draft.place })}><option value="">不在风险点旁</option>${here.map((one) => html`<option key=${one.id} value=${one.id}>${one.name}${one.place ? ` · ${one.place}` : ''}</option>`)}</select></label>`}`}
    <${Problem}>${wrong}<//>
  <//>`
}

// --- the round ----------------------------------------------------------------------------------------------------------------

export function Round({ parts }) {
  const { session, say } = useHere()
  const [asking, ask] = useState(null)
  const round = session.round
  useEffect(() => void warm(), [])
  if (!round) return html`<${Begin} id=${parts.at(-1)} />`
  const { seen, left, done, all, found } = progress(round, session.points)
  const hand = async (how) => {
    const kept = await handIn(session, how)
    say(kept.sentence || (how?.handed_over ? '已交给下一班接着走。' : '这一趟交了，辛苦。'), !!kept.sentence)
    go('/')
  }
  const drop = async () => {
    await session.changeRound(() => null)
    say('这一趟没有交，已经上报的问题不受影响。')
    go('/')
  }
  const nextId = left[0]
  const foot = left.length
    ? html`<button class="btn" onClick=${() => ask('more')}>其他</button><a class="btn btn-primary" href="#/scan"><${Icon} name="qrcode" />扫下一个点</a>`
    : html`<button class="btn btn-primary" onClick=${() => hand()}>交这一趟</button>`
  return html`<${Screen} title=${round.title} foot=${foot}>
    <p class="round-line"><span class="round-count"><b>${done}</b>/${all}</span> ${round.order === 'ordered' ? '按顺序走' : '不分先后'}${found ? `，发现 ${found} 处问题` : ''}</p>
    <progress class="round-bar" max=${all} value=${done} aria-label=${`已查 ${done} 点，共 ${all} 点`}></progress>
    <p class="quiet">${moment(round.started_at, Date.now())} 开始${round.due_at ? html`　<${Clock} clock=${taskClock({ ...round, opens_at: '2000-01-01' }, session.now())} />` : ''}</p>
    ${!left.length && tooEarly(round.opens_at, session.now())}
    <ol class="stops">${round.stops.map((id) => html`<${Stop} key=${id} point=${session.points?.get(id)} check=${seen.get(id)} next=${id === nextId && round.order === 'ordered'} />`)}</ol>
    ${round.checks.filter((check) => !round.stops.includes(check.point_id)).length > 0 && html`<p class="quiet">路线外还看了 ${round.checks.filter((check) => !round.stops.includes(check.point_id)).length} 点。</p>`}
    ${asking === 'more' && html`<${Ask} words=${`还有 ${left.length} 点没查。`} no="接着走" yes="交给下一班" onno=${() => ask(null)} onyes=${() => (done ? hand({ handed_over: true }) : drop())}><div class="ask-more"><button class="btn" disabled=${!done} onClick=${() => hand()}>现在就交（缺 ${left.length} 点）</button><button class="btn btn-danger" onClick=${() => ask('drop')}>这一趟不走了</button></div><//>`}
    ${asking === 'drop' && html`<${Ask} words=${`已记的 ${done} 点会丢掉，已上报的问题不受影响。确定不走了？`} danger yes="不走了" onno=${() => ask(null)} onyes=${drop} />`}
  <//>`
}

function Stop({ point, check, next }) {
  const state = check?.result ?? 'left'
  const words = RESULT_WORDS[state] ?? (next ? '下一点' : '')
  const flags = check && { typed: '输入编号', chosen: '从名单选', nfc: '', scan: '' }[check.how]
  return html`<li class=${`stop stop-${state} ${next ? 'stop-next' : ''}`}>
    <a href=${point ? `#/p/${point.code}?how=chosen` : '#/round'}>
      <i class="stop-mark" aria-hidden="true">${state === 'normal' ? html`<${Icon} name="check" />` : state === 'found' ? html`<${Icon} name="alert" />` : null}</i>
      <span class="stop-name">${point?.name ?? '已停用的点'}<small class="quiet">${point?.place}${flags ? `　${flags}` : ''}</small></span>
      <span class="stop-state">${words}</span>
    </a>
  </li>`
}

const tooEarly = (opens_at, now) => (opens_at && now < Date.parse(opens_at) - WINDOW_BEFORE ? html`<p class="says-so">这一趟 ${moment(opens_at, now)} 才开始。更早走完的会留档，但不算完成，到时还要再走。</p>` : null)

/** Before the first look: what this round is, and one button. */
function Begin({ id }) {
  const { session } = useHere()
  const task = session.tasks('patrol').find((one) => one.id === id)
  const route = session.routes?.get(task ? task.subject_id : id)
  if (!route) return html`<${Screen} title="巡查" foot=${html`<a class="btn btn-primary" href="#/scan">直接扫码</a>`}><p>这一趟已经交了，或者不再由你走。</p><//>`
  const start = async () => {
    await session.changeRound((kept) => kept ?? newRound(session, { task, route }))
    go('/scan')
  }
  return html`<${Screen} title=${task?.title ?? route.name} foot=${html`<button class="btn btn-primary" onClick=${start}><${Icon} name="qrcode" />开始，扫第一个点</button>`}>
    <p>${route.stops.length} 个点，${route.order === 'ordered' ? '按顺序走' : '不分先后'}。${task ? html`<${Clock} clock=${taskClock(task, session.now())} />` : ''}</p>
    ${tooEarly(task?.opens_at, session.now())}
    <ol class="stops">${route.stops.map((one) => html`<${Stop} key=${one} point=${session.points?.get(one)} />`)}</ol>
  <//>`
}
