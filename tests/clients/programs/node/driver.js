// SPDX-License-Identifier: Apache-2.0

// What all Node.js programs share: the points, and the loop that does what it is told.
'use strict'

const readline = require('node:readline')

const [url, host, port, database] = process.argv.slice(2)
const T = 1700000000000 // milliseconds
const bad = [
  'bad,host=a integer=1i 1700000000000000000',
  'bad,host=b integer= 1700000000000000000',
  'bad,host=c integer=3i 1700000000000000000',
]
const conflict = { measurement: 'points', tags: { host: 'conflict' }, text: { integer: 'one' }, ms: T }

function point(n) {
  return {
    measurement: 'points',
    tags: { host: `h${n % 10}`, place: 'a b,c=d é' },
    float: n + 0.5,
    integer: n,
    boolean: n % 2 === 0,
    string: `say "${n}", a=b \\ é`,
    ms: T + n,
  }
}

function points(first, count) {
  return Array.from({ length: count }, (_, index) => point(first + index))
}

async function batches(all, send) {
  for (let at = 0; at < all.length; at += 2000) await send(all.slice(at, at + 2000))
}

// `client` has of connect, create, write(points), gzip(points), bad(lines), conflict(point), query and manage what it can.
async function serve(client) {
  for await (const told of readline.createInterface({ input: process.stdin })) {
    const [verb, first, count] = told.split(' ')
    if (!client[verb]) {
      console.log('none')
      continue
    }
    try {
      let words
      if (verb === 'write' || verb === 'gzip') words = await client[verb](points(Number(first), Number(count)))
      else if (verb === 'bad') words = await client.bad(bad)
      else if (verb === 'conflict') words = await client.conflict(conflict)
      else words = await client[verb]()
      console.log(`ok ${words ?? ''}`)
    } catch (error) {
      console.error(error)
      // A body that is not JSON, and causes, are part of what an error says when it is printed.
      const said = [error.message, error.body, error.cause?.message].filter(Boolean).join(' ')
      console.log(`error ${said.replace(/\s+/g, ' ')}`)
    }
  }
  process.exit(0)
}

module.exports = { url, host, port: Number(port), database, batches, serve }
