// SPDX-License-Identifier: Apache-2.0

// influx of npm, a client of InfluxDB 1.
'use strict'

const assert = require('node:assert')
const { FieldType, InfluxDB, toNanoDate } = require('influx')
const { batches, database, host, port, serve } = require('./driver.js')

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
  conflict: ({ measurement, tags, text, ms }) =>
    plain.writePoints([{ measurement, tags, fields: text, timestamp: toNanoDate(`${ms}000000`) }]),
  async query() {
    return (await influx.query('SELECT count("integer") FROM "points"'))[0].count
  },
  async manage() {
    await influx.alterRetentionPolicy('week', { database, duration: '14d', replication: 1 })
    const policies = await influx.showRetentionPolicies(database)
    assert.equal(policies.find((each) => each.name === 'week').duration, '336h0m0s')
    await influx.createUser('someone', 'secret')
    await influx.grantPrivilege('someone', 'READ', database)
    assert.deepEqual((await influx.getUsers()).map((each) => each.user), ['someone'])
    await influx.dropUser('someone')
    await influx.createContinuousQuery('cq', 'SELECT mean("float") INTO "means" FROM "points" GROUP BY time(1m)', database)
    await influx.dropContinuousQuery('cq', database)
    assert.ok((await influx.getMeasurements()).includes('points'))
    assert.ok((await influx.getSeries()).length > 0)
    await influx.dropSeries({ where: (e) => e.tag('host').equals.value('h1') })
    await influx.dropMeasurement('points')
    assert.ok(!(await influx.getMeasurements()).includes('points'))
    await influx.dropRetentionPolicy('week', database)
    await influx.dropDatabase(database)
    assert.ok(!(await influx.getDatabaseNames()).includes(database))
  },
})
