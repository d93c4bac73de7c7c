// SPDX-License-Identifier: Apache-2.0

// @influxdata/influxdb3-client, the client of InfluxDB 3.
'use strict'

const { InfluxDBClient, Point } = require('@influxdata/influxdb3-client')
const { batches, database, serve, url } = require('./driver.js')

const noSync = process.env.V3_NO_SYNC === 'true'

function client(gzipThreshold) {
  return new InfluxDBClient({ host: url, token: 'my-token', database, writeOptions: { gzipThreshold, noSync, precision: 'ms' } })
}
const plain = client(Number.MAX_SAFE_INTEGER)
const packed = client(1)

function converted(point) {
  const made = Point.measurement(point.measurement).setTimestamp(point.ms)
  for (const [key, value] of Object.entries(point.tags)) made.setTag(key, value)
  for (const [key, value] of Object.entries(point.text ?? {})) made.setStringField(key, value)
  if (point.integer !== undefined) {
    made.setFloatField('float', point.float).setIntegerField('integer', point.integer)
    made.setBooleanField('boolean', point.boolean).setStringField('string', point.string)
  }
  return made
}

serve({
  connect: () => plain.getServerVersion(),
  write: (all) => batches(all, (some) => plain.write(some.map(converted))),
  gzip: (all) => batches(all, (some) => packed.write(some.map(converted))),
  bad: (lines) => plain.write(lines, undefined, undefined, { precision: 'ns' }),
  conflict: (point) => plain.write(converted(point)),
  async query() {
    for await (const row of plain.query('SELECT count("integer") FROM "points"')) return row.count
  },
})
