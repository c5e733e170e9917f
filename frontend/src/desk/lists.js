/**
 * A list under the keyboard: j/k move, Enter opens, x selects, / finds, Escape lets go.
 * <table class="rows" data-list> with <tr data-row data-href="…"> and <input type="checkbox" name="…"> in each row;
 * <div class="bulk-bar" data-bulk hidden> shows itself while something is selected, [data-count] holds the number.
 */
export function driveLists() {
  const rows = () => [...document.querySelectorAll('[data-list] [data-row]')]
  const at = () => document.querySelector('[data-list] [data-row].at')
  const boxes = () => [...document.querySelectorAll('[data-list] [data-row] input[type=checkbox]')]

  const stand = (row) => {
    if (!row) return
    at()?.classList.remove('at')
    row.classList.add('at')
    row.scrollIntoView({ block: 'nearest' })
    row.querySelector('a')?.focus({ preventScroll: true })
  }
  const step = (by) => {
    const all = rows()
    const now = all.indexOf(at())
    stand(all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + by))])
  }
  const count = () => {
    const chosen = boxes().filter((box) => box.checked).length
    document.querySelectorAll('[data-bulk]').forEach((bar) => {
      bar.hidden = chosen === 0
      bar.querySelectorAll('[data-count]').forEach((place) => (place.textContent = chosen))
    })
    const all = document.querySelector('[data-list] [data-picks-all]')
    if (all) {
      all.checked = chosen > 0 && chosen === boxes().length
      all.indeterminate = chosen > 0 && !all.checked
    }
  }
  const pick = (row) => {
    const box = row?.querySelector('input[type=checkbox]')
    if (!box || box.disabled) return
    box.checked = !box.checked
    count()
  }

  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-picks-all]')) boxes().forEach((box) => !box.disabled && (box.checked = event.target.checked))
    if (event.target.closest('[data-list]')) count()
  })
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-picks-none]')) {
      boxes().forEach((box) => (box.checked = false))
      count()
      return
    }
    const row = event.target.closest('[data-list] [data-row]')
    if (!row) return
    at()?.classList.remove('at')
    row.classList.add('at')
    const plain = !event.target.closest('a, button, input, label, summary, select') && !String(getSelection())
    if (plain && row.dataset.href) location.assign(row.dataset.href)
  })
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
    const typing = event.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]')
    if (typing) {
      if (event.key === 'Escape') event.target.blur()
      return
    }
    if (event.key === '/') {
      const find = document.querySelector('[data-find]') ?? document.querySelector('.find input')
      if (find?.checkVisibility?.() ?? find) {
        event.preventDefault()
        find.focus()
        find.select()
      }
      return
    }
    if (!rows().length) return
    const moves = {
      j: () => step(1),
      k: () => step(-1),
      x: () => pick(at()),
      Enter: () => {
        if (!event.target.closest('a, button, summary, input') && at()?.dataset.href) location.assign(at().dataset.href)
        else return false
      },
      Escape: () => at()?.classList.remove('at'),
    }
    if (Object.hasOwn(moves, event.key) && moves[event.key]() !== false) event.preventDefault()
  })
  // a list that reads itself again after a fact keeps what was chosen, and where the keyboard stands
  let kept = null
  document.body.addEventListener('htmx:beforeSwap', (event) => {
    if (!event.detail.shouldSwap || !event.detail.target.querySelector?.('[data-list]')) return
    kept = { chosen: new Set(boxes().filter((box) => box.checked).map((box) => box.value)), at: at()?.id }
  })
  document.body.addEventListener('htmx:afterSwap', () => {
    if (!kept) return
    boxes().forEach((box) => (box.checked = !box.disabled && kept.chosen.has(box.value)))
    if (kept.at) document.getElementById(kept.at)?.classList.add('at')
    kept = null
    count()
  })
  count()
}
