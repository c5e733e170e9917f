// Time in words. Everything is shown by the server's clock as far as this phone knows it, in the phone's own zone.
const pad = (n) => String(n).padStart(2, '0')
const day = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()

/** 10:32 today, 昨天 22:10, 11-20 08:00 before. */
export function moment(at, now) {
  const date = new Date(at)
  const hour = `${pad(date.getHours())}:${pad(date.getMinutes())}`
  const days = Math.round((day(new Date(now)) - day(date)) / 86_400_000)
  if (days === 0) return hour
  if (days === 1) return `昨天 ${hour}`
  if (days === -1) return `明天 ${hour}`
  return `${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${hour}`
}

export function length(ms) {
  const minutes = Math.max(1, Math.round(Math.abs(ms) / 60_000))
  if (minutes < 60) return `${minutes} 分钟`
  if (minutes < 48 * 60) return minutes % 60 && minutes < 600 ? `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分` : `${Math.round(minutes / 60)} 小时`
  return `${Math.round(minutes / 1440)} 天`
}

/** A task's clock: {words, urgency: late | today | soon | later}. */
export function taskClock(task, now) {
  const [opens, due, closes] = [task.opens_at, task.due_at, task.closes_at ?? task.due_at].map((at) => Date.parse(at))
  if (now < opens) return { words: `${moment(opens, now)} 开始`, urgency: 'later' }
  if (now <= due) return { words: `还剩 ${length(due - now)}`, urgency: due - now < 30 * 60_000 ? 'today' : 'soon' }
  if (now <= closes) return { words: `已过 ${length(now - due)}，还能补`, urgency: 'late' }
  return { words: `已过 ${length(now - due)}`, urgency: 'late' }
}

/** A deadline: 剩 3 天 / 今天到期 / 逾期 2 天. */
export function dueClock(at, now) {
  if (!at) return { words: '不限期', urgency: 'later' }
  const due = new Date(at)
  const days = Math.round((day(due) - day(new Date(now))) / 86_400_000)
  if (due < now) return { words: days ? `逾期 ${-days} 天` : `逾期 ${length(now - due)}`, urgency: 'late' }
  return days ? { words: `剩 ${days} 天`, urgency: 'soon' } : { words: '今天到期', urgency: 'today' }
}

export const seconds = (n) => (n < 60 ? `${n} 秒` : `${Math.floor(n / 60)} 分${n % 60 ? ` ${n % 60} 秒` : ''}`)

/** The Monday of a week as 2026-11-16. */
export function weekStart(at) {
  const date = new Date(at)
  date.setDate(date.getDate() - ((date.getDay() + 6) % 7))
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}
