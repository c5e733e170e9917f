/**
 * What others do appears without a reload. The server sends facts of the viewer's own net: event = the fact's name,
 * data = {id, subject, kind}. Each becomes two DOM events on <body>, which htmx can listen to:
 *   hx-trigger="fact:<uuid of the row> from:body"      one row or one page
 *   hx-trigger="facts from:body throttle:3s"           a list
 * One stream per visible tab: a hidden tab lets go of its connection and catches up when it is looked at again.
 */
export function followFeed() {
  const address = document.body.dataset.feed
  if (!address || !window.EventSource) return
  let stream = null
  let last = ''
  let known = []
  const told = new Set()

  const arrive = (event) => {
    if (event.lastEventId) {
      if (told.has(event.lastEventId)) return
      told.add(event.lastEventId)
      if (told.size > 1000) told.delete(told.values().next().value)
      last = event.lastEventId
    }
    const fact = { name: event.type, ...JSON.parse(event.data) }
    if (fact.subject) document.body.dispatchEvent(new CustomEvent(`fact:${fact.subject}`, { detail: fact }))
    document.body.dispatchEvent(new CustomEvent('facts', { detail: fact }))
  }
  const open = () => {
    if (stream || document.hidden) return
    const drawn = performance.getEntriesByType('navigation')[0]?.responseStart ?? 0
    const age = Math.round(performance.now() - drawn)
    stream = new EventSource(last ? `${address}?after=${encodeURIComponent(last)}` : `${address}?age=${age}`)
    stream.addEventListener('hello', (event) => {
      const { names, last: upTo } = JSON.parse(event.data)
      last ||= upTo
      for (const name of names.filter((n) => !known.includes(n))) stream.addEventListener(name, arrive)
      known = names
    })
    stream.addEventListener('notice', () => document.body.dispatchEvent(new CustomEvent('notice')))
    // too much happened to tell it one by one: everything live reads itself again
    stream.addEventListener('missed', () => document.body.dispatchEvent(new CustomEvent('facts', { detail: { name: 'missed' } })))
    stream.addEventListener('error', () => {
      if (stream.readyState === EventSource.CLOSED) close()
    })
  }
  const close = () => {
    stream?.close()
    stream = null
    known = []
  }
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()))
  window.addEventListener('pagehide', close)
  window.addEventListener('pageshow', open)
  open()

  // a row that came in by a fact flashes once
  document.body.addEventListener('htmx:afterSwap', (event) => {
    const cause = event.detail.requestConfig?.triggeringEvent?.type ?? ''
    if (!cause.startsWith('fact')) return
    const shown = document.getElementById(event.detail.target.id) ?? event.detail.elt
    shown.classList.add('changed')
    shown.addEventListener('animationend', () => shown.classList.remove('changed'), { once: true })
  })
}
