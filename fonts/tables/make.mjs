// Writes the width tables in this folder from the npm package `anafanafo`, which badge-maker measures text with.
//
//   npm install anafanafo@2 --prefix SOMEWHERE
//   node fonts/tables/make.mjs SOMEWHERE/node_modules/anafanafo
//
// A table consists of little-endian u16s: 18 plane offsets (the ranges of plane p have the indices offset[p] to
// offset[p + 1] - 1), then the first character of each range (the low 16 bits of its code point), then each range's
// width in hundredths of a pixel. A range ends where the next one of its plane begins. The width 65535 means that the
// characters were not measured. The first range of a plane begins at 0, so a binary search always finds a range.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const UNKNOWN = 0xffff
const source = process.argv[2]
if (!source) throw new Error('usage: node make.mjs PATH/TO/anafanafo')

for (const name of ['verdana-10px-normal', 'verdana-11px-normal', 'verdana-10px-bold', 'helvetica-11px-bold']) {
  const ranges = JSON.parse(readFileSync(join(source, 'data', `${name}.json`), 'utf8'))
  const planes = Array.from({ length: 17 }, () => [])
  const add = (first, last, width) => {
    for (let at = first; at <= last; at = ((at >> 16) + 1) << 16) {
      const entries = planes[at >> 16]
      if (entries.length === 0 && (at & 0xffff) !== 0) entries.push([0, UNKNOWN])
      if (entries.at(-1)?.[1] !== width) entries.push([at & 0xffff, width])
    }
  }
  let next = 0
  for (const [first, last, width] of ranges) {
    const hundredths = Math.round(width * 100)
    if (hundredths / 100 !== width || hundredths >= UNKNOWN) throw new Error(`${name}: ${width} is not in hundredths`)
    if (first > next) add(next, first - 1, UNKNOWN)
    add(first, last, hundredths)
    next = last + 1
  }
  add(next, 0x10ffff, UNKNOWN)

  const used = planes.map(entries => (entries.every(([, width]) => width === UNKNOWN) ? [] : entries))
  const offsets = [0]
  for (const entries of used) offsets.push(offsets.at(-1) + entries.length)
  const all = used.flat()
  const words = Uint16Array.from([...offsets, ...all.map(([start]) => start), ...all.map(([, width]) => width)])
  const bytes = Buffer.alloc(words.length * 2)
  words.forEach((word, i) => bytes.writeUInt16LE(word, i * 2))
  writeFileSync(join(import.meta.dirname, `${name}.bin`), bytes)
}
