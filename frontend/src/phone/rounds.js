// The round under way, kept (sealed) after every look, so that a killed page costs nothing.
import { fresh, iso } from './session.js'

export const WINDOW_BEFORE = 10 * 60_000 // as on the server: a guard who is early walks the round that is about to open

/** The patrol that a look at this point most likely belongs to: open now, and due first. */
export function taskFor(session, point) {
  const now = session.now()
  return session
    .tasks('patrol')
    .filter((task) => session.routes.get(task.subject_id)?.stops.includes(point.id))
    .filter((task) => Date.parse(task.opens_at) - WINDOW_BEFORE <= now && now <= Date.parse(task.closes_at ?? task.due_at))
    .sort((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at))[0]
}

export function newRound(session, { task = null, route = null }) {
  const way = route ?? session.routes.get(task?.subject_id)
  return { id: fresh(), route_id: way.id, task_id: task?.id ?? null, title: way.name, stops: way.stops, order: way.order, opens_at: task?.opens_at ?? null, due_at: task?.due_at ?? null, closes_at: task?.closes_at ?? null, started_at: Date.now(), checks: [], needs: [], spent: 0 }
}

/** Where a round is: which stops are done, which comes next. */
export function progress(round, points) {
  const seen = new Map(round.checks.map((check) => [check.point_id, check]))
  const left = round.stops.filter((id) => !seen.has(id))
  return { seen, left, done: round.stops.length - left.length, all: round.stops.length, next: points?.get(left[0]) ?? null, found: round.checks.filter((check) => check.result === 'found').length }
}

/** A look as the envelope says it. */
export function checkOf({ n, point, look, result, place, seconds, hazard_id = null, evidence = [], note = null }) {
  const { lat = null, lon = null, accuracy = null } = place
  return { n, point_id: point.id, code: look.text, how: look.how, result, at: iso(Date.now()), lat, lon, accuracy, seconds, evidence, hazard_id, note }
}

/** One look: into the round under way when the point is on it, into a round of its own otherwise. Answers what became of it. */
export async function lookedAt(session, point, look, result, { place, hazard, evidence, note } = {}) {
  const seconds = look.seconds()
  const check = checkOf({ n: 1, point, look, result, place: place ?? {}, seconds, hazard_id: hazard ?? null, evidence, note })
  const task = taskFor(session, point)
  let on = false
  let began = false
  const next = await session.changeRound((kept) => {
    const round = kept ?? (task ? { ...newRound(session, { task }), started_at: look.at ?? Date.now() } : null)
    on = !!round?.stops.includes(point.id)
    if (!on) return kept
    began = !kept
    const others = round.checks.filter((one) => one.point_id !== point.id || (one.result === 'found' && one.hazard_id !== hazard))
    const checks = [...others, check].map((one, n) => ({ ...one, n: n + 1 }))
    return { ...round, checks, needs: hazard ? [...new Set([...round.needs, hazard])] : round.needs, spent: round.spent + seconds }
  })
  await session.spent(result === 'found' ? 'report' : 'check', seconds)
  session.just = { code: point.code, at: Date.now() }
  point.checked_at = iso(session.now())
  if (on) return { round: next, began }
  const id = fresh()
  const at = iso(look.at ?? Date.now())
  const args = { id, route_id: null, task_id: null, started_at: at, ended_at: check.at, spent: seconds, checks: [check], handed_over: false, note: '' }
  const kept = await session.put({ id, command: 'patrols.submit_round', args, title: `${point.name} ${result === 'found' ? '有问题' : '正常'}`, action: 'check' }, { needs: hazard ? [hazard] : [] })
  return { round: null, kept }
}

/** Hand in the round; with `handed_over` the next one walks what is left. */
export async function handIn(session, { handed_over = false, note = '' } = {}) {
  let kept = null
  await session.changeRound(async (round) => {
    kept = round && (await putRound(session, round, { handed_over, note })) // in the outbox before it is put away here
    return null
  })
  return kept ?? { sentence: '' }
}

async function putRound(session, round, { handed_over, note }) {
  const { id, route_id, task_id, title, started_at, checks, needs, spent } = round
  const { done, all } = progress(round)
  const last = checks.at(-1)?.at ?? iso(Date.now())
  const args = { id, route_id, task_id, started_at: iso(started_at), ended_at: last, spent, checks, handed_over, note }
  const kept = await session.put({ id, command: 'patrols.submit_round', args, title: `${title}（${done}/${all} 点）`, action: done < all ? 'part' : 'round' }, { needs })
  await session.spent('patrol', 0) // its looks were counted one by one
  return kept
}

/** What a hazard is called: the point, and the first clause of what was said (all of it, when that is a single sign). */
export function titleOf(words, point) {
  const head = words.split(/[，。；！？\n]/)[0].trim()
  const short = (head.length < 2 ? words.replace(/\s+/g, ' ') : head).slice(0, 60)
  return (point ? `${point.name}：${short}` : short).slice(0, 120)
}

/** The hazard's envelope, before the round that found it. `id` is its draft's: sending a draft again is the same hazard. */
export async function report(session, { id, point = null, org, place = '', words, level, photos, source }) {
  const title = titleOf(words, point)
  const args = { id, org, title, description: words, place, point: point?.id ?? null, level, photos: photos.map((photo) => photo.id), source }
  const kept = await session.put({ id, command: 'cases.report_hazard', args, title, action: 'report' }, { photos })
  return { id, kept }
}
