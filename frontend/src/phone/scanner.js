// The camera reads a code: by the browser's own detector where it has one, by zxing (fetched only then) where it has none.
let reader = null

async function detector() {
  if (reader) return reader
  if ('BarcodeDetector' in window && (await BarcodeDetector.getSupportedFormats().catch(() => [])).includes('qr_code')) {
    reader = new BarcodeDetector({ formats: ['qr_code'] })
  } else {
    reader = (await import('./zxing.js')).zxing()
  }
  return reader
}

/** Everything the scanner needs is loaded and warm. */
export const warm = () => detector().catch(() => null)

/** The code in what a label says (our address of a point) or a person typed; '' when it is neither. */
export function codeIn(text) {
  const said = text.trim().normalize('NFKC')
  const found = /\/p\/([A-Za-z0-9-]+)\/?(?:[?#].*)?$/.exec(said)?.[1] ?? (/^[A-Za-z0-9 -]{4,24}$/.test(said) ? said : '')
  return found.toUpperCase().replace(/[ -]/g, '')
}

/** Which of a point's labels it was: a replaced one still hangs somewhere. */
export const serialIn = (text) => Number(/[?&]n=(\d{1,6})/.exec(text)?.[1] ?? 0)

/**
 * Look through the camera until `stop` is called. `onCode(code, text)` for one of ours, `onOther()` for any other; answers {stop, torch}:
 * `torch(on)` or null when the phone has none. Throws what getUserMedia throws.
 */
export async function scan(video, { onCode, onOther }) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } } })
  let running = true
  const stop = () => {
    running = false
    stream.getTracks().forEach((track) => track.stop())
    video.srcObject = null
  }
  video.srcObject = stream
  const [track] = stream.getVideoTracks()
  const able = track.getCapabilities?.().torch
  const look = async (found) => {
    while (running) {
      if (video.readyState >= 2) {
        const [seen] = await found.detect(video).catch(() => [])
        if (!running) return
        if (seen) {
          const code = codeIn(seen.rawValue)
          code ? onCode(code, seen.rawValue) : onOther()
        }
      }
      await new Promise((tell) => setTimeout(tell, 120))
    }
  }
  await video.play().catch(() => {}) // the page was left before the camera came
  detector().then(look, () => running && onOther('unable'))
  return { stop, torch: able ? (on) => track.applyConstraints({ advanced: [{ torch: on }] }).catch(() => {}) : null }
}
