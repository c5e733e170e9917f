// Keeps the phone's shell and its scanner, and nothing else: no list, no name, no photo ever lies in this cache.
const KEPT = 'bihuan-{{ version }}'
const NOW = {{ now|safe }}
const LATER = {{ later|safe }}
const CODE = /^\/p\/([A-Za-z0-9-]+)\/?$/
const PATIENCE = 4000

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(NOW.map((url) => new Request(url, { cache: 'reload' })))))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      const names = (await caches.keys()).filter((name) => name.startsWith('bihuan-'))
      const cache = await caches.open(KEPT)
      // what did not change keeps its name: it is taken from the old cache instead of from the network
      for (const url of LATER) {
        const old = await caches.match(url)
        if (old && !(await cache.match(url))) await cache.put(url, old)
      }
      await Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name)))
      await self.clients.claim()
    })(),
  )
})

/** Whether everything is here that a round without a network needs; fetches what is missing. */
async function complete() {
  const cache = await caches.open(KEPT)
  for (const url of LATER) if (!(await cache.match(url))) await cache.add(url)
  return true
}

self.addEventListener('message', (event) => {
  if (event.data === 'now') self.skipWaiting()
  if (event.data === 'complete') event.waitUntil(complete().then((whole) => event.ports[0]?.postMessage(whole), () => event.ports[0]?.postMessage(false)))
})

/** Whether somebody has signed in with the app on this phone: then a wall's code opens the app. */
const enrolled = () =>
  new Promise((tell) => {
    const asked = indexedDB.open('bihuan-phone')
    asked.onupgradeneeded = () => asked.transaction.abort() // it does not exist, and is not made here
    asked.onerror = () => tell(false)
    asked.onsuccess = () => {
      const db = asked.result
      const count = db.objectStoreNames.contains('people') && db.transaction('people').objectStore('people').count()
      if (!count) tell(false)
      else {
        count.onsuccess = () => tell(count.result > 0)
        count.onerror = () => tell(false)
      }
      db.close()
    }
  })

async function wall(request, code) {
  const app = () => Response.redirect('/m/#/p/' + code, 302)
  if (await enrolled()) return app()
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE) })
  } catch {
    return app()
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate') {
    const code = url.searchParams.has('page') ? null : CODE.exec(url.pathname)?.[1]
    if (code) event.respondWith(wall(request, code + url.search))
    else if (url.pathname === '/m/') event.respondWith(caches.match('/m/', { cacheName: KEPT }).then((found) => found ?? fetch(request)))
  } else if (NOW.includes(url.pathname) || LATER.includes(url.pathname)) {
    event.respondWith(caches.match(url.pathname).then((found) => found ?? fetch(request)))
  }
})
