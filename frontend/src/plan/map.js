// The plan as a Leaflet map in plain coordinates: x to the right, y downwards, in the picture's own units.
// The points are read from the list beside it, so list and plan can never say different things.
import { CRS, DomEvent, divIcon, imageOverlay, latLngBounds, map as makeMap, marker } from 'leaflet'
import 'leaflet/dist/leaflet.css'

const SHAPES = {
  red: '<polygon points="5,1 11,1 15,5 15,11 11,15 5,15 1,11 1,5"/>',
  orange: '<polygon points="8,1.5 15,14.5 1,14.5"/>',
  yellow: '<polygon points="8,1 15,8 8,15 1,8"/>',
  blue: '<circle cx="8" cy="8" r="6.5"/>',
}
const WORDS = { red: '红 重大', orange: '橙 较大', yellow: '黄 一般', blue: '蓝 低' }
const STEP = { plain: 0.005, far: 0.02 }

export function drawPlan(place) {
  const width = Number(place.dataset.width)
  const height = Number(place.dataset.height)
  const says = document.querySelector('[data-plan-says]')
  const editButton = document.querySelector('[data-plan-edit]')
  const bounds = latLngBounds([-height, 0], [0, width])
  place.replaceChildren()
  // the frame takes the picture's own proportions, within what a screen shows at once
  const frame = () => {
    const tall = (place.clientWidth * height) / width
    place.style.height = `${Math.round(Math.min(Math.max(tall + 8, 200), innerHeight * 0.72))}px`
  }
  frame()
  const map = makeMap(place, {
    crs: CRS.Simple,
    attributionControl: false,
    zoomSnap: 0.05,
    minZoom: -4,
    maxZoom: 3,
    maxBounds: bounds.pad(0.3),
    scrollWheelZoom: false,
    keyboard: false,
    zoomControl: false,
  })
  addZoom(map)
  imageOverlay(place.dataset.picture, bounds, { alt: '' }).addTo(map)
  const fit = () => map.fitBounds(bounds, { animate: false, padding: [4, 4] })
  // far out the marks would cover each other and the plan: they shrink to colour and shape
  const size = () => place.classList.toggle('plan-far', 2 ** map.getZoom() < 0.7)
  map.on('zoomend', size)
  fit()
  size()
  let wide = place.clientWidth
  new ResizeObserver(() => {
    map.invalidateSize({ animate: false })
    if (place.clientWidth === wide) return
    wide = place.clientWidth
    frame()
    map.invalidateSize({ animate: false })
    fit()
  }).observe(place)

  const at = (x, y) => [-y * height, x * width]
  const share = ({ lat, lng }) => ({
    x: Math.min(1, Math.max(0, lng / width)),
    y: Math.min(1, Math.max(0, -lat / height)),
  })
  const marks = new Map()
  let editing = false

  const rowOf = (id) => document.querySelector(`[data-point="${id}"]`)
  const keep = (id, latlng) => {
    const row = rowOf(id)
    const form = row?.querySelector('[data-spot]')
    if (!form) return
    const { x, y } = share(latlng)
    form.elements.x.value = (x * 100).toFixed(1)
    form.elements.y.value = (y * 100).toFixed(1)
    says.textContent = `${row.dataset.name}：从左 ${form.elements.x.value}%，从上 ${form.elements.y.value}%。`
    form.requestSubmit()
  }

  const steer = (id, mark, event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      mark.openPopup()
      return
    }
    if (!moves || !editing) return
    event.preventDefault()
    const step = event.shiftKey ? STEP.far : STEP.plain
    const { x, y } = share(mark.getLatLng())
    mark.setLatLng(at(Math.min(1, Math.max(0, x + moves[0] * step)), Math.min(1, Math.max(0, y + moves[1] * step))))
    clearTimeout(mark.waiting)
    mark.waiting = setTimeout(() => keep(id, mark.getLatLng()), 700)
  }

  const popup = (row) => {
    const box = document.createElement('div')
    const link = row.querySelector('.what a').cloneNode(true)
    box.append(link)
    for (const words of row.querySelectorAll('.what .quiet, .what .why')) {
      const line = document.createElement('div')
      line.textContent = words.textContent
      box.append(line)
    }
    return box
  }

  const draw = () => {
    const seen = new Set()
    for (const row of document.querySelectorAll('#plan-points [data-point]')) {
      const { point: id, colour, name } = row.dataset
      const x = Number.parseFloat(row.dataset.x)
      const y = Number.parseFloat(row.dataset.y)
      if (Number.isNaN(x) || Number.isNaN(y)) continue
      seen.add(id)
      const said = `${name}，${WORDS[colour] ?? colour}`
      let mark = marks.get(id)
      if (!mark) {
        mark = marker(at(x, y), { keyboard: true, draggable: false, riseOnHover: true, title: said, alt: said })
        mark.on('dragend', () => keep(id, mark.getLatLng()))
        mark.bindPopup(() => popup(rowOf(id)), { closeButton: true })
        marks.set(id, mark)
      }
      mark.setLatLng(at(x, y))
      if (mark.colour !== colour) {
        const flash = mark.colour ? ' mark-flash' : ''
        mark.colour = colour
        mark.setIcon(
          divIcon({
            className: `mark mark-${colour}${flash}`,
            html: `<svg viewBox="0 0 16 16" aria-hidden="true">${SHAPES[colour] ?? SHAPES.blue}</svg><span aria-hidden="true">${(WORDS[colour] ?? '')[0] ?? ''}</span>`,
            iconSize: [28, 28],
          }),
        )
        if (mark.getElement()) dress(id, mark, said)
      }
      if (!map.hasLayer(mark)) {
        mark.addTo(map)
        dress(id, mark, said)
      }
      const button = row.querySelector('[data-show]')
      if (button) {
        button.hidden = false
        button.onclick = () => show(id)
      }
    }
    for (const [id, mark] of marks) {
      if (seen.has(id)) continue
      mark.remove()
      marks.delete(id)
    }
    allow()
  }

  const dress = (id, mark, said) => {
    const element = mark.getElement()
    element.setAttribute('role', 'button')
    element.setAttribute('aria-label', said)
    element.onkeydown = (event) => steer(id, mark, event)
  }

  const show = (id) => {
    const mark = marks.get(id)
    if (!mark) return
    place.scrollIntoView({ block: 'nearest' })
    map.panTo(mark.getLatLng(), { animate: false })
    mark.getElement().focus()
    mark.openPopup()
  }

  const allow = () => {
    for (const mark of marks.values()) mark.dragging?.[editing ? 'enable' : 'disable']()
    place.classList.toggle('plan-editing', editing)
  }

  if (editButton) {
    editButton.hidden = false
    editButton.addEventListener('click', () => {
      editing = !editing
      editButton.setAttribute('aria-pressed', String(editing))
      editButton.textContent = editing ? '移动完了' : '移动风险点'
      says.textContent = editing
        ? '拖动标记，或者选中标记后按方向键（按住 Shift 走得快），松手就存好。还没放到图上的，在清单里点“摆位置”。'
        : ''
      allow()
    })
  }

  draw()
  document.body.addEventListener('htmx:afterSettle', draw)
  if (location.hash.startsWith('#point-')) show(location.hash.slice('#point-'.length))
}

function addZoom(map) {
  const bar = document.createElement('div')
  bar.className = 'plan-zoom'
  for (const [sign, words, by] of [
    ['+', '放大', 0.5],
    ['−', '缩小', -0.5],
  ]) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'btn'
    button.textContent = sign
    button.setAttribute('aria-label', words)
    button.addEventListener('click', () => map.setZoom(map.getZoom() + by, { animate: false }))
    bar.append(button)
  }
  DomEvent.disableClickPropagation(bar)
  map.getContainer().append(bar)
}
