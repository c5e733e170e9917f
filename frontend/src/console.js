// The one script of every desk and phone page. Pages work without it; it makes them quicker.
import '@tabler/core'
import Alpine from '@alpinejs/csp'
import htmx from 'htmx.org'
import 'htmx-ext-sse/dist/sse.esm.js'

import './console.css'

// A rejected form comes back as the same partial with 422 and must be shown, not dropped.
htmx.config.responseHandling = [
  { code: '204', swap: false },
  { code: '[23]..', swap: true },
  { code: '422', swap: true },
  { code: '[45]..', swap: false, error: true },
]

Alpine.start()
