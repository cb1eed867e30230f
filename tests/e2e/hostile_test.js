'use strict';
// Clients that mean harm, against the real execd: odd targets, ambiguous framing, floods and deafness.

const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const { test, main } = require('./support/suite');
const { request, sleep } = require('./support/http');
const { swap, submitOk } = require('./support/orders');
const { frame } = require('./support/ws_corpus');

const GOOD = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
const LAST = 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const MEMORY_MOST_KIB = 128 * 1024;  // what 20 floods may add; a sanitizer keeps freed memory, too

const rssKiB = (daemon) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${daemon.process.pid}/status`, 'utf8'))[1]);

// Sends bytes and reads to the end: [{status, head, body}], by Content-Length.
function exchange(port, bytes) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(15000, () => socket.destroy(new Error('no end within 15 s')));
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('error', reject);
    socket.on('end', () => {
      socket.end();
      const answers = [];
      for (let rest = Buffer.concat(pieces).toString('latin1'); rest !== '';) {
        const head = rest.slice(0, rest.indexOf('\r\n\r\n'));
        const length = Number((/\r\nContent-Length: (\d+)/i.exec(head) || [0, 0])[1]);
        answers.push({ status: Number(head.slice(9, 12)), head, body: rest.slice(head.length + 4, head.length + 4 + length) });
        rest = rest.slice(head.length + 4 + length);
      }
      resolve(answers);
    });
  });
}

test('no spelling of a path leads anywhere but to its own route, and the connection goes on', async (place) => {
  const daemon = await place.daemon().start();
  const strange = [
    '/../livez', '/./livez', '//livez', '/livez/', '/livez/..', '/livez%00', '/%6civez', '/livez%20', '/LIVEZ', '/livez;a', '/%2e%2e/livez',
    '/api/orders/..%2f..%2flivez', '/api/orders/../../livez', '/api/orders/%00', '/api/orders/%zz', '/api/orders/%', '/api/orders/%c0%af',
    '/api/orders/%0d%0aX-Injected:%20yes', '/api/orders/\'%20or%201=1--', `/api/orders/${'a'.repeat(8000)}`,
    '/api/orders/00000000-0000-0000-0000-00000000000g', '/ws/orders/../../etc/passwd', '/problems/../livez', '/problems/%2e%2e',
  ];
  const answers = await exchange(daemon.port, strange.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n${GOOD}`).join('') + LAST);
  assert.strictEqual(answers.length, strange.length * 2 + 1);
  strange.forEach((path, i) => {
    const answer = answers[2 * i];
    assert.ok([400, 404, 426].includes(answer.status), `${path}: ${answer.status}`);
    const problem = JSON.parse(answer.body);
    assert.strictEqual(problem.status, answer.status, path);
    assert.ok(!/x-injected/i.test(answer.head), path);
    assert.strictEqual(answers[2 * i + 1].status, 200, `after ${path}`);
  });
});

test('a refusal of the framing is a problem whose status is that of the answer, and ends the connection', async (place) => {
  const daemon = await place.daemon().start();
  const post = 'POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const order = JSON.stringify(swap());
  const hidden = `${post}Content-Length: ${order.length}\r\n\r\n${order}`;
  const cases = [
    [`${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`, 400, 'bad_request'],
    [`${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\n${hidden}`, 400, 'bad_request'],
    [`${post}Transfer-Encoding: chunked\r\n\r\n0\r\n${hidden}`, 400, 'bad_request'],
    [`${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`, 400, 'bad_request'],
    [`${post}Content-Length: 65537\r\n\r\n${hidden}`, 413, 'body_too_large'],
    [`GET /${'a'.repeat(20000)} HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`, 414, 'target_too_long'],
    [`GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(100 * 1024)}\r\n\r\n${hidden}`, 431, 'headers_too_large'],
    [`${post}Expect: magic\r\n\r\n${hidden}`, 417, 'expectation_failed'],
    [`CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`, 501, 'not_implemented'],
    [`get / HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`, 501, 'not_implemented'],
    [`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`, 505, 'http_version_not_supported'],
  ];
  for (const [bytes, status, code] of cases) {
    const answers = await exchange(daemon.port, GOOD + bytes);
    assert.deepStrictEqual(answers.map((answer) => answer.status), [200, status], code);
    const problem = JSON.parse(answers[1].body);
    assert.strictEqual(problem.status, status);
    assert.strictEqual(problem.code, code);
  }
  const list = await request(`${daemon.url}/api/orders`);
  assert.deepStrictEqual(list.json.items, [], 'an order hidden behind a refused request was placed');
});

// Sends `flood` for as long as the server takes it, reading nothing: bytes taken in the given time.
function floodFor(port, greeting, flood, ms) {
  return new Promise((resolve) => {
    let done = false;
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(greeting);
      const more = () => { while (!done && socket.writable && socket.write(flood)); };
      socket.on('drain', more);
      more();
    });
    socket.pause();
    socket.on('error', () => { /* cut by the server */ });
    setTimeout(() => { done = true; const taken = socket.bytesWritten - socket.writableLength; socket.destroy(); resolve(taken); }, ms);
  });
}

test('floods of pings and of requests whose answers nobody reads neither fill the memory nor stop the others', async (place) => {
  const daemon = await place.daemon().start();
  const id = await submitOk(daemon.url, swap());
  const upgrade = 'GET /api/stream?topics=venues HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const pings = Buffer.concat(Array.from({ length: 200 }, () => frame(0x89, Buffer.alloc(125, 0x70), true)));
  const asking = Buffer.from(`GET /api/orders/${id} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(50));
  const before = rssKiB(daemon);
  const floods = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? floodFor(daemon.port, upgrade, pings, 2000) : floodFor(daemon.port, '', asking, 2000)));
  await sleep(300);
  for (let i = 0; i < 10; i++) assert.strictEqual((await request(`${daemon.url}/api/orders/${id}`)).status, 200);
  const during = rssKiB(daemon);
  const taken = await Promise.all(floods);
  assert.ok(taken.every((bytes) => bytes > 10000), `a flood never began: ${taken}`);
  assert.ok(during - before < MEMORY_MOST_KIB, `${before} KiB became ${during} KiB`);
  assert.strictEqual((await request(`${daemon.url}/livez`)).status, 200);
});

main();
