'use strict';
// execctl with a file of orders, against a server that also goes away and comes back.

const assert = require('node:assert');
const { execctl, lines } = require('./support/execctl');
const { readOrder } = require('./support/orders');
const { test, main, FAST_WORLD } = require('./support/suite');

const SLOW = { ...FAST_WORLD, MOCK_TIME_SCALE: '0.5' };

async function json(daemon, words, code = 0) {
  const answer = await execctl(daemon, [...words, '-o', 'json']);
  assert.strictEqual(answer.code, code, `${words.join(' ')}: ${answer.err}`);
  return JSON.parse(answer.out);
}

test('a file of orders: checked as a whole, a row each, and the same orders when repeated', async (place) => {
  const daemon = await place.daemon().start();
  const bad = await execctl(daemon, ['submit', '--file', '-'], { input: 'SOL USDC 1\nSOL USDC\n' });
  assert.strictEqual(bad.code, 2);
  assert.match(bad.err, /line 2/);
  assert.strictEqual((await json(daemon, ['list'])).items.length, 0);
  const input = '# batch\nSOL USDC 1\nSOL/USDC 2 --slippage-bps 500\n{"tokenIn":"USDC","tokenOut":"SOL","amountOut":"1"}\nSOL NOPE 1\n';
  const words = ['submit', '--file', '-', '--concurrency', '2', '--idempotency-key', 'monday', '-o', 'ndjson'];
  const first = await execctl(daemon, words, { input });
  const rows = (said) => lines(said.out).map((line) => JSON.parse(line)).sort((a, b) => a.line - b.line);
  assert.deepStrictEqual(rows(first).map((row) => [row.line, row.status]),
    [['2', 'confirmed'], ['3', 'confirmed'], ['4', 'confirmed'], ['5', 'refused']], first.err);
  assert.strictEqual(first.code, 2);
  const again = await execctl(daemon, words, { input });
  assert.deepStrictEqual(rows(again).map((row) => row.orderId), rows(first).map((row) => row.orderId));
  assert.strictEqual((await json(daemon, ['list'])).items.length, 3);
});

test('a file of orders survives kill -9 of the server: each order once, each with its true end', async (place) => {
  const daemon = await place.daemon(SLOW).start();
  let broken = false;
  const input = 'SOL USDC 1\nSOL USDC 2\nSOL USDC 3\nSOL USDC 4\n';
  const running = execctl(daemon, ['submit', '--file', '-', '--concurrency', '2', '-o', 'ndjson'], {
    input,
    onOutput: async (said) => {
      if (broken || lines(said.out).length < 1) return;
      broken = true; // the first has ended: others are alive, and more are to come
      await daemon.kill9();
      await daemon.start();
    },
  });
  const { code, out, err } = await running;
  assert.strictEqual(code, 0, err);
  assert.match(err, /reconnecting|asking again/);
  const rows = lines(out).map((line) => JSON.parse(line));
  assert.strictEqual(new Set(rows.map((row) => row.orderId)).size, 4);
  for (const row of rows) assert.strictEqual((await readOrder(daemon.url, row.orderId)).status, row.status);
  assert.strictEqual((await json(daemon, ['list'])).items.length, 4);
});

test('Ctrl-C during a file of orders names those that live on', async (place) => {
  const daemon = await place.daemon({ ...SLOW, MOCK_TIME_SCALE: '3' }).start();
  const running = execctl(daemon, ['submit', '--file', '-', '-o', 'json'], {
    input: 'SOL USDC 1\nSOL USDC 2\n',
    onStart: async (child) => {
      while ((await json(daemon, ['list'])).items.length < 2);
      child.kill('SIGINT');
    },
  });
  const { code, out, err } = await running;
  assert.strictEqual(code, 130);
  const rows = JSON.parse(out).items;
  assert.strictEqual(rows.length, 2);
  for (const row of rows) {
    assert.ok(err.includes(row.orderId), err);
    assert.notStrictEqual((await readOrder(daemon.url, row.orderId)).status, 'cancelled');
  }
});

test('a retry survives kill -9 of the server and reports the true end', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_FAILURE_RATE: '1', MAX_RETRIES: '1', MOCK_TIME_SCALE: '0.05' }).start();
  let failed = null;
  for (let tries = 0; tries < 20 && failed === null; tries++) {
    const { code, out } = await execctl(daemon, ['submit', 'SOL', 'USDC', '1', '-q']);
    if (code === 5) failed = out.trim();
  }
  assert.ok(failed, 'no order failed although every attempt meets trouble');
  await daemon.kill9();
  daemon.settings = SLOW;
  await daemon.start();
  let broken = false;
  const { code, out, err } = await execctl(daemon, ['retry', failed, '-o', 'ndjson'], {
    onOutput: async (said) => {
      if (broken || !said.out.includes('"status":"routing"')) return;
      broken = true;
      await daemon.kill9();
      await daemon.start();
    },
  });
  assert.strictEqual(code, 0, err);
  assert.match(err, /reconnecting/);
  const order = await readOrder(daemon.url, JSON.parse(lines(out)[0]).orderId);
  assert.strictEqual(order.retryOf, failed);
  assert.strictEqual(order.status, 'confirmed');
});

main();
