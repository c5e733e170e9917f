// The three calls of the phone, and the sign-in that gives it a token. An answer that is not ours (a hotel's Wi-Fi page) is none.
import { remember, remembered } from './stores.js'

const PATIENCE = 20_000
const SLOW = 45_000

const LEFT = 'phone-left'

/** Whether an answer is about the sign-in and not about what was sent. */
export const ofSignIn = ({ status, code, sentence }) => status === 401 || (status === 403 && (!sentence || /^(openapi\.|foundation\.sign_in)/.test(code ?? '')))

const failed = (status, more) => Object.assign(new Error(`answer ${status}`), { status, ...more })

async function call(path, { token, patience = PATIENCE, ...options } = {}) {
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) }
  return fetch(path, { ...options, headers, credentials: token ? 'omit' : 'same-origin', cache: 'no-store', redirect: options.redirect ?? 'error', signal: AbortSignal.timeout(patience) })
}

async function read(answer) {
  if (!/json/.test(answer.headers.get('Content-Type') ?? '')) throw Object.assign(new Error('not ours'), { foreign: answer.ok, status: answer.ok ? 0 : answer.status })
  const said = await answer.json()
  if (answer.ok) return said
  throw failed(answer.status, { code: said.code, sentence: said.sentence ?? said.detail, wait: 1000 * (Number(answer.headers.get('Retry-After')) || 0) })
}

export function serverOf(secret) {
  const token = () => secret().token
  return {
    /** The scope, or null when it has not changed. */
    async scope(etag) {
      const answer = await call('/api/v1/phone/scope', { token: token(), headers: etag ? { 'If-None-Match': etag } : {} })
      return answer.status === 304 ? null : read(answer)
    },
    async send(body) {
      return read(await call('/api/v1/phone/sync', { token: token(), method: 'POST', patience: SLOW, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }))
    },
    async sendPhoto({ id, sha256, kind, total, taken_at }, offset, bytes) {
      const headers = { 'X-Evidence-Id': id }
      const query = new URLSearchParams({ offset, total, kind, ...(taken_at ? { taken_at } : {}) })
      try {
        if (bytes === null) return await read(await call(`/api/v1/phone/photos/${sha256}`, { token: token(), headers }))
        return await read(await call(`/api/v1/phone/photos/${sha256}?${query}`, { token: token(), method: 'PUT', patience: SLOW, headers: { ...headers, 'Content-Type': 'application/octet-stream' }, body: bytes }))
      } catch (error) {
        if (error.status >= 400 && error.status < 500 && ![401, 408, 413, 429].includes(error.status) && error.sentence && !ofSignIn(error)) return { refused: { code: error.code, sentence: error.sentence } }
        throw error
      }
    },
    async revoke() {
      const body = JSON.stringify({ id: crypto.randomUUID(), args: { token: secret().token_id } })
      return call('/api/v1/commands/accounts.revoke_token', { token: token(), method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).catch(() => null)
    },
  }
}

/** Who is signed in in this browser: {person, csrf}, or null; nobody while somebody who left the phone is still signed in. */
export async function signedIn() {
  if (remembered(LEFT) && !(await leaveBrowser())) return null
  return whoIsHere()
}

async function whoIsHere() {
  const answer = await call('/m/enrol/').catch(() => null)
  return answer?.ok ? read(answer).catch(() => null) : null
}

/** A token for this phone. */
export async function enrol(csrf) {
  const name = /Android|iPhone|HarmonyOS/.exec(navigator.userAgent)?.[0] ?? ''
  const headers = { 'X-CSRFToken': csrf, 'Content-Type': 'application/json' }
  return read(await call('/m/enrol/', { method: 'POST', headers, body: JSON.stringify({ name: `手机 ${name}`.trim() }) }))
}

/** End the browser's own sign-in, so that the next person on this phone is not taken for this one. */
export async function signOutHere(csrf) {
  return !!(await call('/sign-out/', { method: 'POST', headers: { 'X-CSRFToken': csrf }, redirect: 'manual' }).catch(() => null))
}

/** Whoever leaves the phone leaves the browser too: now, or (without a network) before anybody is asked who they are. */
export async function leaveBrowser() {
  remember(LEFT, '1')
  const answer = await call('/m/enrol/').catch(() => null)
  if (!answer || answer.status >= 500) return false
  const who = answer.ok ? await read(answer).catch(() => null) : null
  if (who && !(await signOutHere(who.csrf))) return false
  remember(LEFT, '')
  return true
}
