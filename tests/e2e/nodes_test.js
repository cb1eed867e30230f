'use strict';
// Several execd on one PostgreSQL and one chain: they share the orders, whatever dies.
//   node nodes_test.js [--all]     --all: 2 000 orders among three nodes that are killed every 2 s, the server away for 20 s

const assert = require('node:assert');
const { test, main } = require('./support/suite');
const { cluster } = require('./support/cluster');
const { request, sleep } = require('./support/http');
const { TERMINAL, swap, submit, submitOk, readEvents, readOrder, waitForEnd, followSocket, eventsIn, inParallel } = require('./support/orders');
const { readJournal, landings, checkEvents, checkAgainstChain } = require('./support/judge');

const ALL = process.argv.includes('--all');

const percentile = (numbers, part) => [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];

// Submits to any of the nodes until an answer arrives, under the same key each time.
async function submitSurely(nodes, key, giveUpMs = 120000) {
  const until = Date.now() + giveUpMs;
  for (let turn = key.length; Date.now() < until; turn++) {
    try {
      const node = nodes[(turn + Number(key.replace(/\D/g, ''))) % nodes.length];
      const answer = await submit(node.url, swap({ clientOrderId: key }), { 'Idempotency-Key': key });
      if (answer.status === 202) return answer.json.orderId;
      assert.ok([503, 409, 429].includes(answer.status), `${key} was answered ${answer.status}: ${answer.text}`);
    } catch (error) {
      if (error.code === 'ERR_ASSERTION') throw error;
    }
    await sleep(30);
  }
  throw new Error(`${key} was never accepted`);
}

async function endedSomewhere(nodes, id) {
  for (let turn = 0; ; turn++) {
    const order = await readOrder(nodes[turn % nodes.length].url, id).catch(() => ({}));
    if (TERMINAL.has(order.status)) return;
    await sleep(50);
  }
}

// Every order ends, whole; the chain's journal has it landed once if and only if it is confirmed.
async function judge(node, chain, ids, withinMs) {
  assert.strictEqual(new Set(ids).size, ids.length, 'every key has an order of its own');
  await inParallel(ids, 10, async (id) => {
    await waitForEnd(node.url, id, { withinMs });
    checkEvents(id, await readEvents(node.url, id));
  });
  const landed = landings(readJournal(chain.journalPath));
  let confirmed = 0;
  for (const id of ids) {
    const order = await waitForEnd(node.url, id);
    checkAgainstChain(id, order.status, landed.get(id) || 0);
    confirmed += order.status === 'confirmed' ? 1 : 0;
  }
  for (const id of landed.keys()) assert.ok(ids.includes(id), `the chain knows ${id}, which nobody was told of`);
  return { confirmed };
}

test('two nodes share the orders, and each streams those of the other', async (place) => {
  const { nodes: [alpha, beta], chain } = await cluster(place, ['alpha', 'beta'], { QUEUE_CONCURRENCY: '4' });
  const ids = [];
  const delays = [];
  const follows = [];
  for (let i = 0; i < 24; i++) {
    const id = await submitOk(i % 2 === 0 ? alpha.url : beta.url, swap());
    ids.push(id);
    const other = i % 2 === 0 ? beta : alpha;
    follows.push(followSocket(`${other.ws}/api/orders/${id}/stream`, {
      onMessage: (message) => { if (!message.logs) delays.push(Date.now() - Date.parse(message.timestamp)); },
    }));
  }
  for (const [index, follow] of (await Promise.all(follows)).entries()) {
    assert.strictEqual(follow.code, 1000, JSON.stringify(follow));
    checkEvents(ids[index], eventsIn(follow.messages));
  }
  const { confirmed } = await judge(beta, chain, ids, 30000);
  assert.ok(confirmed >= 22, `${confirmed} of 24 were confirmed`);
  const listed = (await request(`${alpha.url}/api/nodes`)).json.nodes;
  assert.deepStrictEqual(listed.map((node) => [node.name, node.alive, node.self]).sort(), [['alpha', true, true], ['beta', true, false]]);
  assert.ok(listed.every((node) => node.confirmed > 0), JSON.stringify(listed));
  assert.strictEqual(listed.reduce((sum, node) => sum + node.confirmed, 0), confirmed);
  const counts = (await request(`${beta.url}/api/queue/metrics`)).json.metrics;
  assert.strictEqual(counts.completed, confirmed);
  assert.strictEqual(counts.total, 24);
  console.log(`         ${delays.length} live events heard on the other node: p50 ${percentile(delays, 0.5)} ms, p99 ${percentile(delays, 0.99)} ms after their timestamp`);
});

test('keys, cancellations and conflicts hold on every node', async (place) => {
  const { nodes: [alpha, beta] } = await cluster(place, ['alpha', 'beta'], { MOCK_TIME_SCALE: '20' });  // quotes take so long that nothing is signed before the cancel
  const first = await submit(alpha.url, swap(), { 'Idempotency-Key': 'one' });
  const again = await submit(beta.url, swap(), { 'Idempotency-Key': 'one' });
  assert.strictEqual(again.json.orderId, first.json.orderId);
  assert.strictEqual(again.headers['idempotent-replayed'] || again.headers['idempotent-replay'], 'true');
  assert.strictEqual((await submit(beta.url, swap({ amountIn: '2' }), { 'Idempotency-Key': 'one' })).status, 409);
  const cancelled = await request(`${beta.url}/api/orders/${first.json.orderId}/cancel`, { method: 'POST' });
  assert.ok([200, 202].includes(cancelled.status), cancelled.text);
  const order = await waitForEnd(alpha.url, first.json.orderId, { withinMs: 20000 });
  assert.strictEqual(order.status, 'cancelled');
});

const CAMPAIGN = ALL ? { orders: 2000, everyMs: 2000, width: 40 } : { orders: 60, everyMs: 700, width: 12 };
test(`three nodes, ${CAMPAIGN.orders} orders, one node killed every ${CAMPAIGN.everyMs} ms: none lost, none doubled`, async (place) => {
  const { database, nodes, chain } = await cluster(place, ['alpha', 'beta', 'gamma'], { QUEUE_CONCURRENCY: '30' });
  const orphans = [];  // {id, at}: what a node held when it died
  const ids = new Array(CAMPAIGN.orders);
  let submitting = true;
  let kills = 0;
  // Each client waits for its order, so that the queue is short and a takeover is not a wait in line.
  const submitted = inParallel([...ids.keys()], CAMPAIGN.width, async (index) => {
    ids[index] = await submitSurely(nodes, `order-${index}`);
    await endedSomewhere(nodes, ids[index]);
  })
    .finally(() => { submitting = false; });
  const killing = (async () => {
    for (let turn = 0; submitting || turn < 4; turn++) {
      await sleep(CAMPAIGN.everyMs);
      const node = nodes[(turn * 7 + 3) % nodes.length];
      await node.kill9();
      const at = Date.now();
      kills += 1;
      const held = await database.sql(`select order_id from libexec.jobs where owner like '${node.settings.NODE_NAME}-%'`);
      for (const bytes of held) orphans.push({ id: bytes.replace(/^.x(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'), at });
      await sleep(CAMPAIGN.everyMs / 4);
      await node.start();
    }
  })();
  await Promise.all([submitted, killing]);
  const { confirmed } = await judge(nodes[0], chain, ids, 120000);
  assert.ok(confirmed >= CAMPAIGN.orders * 0.9, `${confirmed} of ${CAMPAIGN.orders} were confirmed`);
  const takeovers = [];
  for (const { id, at } of orphans) {
    const next = (await readEvents(nodes[0].url, id)).map((event) => Date.parse(event.timestamp)).find((time) => time > at);
    if (next !== undefined) takeovers.push(next - at);
  }
  console.log(`         ${kills} kills: ${ids.length} acknowledged, 0 lost, 0 doubled, ${confirmed} confirmed; of ${takeovers.length} orders held by the dead ` +
    `the next event came after p50 ${percentile(takeovers, 0.5)} ms, p99 ${percentile(takeovers, 0.99)} ms (lease ${nodes[0].settings.LEASE_MS} ms)`);
});

const AWAY_MS = ALL ? 20000 : 2500;
test(`PostgreSQL is away for ${AWAY_MS} ms under load: no acknowledged order is lost, and nobody has to restart anything`, async (place) => {
  const { database, nodes, chain } = await cluster(place, ['alpha', 'beta'], { QUEUE_CONCURRENCY: '20' });
  const ids = new Array(ALL ? 400 : 60);
  const statuses = new Set();
  const submitted = inParallel([...ids.keys()], 10, async (index) => {
    await sleep(index * 20);
    ids[index] = await submitSurely(nodes, `order-${index}`);
  });
  await sleep(500);
  await database.stop();
  const away = Date.now();
  while (Date.now() - away < AWAY_MS) {
    const ready = await request(`${nodes[0].url}/readyz`, { timeout: 10000 });
    const refused = await submit(nodes[1].url, swap(), {});
    statuses.add(`${ready.status}/${refused.status}`);
    if (refused.status === 503) assert.ok(Number(refused.headers['retry-after']) > 0, refused.text);
    assert.notStrictEqual(refused.status, 202, 'nothing is accepted while it cannot be made durable');
    await sleep(200);
  }
  await database.startAgain();
  await submitted;
  assert.ok(nodes.every((node) => node.alive), 'no process ended');
  const { confirmed } = await judge(nodes[1], chain, ids, 60000);
  assert.strictEqual((await request(`${nodes[0].url}/readyz`)).status, 200);
  console.log(`         ready/submit were answered ${[...statuses].join(' ')} meanwhile; ${confirmed} of ${ids.length} confirmed`);
});

main();
