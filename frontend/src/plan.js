// A school's plan with its risk points, and the place of a label. The pages work without it: the list beside the plan
// says the same, and places can be typed.
import './plan.css'

const plan = document.querySelector('[data-plan]')
if (plan) import('./plan/map.js').then(({ drawPlan }) => drawPlan(plan))

for (const place of document.querySelectorAll('[data-locate]')) {
  const button = place.querySelector('[data-locate-now]')
  const says = place.querySelector('[data-locate-says]')
  const put = (name, value) => {
    place.querySelector(`[name="${name}"]`).value = value
  }
  if (!navigator.geolocation) continue
  button.hidden = false
  button.addEventListener('click', () => {
    says.textContent = '正在定位，请站着别动…'
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        put('lat', coords.latitude.toFixed(6))
        put('lon', coords.longitude.toFixed(6))
        put('accuracy', Math.round(coords.accuracy))
        says.textContent = `取到了，误差约 ${Math.round(coords.accuracy)} 米。`
      },
      (problem) => {
        says.textContent =
          problem.code === problem.PERMISSION_DENIED
            ? '浏览器没有得到定位许可。可以在设置里允许，或者不填位置。'
            : '这里取不到位置。可以走到窗边再试，或者不填位置。'
      },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
    )
  })
}
