import htmx from 'htmx.org'

const box = () => document.getElementById('messages')

/** Say a sentence in the corner; it is read aloud, stays ten seconds, and goes at a click. */
export function say(sentence) {
  const line = document.createElement('p')
  line.className = 'said'
  line.dataset.said = ''
  line.textContent = sentence
  box()?.append(line)
}

/** Run *setUp* once for every element that matches, now and after each swap. */
export function onceShown(selector, setUp) {
  const ready = new WeakSet()
  const look = (root) => {
    const found = [...root.querySelectorAll(selector)]
    if (root.matches?.(selector)) found.push(root)
    for (const element of found) {
      if (!ready.has(element)) {
        ready.add(element)
        setUp(element)
      }
    }
  }
  look(document)
  htmx.onLoad((root) => look(root.getRootNode() === document ? root : document))
}

export function showMessages() {
  const target = box()
  if (!target) return
  const fade = (line) => {
    const stay = line.getAttribute('role') === 'alert' ? 20_000 : 10_000
    setTimeout(() => line.remove(), stay)
    line.addEventListener('click', () => line.remove())
  }
  target.querySelectorAll('[data-said]').forEach(fade)
  new MutationObserver((changes) => {
    for (const change of changes) for (const line of change.addedNodes) if (line.nodeType === 1) fade(line)
  }).observe(target, { childList: true })

  // a command that answers 204 may say its sentence in HX-Trigger: {"said": "已交办给李安。"}
  document.body.addEventListener('said', (event) => say(event.detail.value))
  document.body.addEventListener('htmx:sendError', () =>
    say('网络不通，这次操作没有送出。你填写的内容还在，恢复网络后再点一次。'),
  )
  document.body.addEventListener('htmx:timeout', () => say('等了很久没有回音。请看一下这条记录的最新情况，再决定要不要重做。'))
  document.body.addEventListener('htmx:responseError', (event) => {
    if (event.detail.xhr.status >= 500) say('系统出了差错，这次操作没有生效。你填写的内容还在，请稍后再试。')
  })
}
