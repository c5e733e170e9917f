/** Chosen photos are shown and can be taken out again; choosing more adds to them. Two pictures of one name are one. */
export function pickPhotos(field) {
  const input = field.querySelector('input[type=file]')
  const shown = field.querySelector('[data-chosen]')
  const says = field.querySelector('.says')
  const most = Number(field.dataset.most) || 9
  const heavy = 20 * 1024 * 1024
  let chosen = []

  const keep = () => {
    const files = new DataTransfer()
    chosen.forEach((file) => files.items.add(file))
    input.files = files.files
    draw()
  }
  const draw = () => {
    shown.querySelectorAll('img').forEach((image) => URL.revokeObjectURL(image.src))
    shown.replaceChildren(
      ...chosen.map((file, n) => {
        const item = document.createElement('li')
        const image = document.createElement('img')
        image.src = URL.createObjectURL(file)
        image.alt = `第 ${n + 1} 张：${file.name}`
        const out = document.createElement('button')
        out.type = 'button'
        out.textContent = '×'
        out.setAttribute('aria-label', `去掉第 ${n + 1} 张`)
        out.addEventListener('click', () => {
          chosen.splice(n, 1)
          keep()
          ;(shown.querySelector('button') ?? input).focus()
        })
        item.append(image, out)
        if (file.size > heavy) {
          const note = document.createElement('small')
          note.className = 'heavy'
          note.textContent = '超过 20 MB，请换一张小些的'
          item.append(note)
        }
        return item
      }),
    )
    shown.hidden = chosen.length === 0
  }
  input.addEventListener('change', () => {
    const known = new Set(chosen.map((file) => `${file.name}/${file.size}/${file.lastModified}`))
    const fresh = [...input.files].filter((file) => !known.has(`${file.name}/${file.size}/${file.lastModified}`))
    const all = [...chosen, ...fresh]
    chosen = all.slice(0, most)
    let note = says.querySelector('[data-too-many]')
    if (all.length > most && !note) {
      note = document.createElement('p')
      note.className = 'wrong'
      note.dataset.tooMany = ''
      says.prepend(note)
    }
    if (note) note.textContent = all.length > most ? `一次最多 ${most} 张，多出的 ${all.length - most} 张没有加上。` : ''
    keep()
  })
}
