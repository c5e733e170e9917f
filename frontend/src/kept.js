// What this browser keeps for a page.
import { deleteDB, openDB } from 'idb'

const SPARE = 'bihuan-spare'

/** A database, as `openDB` of idb opens it, that outlives a browser which is killed while it writes. */
export async function openKept(name, version, options) {
  const db = await openDB(name, version, options)
  beginNewLog().catch(() => {}) // it is a precaution
  return db
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
