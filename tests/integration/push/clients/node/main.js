// SPDX-License-Identifier: Apache-2.0
//
// Pushes with Node's client: push, pushAdd and delete.
const client = require('prom-client');

async function main(address) {
  const registry = new client.Registry();
  new client.Gauge({ name: 'node_pushed_gauge', help: 'words', registers: [registry] }).set(1.5);
  const histogram = new client.Histogram({ name: 'pushed_histogram', help: 'words', buckets: [1, 5], registers: [registry] });
  histogram.observe(2);
  const gateway = new client.Pushgateway(address, {}, registry);
  const group = { jobName: 'node', groupings: { instance: 'i' } };
  await gateway.push(group);
  const other = new client.Registry();
  new client.Counter({ name: 'pushed_total', help: 'words', registers: [other] }).inc(3);
  await new client.Pushgateway(address, {}, other).pushAdd(group);
  await gateway.push({ jobName: 'gone' });
  const { resp } = await gateway.delete({ jobName: 'gone' });
  if (resp.statusCode !== 202) {
    throw new Error(`delete was answered ${resp.statusCode}`);
  }
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
