/** A menu closes when the person goes elsewhere: a click beside it, Escape, or another menu. */
export function closeMenus() {
  const close = (except) =>
    document.querySelectorAll('details.menu[open]').forEach((menu) => {
      if (menu !== except && !menu.contains(except)) menu.open = false
    })
  document.addEventListener('click', (event) => close(event.target.closest('details.menu') ?? null))
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    const open = document.querySelector('details.menu[open]')
    if (open) {
      open.open = false
      open.querySelector('summary').focus()
    }
  })
}

/** <button data-opens="dialog-id"> and <button data-closes> inside it. */
export function openDialogs() {
  document.addEventListener('click', (event) => {
    const opener = event.target.closest('[data-opens]')
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens)
      if (dialog) {
        event.preventDefault()
        dialog.showModal()
      }
    }
    event.target.closest('[data-closes]')?.closest('dialog')?.close()
  })
}

/** data-confirm="…" on a form or a button: the sentence is asked before anything is sent. Also answers hx-confirm. */
export function askFirst() {
  const dialog = document.getElementById('confirm')
  const ask = (words, yes) => {
    document.getElementById('confirm-words').textContent = words
    dialog.returnValue = 'no'
    dialog.onclose = () => dialog.returnValue === 'yes' && yes()
    dialog.showModal()
  }
  const asked = new WeakSet()
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target
      const words = event.submitter?.dataset.confirm ?? form.dataset.confirm
      if (!words || asked.delete(form)) return
      event.preventDefault()
      event.stopImmediatePropagation()
      ask(words, () => {
        asked.add(form)
        form.requestSubmit(event.submitter)
      })
    },
    true,
  )
  document.body.addEventListener('htmx:confirm', (event) => {
    if (!event.detail.question) return
    event.preventDefault()
    ask(event.detail.question, () => event.detail.issueRequest(true))
  })
}
