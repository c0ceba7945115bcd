// badge-maker as a peer: behind a small HTTP server of node, or drawing alone.
//
//   node badge_maker.mjs FOLDER serve PROCESSES    prints its address; badge-maker is installed in FOLDER
//   node badge_maker.mjs FOLDER draw               for each line on standard input, a style, prints nanoseconds a badge
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const [folder, what, processes] = process.argv.slice(2)
const { makeBadge } = createRequire(`${folder}/`)('badge-maker')

function serve(request, response) {
  const known = /^\/badge\/([^-]*)-([^-]*)-([^-.]*)/.exec(request.url)
  const [, label, message, color] = known ?? [null, 'nuget', 'v13.0.4', 'blue']
  const svg = makeBadge({ label, message, color, style: 'flat' })
  response.writeHead(200, {
    'Content-Type': 'image/svg+xml; charset=utf-8',
    'Content-Length': Buffer.byteLength(svg),
    'Cache-Control': 'public, max-age=300',
  })
  response.end(svg)
}

function draw(style) {
  const badge = { label: 'build', message: 'passing', color: 'brightgreen', style }
  let count = 0
  const started = process.hrtime.bigint()
  let took = 0n
  while (took < 20_000_000n) {
    for (let i = 0; i < 100; i++) makeBadge(badge)
    count += 100
    took = process.hrtime.bigint() - started
  }
  return Number(took) / count
}

if (what === 'draw') {
  for await (const style of createInterface({ input: process.stdin })) console.log(draw(style))
} else if (cluster.isPrimary && Number(processes) > 1) {
  let port
  cluster.on('listening', (_, address) => {
    if (port === undefined) console.log(`http://127.0.0.1:${(port = address.port)}`)
  })
  for (let i = 0; i < Number(processes); i++) cluster.fork()
  process.stdin.on('close', () => process.exit()).resume()
} else {
  const server = createServer({ keepAliveTimeout: 60_000 }, serve)
  server.listen(0, '127.0.0.1', () => {
    if (cluster.isPrimary) console.log(`http://127.0.0.1:${server.address().port}`)
  })
}
