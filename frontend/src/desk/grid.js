// A table of inputs kept like a spreadsheet: Enter goes down, a copied range is pasted cell by cell, a touched row counts.

const CELL = 'input.form-control, select.form-select'
const rowsOf = (table) => [...table.querySelectorAll('tbody > tr')].filter((row) => row.querySelector(CELL))
const cellsOf = (row) => [...row.querySelectorAll(CELL)]

function below(table, cell) {
  const rows = rowsOf(table)
  const row = cell.closest('tr')
  return cellsOf(rows[rows.indexOf(row) + 1] ?? row)[cellsOf(row).indexOf(cell)]
}

function put(cell, text) {
  if (cell.tagName === 'SELECT') {
    const option = [...cell.options].find((one) => one.value === text)
    if (!option && text) return
  }
  cell.value = text
  cell.dispatchEvent(new Event('input', { bubbles: true }))
}

function paste(table, start, text) {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/).map((line) => line.split('\t'))
  const rows = rowsOf(table)
  const first = rows.indexOf(start.closest('tr'))
  const column = cellsOf(start.closest('tr')).indexOf(start)
  lines.forEach((line, n) => {
    const row = rows[first + n]
    if (row) line.forEach((word, m) => cellsOf(row)[column + m] && put(cellsOf(row)[column + m], word.trim()))
  })
  return lines.length - (rows.length - first) // what found no row
}

/** Drive one `[data-grid]` table. */
export function keepGrid(table) {
  table.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing || !event.target.matches(CELL)) return
    event.preventDefault()
    const next = below(table, event.target)
    if (next && next !== event.target) next.focus()
    else [...event.target.form.elements].find((one) => one.matches('.btn-primary') && one.offsetParent)?.focus()
  })
  table.addEventListener('paste', (event) => {
    const text = event.clipboardData.getData('text/plain')
    if (!event.target.matches(CELL) || !/[\t\n]/.test(text)) return
    event.preventDefault()
    const left = paste(table, event.target, text)
    if (left > 0) {
      const words = `还有 ${left} 行没有贴进来：先保存，再点“再加 10 行”继续贴。`
      document.body.dispatchEvent(new CustomEvent('said', { detail: { value: words } }))
    }
  })
  table.addEventListener('input', (event) => {
    event.target.classList.remove('usual')
    const take = event.target.closest('tr').querySelector('input[name="take"]')
    if (take && event.target !== take) take.checked = true
  })
}
