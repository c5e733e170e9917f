// What this browser keeps for a page.
import { deleteDB, openDB } from 'idb'

const SPARE = 'bihuan-spare'
const DROPPED = ['InvalidStateError', 'UnknownError'] // as Chromium and as Safari say that a connection is gone

/** A database that outlives a browser which is killed while it writes, and a connection that the browser drops. */
export class Kept {
  #open
  #db
  #again = null

  /** As `openDB` of idb opens it. */
  static async open(name, version, options) {
    const kept = new Kept()
    kept.#open = () => openDB(name, version, options)
    kept.#db = await kept.#open()
    beginNewLog().catch(() => {}) // it is a precaution
    return kept
  }

  /** What `work(db)` reads; what writes goes through `write`. It is done once more when the connection was gone: nothing of it was done then. */
  async run(work) {
    const db = this.#db
    try {
      return await work(db)
    } catch (error) {
      if (!DROPPED.includes(error?.name)) throw error
      if (db === this.#db) await (this.#again ??= this.#renew())
      return work(this.#db)
    }
  }

  /**
   * What `work(transaction)` finds, once it is written; when it throws, nothing of it is. The transaction is over all stores, so
   * that one ends before the next begins, in whatever tab: killed in the middle of two, Chromium finds both half done when it
   * opens, takes that for corruption, and throws away all that this site keeps.
   */
  async write(work, options) {
    return this.run(async (db) => {
      const all = db.transaction([...db.objectStoreNames], 'readwrite', options)
      const ended = all.done.then(() => null, (error) => error)
      try {
        const found = await work(all)
        const failed = await ended
        if (failed) throw failed
        return found
      } catch (error) {
        abort(all)
        await ended
        throw all.error ?? error
      }
    })
  }

  async #renew() {
    try {
      this.#db = await this.#open()
    } finally {
      this.#again = null
    }
  }
}

function abort(transaction) {
  try {
    transaction.abort()
  } catch {
    return // it has ended by itself
  }
}

/**
 * Chromium goes on writing where a kill tore its log, finds the tear when it opens the log the second time, and then throws
 * away all that this site keeps. Deleting a database makes it put the log away and begin another.
 */
async function beginNewLog() {
  const spare = await openDB(SPARE, 1)
  spare.close()
  await deleteDB(SPARE)
}

/** Ask that it is not cleared when the device runs short of room. Some browsers ask the person, most decide by themselves. */
export async function keepSafe() {
  if (!(await navigator.storage?.persisted?.())) await navigator.storage?.persist?.()
}
