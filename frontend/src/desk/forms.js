/** A password can be looked at while it is typed. */
export function revealSecrets(button) {
  const input = document.getElementById(button.dataset.reveals)
  button.hidden = false
  button.addEventListener('click', () => {
    const shown = input.type === 'password'
    input.type = shown ? 'text' : 'password'
    button.textContent = shown ? '隐藏' : '显示'
    button.setAttribute('aria-pressed', String(shown))
  })
}

/** A long menu (54 schools) is narrowed by a few typed words. */
export function narrowOptions(input) {
  input.hidden = false
  const menu = input.closest('details')
  menu?.addEventListener('toggle', () => menu.open && input.focus())
  input.addEventListener('input', () => {
    const words = input.value.trim()
    for (const row of input.parentElement.querySelectorAll('li')) row.hidden = !row.textContent.includes(words)
  })
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    input.parentElement.querySelector('li:not([hidden]) a')?.click()
  })
}

/** A form is sent once, and a thin line shows that something is on its way. */
export function sayLeaving() {
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented || form.method === 'dialog' || form.hasAttribute('hx-post')) return
    document.body.classList.add('leaving')
    // after this turn, so that the pressed button's own name still travels
    setTimeout(() => form.querySelectorAll('button:not([type=button])').forEach((b) => b.setAttribute('aria-busy', 'true')))
  })
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]')
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    const samePage = link.getAttribute('href').startsWith('#')
    if (samePage || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
    if (!/\.(pdf|docx|xlsx|csv)(\?|$)/.test(link.href)) document.body.classList.add('leaving')
  })
  window.addEventListener('pageshow', () => {
    document.body.classList.remove('leaving')
    document.querySelectorAll('[aria-busy]').forEach((b) => b.removeAttribute('aria-busy'))
  })
}
