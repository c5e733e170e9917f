// Choosing photos in a form: taken, shown, taken out again. What was chosen is in the draft (sealed) before anything else happens.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'

import { prepared } from './photos.js'
import { fresh } from './session.js'
import { html, Icon, Problem } from './ui.js'

const MOST = 6
export const base64 = (bytes) => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}
export const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))

/** `photos` is a list of {id, data (base64), taken_at}; `onchange(next)`. */
export function Photos({ photos, onchange, label = '拍照', must }) {
  const input = useRef()
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState('')
  const take = async (event) => {
    const files = [...event.target.files]
    event.target.value = ''
    setBusy(true)
    setWrong('')
    let next = photos
    for (const file of files.slice(0, MOST - photos.length)) {
      try {
        const { bytes, taken_at } = await prepared(file)
        next = [...next, { id: fresh(), data: base64(bytes), taken_at }]
      } catch (error) {
        setWrong(error.sentence ?? '这张照片没能读出来，请重拍一张。')
      }
    }
    if (files.length > MOST - photos.length) setWrong(`最多 ${MOST} 张，多出的没有加上。`)
    onchange(next)
    setBusy(false)
  }
  return html`<div class="field">
    ${photos.length > 0 && html`<ul class="shots">${photos.map((photo, n) => html`<${Shot} key=${photo.id} photo=${photo} n=${n + 1} onout=${() => onchange(photos.filter((one) => one !== photo))} />`)}</ul>`}
    <button type="button" class="btn btn-camera" aria-busy=${busy} onClick=${() => busy || input.current.click()}><${Icon} name="camera" /><span>${busy ? '正在处理…' : photos.length ? '再拍一张' : label}</span>${must && !photos.length ? html`<small class="quiet">必拍</small>` : null}</button>
    <input ref=${input} class="visually-hidden" type="file" accept="image/*" capture="environment" multiple tabindex="-1" aria-label=${label} onChange=${take} />
    <${Problem}>${wrong}<//>
  </div>`
}

function Shot({ photo, n, onout }) {
  const url = useUrl(() => new Blob([bytesOf(photo.data)], { type: 'image/jpeg' }), photo.id)
  return html`<li><img src=${url} alt=${`第 ${n} 张照片`} /><button type="button" aria-label=${`去掉第 ${n} 张`} onClick=${onout}>×</button></li>`
}

/** An address for what `make()` gives, there from the first picture on. */
export function useUrl(make, key) {
  const url = useMemo(() => URL.createObjectURL(make()), [key])
  useEffect(() => () => URL.revokeObjectURL(url), [url])
  return url
}
