'use strict';
// Limits that several execd on one PostgreSQL keep together.

const assert = require('node:assert');
const WebSocket = require('ws');
const { test, main } = require('./support/suite');
const { request, sleep } = require('./support/http');
const { Postgres } = require('./support/postgres');
const { swap, submit, submitOk, followSocket } = require('./support/orders');

// Two nodes in which orders stand still: what is accepted stays alive.
async function pair(place, settings) {
  const database = await Postgres.start(place);
  const nodes = ['alpha', 'beta'].map((name) => place.daemon({
    DATABASE_URL: database.url, NODE_NAME: name, MOCK_TIME_SCALE: '100', ORDER_DEADLINE_MS: '600000', LOG_LEVEL: 'warn', ...settings,
  }));
  for (const node of nodes) await node.start();
  return nodes;
}

test('RATE_LIMIT is one bucket for all nodes, and every node tells how it stands', async (place) => {
  const nodes = await pair(place, { RATE_LIMIT: '6' });
  const answers = [];
  for (let i = 0; i < 16; i++) answers.push(await submit(nodes[i % 2].url, swap()));
  const accepted = answers.filter((answer) => answer.status === 202);
  assert.ok(accepted.length >= 6 && accepted.length <= 8, `${accepted.length} of 16 were accepted`);  // one token comes back in 10 s
  accepted.slice(0, 6).forEach((answer, i) => assert.match(answer.headers.ratelimit, new RegExp(`"submissions";r=${5 - i};`)));
  for (const refused of answers.filter((answer) => answer.status !== 202)) {
    assert.strictEqual(refused.status, 429);
    assert.strictEqual(refused.json.code, 'rate_limited');
    assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 10, refused.headers['retry-after']);
  }
});

test('WS_PER_ORDER counts the sockets at all nodes, and forgets those that closed', async (place) => {
  const [alpha, beta] = await pair(place, { RATE_LIMIT: '0', WS_PER_ORDER: '2' });
  const id = await submitOk(alpha.url, swap());
  const open = (node) => new Promise((resolve, reject) => {
    const socket = new WebSocket(`${node.ws}/api/orders/${id}/stream`);
    socket.on('message', () => resolve(socket));
    socket.on('error', reject);
  });
  const first = await open(alpha);
  const second = await open(beta);
  for (const node of [alpha, beta]) {
    assert.strictEqual((await followSocket(`${node.ws}/api/orders/${id}/stream`)).refused, 429);
  }
  first.close();
  const until = Date.now() + 10000;
  let third = null;
  while (third === null && Date.now() < until) third = await open(beta).catch(() => sleep(20).then(() => null));
  assert.ok(third !== null, 'the place that became free at one node is free at the other');
  second.close();
  third.close();
});

test('QUEUE_LIMIT counts the orders alive at all nodes', async (place) => {
  const [alpha, beta] = await pair(place, { RATE_LIMIT: '0', QUEUE_LIMIT: '5', QUEUE_CONCURRENCY: '1' });
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push(await submitOk((i % 2 === 0 ? alpha : beta).url, swap()));
  const full = async (node) => (await submit(node.url, swap())).status === 429;
  const until = Date.now() + 10000;
  while (!(await full(alpha) && await full(beta)) && Date.now() < until) await sleep(100);
  const refused = await submit(beta.url, swap());
  assert.strictEqual(refused.status, 429);
  assert.strictEqual(refused.json.code, 'queue_full');
  const metrics = (await request(`${alpha.url}/api/queue/metrics`)).json.metrics;
  assert.ok(metrics.waiting + metrics.active <= 6, JSON.stringify(metrics));  // one more may slip in at a node that has not looked for a quarter of a second
  for (const id of ids) await request(`${alpha.url}/api/orders/${id}/cancel`, { method: 'POST' });
  let again = null;
  while (Date.now() < until + 10000 && again === null) again = (await submit(beta.url, swap())).status === 202 ? true : await sleep(100).then(() => null);
  assert.ok(again, 'there is room again at one node for what ended at the other');
});

main();
