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
    tellLists(fact)
  }
  // lists read themselves again at once, then at most every few seconds, and always after the last fact of a flurry
  let quietUntil = 0
  let waiting = null
  const tellLists = (fact) => {
    if (waiting) return
    const rest = quietUntil - performance.now()
    waiting = setTimeout(
      () => {
        waiting = null
        quietUntil = performance.now() + 3200
        document.body.dispatchEvent(new CustomEvent('facts', { detail: fact }))
      },
      Math.max(0, rest),
    )
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
    stream.addEventListener('missed', () => tellLists({ name: 'missed' }))
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

  // under a finger nothing is exchanged: the tap would be lost together with the button on which it began
  const LONGEST_TAP = 1000
  let pressedAt = -LONGEST_TAP
  const held = new Map()
  document.addEventListener('pointerdown', () => (pressedAt = performance.now()), true)
  const released = () => {
    pressedAt = -LONGEST_TAP
    setTimeout(() => {
      for (const [name, detail] of held) document.body.dispatchEvent(new CustomEvent(name, { detail }))
      held.clear()
    })
  }
  document.addEventListener('pointerup', released, true)
  document.addEventListener('pointercancel', released, true)
  const hold = (event) => {
    if (!byFact(event) || performance.now() - pressedAt > LONGEST_TAP) return
    const { type, detail } = event.detail.requestConfig.triggeringEvent
    event.detail.shouldSwap = false
    held.set(type, detail)
  }
  document.body.addEventListener('htmx:beforeSwap', hold, true)

  // what a fact really changed flashes once: the rows that are new or read differently, not everything that was reread
  const byFact = (event) => (event.detail.requestConfig?.triggeringEvent?.type ?? '').match(/^(fact|notice)/)
  const parts = (element) => [element, ...element.querySelectorAll('tr[id], li[id], section[id], article[id]')]
  const words = (element) => element.textContent.replace(/\s+/g, ' ')
  let before = null
  document.body.addEventListener('htmx:beforeSwap', (event) => {
    before = byFact(event) && event.detail.shouldSwap ? new Map(parts(event.detail.target).map((part) => [part.id, words(part)])) : null
  })
  document.body.addEventListener('htmx:afterSwap', (event) => {
    if (!before) return
    const shown = document.getElementById(event.detail.target.id) ?? event.detail.elt
    const changed = parts(shown).filter((part) => part.id && before.get(part.id) !== words(part))
    before = null
    // the innermost parts only: a changed row, not the list around it
    for (const part of changed.filter((p) => !changed.some((other) => other !== p && p.contains(other)))) {
      part.classList.add('changed')
      part.addEventListener('animationend', () => part.classList.remove('changed'), { once: true })
    }
  })
}
