// What waits, in words: since when and why; and what of it goes. Pure; `view` is {sending (ids), volatile (ids), paused (why or null), over(until)}.

/**
 * Everything in the outbox, oldest first: {id, command, title, action, args, state, since, why, code, fields, photos: {count, sent,
 * total, have, ids, voices}, needs, maybe, editable, lost, answer, sent_at, server_at, volatile}.
 * `state`: waiting | sending | refused | sent | dropped.
 */
export function parcels(records, view) {
  const known = new Map(records.map((row) => [row.id, row]))
  const rows = records.filter((row) => row.type === 'envelope').sort(byTurn)
  return rows.map((row) => {
    const photos = row.photos.map((id) => known.get(id)).filter(Boolean)
    const { id, command, title, action, args, needs, maybe, lost = 0, answer = null, server_at = null, sent_at = null } = row
    return {
      id, command, title, action, args, needs, maybe, lost, answer, server_at, sent_at,
      state: view.sending.has(id) && row.state === 'waiting' ? 'sending' : row.state,
      since: row.made_at,
      why: whyOf(row, known, photos, view),
      code: row.why?.code ?? '',
      fields: row.why?.fields ?? {},
      photos: tally(row, photos),
      editable: row.state === 'refused' || (row.state === 'waiting' && !maybe),
      volatile: view.volatile.has(id),
    }
  })
}

/** {waiting, refused, sent, oldest, why, sign_in} of these parcels. What nobody did and nobody waits for is left out. */
export function summary(all, { paused }) {
  const rows = all.filter((row) => row.action !== 'minutes')
  const waiting = rows.filter((row) => row.state === 'waiting' || row.state === 'sending')
  return {
    waiting: waiting.length,
    refused: rows.filter((row) => row.state === 'refused').length,
    sent: rows.filter((row) => row.state === 'sent').length,
    oldest: waiting[0]?.since ?? null,
    why: waiting.length ? (paused?.sentence ?? waiting[0].why) : '',
    sign_in: !!paused?.sign_in,
  }
}

/** Why nothing goes: there was no answer, or one that is no answer to anything. */
export function troubleWords(error, status, sign_in) {
  if (sign_in) return status === 401 ? '登录已过期。重新登录后自动上传，内容都在。' : '登录已失效。重新登录后自动上传，内容都在。'
  if (status === 429) return '服务器请稍等，过一会儿自动再传。'
  if (status >= 500) return '服务器忙，过一会儿自动再传。'
  if (error.foreign) return '连上的不是闭环的服务器（可能要先登录无线网），稍后再传。'
  if (status) return `服务器没有接受（${status}）：${error.sentence || '请把这句话告诉管理员'}。过一会儿自动再试。`.replace('。。', '。')
  return '没有网络，连上后自动上传。'
}

/** The order in which things were done; ids only break ties. */
export const byTurn = (a, b) => a.n - b.n || a.made_at - b.made_at || (a.id < b.id ? -1 : 1)

function tally(row, photos) {
  const sum = (name) => photos.reduce((all, one) => all + one[name], 0)
  const open = photos.filter((one) => one.state !== 'sent').length // one that is not here any more was sent
  return { count: row.photos.length, sent: row.photos.length - open, total: sum('total'), have: sum('have'), ids: photos.map((one) => one.id), voices: photos.filter((one) => one.kind === 'audio').map((one) => one.id) }
}

function whyOf(row, known, photos, { paused, over }) {
  if (row.state === 'sent') return ''
  if (row.state === 'dropped') return '已丢弃，一天内可以找回。'
  if (row.state === 'refused') return row.why?.sentence || '没有被接受，请核对后重试。'
  const needed = row.needs.map((id) => known.get(id)).filter(Boolean)
  const refused = needed.find((one) => one.state === 'refused')
  if (refused) return `等「${refused.title || '前一条'}」处理好再上传。`
  if (paused) return paused.sentence
  const lacking = photos.filter((one) => one.state === 'waiting')
  if (lacking.length) return lacking.find((one) => one.why && !over(one.next_at))?.why.sentence ?? `等照片${photos.some((one) => one.kind === 'audio') ? '和语音' : ''}上传（${photos.length - lacking.length}/${photos.length}）。`
  const ahead = needed.find((one) => one.state === 'waiting')
  if (ahead) return `等「${ahead.title || '前一条'}」先上传。`
  if (row.why && !over(row.next_at)) return row.why.sentence || '稍后自动再传。'
  return row.maybe ? '已发出，等服务器确认。' : '排队上传。'
}

/** The args without everything that names one of these ids: a list loses it, a field becomes null. */
export function without(value, ids) {
  if (typeof value === 'string') return ids.has(value) ? null : value
  if (Array.isArray(value)) return value.filter((one) => !ids.has(one)).map((one) => without(one, ids))
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, without(one, ids)]))
  return value
}
