// SPDX-License-Identifier: Apache-2.0

// prom-client of npm, whose jobs push their gauges as to a Pushgateway.
'use strict'

const { Gauge, Pushgateway, Registry } = require('prom-client')
const { serve, url } = require('./driver.js')

serve({
  async write(all) {
    const registry = new Registry()
    const gauge = new Gauge({ name: 'points', help: 'words', labelNames: ['number'], registers: [registry] })
    for (const { integer, float } of all) gauge.set({ number: String(integer) }, float)
    await new Pushgateway(url, {}, registry).push({ jobName: 'job', groupings: { batch: String(all[0].integer) } })
  },
})
