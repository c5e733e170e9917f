const aYear = 'path=/; max-age=31536000; samesite=lax'
const root = document.documentElement

/** Theme and density are cookies, so that the server draws the page right the first time. */
export function showLooks() {
  if (!root.dataset.bsTheme && matchMedia('(prefers-color-scheme: dark)').matches) {
    root.dataset.bsTheme = 'dark'
    document.cookie = `theme=dark; ${aYear}`
  }
  document.querySelectorAll('[data-theme-toggle]').forEach((button) => {
    button.hidden = false
    button.addEventListener('click', () => {
      root.dataset.bsTheme = root.dataset.bsTheme === 'dark' ? 'light' : 'dark'
      document.cookie = `theme=${root.dataset.bsTheme}; ${aYear}`
    })
  })
  document.querySelectorAll('[data-dense-toggle]').forEach((button) => {
    button.hidden = false
    button.addEventListener('click', () => {
      const dense = root.toggleAttribute('data-dense')
      document.cookie = `dense=${dense ? 1 : 0}; ${aYear}`
    })
  })
}
