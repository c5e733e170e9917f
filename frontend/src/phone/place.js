// Where the phone is, at the moment of a look only, when its person allowed it. Nothing ever waits for it.
const PATIENCE = 8000

/** Ask now, use what has come by then: a function that tells {lat, lon, accuracy} or {}. */
export function ask(allowed) {
  let found = {}
  if (allowed && navigator.geolocation) {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => (found = { lat: Number(coords.latitude.toFixed(6)), lon: Number(coords.longitude.toFixed(6)), accuracy: Math.round(coords.accuracy) }),
      () => {},
      { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 15_000 },
    )
  }
  return () => found
}
