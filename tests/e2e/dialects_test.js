'use strict';
// Four kinds of clients were written for older engines. Each is acted out here, word for word as it speaks on the wire.

const assert = require('node:assert');
const { test, main } = require('./support/suite');
const { request } = require('./support/http');
const { submit, followSocket, eventsIn } = require('./support/orders');

const STATUSES = ['pending', 'routing', 'building', 'submitted', 'confirmed'];
const withoutRepeats = (words) => words.filter((word, index) => word !== words[index - 1]);

// A client that only looks at `status`: it may join late, but sees the order of things and the end.
function checkStatusesSeen(messages) {
  const seen = withoutRepeats(messages.map((message) => message.status));
  assert.deepStrictEqual(seen, STATUSES.slice(STATUSES.length - seen.length));
  assert.deepStrictEqual(withoutRepeats(eventsIn(messages).map((event) => event.status)), STATUSES);
}

function checkEveryMessage(messages, id) {
  for (const message of messages) {
    assert.strictEqual(message.orderId, id);
    assert.ok(!Number.isNaN(Date.parse(message.timestamp)), `timestamp ${message.timestamp}`);
  }
}

test('dialect A: numbers for amounts, a fraction for slippage, wsPath, flat words on every update', async (place) => {
  const daemon = await place.daemon().start();
  const health = await request(`${daemon.url}/health`);
  assert.strictEqual(health.status, 200);
  assert.strictEqual(health.json.status, 'ok');
  assert.ok(!Number.isNaN(Date.parse(health.json.timestamp)));

  const answer = await submit(daemon.url, { type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: 10, slippage: 0.01 });
  const { success, orderId, wsPath, message } = answer.json;
  assert.strictEqual(success, true);
  assert.strictEqual(wsPath, `/ws/orders/${orderId}`);
  assert.strictEqual(typeof message, 'string');

  const { messages, code } = await followSocket(daemon.ws + wsPath);
  assert.strictEqual(code, 1000);
  checkStatusesSeen(messages);
  checkEveryMessage(messages, orderId);
  const last = messages[messages.length - 1];
  assert.ok(['raydium', 'meteora', 'orca'].includes(last.dexUsed), last.dexUsed);
  assert.ok(Number(last.executedPrice) > 0);
  assert.ok(last.txHash.length > 0);

  const read = (await request(`${daemon.url}/api/orders/${orderId}`)).json;
  assert.strictEqual(read.success, true);
  assert.strictEqual(read.order.id, orderId);
  assert.strictEqual(read.order.type, 'market');
  assert.strictEqual(read.order.status, 'confirmed');
  assert.strictEqual(read.order.tokenIn, 'SOL');
  assert.strictEqual(read.order.tokenOut, 'USDC');
  assert.strictEqual(Number(read.order.amountIn), 10);
  assert.strictEqual(Number(read.order.slippage), 0.01);
  assert.strictEqual(read.order.dexUsed, last.dexUsed);
  assert.strictEqual(read.order.executedPrice, last.executedPrice);
  assert.strictEqual(read.order.txHash, last.txHash);
  assert.ok(Date.parse(read.order.createdAt) <= Date.parse(read.order.updatedAt));

  const { metrics } = (await request(`${daemon.url}/api/queue/metrics`)).json;
  assert.deepStrictEqual([metrics.waiting, metrics.active, metrics.completed, metrics.failed, metrics.total], [0, 0, 1, 0, 1]);
});

test('dialect B: orderType, websocketUrl, details under data, a flat order with underscores', async (place) => {
  const daemon = await place.daemon().start();
  const answer = await submit(daemon.url, { orderType: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: 1, slippage: 0.01 });
  const { orderId, websocketUrl } = answer.json;
  assert.strictEqual(answer.json.status, 'pending');
  assert.strictEqual(websocketUrl, `/api/orders/${orderId}/stream`);

  const { messages, code } = await followSocket(daemon.ws + websocketUrl);
  assert.strictEqual(code, 1000);
  checkStatusesSeen(messages);
  checkEveryMessage(messages, orderId);
  assert.strictEqual(typeof messages[0].message, 'string');
  const events = eventsIn(messages);
  const building = events.find((event) => event.status === 'building');
  const confirmed = events.find((event) => event.status === 'confirmed');
  assert.strictEqual(building.data.dexUsed, confirmed.data.dexUsed);
  assert.ok(confirmed.data.txHash.length > 0);
  assert.ok(Number(confirmed.data.executedPrice) > 0);
  assert.ok(Number(confirmed.data.amountOut) > 0);

  const read = (await request(`${daemon.url}/api/orders/${orderId}`)).json;
  assert.strictEqual(read.order_id, orderId);
  assert.strictEqual(read.order_type, 'market');
  assert.strictEqual(read.token_in, 'SOL');
  assert.strictEqual(read.token_out, 'USDC');
  assert.strictEqual(Number(read.amount_in), 1);
  assert.strictEqual(Number(read.slippage), 0.01);
  assert.strictEqual(read.status, 'confirmed');
  assert.strictEqual(read.dex_used, confirmed.data.dexUsed);
  assert.strictEqual(read.executed_price, confirmed.data.executedPrice);
  assert.strictEqual(read.amount_out, confirmed.data.amountOut);
  assert.strictEqual(read.tx_hash, confirmed.data.txHash);
  assert.strictEqual(read.error, null);
  assert.ok(Date.parse(read.created_at) <= Date.parse(read.updated_at));

  const health = (await request(`${daemon.url}/api/health`)).json;
  assert.strictEqual(health.status, 'ok');
  assert.strictEqual(typeof health.queue.activeConnections, 'number');
});

test('dialect B: a default slippage, and refusals with a sentence under error', async (place) => {
  const daemon = await place.daemon().start();
  const plain = await submit(daemon.url, { orderType: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: 1 });
  assert.strictEqual(plain.status, 202);
  const wrong = [
    { orderType: 'market', tokenIn: 'SOL', amountIn: 1 },
    { orderType: 'limit', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: 1 },
    { orderType: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: 0 },
  ];
  for (const body of wrong) {
    const answer = await submit(daemon.url, body);
    assert.strictEqual(answer.status, 400, JSON.stringify(body));
    assert.strictEqual(typeof answer.json.error, 'string');
    assert.ok(answer.json.error.length > 0);
  }
  const unknown = await request(`${daemon.url}/api/orders/6313f173-434f-4158-a04c-ed7f0fd4d61c`);
  assert.strictEqual(unknown.status, 404);
});

test('dialect C: amounts as text, an idempotency key, a backfill of logs on the submit path', async (place) => {
  const daemon = await place.daemon().start();
  const body = { type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '1.5' };
  const key = { 'Idempotency-Key': 'dialect-c-1' };
  const first = await submit(daemon.url, body, key);
  const again = await submit(daemon.url, body, key);
  assert.strictEqual(first.status, 202);
  assert.strictEqual(again.json.orderId, first.json.orderId);
  const other = await submit(daemon.url, { ...body, amountIn: '2' }, key);
  assert.strictEqual(other.status, 409);
  assert.strictEqual(other.json.code, 'idempotency_conflict');

  const id = first.json.orderId;
  const { messages, code } = await followSocket(`${daemon.ws}/api/orders/execute?orderId=${id}`);
  assert.strictEqual(code, 1000);
  assert.strictEqual(messages[0].orderId, id);
  assert.ok(STATUSES.includes(messages[0].status));
  assert.ok(Array.isArray(messages[0].logs));
  checkStatusesSeen(messages);
  const rerun = await followSocket(`${daemon.ws}/api/orders/execute?orderId=${id}`);
  assert.strictEqual(rerun.messages[0].status, 'confirmed');
  assert.strictEqual(rerun.messages[0].logs.length, eventsIn(messages).length);
});

test('dialect D: a side, slippage in basis points, chosenDex under data', async (place) => {
  const daemon = await place.daemon().start();
  const answer = await submit(daemon.url, { side: 'sell', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: 1, maxSlippageBps: 100 });
  assert.strictEqual(answer.status, 202);
  const { messages } = await followSocket(`${daemon.ws}/api/orders/execute?orderId=${answer.json.orderId}`);
  checkStatusesSeen(messages);
  const last = eventsIn(messages).pop();
  assert.strictEqual(last.status, 'confirmed');
  assert.ok(last.data.txHash.length > 0);
  assert.ok(Number(last.data.executedPrice) > 0);
  assert.strictEqual(last.data.chosenDex, last.data.dexUsed);
});

main();
