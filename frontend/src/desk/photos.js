/** Chosen photos are shown and can be taken out again; choosing more adds to them. Two pictures of one name are one. */
export function pickPhotos(field) {
  const input = field.querySelector('input[type=file]')
  const shown = field.querySelector('[data-chosen]')
  const says = field.querySelector('.says')
  const most = Number(field.dataset.most) || 9
  const heavy = 20 * 1024 * 1024
  let chosen = []

  // the browser's own file field says little and is small under a thumb; it stays as the form's value
  const take = document.createElement('button')
  take.type = 'button'
  take.className = 'btn take'
  take.textContent = most > 1 ? '拍照或选照片' : '拍照或选一张'
  take.addEventListener('click', () => input.click())
  input.classList.add('visually-hidden')
  input.tabIndex = -1
  input.after(take)
  input.addEventListener('invalid', (event) => {
    event.preventDefault()
    note('data-missing', '这里要有照片：点「拍照或选照片」，至少加一张。')
    take.focus()
  })

  const note = (mark, sentence) => {
    let line = says?.querySelector(`[${mark}]`)
    if (!line && sentence && says) {
      line = document.createElement('p')
      line.className = 'wrong'
      line.setAttribute(mark, '')
      line.setAttribute('role', 'alert')
      says.prepend(line)
    }
    if (line) line.textContent = sentence
  }
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
          ;(shown.querySelector('button') ?? take).focus()
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
    note('data-too-many', all.length > most ? `一次最多 ${most} 张，多出的 ${all.length - most} 张没有加上。` : '')
    if (chosen.length) note('data-missing', '')
    keep()
  })
}
