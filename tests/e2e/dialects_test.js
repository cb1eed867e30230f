'use strict';
// Five kinds of clients were written for older engines. Each is acted out here, word for word as it speaks on the wire.

const assert = require('node:assert');
const { test, main, FAST_WORLD } = require('./support/suite');
const { request, sleep } = require('./support/http');
const { submit, followSocket, eventsIn, isTerminal } = require('./support/orders');
const { Talk } = require('./support/talk');

// Slow enough that no blockhash runs out while a busy machine looks elsewhere.
const CALM_WORLD = { ...FAST_WORLD, MOCK_TIME_SCALE: '0.3' };
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
  const daemon = await place.daemon(CALM_WORLD).start();
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
  const daemon = await place.daemon(CALM_WORLD).start();
  const answer = await submit(daemon.url, { orderType: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: 1, slippage: 0.01 });
  const { orderId, websocketUrl } = answer.json;
  assert.strictEqual(answer.json.status, 'pending');
  assert.ok(answer.json.message.length > 0 && answer.json.instructions.length > 0);
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
  const daemon = await place.daemon(CALM_WORLD).start();
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

test('dialect C: an order in base and quote asset, placed and followed on one socket', async (place) => {
  const daemon = await place.daemon(CALM_WORLD).start();
  for (const path of ['/api/orders/ws', '/api/orders/execute']) {
    const talk = await Talk.open(daemon.ws + path);
    talk.say({ clientId: 'userA', side: 'buy', baseAsset: 'SOL', quoteAsset: 'USDC', amount: 1 });
    const first = await talk.next();
    assert.strictEqual(first.status, 'pending');
    const last = await talk.next(isTerminal);
    assert.strictEqual(last.status, 'confirmed');
    assert.ok(talk.messages.every((message) => message.orderId === first.orderId));
    assert.deepStrictEqual(withoutRepeats(talk.messages.map((message) => message.status)), STATUSES);
    // The quotes come as a step of their own, between routing and building.
    const steps = talk.messages.filter((message) => message.seq).map((message) => `${message.status}:${message.kind}`);
    assert.deepStrictEqual(steps, ['pending:moved', 'routing:moved', 'routing:quotes', 'building:moved', 'submitted:moved', 'confirmed:moved']);
    const quotes = talk.messages.find((message) => message.kind === 'quotes');
    assert.ok(quotes.data.quotes.every((quote) => quote.venue && Number(quote.price) > 0 && quote.latencyMs > 0));
    const { order } = (await request(`${daemon.url}/api/orders/${first.orderId}`)).json;
    assert.deepStrictEqual([order.clientId, order.side, order.tokenIn, order.tokenOut], ['userA', 'buy', 'USDC', 'SOL']);
    assert.strictEqual(Number(order.amountOut), 1);
    assert.ok(Number(order.amountIn) > 1);
    await talk.hangUp();
  }
});

test('dialect D: amounts as text, an idempotency key, a backfill of logs on the submit path', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '0.3' }).start();
  const body = { type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '1.5', slippage: 0.01 };
  const key = { 'Idempotency-Key': 'dialect-d-1' };
  const first = await submit(daemon.url, body, key);
  const again = await submit(daemon.url, body, key);
  assert.strictEqual(first.json.success, true);
  assert.strictEqual(again.json.success, true);
  assert.strictEqual(again.json.orderId, first.json.orderId);
  assert.strictEqual(again.headers['idempotent-replay'], 'true');
  const other = await submit(daemon.url, { ...body, amountIn: '2' }, key);
  assert.strictEqual(other.status, 409);
  assert.strictEqual(other.json.code, 'idempotency_conflict');

  const id = first.json.orderId;
  const stream = `${daemon.ws}/api/orders/execute?orderId=${id}`;
  const sockets = [];
  for (let i = 0; i < 3; i++) sockets.push(await Talk.open(stream));
  const fourth = await Talk.refusal(stream);
  assert.strictEqual(fourth.status, 429);
  assert.ok(fourth.json.retryAfter >= 1);
  const { code } = await sockets[0].closed;
  const { messages } = sockets[0];
  assert.strictEqual(code, 1000);
  assert.strictEqual(messages[0].orderId, id);
  assert.ok(STATUSES.includes(messages[0].status));
  assert.ok(Array.isArray(messages[0].logs));
  checkStatusesSeen(messages);
  const events = eventsIn(messages);
  const building = events.find((event) => event.status === 'building');
  assert.strictEqual(building.data.dexUsed, building.dexUsed);
  assert.strictEqual(building.data.quotes.length, 3);
  const confirmed = events[events.length - 1];
  assert.ok(confirmed.txHash.length > 0);
  assert.ok(Number(confirmed.executedPrice) > 0);
  for (const event of events) assert.deepStrictEqual([event.attempt, event.maxAttempts], [1, 3]);

  // Whoever comes back gets the latest snapshot, and what it needs to go on.
  await Promise.all(sockets.map((socket) => socket.closed));
  const rerun = await followSocket(stream);
  assert.strictEqual(rerun.messages[0].status, 'confirmed');
  assert.strictEqual(rerun.messages[0].logs.length, events.length);
  assert.strictEqual(rerun.code, 1000);

  const read = (await request(`${daemon.url}/api/orders/${id}`)).json;
  assert.strictEqual(read.amount_in, read.order.amountIn);
  assert.strictEqual(typeof read.amount_in, 'string');
  const refusals = [[await submit(daemon.url, { ...body, amountIn: '-1' }), 400, 'invalid_body'],
    [await request(`${daemon.url}/api/orders/6313f173-434f-4158-a04c-ed7f0fd4d61c`), 404, 'not_found']];
  for (const [answer, status, word] of refusals) {
    assert.strictEqual(answer.status, status);
    assert.strictEqual(answer.json.code, word);
  }
});

test('dialect D: a heartbeat that must be answered, and 30 orders a minute', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '2', PING_INTERVAL: '200', PONG_TIMEOUT: '100', RATE_LIMIT: '30' }).start();
  const ids = [];
  const began = Date.now();
  let refused = null;
  while (refused === null) {
    const answer = await submit(daemon.url, { type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '1' });
    if (answer.status === 202) ids.push(answer.json.orderId);
    else refused = answer;
    // Thirty at once, and one more every two seconds, which a slow machine may take for them.
    assert.ok(ids.length <= 30 + Math.ceil((Date.now() - began) / 2000), `${ids.length} were taken`);
  }
  assert.ok(ids.length >= 30, `${ids.length} were taken`);
  assert.strictEqual(refused.status, 429);
  assert.strictEqual(refused.json.code, 'rate_limited');
  assert.ok(refused.json.retryAfter >= 1 && refused.json.retryAfter <= 2, refused.json.retryAfter);

  const id = ids[29]; // waits behind the others for as long as this takes
  const lively = await Talk.open(`${daemon.ws}/api/orders/execute?orderId=${id}`);
  let pings = 0;
  lively.socket.on('ping', () => { pings += 1; });
  const deaf = await Talk.open(`${daemon.ws}/api/orders/execute?orderId=${id}`, { autoPong: false });
  assert.strictEqual((await deaf.closed).code, 4408);
  for (let left = 100; left > 0 && pings < 2; left--) await sleep(50); // the sockets are not pinged in step
  assert.ok(pings >= 2, `${pings} pings`);
  assert.strictEqual(lively.socket.readyState, lively.socket.OPEN);
  await lively.hangUp();
});

test('dialects A, B and D: retries that can be seen, and a failure with its reason as the last message', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '0.02', MOCK_FAILURE_RATE: '1', MOCK_SEED: '5', MAX_RETRIES: '3', RETRY_BASE_MS: '50', ORDERS_PER_MINUTE: '0', ORDER_DEADLINE_MS: '6000' }).start();
  const failed = [];
  for (let i = 0; i < 20; i++) {
    const { json } = await submit(daemon.url, { type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '1' });
    failed.push(followSocket(daemon.ws + json.wsPath));
  }
  const ended = (await Promise.all(failed)).filter(({ messages }) => messages[messages.length - 1].status === 'failed');
  assert.ok(ended.length > 0, 'with a failure rate of 1 some order fails for good');
  for (const { messages, code } of ended) {
    assert.strictEqual(code, 1000);
    const last = messages[messages.length - 1];
    const failure = last.logs ? last.logs[last.logs.length - 1] : last;
    for (const words of [failure, failure.data]) {
      assert.match(words.failureReason, /^[a-z_]+$/);
      assert.ok(words.error.length > 0);
    }
    assert.ok(failure.data.attempts >= 1 && failure.data.attempts <= failure.data.maxAttempts);
    assert.strictEqual(failure.data.maxAttempts, 3);
    const retries = eventsIn(messages).filter((event) => event.status === 'pending' && event.attempt > 1);
    // An order may also wait within an attempt, while a venue is left out.
    assert.deepStrictEqual([...new Set(retries.map((event) => event.attempt))], Array.from({ length: failure.data.attempts - 1 }, (_, i) => i + 2));
    for (const retry of retries) {
      assert.ok(Date.parse(retry.nextRetryAt) > Date.parse(retry.timestamp) - 1);
      assert.strictEqual(retry.maxAttempts, 3);
    }
    const read = (await request(`${daemon.url}/api/orders/${failure.orderId}`)).json;
    assert.strictEqual(read.status, 'failed');
    assert.strictEqual(read.error, failure.error);
    assert.strictEqual(read.failure_reason, failure.failureReason);
  }
  assert.ok(ended.some(({ messages }) => eventsIn(messages).some((event) => event.attempt === 3)));
});

test('dialect E: a side, slippage in basis points, chosenDex under data', async (place) => {
  const daemon = await place.daemon(CALM_WORLD).start();
  assert.strictEqual((await request(`${daemon.url}/health`)).json.status, 'ok');
  for (const side of ['buy', 'sell']) {
    const answer = await submit(daemon.url, { side, tokenIn: 'SOL', tokenOut: 'USDC', amountIn: 1, maxSlippageBps: 100 });
    assert.strictEqual(answer.status, 202);
    const { messages, code } = await followSocket(`${daemon.ws}/api/orders/execute?orderId=${answer.json.orderId}`);
    assert.strictEqual(code, 1000);
    checkStatusesSeen(messages);
    checkEveryMessage(messages, answer.json.orderId);
    const last = eventsIn(messages).pop();
    assert.strictEqual(last.status, 'confirmed');
    assert.ok(last.data.txHash.length > 0);
    assert.ok(Number(last.data.executedPrice) > 0);
    assert.strictEqual(last.data.chosenDex, last.data.dexUsed);
  }
  const good = { side: 'sell', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: 1, maxSlippageBps: 100 };
  const wrong = { side: 'hold', tokenIn: '', tokenOut: 5, amountIn: -1, maxSlippageBps: 10001 };
  for (const [name, value] of Object.entries(wrong)) {
    const answer = await submit(daemon.url, { ...good, [name]: value });
    assert.strictEqual(answer.status, 400, name);
    assert.deepStrictEqual(answer.json.errors.map((error) => error.pointer), [`/${name}`]);
  }
  const ids = await Promise.all([...Array(5)].map(async () => (await submit(daemon.url, good)).json.orderId));
  assert.strictEqual(new Set(ids).size, 5);
});

main();
