import SignaturePad from 'signature_pad'

/** Sign with a finger, a pen or a mouse; the form carries the picture, and resizing keeps what was written. */
export function signOn(field) {
  const canvas = field.querySelector('canvas')
  const value = field.querySelector('input[type=hidden]')
  const pad = new SignaturePad(canvas, { penColor: '#0a1420', minWidth: 1, maxWidth: 3 })
  const fit = () => {
    if (!canvas.offsetWidth) return
    const strokes = pad.toData()
    const ratio = Math.max(window.devicePixelRatio || 1, 1)
    canvas.width = canvas.offsetWidth * ratio
    canvas.height = canvas.offsetHeight * ratio
    canvas.getContext('2d').scale(ratio, ratio)
    pad.clear()
    pad.fromData(strokes)
  }
  const keep = () => {
    value.value = pad.isEmpty() ? '' : pad.toDataURL('image/png')
    field.dispatchEvent(new CustomEvent('signed', { bubbles: true, detail: { empty: pad.isEmpty() } }))
  }
  pad.addEventListener('endStroke', keep)
  field.querySelector('[data-clears]').addEventListener('click', () => {
    pad.clear()
    keep()
  })
  new ResizeObserver(fit).observe(canvas)
  fit()
  field.dataset.ready = '' // until then the box is pale, and a stroke would be lost
}
