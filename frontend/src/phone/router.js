// Where we are: #/p/ABC?n=2 is {hash: '#/p/ABC?n=2', path: '/p/ABC', parts: ['p', 'ABC'], query}.
import { useEffect, useState } from 'preact/hooks'

/** A label can say anything: what is no escape is taken as it stands. */
function plain(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export function here() {
  const { hash } = location
  const [path, search = ''] = hash.replace(/^#/, '').split('?')
  const parts = path.split('/').filter(Boolean).map(plain)
  return { hash, path: path || '/', parts, query: new URLSearchParams(search) }
}

export function useRoute() {
  const [route, set] = useState(here)
  useEffect(() => {
    const moved = () => set(here())
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  return route
}

export const go = (path, { replace = false } = {}) => (replace ? location.replace(`#${path}`) : (location.hash = path))
