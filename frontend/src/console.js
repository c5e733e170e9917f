// The one script of every desk and phone page. Pages work without it; it makes them quicker and surer.
import Alpine from '@alpinejs/csp'
import htmx from 'htmx.org'

import './console.css'
import { askFirst, closeMenus, openDialogs } from './desk/dialogs.js'
import { comparePhotos, enlargePhotos } from './desk/compare.js'
import { guardDrafts } from './desk/drafts.js'
import { followFeed } from './desk/feed.js'
import { keepGrid } from './desk/grid.js'
import { driveLists } from './desk/lists.js'
import { showLooks } from './desk/looks.js'
import { onceShown, showMessages } from './desk/messages.js'
import { pickPhotos } from './desk/photos.js'
import { narrowOptions, revealSecrets, sayLeaving } from './desk/forms.js'

// A rejected form comes back as the same partial with 422 and is shown, not dropped.
htmx.config.responseHandling = [
  { code: '204', swap: false },
  { code: '[23]..', swap: true },
  { code: '422', swap: true },
  { code: '[45]..', swap: false, error: true },
]
// Any other refusal says where its sentence belongs (#messages); a page that is not a refusal is never put into a row.
document.body.addEventListener('htmx:beforeSwap', (event) => {
  if (event.detail.xhr.status >= 400 && event.detail.xhr.getResponseHeader('HX-Retarget')) {
    event.detail.shouldSwap = true
    event.detail.isError = false
  }
})

showLooks()
showMessages()
closeMenus()
openDialogs()
askFirst()
sayLeaving()
driveLists()
followFeed()

// What belongs to a part of the page is set up when that part appears, whether with the page or by a swap.
onceShown('[data-reveals]', revealSecrets)
onceShown('[data-narrows]', narrowOptions)
onceShown('[data-photos]', pickPhotos)
onceShown('[data-compare]', comparePhotos)
onceShown('[data-gallery]', enlargePhotos)
onceShown('[data-signature]', async (pad) => (await import('./desk/signature.js')).signOn(pad))
onceShown('form[data-draft]', guardDrafts)
onceShown('[data-grid]', keepGrid)
onceShown('[data-sorts]', async (list) => (await import('./desk/sorting.js')).sortRows(list))
onceShown('[data-scan]', async (place) => (await import('./desk/scan.js')).scanWith(place))

window.htmx = htmx
Alpine.start()
