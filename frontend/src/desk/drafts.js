const person = document.body.dataset.person ?? ''
const place = (form) => `draft:${person}:${form.dataset.draft}`
const SENT = 'draft-sent'
const kinds = 'input[type=text], input[type=search], input[type=number], input[type=date], input[type=tel], input:not([type]), textarea, select'

const read = (key) => {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null')
  } catch {
    return null // a private window without storage: nothing is kept, nothing breaks
  }
}
const write = (key, value) => {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // a full or forbidden storage must never stop somebody from typing
    return
  }
}

// A form that was sent and did not come back refused has arrived: what was kept for it can go.
const sent = read(SENT)
if (sent) {
  const again = [...document.querySelectorAll('form[data-draft]')].find((form) => place(form) === sent)
  const arrived = !again || document.querySelector('#messages .said')
  if (arrived && !document.querySelector('[data-refused]')) write(sent, null)
  write(SENT, null)
}

/** <form data-draft="hazards.new">: what is typed is kept on this device until it has been sent, per person and form. */
export function guardDrafts(form) {
  const key = place(form)
  const fields = () => [...form.querySelectorAll(kinds)].filter((f) => f.name && !f.name.startsWith('_') && f.name !== 'csrfmiddlewaretoken')
  const first = new Map(fields().map((field) => [field.name, field.value]))
  const kept = read(key)
  if (kept && !form.querySelector('[data-refused]')) {
    const restored = fields().filter((field) => kept[field.name] && kept[field.name] !== field.value)
    for (const field of restored) field.value = kept[field.name]
    if (restored.length) {
      const note = document.createElement('p')
      note.className = 'kept-draft'
      note.setAttribute('role', 'status')
      const words = document.createElement('span')
      words.textContent = '上次没有送出的内容已经找回。'
      const drop = document.createElement('button')
      drop.type = 'button'
      drop.className = 'btn btn-plain'
      drop.textContent = '不要了，重新填'
      drop.addEventListener('click', () => {
        for (const field of fields()) field.value = first.get(field.name) ?? ''
        write(key, null)
        note.remove()
      })
      note.append(words, drop)
      form.prepend(note)
    }
  }
  const keep = () => {
    const typed = Object.fromEntries(fields().filter((f) => f.value && f.value !== first.get(f.name)).map((f) => [f.name, f.value]))
    write(key, Object.keys(typed).length ? typed : null)
  }
  form.addEventListener('input', keep)
  form.addEventListener('change', keep)
  form.addEventListener('submit', () => form.hasAttribute('hx-post') || write(SENT, key))
  form.addEventListener('htmx:afterRequest', (event) => {
    if (event.detail.elt === form && event.detail.successful) write(key, null)
  })
}
