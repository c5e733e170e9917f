// A voice note in a form: tap to start, tap to stop, listen, take it out again. Kept in the draft (sealed) like a photo; the
// container is what this phone's browser records. Without a microphone in the browser there is no button.
import { useEffect, useRef, useState } from 'preact/hooks'

import { base64, bytesOf, useUrl } from './camera.js'
import { fresh } from './session.js'
import { html, Icon, Problem } from './ui.js'

const LONGEST = 60
const BITS = 32_000 // a second: speech is clear, and a minute weighs as much as one photo
const KINDS = ['audio/webm;codecs=opus', 'audio/mp4;codecs=mp4a.40.2', 'audio/ogg;codecs=opus', 'audio/mp4']

const kind = () => (navigator.mediaDevices?.getUserMedia && globalThis.MediaRecorder ? KINDS.find((one) => MediaRecorder.isTypeSupported(one)) : undefined)

/** The voice notes of a draft as the outbox takes them. */
export const voicesOf = (draft) => (draft.voice ? [{ id: draft.voice.id, bytes: bytesOf(draft.voice.data), kind: 'audio', taken_at: draft.voice.taken_at }] : [])

/** `voice` is null or {id, data (base64), type, seconds, taken_at}; `onchange(next)`, `onbusy(recording)`. */
export function Voice({ voice, onchange, onbusy }) {
  const running = useRef(null)
  const [seconds, count] = useState(null)
  const [wrong, setWrong] = useState('')
  const type = kind()
  useEffect(() => {
    const hide = () => document.hidden && running.current?.stop() // the phone is put away: what was said is kept
    document.addEventListener('visibilitychange', hide)
    return () => {
      document.removeEventListener('visibilitychange', hide)
      running.current?.stop()
    }
  }, [])
  const start = async () => {
    setWrong('')
    running.current = { stop() {} } // a second tap while the phone asks for leave starts no second one
    onbusy(true)
    let stream
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } })
      running.current = record(stream, type, { count, done, failed: () => end('没有录成，请再录一次，或者打字。') })
      count(0)
    } catch (error) {
      stream?.getTracks().forEach((track) => track.stop())
      end(error.name === 'NotAllowedError' ? '没有得到麦克风的许可。请在浏览器设置里允许，或者直接打字。' : '这台手机的麦克风打不开，请直接打字。')
    }
  }
  const end = (words = '') => {
    running.current = null
    count(null)
    setWrong(words)
    onbusy(false)
  }
  const done = async (blob, length) => {
    const bytes = new Uint8Array(await blob.arrayBuffer())
    if (bytes.length) onchange({ id: fresh(), data: base64(bytes), type: blob.type, seconds: Math.max(1, Math.round(length)), taken_at: new Date().toISOString() })
    end(bytes.length ? '' : '没有录到声音，请再录一次，或者打字。')
  }
  if (!type && !voice) return null
  return html`<div class="field">
    ${voice
      ? html`<${Heard} key=${voice.id} voice=${voice} onout=${() => onchange(null)} />`
      : html`<button type="button" class=${`btn btn-voice ${seconds === null ? '' : 'on'}`} onClick=${() => (running.current ? running.current.stop() : start())}><${Icon} name="wave" /><span>${seconds === null ? '录一段语音' : `停止录音（${seconds}/${LONGEST} 秒）`}</span>${seconds === null && html`<small class="quiet">可不录，最长 ${LONGEST} 秒</small>`}</button>`}
    <span class="visually-hidden" role="status">${seconds === null ? '' : seconds === 0 ? '开始录音' : seconds === LONGEST - 10 ? '还剩 10 秒' : ''}</span>
    <${Problem}>${wrong}<//>
  </div>`
}

/** One recording: {stop()}. What was said until then is kept, whoever stops it. */
function record(stream, mimeType, { count, done, failed }) {
  const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS })
  const parts = []
  const began = performance.now()
  const length = () => (performance.now() - began) / 1000
  const stop = () => recorder.state === 'inactive' || recorder.stop()
  const clock = setInterval(() => {
    count(Math.min(LONGEST, Math.floor(length())))
    if (length() >= LONGEST) stop()
  }, 250)
  const over = () => {
    clearInterval(clock)
    stream.getTracks().forEach((track) => track.stop())
  }
  recorder.ondataavailable = ({ data }) => data.size && parts.push(data)
  recorder.onstop = () => (over(), done(new Blob(parts, { type: mimeType.split(';')[0] }), length()))
  recorder.onerror = () => (over(), failed())
  recorder.start()
  return { stop }
}

function Heard({ voice, onout }) {
  const url = useUrl(() => new Blob([bytesOf(voice.data)], { type: voice.type }), voice.id)
  return html`<div class="heard"><span>语音说明 ${voice.seconds} 秒</span><button type="button" class="btn" aria-label="删掉这段语音" onClick=${onout}>删掉</button><audio controls preload="none" src=${url} aria-label="语音说明"></audio></div>`
}
