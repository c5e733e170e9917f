// Where the outbox keeps its records. `memoryStore` is for windows that may keep nothing, and for tests; the kept one is vault.js.

const conflict = () => Object.assign(new Error('another hand was quicker'), { name: 'Conflict' })

/**
 * `records` and `blobs` may be handed in to survive this object, as a disk survives a page. `limits.room` bytes of photos fit
 * in; with `limits.full` nothing does, not even a newer state. More throws QuotaExceededError and changes nothing.
 */
export function memoryStore({ records = new Map(), blobs = new Map(), limits = {} } = {}) {
  return {
    async read() {
      return [...records.values()].map((row) => structuredClone(row))
    },
    async write({ put = [], remove = [], bytes = new Map() }) {
      for (const row of put) if ((records.get(row.id)?.rev ?? 0) !== (row.rev ?? 0)) throw conflict()
      const size = (map) => [...map.values()].reduce((all, one) => all + one.length, 0)
      const next = new Map(blobs)
      for (const [id, value] of bytes) value === null ? next.delete(id) : next.set(id, value)
      const grows = size(next) > size(blobs)
      if ((limits.full && (put.length || grows)) || (grows && size(next) > (limits.room ?? Infinity))) throw Object.assign(new Error('full'), { name: 'QuotaExceededError' })
      for (const row of put) records.set(row.id, structuredClone({ ...row, rev: (row.rev ?? 0) + 1 }))
      for (const id of remove) records.delete(id)
      for (const [id, value] of bytes) value === null ? blobs.delete(id) : blobs.set(id, value.slice())
    },
    async bytes(id) {
      return blobs.get(id) ?? null
    },
  }
}

/** A word that is nobody's secret and outlives the page; a window that keeps nothing forgets it. */
export function remember(name, word) {
  try {
    if (word) localStorage.setItem(name, word)
    else localStorage.removeItem(name)
  } catch {
    return // for this page only
  }
}

export function remembered(name) {
  try {
    return localStorage.getItem(name) ?? ''
  } catch {
    return ''
  }
}
