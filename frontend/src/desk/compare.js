/** Before and after, one over the other; the slider is a range input, so the arrow keys move it. */
export function comparePhotos(figure) {
  const slider = document.createElement('input')
  slider.type = 'range'
  slider.min = 0
  slider.max = 100
  slider.value = 50
  slider.setAttribute('aria-label', '左右移动，比较整改前后')
  slider.addEventListener('input', () => figure.style.setProperty('--at', `${slider.value}%`))
  figure.classList.add('slides')
  figure.append(slider)
}

/** A photo opens large over the page; arrow keys go through the grid. Without this the link simply opens the picture. */
export function enlargePhotos(grid) {
  grid.addEventListener('click', (event) => {
    const link = event.target.closest('a')
    if (!link || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopPropagation()
    const links = [...grid.querySelectorAll('a')]
    let now = links.indexOf(link)
    const dialog = document.createElement('dialog')
    dialog.className = 'lightbox'
    const image = document.createElement('img')
    const words = document.createElement('span')
    const line = document.createElement('div')
    line.className = 'dialog-buttons'
    const button = (text, act) => {
      const made = document.createElement('button')
      made.type = 'button'
      made.className = 'btn'
      made.textContent = text
      made.addEventListener('click', act)
      return made
    }
    const show = (by) => {
      now = (now + by + links.length) % links.length
      image.src = links[now].href
      image.alt = links[now].querySelector('img').alt
      words.textContent = `${now + 1} / ${links.length}`
    }
    line.append(words)
    if (links.length > 1) line.append(button('上一张', () => show(-1)), button('下一张', () => show(1)))
    line.append(button('关闭', () => dialog.close()))
    dialog.setAttribute('aria-label', '照片')
    dialog.append(image, line)
    dialog.addEventListener('keydown', (key) => {
      if (key.key === 'ArrowLeft') show(-1)
      if (key.key === 'ArrowRight') show(1)
    })
    dialog.addEventListener('close', () => {
      dialog.remove()
      links[now].focus()
    })
    document.body.append(dialog)
    show(0)
    dialog.showModal()
  })
}
