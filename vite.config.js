import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig } from 'vite'

/** One sprite of the icons named in frontend/src/icons.json; pages show one with {% icon "home" %}. */
function iconSprite() {
  const listed = 'frontend/src/icons.json'
  const stroke =
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" ' +
    'stroke-linecap="round" stroke-linejoin="round"'
  return {
    name: 'icon-sprite',
    buildStart() {
      this.addWatchFile(listed)
      const symbols = JSON.parse(readFileSync(listed, 'utf8')).map((name) => {
        const svg = readFileSync(`node_modules/@tabler/icons/icons/outline/${name}.svg`, 'utf8')
        const drawing = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'))
        return `<symbol id="${name}" ${stroke}>${drawing.trim().replace(/\n\s*/g, '')}</symbol>`
      })
      this.emitFile({
        type: 'asset',
        name: 'icons.svg',
        originalFileName: 'frontend/src/icons.svg',
        source: `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`,
      })
    },
  }
}

const entries = ['console', 'inspection', 'phone', 'plan'].filter((name) => existsSync(`frontend/src/${name}.js`))

export default defineConfig({
  base: '/static/',
  publicDir: false,
  plugins: [iconSprite()],
  resolve: { alias: { '~icons': resolve('node_modules/@tabler/icons/icons/outline') } }, // its own index exports no file
  build: {
    outDir: 'frontend/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    assetsInlineLimit: 0, // a data: address would need a hole in the content security policy
    target: 'es2022',
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: Object.fromEntries(entries.map((name) => [name, `frontend/src/${name}.js`])),
      checks: { eval: false }, // htmx holds an eval that our policy and allowEval=false both switch off
    },
  },
})
