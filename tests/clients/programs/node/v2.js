// SPDX-License-Identifier: Apache-2.0

// @influxdata/influxdb-client and its APIs, the client of InfluxDB 2.
'use strict'

const assert = require('node:assert')
const { setTimeout: delay } = require('node:timers/promises')
const { InfluxDB, Point } = require('@influxdata/influxdb-client')
const { BucketsAPI, OrgsAPI, PingAPI } = require('@influxdata/influxdb-client-apis')
const { database, serve, url } = require('./driver.js')

const org = 'my-org'
const influx = new InfluxDB({ url, token: 'my-token' })

// Sends all, again where the library thinks so, and is done when all were taken or some refused.
async function send(records, gzipThreshold, precision) {
  let waiting = records.length
  const api = influx.getWriteApi(org, database, precision, {
    batchSize: 2000,
    flushInterval: 0,
    gzipThreshold,
    minRetryDelay: 200,
    maxRetryDelay: 500,
    maxRetries: 100,
    writeSuccess: (lines) => (waiting -= lines.length),
  })
  for (const each of records) typeof each === 'string' ? api.writeRecord(each) : api.writePoint(each)
  await api.flush().catch((error) => {
    if (error.statusCode >= 400 && error.statusCode < 429) throw error // else it tries again by itself
  })
  while (waiting > 0) await delay(50)
  await api.close()
}

function converted(point) {
  const made = new Point(point.measurement).timestamp(point.ms)
  for (const [key, value] of Object.entries(point.tags)) made.tag(key, value)
  for (const [key, value] of Object.entries(point.text ?? {})) made.stringField(key, value)
  if (point.integer !== undefined) {
    made.floatField('float', point.float).intField('integer', point.integer)
    made.booleanField('boolean', point.boolean).stringField('string', point.string)
  }
  return made
}

serve({
  async connect() {
    await new PingAPI(influx).getPing()
  },
  async create() {
    const { orgs } = await new OrgsAPI(influx).getOrgs({ org })
    await new BucketsAPI(influx).postBuckets({ body: { orgID: orgs[0].id, name: database } })
    const { buckets } = await new BucketsAPI(influx).getBuckets({ orgID: orgs[0].id, name: database })
    if (buckets.length !== 1) throw new Error('no such bucket')
  },
  write: (all) => send(all.map(converted), Number.MAX_SAFE_INTEGER, 'ms'),
  gzip: (all) => send(all.map(converted), 1, 'ms'),
  bad: (lines) => send(lines, 1000, 'ns'),
  conflict: (point) => send([converted(point)], 1000, 'ms'),
  async query() {
    const query = `from(bucket: "${database}") |> range(start: 0) |> count()`
    return (await influx.getQueryApi(org).collectRows(query))[0]._value
  },
  async manage() {
    const api = new BucketsAPI(influx)
    const bucket = async () => (await api.getBuckets({ name: database })).buckets[0]
    const { id } = await bucket()
    await api.patchBucketsID({ bucketID: id, body: { retentionRules: [{ type: 'expire', everySeconds: 7 * 86400 }] } })
    assert.equal((await bucket()).retentionRules[0].everySeconds, 7 * 86400)
    await api.deleteBucketsID({ bucketID: id })
    const { buckets } = await api.getBuckets()
    assert.ok(!buckets.some((each) => each.name === database))
  },
})
