// A photo as it should travel: no longer than 1,600 px, without the place in it, with the moment it was taken.
const LONGEST = 1600
const QUALITY = 0.82

const ascii = (bytes, at, length) => String.fromCharCode(...bytes.subarray(at, at + length))

/** The moment in a JPEG's EXIF ("2026:11:22 10:32:05"), '' when it says none. */
export function exifMoment(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.byteLength < 12 || view.getUint16(0) !== 0xffd8) return ''
  for (let at = 2; at + 10 < view.byteLength && view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint8(at + 1) !== 0xe1 || ascii(bytes, at + 4, 4) !== 'Exif') continue
    try {
      return momentOf(bytes, view, at + 10)
    } catch {
      return ''
    }
  }
  return ''
}

function momentOf(bytes, view, tiff) {
  const little = view.getUint16(tiff) === 0x4949
  const short = (at) => view.getUint16(at, little)
  const long = (at) => view.getUint32(at, little)
  const find = (folder, wanted) => {
    for (let n = 0; n < short(folder); n += 1) if (short(folder + 2 + n * 12) === wanted) return folder + 2 + n * 12
    return 0
  }
  const first = tiff + long(tiff + 4)
  const below = find(first, 0x8769)
  const entry = (below && find(tiff + long(below + 8), 0x9003)) || find(first, 0x0132)
  return entry ? ascii(bytes, tiff + long(entry + 8), 19) : ''
}

/** The same JPEG with an EXIF block that says when it was taken, and nothing else. */
export function withMoment(bytes, words) {
  const block = new Uint8Array(2 + 2 + 6 + 8 + 2 + 12 + 4 + 2 + 12 + 4 + 20)
  const view = new DataView(block.buffer)
  view.setUint16(0, 0xffe1)
  view.setUint16(2, block.length - 2)
  block.set([0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8], 4)
  const entry = (at, tag, type, count, value) => {
    view.setUint16(at, tag)
    view.setUint16(at + 2, type)
    view.setUint32(at + 4, count)
    view.setUint32(at + 8, value)
  }
  view.setUint16(18, 1)
  entry(20, 0x8769, 4, 1, 26)
  view.setUint16(36, 1)
  entry(38, 0x9003, 2, 20, 44)
  for (let n = 0; n < 19; n += 1) block[54 + n] = words.charCodeAt(n)
  const out = new Uint8Array(bytes.length + block.length)
  out.set(bytes.subarray(0, 2))
  out.set(block, 2)
  out.set(bytes.subarray(2), 2 + block.length)
  return out
}

const pad = (n) => String(n).padStart(2, '0')
const inExif = (ms) => {
  const at = new Date(ms)
  return `${at.getFullYear()}:${pad(at.getMonth() + 1)}:${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
}

/** A file of the camera as {bytes, url, taken_at}; throws with a `sentence` when it is no picture. */
export async function prepared(file) {
  const original = new Uint8Array(await file.slice(0, 256 * 1024).arrayBuffer())
  const words = exifMoment(original) || inExif(file.lastModified)
  let picture
  try {
    picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    throw Object.assign(new Error('no picture'), { sentence: '这个文件不是能打开的照片，请重拍一张。' })
  }
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  const blob = await new Promise((tell) => canvas.toBlob(tell, 'image/jpeg', QUALITY))
  canvas.width = 0 // a cheap phone has little memory: the canvas gives its own back at once
  const bytes = withMoment(new Uint8Array(await blob.arrayBuffer()), words)
  const taken = Date.parse(words.replace(/^(\d+):(\d+):(\d+) /, '$1-$2-$3T'))
  return { bytes, taken_at: Number.isNaN(taken) ? null : new Date(taken).toISOString() }
}
