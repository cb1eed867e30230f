'use strict';
// The rest of the wire contract, word for word, against the real execd.

const assert = require('node:assert');
const net = require('node:net');
const { test, main, FAST_WORLD } = require('./support/suite');
const { request } = require('./support/http');
const { swap, submit, submitOk, readEvents, waitForEnd, isTerminal, TERMINAL } = require('./support/orders');
const { checkEvents } = require('./support/judge');
const { Talk, rawExchange } = require('./support/talk');

const JSON_TYPE = { 'Content-Type': 'application/json' };
const ordersOf = async (daemon) => (await request(`${daemon.url}/api/orders`)).json.items;

function checkProblem(answer, status, code) {
  assert.strictEqual(answer.status, status, JSON.stringify(answer.json));
  assert.strictEqual(answer.headers['content-type'], 'application/problem+json');
  assert.strictEqual(answer.json.code, code);
  assert.strictEqual(answer.json.type, `/problems/${code}`);
  assert.strictEqual(answer.json.status, status);
  assert.strictEqual(answer.json.success, false);
  assert.strictEqual(answer.json.error, answer.json.title);
  assert.ok(answer.json.detail.length > 0);
  assert.strictEqual(answer.headers['x-request-id'], answer.json.requestId);
  assert.ok(Array.isArray(answer.json.errors));
}

test('a quote is every venue\'s offer, best first and explained; it places nothing', async (place) => {
  const daemon = await place.daemon().start();
  const fresh = (await request(`${daemon.url}/api/venues`)).json.venues;
  assert.deepStrictEqual(fresh.map((venue) => venue.name).sort(), ['meteora', 'orca', 'raydium']);
  assert.ok(fresh.every((venue) => venue.kind === 'simulated' && venue.state === 'active' && venue.lastQuote === null));

  const byBody = await request(`${daemon.url}/api/quotes`, { method: 'POST', body: { ...swap({ amountIn: '10' }), slippageBps: 50 } });
  const byQuery = await request(`${daemon.url}/api/quote?tokenIn=SOL&tokenOut=USDC&amountIn=10&slippageBps=50`);
  for (const answer of [byBody, byQuery]) {
    assert.strictEqual(answer.status, 200, answer.text);
    const quote = answer.json;
    assert.strictEqual(quote.quotes.length, 3);
    assert.strictEqual(quote.chosenDex, quote.quotes[0].venue);
    const nets = quote.quotes.map((one) => Number(one.net));
    assert.deepStrictEqual(nets, [...nets].sort((a, b) => b - a));
    assert.ok(quote.quotes.every((one) => one.why.length > 0 && Number(one.price) > 0 && Number(one.fee) > 0));
    assert.ok(Number(quote.minAmountOut) < Number(quote.quotes[0].amountOut));
    assert.ok(Number(quote.minAmountOut) >= Number(quote.quotes[0].amountOut) * 0.9949);
  }
  checkProblem(await request(`${daemon.url}/api/quote?tokenIn=SOL&tokenOut=SOL&amountIn=0`), 400, 'invalid_parameter');
  checkProblem(await request(`${daemon.url}/api/quotes`, { method: 'POST', body: {} }), 400, 'invalid_body');
  const asked = (await request(`${daemon.url}/api/venues`)).json.venues;
  assert.ok(asked.every((venue) => venue.lastQuote.outcome === 'ok' && venue.lastQuote.latencyMs > 0));
  assert.deepStrictEqual(await ordersOf(daemon), []);
});

test('one socket places five orders and follows each to its end', async (place) => {
  const daemon = await place.daemon().start();
  for (const path of ['/api/orders/ws', '/api/orders/execute']) {
    const talk = await Talk.open(daemon.ws + path);
    for (let i = 0; i < 5; i++) talk.say(swap({ clientId: path, clientOrderId: `n${i}` }));
    const ids = [];
    for (let i = 0; i < 5; i++) {
      const answer = await talk.nextAnswer();
      assert.strictEqual(answer.success, true);
      assert.strictEqual(answer.clientOrderId, `n${i}`);
      assert.strictEqual(answer.status, 'pending');
      ids.push(answer.orderId);
    }
    const ended = () => talk.messages.filter(isTerminal).length;
    while (ended() < 5) await talk.next();
    for (const id of ids) {
      const heard = talk.messages.filter((message) => message.orderId === id && message.seq);
      checkEvents(id, heard);
      assert.deepStrictEqual(heard, await readEvents(daemon.url, id));
      const answerAt = talk.messages.findIndex((message) => message.success && message.orderId === id);
      assert.ok(answerAt < talk.messages.indexOf(heard[0]), 'the answer comes before the events');
    }
    // The same orders again, on another socket: the same ids, and their stories.
    const again = await Talk.open(daemon.ws + path);
    again.say(swap({ clientId: path, clientOrderId: 'n0' }));
    assert.strictEqual((await again.nextAnswer()).orderId, ids[0]);
    await again.next(isTerminal);
    again.say(swap({ clientId: path, clientOrderId: 'n0', amountIn: '2' }));
    const conflict = await again.nextAnswer();
    assert.strictEqual(conflict.code, 'idempotency_conflict');
    assert.strictEqual(conflict.clientOrderId, 'n0');
    await talk.hangUp();
    await again.hangUp();
  }
  assert.strictEqual((await ordersOf(daemon)).length, 10);
});

test('nothing that is said on a submitting socket ends it, or the server', async (place) => {
  const daemon = await place.daemon().start();
  const talk = await Talk.open(`${daemon.ws}/api/orders/ws`);
  for (const said of ['', '{}', 'hello', '{"tokenIn":', '[]', 'null', '"x"', '{"type":"limit"}', '[['.repeat(10000)]) {
    talk.say(said);
    const answer = await talk.nextAnswer();
    assert.strictEqual(answer.code, 'invalid_body', said.slice(0, 40));
    assert.ok(answer.errors.length > 0);
  }
  talk.say(Buffer.from([0, 255, 1]));
  assert.strictEqual((await talk.nextAnswer()).code, 'unsupported_media_type');
  talk.say(swap());
  assert.strictEqual((await talk.nextAnswer()).success, true);
  await talk.next(isTerminal);

  // What breaks the protocol itself closes that socket, and no other.
  const large = await Talk.open(`${daemon.ws}/api/orders/ws`);
  large.say('x'.repeat(70000));
  assert.strictEqual((await large.closed).code, 1009);
  const gone = await Talk.open(`${daemon.ws}/api/orders/ws`);
  gone.say(swap());
  gone.socket.terminate();
  talk.say(swap());
  assert.strictEqual((await talk.nextAnswer()).success, true);
  await talk.hangUp();
});

test('a stream of everything tells each order\'s whole story, the queue and the venues', async (place) => {
  const daemon = await place.daemon().start();
  const talk = await Talk.open(`${daemon.ws}/api/stream?topics=orders,queue,venues`);
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push(await submitOk(daemon.url, swap()));
  while (talk.messages.filter(isTerminal).length < 5) await talk.next();
  for (const id of ids) {
    const heard = talk.messages.filter((message) => message.orderId === id);
    assert.deepStrictEqual(heard, await readEvents(daemon.url, id));
  }
  const done = await talk.next((message) => message.topic === 'queue' && message.metrics.completed === 5);
  assert.strictEqual(done.v, 1);
  assert.strictEqual(done.metrics.total, 5);
  await talk.next((message) => message.topic === 'venues' && message.venues.some((venue) => venue.lastQuote));
  await talk.hangUp();

  const onlyQueue = await Talk.open(`${daemon.ws}/api/stream?topics=queue`);
  assert.strictEqual((await onlyQueue.next()).topic, 'queue');
  await submitOk(daemon.url, swap());
  await onlyQueue.next((message) => message.metrics.completed === 6);
  assert.ok(onlyQueue.messages.every((message) => message.topic === 'queue'));
  await onlyQueue.hangUp();
  const refusal = await Talk.refusal(`${daemon.ws}/api/stream?topics=orders,stats`);
  checkProblem(refusal, 400, 'invalid_parameter');
});

test('older names for submitting and cancelling', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, QUEUE_CONCURRENCY: '1', MOCK_TIME_SCALE: '0.3' }).start();
  const first = await request(`${daemon.url}/api/orders`, { method: 'POST', body: swap() });
  assert.strictEqual(first.status, 202);
  assert.strictEqual(first.headers.location, `/api/orders/${first.json.orderId}`);
  const waiting = await submitOk(daemon.url, swap());
  const cancelled = await request(`${daemon.url}/api/orders/${waiting}`, { method: 'DELETE' });
  assert.strictEqual(cancelled.status, 200);
  assert.strictEqual(cancelled.json.order.status, 'cancelled');
  // Cancelling twice is cancelling once.
  assert.strictEqual((await request(`${daemon.url}/api/orders/${waiting}`, { method: 'DELETE' })).status, 200);
  await waitForEnd(daemon.url, first.json.orderId);
  const late = await request(`${daemon.url}/api/orders/${first.json.orderId}`, { method: 'DELETE' });
  checkProblem(late, 409, 'too_late_to_cancel');
});

test('what HTTP itself offers and forbids', async (place) => {
  const daemon = await place.daemon().start();
  const id = await submitOk(daemon.url, swap());
  await waitForEnd(daemon.url, id);
  for (const path of ['/api/orders', `/api/orders/${id}`, `/api/orders/${id}/events`, '/api/tokens', '/livez', '/version',
    '/problems/no_route', '/nothing']) {
    const get = await request(daemon.url + path);
    const head = await request(daemon.url + path, { method: 'HEAD' });
    assert.strictEqual(head.status, get.status, path);
    assert.strictEqual(head.text, '');
    for (const name of ['content-type', 'content-length', 'cache-control', 'vary']) {
      assert.strictEqual(head.headers[name], get.headers[name], `${path} ${name}`);
    }
  }
  const wrong = await request(`${daemon.url}/api/orders/${id}`, { method: 'PUT' });
  checkProblem(wrong, 405, 'method_not_allowed');
  assert.strictEqual(wrong.headers.allow, 'GET, HEAD, DELETE, OPTIONS');
  checkProblem(await request(`${daemon.url}/api/tokens`, { headers: { Accept: 'text/html' } }), 406, 'not_acceptable');
  checkProblem(await submit(daemon.url, swap(), { 'Content-Type': 'text/plain' }), 415, 'unsupported_media_type');
  const upgrade = await request(`${daemon.url}/api/orders/ws`);
  checkProblem(upgrade, 426, 'upgrade_required');
  assert.strictEqual(upgrade.headers.upgrade, 'websocket');
  const large = await submit(daemon.url, `{"clientId":"${'x'.repeat(70000)}"}`);
  checkProblem(large, 413, 'body_too_large');
  const wide = await rawExchange(daemon.port, `GET /livez HTTP/1.1\r\nHost: x\r\nX-Wide: ${'x'.repeat(100000)}\r\n\r\n`);
  assert.match(wide, /^HTTP\/1\.1 431 /);
  assert.match(wide, /headers_too_large/);
  assert.strictEqual((await ordersOf(daemon)).length, 1);

  // A client that asks first is told to go on, and one that asks for too much is not.
  const body = JSON.stringify(swap());
  const head = `POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nExpect: 100-continue\r\n`;
  let told = false;
  const asked = await rawExchange(daemon.port, `${head}Content-Length: ${body.length}\r\n\r\n`, (came, socket) => {
    if (!told && came.startsWith('HTTP/1.1 100 ')) {
      told = true;
      socket.write(body);
    }
    return came.includes('"orderId"');
  });
  assert.ok(told);
  assert.match(asked, /\r\n\r\nHTTP\/1\.1 202 /);
  const tooMuch = await rawExchange(daemon.port, `${head}Content-Length: 70000\r\n\r\n`);
  assert.match(tooMuch, /^HTTP\/1\.1 413 /);
  const strange = await rawExchange(daemon.port, `${head.replace('100-continue', 'magic')}Content-Length: 2\r\n\r\n{}`);
  assert.match(strange, /^HTTP\/1\.1 417 /);
});

test('limits: submissions a minute, orders in the queue, sockets an order, connections', async (place) => {
  const limited = await place.daemon({ ...FAST_WORLD, RATE_LIMIT: '2' }).start();
  const first = await submit(limited.url, swap());
  assert.strictEqual(first.headers['ratelimit-policy'], '"submissions";q=2;w=60');
  assert.match(first.headers.ratelimit, /^"submissions";r=1;t=\d+$/);
  const bad = await submit(limited.url, {});
  assert.match(bad.headers.ratelimit, /^"submissions";r=0;t=\d+$/);
  const refused = await submit(limited.url, swap());
  checkProblem(refused, 429, 'rate_limited');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  assert.strictEqual(refused.json.retryAfter, Number(refused.headers['retry-after']));
  const talk = await Talk.open(`${limited.ws}/api/orders/ws`);
  talk.say(swap());
  const answer = await talk.nextAnswer();
  assert.strictEqual(answer.code, 'rate_limited');
  assert.ok(answer.retryAfter >= 1);
  await talk.hangUp();
  await limited.terminate();

  const full = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '1', QUEUE_LIMIT: '1' }).start();
  const id = await submitOk(full.url, swap());
  const overflow = await submit(full.url, swap());
  checkProblem(overflow, 429, 'queue_full');
  assert.strictEqual(overflow.headers['ratelimit-policy'], '"queue";q=1');
  assert.strictEqual(overflow.json.retryAfter, Number(overflow.headers['retry-after']));
  const sockets = [];
  for (let i = 0; i < 3; i++) sockets.push(await Talk.open(`${full.ws}/ws/orders/${id}`));
  const fourth = await Talk.refusal(`${full.ws}/api/orders/execute?orderId=${id}`);
  checkProblem(fourth, 429, 'too_many_connections');
  assert.ok(Number(fourth.headers['retry-after']) >= 1);
  assert.strictEqual(fourth.headers['ratelimit-policy'], '"sockets";q=3');
  for (const socket of sockets) await socket.hangUp();

  const small = await place.daemon({ ...FAST_WORLD, CONNECTION_LIMIT: '4' }).start();
  const held = [];
  for (let i = 0; i < 4; i++) {
    held.push(await new Promise((resolve, reject) => {
      const socket = net.connect(small.port, '127.0.0.1', () => resolve(socket));
      socket.on('error', reject);
    }));
  }
  const turnedAway = await rawExchange(small.port, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(turnedAway, /^HTTP\/1\.1 429 /);
  assert.match(turnedAway, /Retry-After: \d+\r\n/);
  assert.match(turnedAway, /too_many_connections/);
  for (const socket of held) socket.destroy();
});

test('web pages: their own origin, listed ones, and no others', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, CORS_ORIGINS: 'https://app.example, http://localhost:5173' }).start();
  const listed = { Origin: 'https://app.example' };
  const other = { Origin: 'https://other.example' };
  const preflight = await request(`${daemon.url}/api/orders/execute`, {
    method: 'OPTIONS', headers: { ...listed, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' },
  });
  assert.strictEqual(preflight.status, 204);
  assert.strictEqual(preflight.headers['access-control-allow-origin'], 'https://app.example');
  assert.match(preflight.headers['access-control-allow-methods'], /POST/);
  const accepted = await submit(daemon.url, swap(), listed);
  assert.strictEqual(accepted.status, 202);
  assert.strictEqual(accepted.headers['access-control-allow-origin'], 'https://app.example');
  assert.strictEqual(accepted.headers.vary, 'Origin');
  assert.match(accepted.headers['access-control-expose-headers'], /Location/);
  for (const headers of [other, { Origin: 'null' }]) {
    for (const type of [JSON_TYPE, { 'Content-Type': 'text/plain' }]) {
      const answer = await submit(daemon.url, swap(), { ...headers, ...type });
      checkProblem(answer, 403, 'forbidden');
      assert.strictEqual(answer.headers['access-control-allow-origin'], undefined);
    }
    checkProblem(await Talk.refusal(`${daemon.ws}/api/stream`, { headers }), 403, 'forbidden');
    checkProblem(await Talk.refusal(`${daemon.ws}/ws/orders/${accepted.json.orderId}`, { headers }), 403, 'forbidden');
  }
  for (const headers of [{}, listed, { Origin: daemon.url }]) {
    await (await Talk.open(`${daemon.ws}/api/stream`, { headers })).hangUp();
  }
  const bad = await place.daemon({ ...FAST_WORLD, CORS_ORIGINS: 'https://app.example/path' }).startToFail();
  assert.strictEqual(bad.code, 2);
  assert.match(bad.said, /CORS_ORIGINS 'https:\/\/app\.example\/path'.*without a path/);
});

test('behind every code stands a page', async (place) => {
  const daemon = await place.daemon().start();
  const codes = (await request(`${daemon.url}/problems/nothing`)).json.detail.split('The codes are: ')[1].split(', ');
  assert.ok(codes.length > 30);
  for (const code of codes) {
    const page = await request(`${daemon.url}/problems/${code}`);
    assert.strictEqual(page.status, 200, code);
    assert.strictEqual(page.json.code, code);
    assert.ok(page.json.help.length > 0);
  }
  const text = await request(`${daemon.url}/problems/queue_full`, { headers: { Accept: 'text/plain' } });
  assert.match(text.headers['content-type'], /^text\/plain/);
});

test('a venue and the chain misbehave as they are told, and orders stay true', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_FAILURE_RATE: '0', RETRY_BASE_MS: '10' }).start();
  const fault = (target, body) => request(`${daemon.url}/api/faults/${target}`, { method: 'PUT', body });
  for (const venue of ['raydium', 'orca']) assert.strictEqual((await fault(venue, { mode: 'timeout' })).status, 200);
  const routed = await submitOk(daemon.url, swap());
  const order = await waitForEnd(daemon.url, routed);
  assert.strictEqual(order.status, 'confirmed');
  assert.strictEqual(order.dexUsed, 'meteora');
  const silent = order.routing.quotes.filter((quote) => quote.error);
  assert.deepStrictEqual(silent.map((quote) => quote.venue).sort(), ['orca', 'raydium']);

  assert.strictEqual((await fault('meteora', { mode: 'error' })).status, 200);
  const failed = await waitForEnd(daemon.url, await submitOk(daemon.url, swap()));
  assert.strictEqual(failed.status, 'failed');
  assert.strictEqual(failed.failure.fundsMoved, false);
  assert.strictEqual((await request(`${daemon.url}/api/faults`)).json.faults.length, 3);
  for (const venue of ['raydium', 'orca', 'meteora']) {
    assert.strictEqual((await request(`${daemon.url}/api/faults/${venue}`, { method: 'DELETE' })).status, 200);
  }
  // What did not fill is placed anew, now that all is well.
  const retried = await request(`${daemon.url}/api/orders/${failed.id}/retry`, { method: 'POST' });
  assert.strictEqual(retried.status, 202, retried.text);
  assert.strictEqual((await waitForEnd(daemon.url, retried.json.orderId)).status, 'confirmed');

  checkProblem(await fault('chain', { mode: 'stal' }), 400, 'invalid_body');
  checkProblem(await fault('chian', { mode: 'stall' }), 404, 'not_found');
  assert.strictEqual((await fault('chain', { mode: 'stall' })).status, 200);
  const waiting = await submitOk(daemon.url, swap());
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(!TERMINAL.has((await request(`${daemon.url}/api/orders/${waiting}`)).json.order.status));
  assert.strictEqual((await request(`${daemon.url}/api/faults/chain`, { method: 'DELETE' })).status, 200);
  assert.strictEqual((await waitForEnd(daemon.url, waiting)).status, 'confirmed');
});

main();
