/**
 * Read a wall code with the phone's own detector (Android); where there is none, the page offers the other ways.
 * With data-scan-into the form of that id gets what the code says (a visitor's pass) and is sent.
 */
export async function scanWith(place) {
  const kinds = 'BarcodeDetector' in window ? await BarcodeDetector.getSupportedFormats().catch(() => []) : []
  if (!kinds.includes('qr_code') || !navigator.mediaDevices?.getUserMedia) return
  const video = place.querySelector('video')
  const says = place.querySelector('[data-scan-says]')
  const start = place.querySelector('[data-scan-starts]')
  const reader = new BarcodeDetector({ formats: ['qr_code'] })
  place.hidden = false
  video.hidden = true
  let stream = null

  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop())
    stream = null
  }
  const look = async () => {
    if (!stream) return
    const [found] = await reader.detect(video).catch(() => [])
    const form = place.dataset.scanInto && document.getElementById(place.dataset.scanInto)
    const code = form ? found?.rawValue : found?.rawValue.match(/\/p\/([A-Za-z0-9-]+)\/?$/)?.[1]
    if (code) {
      stop()
      navigator.vibrate?.(80)
      if (!form) return location.assign(`/p/${code}`)
      form.elements.code.value = code
      form.requestSubmit()
      return
    }
    says.textContent = found ? '这不是风险点的码，请对准墙上的码。' : '对准墙上的码，会自动打开。'
    setTimeout(look, 200)
  }
  start.addEventListener('click', async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
    } catch (error) {
      says.textContent =
        error.name === 'NotAllowedError' ? '没有得到相机的许可。请在浏览器设置里允许，或输入码下面的编号。' : '相机打不开，请输入码下面的编号。'
      return
    }
    video.srcObject = stream
    video.hidden = false
    start.hidden = true
    await video.play()
    look()
  })
  window.addEventListener('pagehide', stop)
}
