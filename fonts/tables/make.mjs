// Writes the width tables beside this file from the npm package `anafanafo`, whose tables are the ones badge-maker measures with.
//
//   npm install anafanafo@2 --prefix SOMEWHERE
//   node fonts/tables/make.mjs SOMEWHERE/node_modules/anafanafo
//
// A table is little-endian u16s: 18 plane offsets (plane p owns entries offset[p] to offset[p + 1]), then the entries' starts (the low
// 16 bits of a code point), then their widths in hundredths of a pixel. An entry reaches to the next one of its plane; 65535 is a width
// nobody measured. A plane with entries begins at 0, so a search always finds one.
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
