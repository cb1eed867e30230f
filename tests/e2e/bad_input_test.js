'use strict';
// Bad submit bodies over one connection: each is refused by its field's rule, nothing is stored, and the connection goes on.

const assert = require('node:assert');
const http = require('node:http');
const net = require('node:net');
const { test, main } = require('./support/suite');
const { request, within } = require('./support/http');
const { submit, swap } = require('./support/orders');

const DIALECTS = [
  { type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '1', slippageBps: 50, clientId: 'a', clientOrderId: 'b', deadlineMs: 5000 },
  { orderType: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountOut: '1', slippage: '0.01', side: 'sell' },
  { side: 'buy', baseAsset: 'SOL', quoteAsset: 'USDC', amount: '1', maxSlippageBps: 50 },
];
// Bad in every place; as JSON, because some of it cannot be written otherwise.
const BAD_EVERYWHERE = ['true', '[]', '{}', '["1"]', '-1', '1e400', '1e-300', `1.${'0'.repeat(29)}1`, '9223372036854775808', `"${'x'.repeat(10000)}"`, '"\\u0000"', '"\\u001b[2J"'];
const NO_JSON = ['NaN', 'Infinity', '-Infinity', '"\\ud800"', '"\\udc00"', '01', "'a'", '"a\nb"', '[1', '/**/1', '['.repeat(20000)];

function withValue(dialect, field, json) {
  const members = Object.entries(dialect).map(([name, value]) => `${JSON.stringify(name)}:${name === field ? json : JSON.stringify(value)}`);
  return `{${members.join(',')}}`;
}

// A body beyond what JSON.stringify makes, even one that is no UTF-8, over the agent's one connection.
function post(daemon, agent, bytes) {
  return new Promise((resolve, reject) => {
    const call = http.request(`${daemon.url}/api/orders/execute`, { method: 'POST', agent, headers: { 'Content-Type': 'application/json', 'Content-Length': bytes.length } }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, json: JSON.parse(Buffer.concat(pieces).toString('utf8')), reused: call.reusedSocket }));
    });
    call.setTimeout(15000, () => call.destroy(new Error('no answer within 15 s')));
    call.on('error', reject);
    call.end(bytes);
  });
}

// Counts what it sends; all of it goes through one connection, and none of it is stored.
class Sender {
  constructor(place, daemon) {
    this.daemon = daemon;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    this.sent = 0;
    place.atEnd(() => this.agent.destroy());
  }
  async refused(body, pointers) {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
    const answer = await post(this.daemon, this.agent, bytes);
    const shown = `${bytes.subarray(0, 200)}: ${JSON.stringify(answer.json).slice(0, 600)}`;
    assert.strictEqual(answer.status, 400, shown);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    assert.ok(['invalid_body', 'unknown_token'].includes(answer.json.code), shown);
    assert.strictEqual(answer.json.success, false);
    assert.deepStrictEqual([...new Set(answer.json.errors.map((error) => error.pointer))].sort(), [...pointers].sort(), shown);
    for (const error of answer.json.errors) assert.ok(error.message.length > 10, shown);
    assert.ok(!/SELECT|INSERT|sqlite|\.cpp|std::/i.test(JSON.stringify(answer.json)), shown);
    if (this.sent > 0) assert.ok(answer.reused, `after ${this.sent} refusals the connection was another one`);
    this.sent += 1;
    return answer.json;
  }
  async nothingStored() {
    const list = await request(`${this.daemon.url}/api/orders`, { agent: this.agent });
    assert.deepStrictEqual(list.json.items, []);
    const { metrics } = (await request(`${this.daemon.url}/api/queue/metrics`, { agent: this.agent })).json;
    assert.strictEqual(metrics.total, 0);
  }
  async stillGood() {
    const good = await post(this.daemon, this.agent, Buffer.from(JSON.stringify(swap())));
    assert.strictEqual(good.status, 202, JSON.stringify(good.json));
    assert.ok(good.reused, 'the connection outlived every refusal');
  }
}

test('every field, a bad value at a time and all at once, over one connection that stays good', async (place) => {
  const daemon = await place.daemon().start();
  const sender = new Sender(place, daemon);
  for (const dialect of DIALECTS) {
    const fields = Object.keys(dialect);
    for (const json of BAD_EVERYWHERE) {
      for (const field of fields) {
        await sender.refused(withValue(dialect, field, json), [`/${field}`]);
      }
      const shorter = json.length > 5000 ? `"${'x'.repeat(5000)}"` : json;  // all of them in one body of 64 KiB
      const all = `{${fields.map((field) => `"${field}":${shorter}`).join(',')}}`;
      await sender.refused(all, fields.map((field) => `/${field}`));
    }
    for (const json of NO_JSON) await sender.refused(withValue(dialect, fields[1], json), ['']);
    for (const field of fields) {
      const body = JSON.stringify(dialect);
      await sender.refused(`${body.slice(0, -1)},"${field}":${JSON.stringify(dialect[field])}}`, [`/${field}`]);
      const near = await sender.refused(JSON.stringify({ ...dialect, [`${field}${field.at(-1)}`]: 1 }), [`/${field}${field.at(-1)}`]);
      assert.ok(near.detail.includes(`did you mean ${field}?`), near.detail);
    }
  }
  await sender.nothingStored();
  await sender.stillGood();
  console.log(`         ${sender.sent} bodies refused`);
});

test('tokens, types and slippages that no order can have', async (place) => {
  const daemon = await place.daemon().start();
  const sender = new Sender(place, daemon);
  const wrapped = 'So11111111111111111111111111111111111111112';
  const cases = [
    [{ tokenOut: 'SOL' }, '/tokenOut'], [{ tokenOut: wrapped }, '/tokenOut'], [{ tokenIn: wrapped, tokenOut: 'SOL' }, '/tokenOut'],
    [{ tokenIn: 'NOPE' }, '/tokenIn'], [{ tokenOut: 'usdc' }, '/tokenOut'], [{ tokenIn: 5 }, '/tokenIn'], [{ tokenIn: 'x'.repeat(10000) }, '/tokenIn'], [{ tokenIn: 'S\u0000L' }, '/tokenIn'],
    [{ type: 'limit' }, '/type'], [{ type: 'sniper' }, '/type'], [{ side: 'hold' }, '/side'],
    [{ slippage: -1 }, '/slippage'], [{ slippage: 5 }, '/slippage'], [{ slippage: 0.00005 }, '/slippage'], [{ slippage: '1.0001' }, '/slippage'],
    [{ slippageBps: -1 }, '/slippageBps'], [{ slippageBps: 10001 }, '/slippageBps'], [{ slippageBps: 0.5 }, '/slippageBps'],
    [{ amountIn: 0 }, '/amountIn'], [{ amountIn: '0.0' }, '/amountIn'], [{ amountIn: -1 }, '/amountIn'], [{ amountIn: 'abc' }, '/amountIn'], [{ amountIn: 1e-300 }, '/amountIn'],
    [{ amountIn: 1e308 }, '/amountIn'], [{ amountIn: '0.0000000001' }, '/amountIn'], [{ amountIn: undefined }, '/amountIn'], [{ tokenIn: undefined }, '/tokenIn'], [{ tokenOut: null }, '/tokenOut'],
    [{ clientId: 'a\u0000b' }, '/clientId'], [{ clientOrderId: '' }, '/clientOrderId'], [{ deadlineMs: 0 }, '/deadlineMs'],
  ];
  for (const [fields, pointer] of cases) await sender.refused(JSON.stringify(swap(fields)), [pointer]);
  await sender.nothingStored();
  await sender.stillGood();
});

test('bodies that are no object, no JSON or no UTF-8', async (place) => {
  const daemon = await place.daemon().start();
  const sender = new Sender(place, daemon);
  const good = JSON.stringify(swap());
  for (const body of ['', ' \r\n', 'null', '[]', '""', '0', 'true', `[${good}]`, `\ufeff${good}`, `${good}x`, `${good}{}`, `${good}//`, `/* */${good}`, good.slice(0, -1), `${good.slice(0, -1)},}`,
    'NaN', '{"amountIn":NaN}', '{"amountIn":Infinity}', '['.repeat(60000), '{"a":'.repeat(12000), `${good}\u0000`]) {
    await sender.refused(body, ['']);
  }
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    await sender.refused(Buffer.concat([Buffer.from('{"clientId":"'), Buffer.from(bytes), Buffer.from('"}')]), ['']);
  }
  await sender.refused('{}', ['/tokenIn', '/tokenOut', '/amountIn']);
  await sender.nothingStored();
  await sender.stillGood();
});

test('a million nested brackets and 900 kB of unknown fields are refused by their size, before they are read', async (place) => {
  const daemon = await place.daemon().start();
  const unknown = `{${Array.from({ length: 60000 }, (_, i) => `"field${i}":1`).join(',')}}`;
  for (const body of ['['.repeat(1000000), unknown, JSON.stringify(swap({ clientId: 'x'.repeat(2 * 1024 * 1024) }))]) {
    // The answer may come while the body is still on its way: read it from the socket, whatever becomes of the rest.
    const answer = await new Promise((resolve, reject) => {
      const socket = net.connect(daemon.port, '127.0.0.1');
      let text = '';
      socket.on('data', (piece) => { text += piece; });
      socket.on('error', () => resolve(text));
      socket.on('close', () => resolve(text));
      socket.setTimeout(10000, () => { socket.destroy(); reject(new Error('no answer')); });
      socket.write(`POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`);
      socket.write(body);
    });
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /"code":"body_too_large"/);
  }
  const small = await submit(daemon.url, swap(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, 1]))));
  assert.strictEqual(small.status, 400);
  assert.ok(small.text.length < 16384, `${small.text.length} bytes to say it`);
  assert.strictEqual((await within(5000, submit(daemon.url, swap()))).status, 202);
});

main();
