// Writes the icons in this folder from the npm package `simple-icons` (CC0-1.0). `svg-path-bbox`, which shields uses
// too, measures them, and `@gfx/zopfli` compresses them to 3 % fewer bytes than zlib.
//
//   npm install simple-icons@16 svg-path-bbox@2 @gfx/zopfli@1 --prefix SOMEWHERE
//   node renderer/icons/make.mjs SOMEWHERE/node_modules
//
// The format of simple-icons.bin, with little-endian numbers: a u16, the number n of icons; n u16s, the end of each
// slug; n u32s, the end of each drawing; n times red, green and blue of the brand; the sorted slugs without
// separators; the drawings in the same order, each compressed by itself (RFC 1951). A drawing is the shape's bounds
// `x y width height`, empty if it is as wide as high, a newline, and the path without spaces. aliases.txt has a line
// `name slug` for each title whose slug cannot be derived from it.
import { copyFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const modules = process.argv[2]
if (!modules) throw new Error('usage: node make.mjs PATH/TO/node_modules')
const require = createRequire(join(resolve(modules), 'make.mjs'))
const { svgPathBbox } = require('svg-path-bbox')
const zopfli = require('@gfx/zopfli')
const icons = Object.values(require('simple-icons')).filter(icon => icon.slug)
icons.sort((a, b) => (a.slug < b.slug ? -1 : 1))

// A comma separates numbers like a space and needs no escape in a URI. Next to a letter no separator is needed.
const withoutBlanks = path => path.trim().replace(/\s*([a-z,])\s*/gi, '$1').replace(/\s+(?=[-.\d])/g, ',')
// The paths have three decimal places.
const bounds = path => {
  const [left, top, right, bottom] = svgPathBbox(path)
  const rounded = [left, top, right - left, bottom - top].map(number => Math.round(number * 1000) / 1000)
  return rounded[2] === rounded[3] ? '' : rounded.join(' ')
}
const deflated = async text => Buffer.from(await zopfli.deflateAsync(Buffer.from(text), { numiterations: 15 }))

const drawings = []
for (const { path } of icons) drawings.push(await deflated(`${bounds(path)}\n${withoutBlanks(path)}`))

const numbers = (bytes, all) => {
  const out = Buffer.alloc(bytes * all.length)
  all.forEach((number, i) => out.writeUIntLE(number, i * bytes, bytes))
  return out
}
const ends = lengths => lengths.map((sum => length => (sum += length))(0))
const all = Buffer.concat([
  numbers(2, [icons.length]),
  numbers(2, ends(icons.map(({ slug }) => slug.length))),
  numbers(4, ends(drawings.map(({ length }) => length))),
  Buffer.from(icons.map(({ hex }) => hex).join(''), 'hex'),
  Buffer.from(icons.map(({ slug }) => slug).join('')),
  ...drawings,
])
writeFileSync(join(import.meta.dirname, 'simple-icons.bin'), all)

// The function `slug` in src/icon/name.rs does the same.
const plain = name =>
  name.replace(/[ \-_'!,:/]/g, '').replaceAll('+', 'plus').replaceAll('.', 'dot').replaceAll('&', 'and')
const slugs = new Set(icons.map(({ slug }) => slug))
// Former names that shields still accepts (its lib/logos.js), except for names of icons that were removed.
const legacy = { azuredevops: 'azuredevops', eclipse: 'eclipseide', 'gitter-white': 'gitter', scrutinizer: 'scrutinizerci', tfs: 'azuredevops', travis: 'travisci' }
const aliases = icons.map(({ title, slug }) => [title.toLowerCase().replaceAll(' ', '-'), slug])
  .concat(Object.entries(legacy))
  .filter(([name, slug]) => slugs.has(slug) && !slugs.has(name) && !slugs.has(plain(name)))
writeFileSync(join(import.meta.dirname, 'aliases.txt'), aliases.map(pair => pair.join(' ') + '\n').sort().join(''))

for (const file of ['LICENSE.md', 'DISCLAIMER.md']) {
  copyFileSync(join(modules, 'simple-icons', file), join(import.meta.dirname, file))
}
console.log(`${icons.length} icons, ${all.length} bytes`)
