/**
 * An ordered choice: <ol data-sorts> of <li data-sorts-row="its name"> with a number input [data-sorts-number].
 * Without this script people type 1, 2, 3; with it they drag rows, or use 上移, 下移 and 加入, 移出, and the numbers follow.
 */
export function sortRows(list) {
  const rows = () => [...list.querySelectorAll('[data-sorts-row]')]
  const number = (row) => row.querySelector('[data-sorts-number]')
  const chosen = () => rows().filter((row) => number(row).value.trim())

  const show = () => {
    chosen().forEach((row, at) => (number(row).value = at + 1))
    rows().forEach((row) => {
      const on = Boolean(number(row).value.trim())
      row.draggable = on
      row.querySelectorAll('[data-moves]').forEach((button) => (button.hidden = on === (button.dataset.moves === 'in')))
    })
  }
  /** Rows on the route stand first, in the order of their numbers. */
  const settle = () => {
    const on = chosen().sort((a, b) => Number(number(a).value) - Number(number(b).value))
    on.reverse().forEach((row) => list.prepend(row))
    show()
  }
  const moves = {
    up: (row) => row.previousElementSibling && row.previousElementSibling.before(row),
    down: (row) => row.nextElementSibling && number(row.nextElementSibling).value && row.nextElementSibling.after(row),
    in: (row) => {
      if (chosen().length) chosen().at(-1).after(row)
      else list.prepend(row)
      number(row).value = '999'
    },
    out: (row) => {
      number(row).value = ''
      if (chosen().length) chosen().at(-1).after(row)
    },
  }
  const words = { up: '上移', down: '下移', in: '加入', out: '移出' }

  rows().forEach((row) => {
    const place = document.createElement('span')
    place.className = 'sorts-moves'
    for (const [move, word] of Object.entries(words)) {
      const button = document.createElement('button')
      button.type = 'button'
      button.className = 'btn btn-plain'
      button.dataset.moves = move
      button.textContent = word
      button.setAttribute('aria-label', `${word}：${row.dataset.sortsRow}`)
      place.append(button)
    }
    row.append(place)
  })
  list.addEventListener('click', (event) => {
    const button = event.target.closest('[data-moves]')
    if (!button) return
    moves[button.dataset.moves](button.closest('[data-sorts-row]'))
    show()
    // hidden by its own effect, a button hands the focus to its neighbour
    if (button.hidden) button.parentElement.querySelector('[data-moves]:not([hidden])')?.focus()
    else button.focus()
  })
  list.addEventListener('change', (event) => event.target.matches('[data-sorts-number]') && settle())

  let dragged = null
  list.addEventListener('dragstart', (event) => {
    dragged = event.target.closest('[data-sorts-row]')
    dragged?.classList.add('dragged')
    if (dragged) event.dataTransfer.setData('text/plain', '')
  })
  list.addEventListener('dragover', (event) => {
    const over = event.target.closest('[data-sorts-row]')
    if (!dragged || !over || over === dragged || !number(over).value) return
    event.preventDefault()
    const { top, height } = over.getBoundingClientRect()
    if (event.clientY < top + height / 2) over.before(dragged)
    else over.after(dragged)
  })
  list.addEventListener('drop', (event) => event.preventDefault())
  list.addEventListener('dragend', () => {
    dragged?.classList.remove('dragged')
    dragged = null
    show()
  })
  settle()
}
