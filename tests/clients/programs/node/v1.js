// SPDX-License-Identifier: Apache-2.0

// influx of npm, a client of InfluxDB 1.
'use strict'

const { FieldType, InfluxDB, toNanoDate } = require('influx')
const { batches, database, host, Nothing, port, serve } = require('./driver.js')

const influx = new InfluxDB({
  host,
  port,
  database,
  schema: [
    {
      measurement: 'points',
      tags: ['host', 'place'],
      fields: {
        float: FieldType.FLOAT,
        integer: FieldType.INTEGER,
        boolean: FieldType.BOOLEAN,
        string: FieldType.STRING,
      },
    },
  ],
})
const plain = new InfluxDB({ host, port, database })

function converted({ measurement, tags, ms, float, integer, boolean, string }) {
  return { measurement, tags, timestamp: toNanoDate(`${ms}000000`), fields: { float, integer, boolean, string } }
}

serve({
  async connect() {
    const [answer] = await influx.ping(5000)
    if (!answer.online) throw new Error('not online')
    return answer.version
  },
  async create() {
    const names = await influx.getDatabaseNames()
    if (!names.includes(database)) await influx.createDatabase(database)
    await influx.createRetentionPolicy('week', { database, duration: '7d', replication: 1 })
  },
  write: (all) => batches(all, (some) => influx.writePoints(some.map(converted))),
  async gzip() {
    throw new Nothing()
  },
  async bad() {
    throw new Nothing()
  },
  conflict: ({ measurement, tags, text, ms }) =>
    plain.writePoints([{ measurement, tags, fields: text, timestamp: toNanoDate(`${ms}000000`) }]),
  async query() {
    return (await influx.query('SELECT count("integer") FROM "points"'))[0].count
  },
})
