'use strict';
// Thousands of requests, good and bad in every way there is, in an order the seed decides. Run it on an execd built with
// sanitizers: any report, leak or unexpected 5xx fails it.
//
//   mixed_load_test.js [--requests N] [--seed N]

const assert = require('node:assert');
const http = require('node:http');
const net = require('node:net');
const { parseArgs } = require('node:util');
const WebSocket = require('ws');
const { test, main } = require('./support/suite');
const { request, within } = require('./support/http');
const { inParallel, isTerminal } = require('./support/orders');

const { values: given } = parseArgs({ options: { requests: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } } });
const REQUESTS = Number(given.requests);
const SEED = Number(given.seed);
const WIDTH = 16;

// Mulberry32, one for each request: what request N is does not depend on when its turn came.
function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { below: (n) => Math.floor(next() * n), of: (list) => list[Math.floor(next() * list.length)] };
}

const TOKENS = ['SOL', 'USDC', 'USDT', 'JUP'];
const BAD_VALUES = ['-1', '0', '""', '[]', '{}', 'true', '1e400', '1e-300', '"abc"', '9223372036854775808', `"${'x'.repeat(10000)}"`, '"\\u0000"', '"\\udc00"', 'NaN', `1.${'0'.repeat(29)}1`, '['.repeat(5000)];
const UNKNOWN = '01890000-0000-7000-8000-000000000000';

function goodOrder(random) {
  const tokenIn = random.of(TOKENS);
  const tokenOut = random.of(TOKENS.filter((token) => token !== tokenIn));
  const amount = `${1 + random.below(50)}.${random.below(10)}`;
  return random.of([
    () => ({ type: 'market', tokenIn, tokenOut, amountIn: amount, slippageBps: random.below(1000) }),
    () => ({ orderType: 'market', tokenIn, tokenOut, amountIn: Number(amount), slippage: 0.01 }),
    () => ({ side: random.of(['buy', 'sell']), baseAsset: tokenIn, quoteAsset: tokenOut, amount, maxSlippageBps: 100 }),
  ])();
}

const BAD_FIELDS = ['type', 'tokenIn', 'tokenOut', 'amountIn'];
function badBody(random) {
  return random.of([
    () => `{"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1","${random.of(['size', 'amountln', 'slipage'])}":1}`,
    () => random.of(['', 'null', '[]', '""', '{', '{}', '{}x', '\ufeff{}', '['.repeat(40000), '{"tokenIn":"SOL","tokenOut":"SOL","amountIn":"1"}']),
    () => {
      const bad = random.of(BAD_FIELDS);
      const body = { type: '"market"', tokenIn: '"SOL"', tokenOut: '"USDC"', amountIn: '"1"' };
      body[bad] = random.of(BAD_VALUES);
      return `{${Object.entries(body).map(([name, value]) => `"${name}":${value}`).join(',')}}`;
    },
    () => {
      // A good body with one byte damaged so that it cannot be JSON any more.
      const body = JSON.stringify(goodOrder(random));
      return body.slice(0, 1 + random.below(body.length - 2));
    },
  ])();
}

const SECTION = (text) => `${text}\r\nHost: x\r\n`;
const RAW = [
  [`${SECTION('POST /api/orders/execute HTTP/1.1')}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  [`${SECTION('POST /api/orders/execute HTTP/1.1')}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, 400],
  [`${SECTION('POST /api/orders/execute HTTP/1.1')}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n`, [400, 413]],
  ['GET / HTTP/1.1\nHost: x\n\n', 400], ['GET /livez HTTP/1.1\r\n\r\n', 400], [`${SECTION('GET /livez HTTP/1.1')}A : b\r\n\r\n`, 400], [`${SECTION('GET /livez HTTP/1.1')}A: b\r\n c\r\n\r\n`, 400],
  [`${SECTION('GET /livez HTTP/1.1')}A: \0\r\n\r\n`, 400], [`${SECTION('GET /livez HTTP/1.1')}Host: y\r\n\r\n`, 400], [`${SECTION('GET /livez HTTP/1.1')}A: ${'b'.repeat(100 * 1024)}\r\n\r\n`, 431],
  [`${SECTION('CONNECT x:443 HTTP/1.1')}\r\n`, [400, 501]], [`${SECTION('GET / HTTP/3.0')}\r\n`, 505], ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505]], ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n', 400],
  [`${SECTION('POST /api/orders/execute HTTP/1.1')}Content-Length: 9999999\r\n\r\n`, 413],
];

// What the server says to raw bytes before it hangs up, as the status of its first answer.
function raw(port, bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.setTimeout(15000, () => { socket.destroy(); reject(new Error(`no answer to ${bytes.slice(0, 60)}`)); });
    socket.on('data', (piece) => { text += piece; });
    socket.on('error', () => {});
    socket.on('close', () => resolve(Number((/^HTTP\/1\.1 (\d{3}) /.exec(text) || [])[1])));
  });
}

// A socket that is told something, or nothing, and goes away; its close code, or the status of its refusal.
function socketVisit(url, words) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const giveUp = setTimeout(() => { socket.terminate(); reject(new Error(`${url} says nothing`)); }, 15000);
    const done = (result) => { clearTimeout(giveUp); resolve(result); };
    const answers = [];
    socket.on('open', () => words.forEach((word) => socket.send(word)));
    socket.on('message', (data) => {
      answers.push(JSON.parse(data.toString()));
      if (answers.filter((answer) => 'success' in answer).length === words.length) socket.close();
    });
    socket.on('close', (code) => done({ code, answers }));
    socket.on('unexpected-response', (call, answer) => { done({ refused: answer.statusCode }); call.destroy(); });
    socket.on('error', () => {});
  });
}

// One request of the mix: resolves once it was answered as it must be.
function oneOf(random, world) {
  const { daemon, agent, accepted } = world;
  const call = (target, options) => request(daemon.url + target, { agent, ...options });
  const post = (body, headers) => call('/api/orders/execute', { method: 'POST', body, headers });
  const some = () => (accepted.length > 0 ? accepted[random.below(accepted.length)] : UNKNOWN);
  const expect = (answer, ...statuses) => {
    assert.ok(statuses.includes(answer.status), `${statuses} expected, not ${answer.status}: ${answer.text.slice(0, 500)}`);
    return answer;
  };
  const kinds = [
    [30, async () => accepted.push(expect(await post(goodOrder(random)), 202).json.orderId)],
    [40, async () => {
      const answer = expect(await post(badBody(random)), 400);
      assert.ok(answer.json.errors.length > 0, answer.text);
    }],
    [4, async () => expect(await post('x'.repeat(70000)), 413)],
    [2, async () => expect(await post('tokenIn=SOL', { 'Content-Type': 'application/x-www-form-urlencoded' }), 415)],
    [2, async () => expect(await post(goodOrder(random), { 'Idempotency-Key': 'a key with blanks' }), 400)],
    [4, async () => {
      const answer = expect(await post({ tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '1' }, { 'Idempotency-Key': `shared-${random.below(20)}` }), 202, 409);
      if (answer.status === 202 && !accepted.includes(answer.json.orderId)) accepted.push(answer.json.orderId);
    }],
    [6, async () => expect(await call(`/api/orders/${some()}`), 200, 404)],
    [3, async () => expect(await call(`/api/orders/${some()}/events?after=${random.of(['0', '2'])}`), 200, 400, 404)],
    [2, async () => expect(await call(`/api/orders/${random.of(['x', '..%2f..', '%00', '%zz', 'a'.repeat(2000)])}`), 400, 404)],
    [3, async () => expect(await call(`/api/orders?${random.of(['limit=5', 'status=confirmed', 'pair=SOL/USDC'])}`), 200)],
    [3, async () => expect(await call(`/api/orders?${random.of(['limit=0', 'status=done', 'cursor=%zz', 'cursor=x', 'since=now', 'nope=1', 'limit=99999999999999999999'])}`), 400)],
    [2, async () => expect(await call(random.of(['/livez', '/health', '/version', '/api/tokens', '/api/queue/metrics', '/metrics'])), 200)],
    [2, async () => expect(await call('/api/orders/execute', { method: random.of(['PUT', 'DELETE', 'PATCH']) }), 405)],
    [2, async () => expect(await call(`/api/orders/${some()}/cancel`, { method: 'POST' }), 200, 202, 404, 409)],
    [2, async () => expect(await call('/api/quotes', { method: 'POST', body: badBody(random) }), 400)],
    [6, async () => {
      const [bytes, statuses] = random.of(RAW);
      const status = await raw(daemon.port, bytes);
      assert.ok([statuses].flat().includes(status), `${JSON.stringify(bytes.slice(0, 80))} was answered ${status}, not ${statuses}`);
    }],
    [2, async () => assert.strictEqual((await socketVisit(`${daemon.ws}/ws/orders/${UNKNOWN}`, [])).refused, 404)],
    [3, async () => {
      const words = Array.from({ length: 1 + random.below(5) }, () => random.of(['{', '{}', 'null', Buffer.from([1, 2])]));
      const visit = await socketVisit(`${daemon.ws}/api/orders/ws`, words);
      assert.ok(visit.answers.every((answer) => answer.success === false), JSON.stringify(visit));
    }],
  ];
  let left = random.below(kinds.reduce((sum, [weight]) => sum + weight, 0));
  return kinds.find(([weight]) => (left -= weight) < 0)[1]();
}

test(`${REQUESTS} requests of every kind (seed ${SEED}): no sanitizer report, no leak, nothing stored of what was refused`, async (place) => {
  const daemon = await place.daemon({
    MOCK_TIME_SCALE: '0', MOCK_FAILURE_RATE: '0.05', MOCK_SEED: String(SEED), RETRY_BASE_MS: '10', QUEUE_CONCURRENCY: '20', QUEUE_LIMIT: '100000', LOG_LEVEL: 'warn',
  }).start();
  const agent = new http.Agent({ keepAlive: true, maxSockets: WIDTH });
  place.atEnd(() => agent.destroy());
  const world = { daemon, agent, accepted: [] };
  await inParallel([...Array(REQUESTS).keys()], WIDTH, async (index) => {
    try {
      await oneOf(dice(SEED * 1000003 + index), world);
    } catch (error) {
      error.message = `request ${index} of seed ${SEED}: ${error.message}`;
      throw error;
    }
  });

  const accepted = new Set(world.accepted);
  const total = async () => (await request(`${daemon.url}/api/queue/metrics`, { agent })).json.metrics;
  assert.strictEqual((await total()).total, accepted.size, 'orders stored and orders answered with 202');
  const ended = await within(120000, (async () => {
    for (let counts = await total(); counts.waiting + counts.active + counts.delayed > 0; counts = await total()) await new Promise((resolve) => { setTimeout(resolve, 50); });
    return true;
  })());
  assert.ok(ended, 'every order ends');
  const sample = [...accepted].slice(0, 50);
  for (const id of sample) {
    const { events } = (await request(`${daemon.url}/api/orders/${id}/events`, { agent })).json;
    assert.strictEqual(events.filter(isTerminal).length, 1, `${id} ends once`);
  }
  // Leaks are reported, and change the exit code, when it stops.
  const { code } = await daemon.terminate();
  assert.strictEqual(code, 0);
  console.log(`         ${REQUESTS} requests, ${accepted.size} orders, seed ${SEED}`);
});

main();
