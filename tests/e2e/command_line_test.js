'use strict';
// execctl as a script and a person use it, against a real execd that also goes away and comes back.

const assert = require('node:assert');
const { test, main, FAST_WORLD } = require('./support/suite');
const { execctl, lines } = require('./support/execctl');
const { readEvents, submitOk, swap, waitForEnd } = require('./support/orders');
const { checkEvents } = require('./support/judge');

const UNKNOWN = '01890000-0000-7000-8000-000000000000';

const wordsOf = (text) => lines(text).map((line) => line.split(' ')[2]);

test('submit prints a line for each event, and 0 means confirmed', async (place) => {
  const daemon = await place.daemon().start();
  const { code, out, err } = await execctl(daemon, ['submit', 'SOL', 'USDC', '10', '--slippage-bps', '50']);
  assert.strictEqual(code, 0, err);
  assert.strictEqual(err, '');
  assert.deepStrictEqual(wordsOf(out), ['PENDING', 'ROUTING', 'QUOTES', 'BUILDING', 'SUBMITTED', 'CONFIRMED']);
});

test('every output of submit, watch and get can be read by a program', async (place) => {
  const daemon = await place.daemon().start();
  const quiet = await execctl(daemon, ['submit', 'SOL/USDC', '1_000.5', '--no-wait', '-q']);
  assert.match(quiet.out, /^[0-9a-f-]{36}\n$/);
  const id = quiet.out.trim();

  const watched = await execctl(daemon, ['watch', id, '-o', 'ndjson']);
  const events = lines(watched.out).map((line) => JSON.parse(line));
  checkEvents(id, events);
  const kept = await readEvents(daemon.url, id);
  assert.deepStrictEqual(events.map((event) => event.seq), kept.map((event) => event.seq));

  const got = JSON.parse((await execctl(daemon, ['get', id, '-o', 'json'])).out);
  assert.strictEqual(got.order.status, 'confirmed');
  assert.strictEqual(got.order.amountIn, '1000.500000000');
  const whole = JSON.parse((await execctl(daemon, ['submit', 'USDC', 'SOL', '2', '--exact-out', '-o', 'json'])).out);
  assert.strictEqual(whole.order.amountOut, '2.000000000');
  assert.strictEqual(whole.order.status, 'confirmed');
  const table = await execctl(daemon, ['get', id]);
  assert.match(table.out, new RegExp(`^order ${id}  market  1000.5 SOL → USDC`));
  assert.match(table.out, /✓ confirmed/);
});

test('each way to end has its exit code, and says what became of the money', async (place) => {
  const daemon = await place.daemon().start();
  const patientOnly = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '1' }).start();
  const full = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '2', QUEUE_LIMIT: '1' }).start();
  await submitOk(full.url, swap());
  const nobody = { url: 'http://127.0.0.1:1' };
  const cases = [
    [full, ['submit', 'SOL', 'USDC', '1'], 7, /--retry/], // first, while the order before it is certainly alive
    [nobody, ['submit', 'SOL', 'USDC', '1'], 3, /nothing was sent/],
    [nobody, ['watch', UNKNOWN], 3, /cannot reach/],
    [daemon, ['submit', 'SOL', 'USDC', '-1'], 2, /no funds moved/],
    [daemon, ['submit', 'SOL', 'NOPE', '1'], 2, /NOPE/],
    [daemon, ['sumbit', 'SOL', 'USDC', '1'], 2, /did you mean 'submit'/],
    [daemon, ['get', UNKNOWN], 4, /repeat {2}safe/],
    [daemon, ['submit', 'SOL', 'USDC', '1', '--idempotency-key', 'k', '--no-wait'], 0, /follow it/],
    [daemon, ['submit', 'SOL', 'USDC', '2', '--idempotency-key', 'k'], 8, /another --idempotency-key/],
    [patientOnly, ['submit', 'SOL', 'USDC', '1', '--timeout', '200ms'], 6, /lives on/],
  ];
  for (const [server, words, expected, sentence] of cases) {
    const { code, err } = await execctl(server, words);
    assert.strictEqual(code, expected, `${words.join(' ')}: ${err}`);
    assert.match(err, sentence);
    const json = await execctl(server, [...words, '-o', 'json']);
    assert.strictEqual(json.code, expected, `${words.join(' ')} -o json: ${json.err}`);
    if (expected === 2 && json.out === '') continue; // a command line that cannot be read names no output either
    const documents = lines(json.out).map((line) => JSON.parse(line));
    assert.strictEqual(documents.length, 1);
    if (expected !== 0) assert.strictEqual(documents[0].success, false, json.out);
  }
  const patient = await execctl(full, ['submit', 'SOL', 'USDC', '1', '--retry', '--timeout', '30s']);
  assert.strictEqual(patient.code, 0, patient.err);
});

test('an order that fails ends with 5 and an explanation', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_FAILURE_RATE: '1', MAX_RETRIES: '2', RETRY_BASE_MS: '50' }).start();
  let failed = null;
  for (let tries = 0; tries < 10 && failed === null; tries++) {
    const { code, out, err } = await execctl(daemon, ['submit', 'SOL', 'USDC', '1']);
    if (code === 5) failed = { out, err };
  }
  assert.ok(failed, 'no order failed although every attempt meets trouble');
  assert.match(failed.out, /FAILED|EXPIRED/);
  assert.match(failed.err, /nothing was swapped/);
  assert.match(failed.err, /\/problems\//);
});

test('watch survives kill -9 and a restart, and shows every event once', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '1' }).start();
  let broken = false;
  const { code, out, err } = await execctl(daemon, ['submit', 'SOL', 'USDC', '1', '-o', 'ndjson'], {
    onOutput: async (said) => {
      if (broken || !said.out.includes('"status":"submitted"')) return;
      broken = true;
      await daemon.kill9();
      await daemon.start();
    },
  });
  assert.strictEqual(code, 0, err);
  assert.match(err, /reconnecting \(1\)/);
  const events = lines(out).map((line) => JSON.parse(line));
  checkEvents(events[0].orderId, events);
});

test('Ctrl-C ends the watching with 130, not the order', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '1' }).start();
  let asked = false;
  const { code, out, err } = await execctl(daemon, ['submit', 'SOL', 'USDC', '1'], {
    onOutput: (said, child) => {
      if (asked || !said.out.includes('ROUTING')) return;
      asked = true;
      child.kill('SIGINT');
    },
  });
  assert.strictEqual(code, 130);
  const id = out.split(' ')[1];
  assert.match(err, /not cancelled/);
  assert.ok(err.includes(`execctl watch ${id}`), err);
  assert.strictEqual((await waitForEnd(daemon.url, id)).status, 'confirmed');
});

test('the same key twice follows one order', async (place) => {
  const daemon = await place.daemon().start();
  const words = ['submit', 'SOL', 'USDC', '1', '--idempotency-key', 'once', '-q'];
  const first = await execctl(daemon, words);
  const second = await execctl(daemon, words);
  assert.deepStrictEqual([first.code, second.code], [0, 0]);
  assert.strictEqual(second.out, first.out);
  assert.match(second.err, /used before/);
});

main();
