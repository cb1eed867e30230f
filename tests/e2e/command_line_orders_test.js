'use strict';
// The commands of execctl that list, count, explain, quote, cancel, repeat and watch orders.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { execctl, lines } = require('./support/execctl');
const { checkEvents } = require('./support/judge');
const { submitOk, swap, waitForEnd } = require('./support/orders');
const { test, main, FAST_WORLD } = require('./support/suite');

const SLOW = { ...FAST_WORLD, MOCK_TIME_SCALE: '0.4' };
const NEVER = { ...FAST_WORLD, MOCK_FAILURE_RATE: '1', MAX_RETRIES: '1', RETRY_BASE_MS: '20', MOCK_TIME_SCALE: '0.05' };

async function json(daemon, words, code = 0) {
  const answer = await execctl(daemon, [...words, '-o', 'json']);
  assert.strictEqual(answer.code, code, `${words.join(' ')}: ${answer.err}`);
  return JSON.parse(answer.out);
}

// An order that failed, on a world where nearly all do.
async function failedOrder(daemon) {
  for (let tries = 0; tries < 20; tries++) {
    const id = await submitOk(daemon.url, swap());
    if ((await waitForEnd(daemon.url, id)).status === 'failed') return id;
  }
  throw new Error('no order failed although every attempt meets trouble');
}

test('orders are listed, counted, exported and explained, by any unique beginning of their id', async (place) => {
  const daemon = await place.daemon().start();
  const ids = [];
  for (let i = 1; i <= 3; i++) ids.push(await submitOk(daemon.url, swap({ amountIn: String(i) })));
  for (const id of ids) await waitForEnd(daemon.url, id);
  const listed = await json(daemon, ['list', '--status', 'confirmed', '--pair', 'SOL/USDC', '--since', '1h']);
  assert.deepStrictEqual(listed.items.map((order) => order.id), [...ids].reverse());
  const first = await execctl(daemon, ['list', '-n', '1', '-q']);
  assert.strictEqual(first.out.trim(), ids[2]);
  assert.match(first.err, /^$/);
  const all = await execctl(daemon, ['list', '-n', '1', '--all-pages', '-q']);
  assert.strictEqual(lines(all.out).length, 3);

  // The short ids of the table are unique, so each of them names its order.
  const table = lines((await execctl(daemon, ['list', '--columns', 'id', '--no-header'])).out);
  assert.strictEqual(new Set(table).size, 3);
  assert.strictEqual((await json(daemon, ['get', table[0]])).order.id, ids[2]);
  const explained = await json(daemon, ['explain', table[1]]);
  assert.strictEqual(explained.order.id, ids[1]);
  assert.match(explained.verdict.funds, /^moved once, in transaction /);
  checkEvents(ids[1], explained.events);
  const words = await execctl(daemon, ['explain', '@last']);
  assert.match(words.out, /chosen[\s\S]*Verdict/);
  assert.match((await execctl(daemon, ['get', '@last'])).out, /quotes: /);

  const stats = await json(daemon, ['stats', '--since', '1h']);
  assert.strictEqual(stats.total.orders, 3);
  assert.strictEqual(stats.total.fillRatePermille, 1000);
  const file = path.join(place.directory, 'orders.csv');
  assert.strictEqual((await execctl(daemon, ['export', '--file', file])).code, 0);
  const rows = fs.readFileSync(file, 'utf8').split('\r\n');
  assert.strictEqual(rows.length, 5);
  const cost = rows[0].split(',').indexOf('slippageTenthBps');
  for (const row of rows.slice(1, 4)) assert.match(row.split(',')[cost], /^-?[0-9]+$/);
  assert.strictEqual((await execctl(daemon, ['export', '--file', file])).code, 2);
});

test('a quote places nothing', async (place) => {
  const daemon = await place.daemon().start();
  const quote = await json(daemon, ['quote', 'SOL', 'USDC', '10']);
  assert.strictEqual(quote.quotes.length, 3);
  assert.strictEqual(quote.quotes[0].venue, quote.chosenDex);
  const rounds = await execctl(daemon, ['quote', 'SOL', 'USDC', '1', '--watch', '--timeout', '3s', '-o', 'ndjson']);
  assert.strictEqual(rounds.code, 0, rounds.err);
  assert.strictEqual(lines(rounds.out).length, 2);
  assert.strictEqual((await json(daemon, ['list'])).items.length, 0);
});

test('a failed order is retried, linked to the old one; all of them only once', async (place) => {
  const daemon = await place.daemon(NEVER).start();
  const failed = await failedOrder(daemon);
  const explained = await json(daemon, ['explain', failed]);
  assert.match(explained.verdict.next, new RegExp(`execctl retry ${failed}`));
  assert.match(explained.verdict.funds, /none moved/);
  const retried = await execctl(daemon, ['retry', failed, '-o', 'json']);
  assert.ok([0, 5].includes(retried.code), retried.err);
  const order = JSON.parse(retried.out).order;
  assert.strictEqual(order.retryOf, failed);
  assert.strictEqual((await execctl(daemon, ['retry', '--all-failed', '--since', '1h'])).code, order.status === 'failed' ? 2 : 0);

  const before = (await json(daemon, ['list', '--all-pages'])).items;
  const bulk = await execctl(daemon, ['retry', '--all-failed', '--since', '1h', '--yes', '-o', 'ndjson']);
  const repeated = new Set(before.map((one) => one.retryOf).filter((id) => id));
  const due = before.filter((one) => ['failed', 'expired'].includes(one.status) && !repeated.has(one.id)).map((one) => one.id);
  assert.deepStrictEqual(lines(bulk.out).map((line) => JSON.parse(line).retryOf).sort(), due.sort());
});

test('cancelling: an order in the queue at once, one that ended never', async (place) => {
  const daemon = await place.daemon({ ...SLOW, QUEUE_CONCURRENCY: '1' }).start();
  const first = await submitOk(daemon.url, swap());
  const waiting = [await submitOk(daemon.url, swap()), await submitOk(daemon.url, swap())];
  assert.match((await json(daemon, ['explain', waiting[1]])).verdict.what, /in the queue/);
  assert.strictEqual((await execctl(daemon, ['retry', waiting[0]])).code, 8);
  const { code, out, err } = await execctl(daemon, ['cancel', ...waiting, '--wait', '-o', 'ndjson']);
  assert.strictEqual(code, 0, err);
  assert.deepStrictEqual(lines(out).map((line) => JSON.parse(line).result), ['cancelled', 'cancelled']);
  await waitForEnd(daemon.url, first);
  const late = await execctl(daemon, ['cancel', first]);
  assert.strictEqual(late.code, 8);
  assert.match(late.err, /execctl explain/);
});

test('watch follows several orders, or all that come, without a gap or a repeat', async (place) => {
  const daemon = await place.daemon(SLOW).start();
  const old = await submitOk(daemon.url, swap());
  await waitForEnd(daemon.url, old);
  const live = execctl(daemon, ['watch', '--timeout', '4s', '-o', 'ndjson']);
  await new Promise((resolve) => { setTimeout(resolve, 800); });
  const ids = [await submitOk(daemon.url, swap()), await submitOk(daemon.url, swap())];
  const named = await execctl(daemon, ['watch', ...ids]);
  assert.strictEqual(named.code, 0, named.err);
  assert.strictEqual(lines(named.out).filter((line) => line.includes(' CONFIRMED ')).length, 2);
  const { code, out, err } = await live;
  assert.strictEqual(code, 0, err);
  const events = lines(out).map((line) => JSON.parse(line));
  assert.ok(events.every((event) => event.orderId !== old));
  for (const id of ids) checkEvents(id, events.filter((event) => event.orderId === id));
});

main();
