'use strict';
// Venues that fail and venues that an operator holds: what orders do meanwhile, and who is told.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { test, main, FAST_WORLD } = require('./support/suite');
const { request, sleep, within } = require('./support/http');
const { swap, submitOk, readOrder, waitForEnd } = require('./support/orders');

const CALM = { ...FAST_WORLD, MOCK_FAILURE_RATE: '0', QUEUE_CONCURRENCY: '40', LOG_FORMAT: 'json', LOG_LEVEL: 'info' };

async function venue(daemon, name) {
  return (await request(`${daemon.url}/api/venues`)).json.venues.find((one) => one.name === name);
}

function execctl(daemon, ...words) {
  const said = spawnSync(process.env.EXECCTL, words, {
    encoding: 'utf8', timeout: 20000,
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ASAN_OPTIONS: process.env.ASAN_OPTIONS || '', EXEC_SERVER: daemon.url },
  });
  return { code: said.status, out: said.stdout, err: said.stderr };
}

async function breakerStates(daemon, name) {
  const { text } = await request(`${daemon.url}/metrics`);
  const states = {};
  for (const line of text.split('\n')) {
    if (!line.startsWith('libexec_venue_breaker_state{') || !line.includes(`venue="${name}"`)) continue;
    states[/state="([^"]+)"/.exec(line)[1]] = Number(line.split(' ').pop());
  }
  return states;
}

test('a venue that fails is left out, orders go elsewhere, and it comes back by itself', async (place) => {
  const daemon = await place.daemon(CALM).start();
  assert.strictEqual((await request(`${daemon.url}/api/faults/raydium`, { method: 'PUT', body: { mode: 'error' } })).status, 200);
  const ids = await Promise.all(Array.from({ length: 24 }, () => submitOk(daemon.url, swap())));
  let out = await venue(daemon, 'raydium');
  for (const giveUpAt = Date.now() + 20000; out.state === 'active' && Date.now() < giveUpAt;) {
    await sleep(20);
    out = await venue(daemon, 'raydium');
  }
  const later = await submitOk(daemon.url, swap());
  assert.strictEqual(out.state, 'open', JSON.stringify(out));
  assert.match(out.reason, /^\d+ of \d+ quotes within 10 s failed, the last with venue_error$/);
  assert.ok(Date.parse(out.nextProbeAt) - Date.parse(out.since) >= 5000, JSON.stringify(out));
  assert.strictEqual((await venue(daemon, 'orca')).state, 'active');
  assert.deepStrictEqual(await breakerStates(daemon, 'raydium'), { closed: 0, open: 1, half_open: 0, held: 0 });

  for (const id of [...ids, later]) assert.strictEqual((await waitForEnd(daemon.url, id)).status, 'confirmed');
  const { decisions } = (await request(`${daemon.url}/api/orders/${later}/routing`)).json;
  const silence = decisions[0].quotes.find((quote) => quote.venue === 'raydium');
  assert.strictEqual(silence.error.code, 'breaker_open');
  assert.match(silence.error.detail, /^left out (until|while)/);
  const explained = execctl(daemon, 'explain', later);
  assert.strictEqual(explained.code, 0, explained.err);
  assert.match(explained.out, /raydium.*breaker_open: left out/);

  await request(`${daemon.url}/api/faults/raydium`, { method: 'DELETE' });
  const back = await within(20000, (async () => {
    for (;;) {
      await waitForEnd(daemon.url, await submitOk(daemon.url, swap()));
      const now = await venue(daemon, 'raydium');
      if (now.state === 'active') return now;
      await sleep(300);
    }
  })());
  assert.ok(back, 'raydium was not tried again');
  assert.strictEqual(back.reason, null);
  const log = daemon.log();
  for (const event of ['venue.breaker_open', 'venue.breaker_half_open', 'venue.breaker_closed']) {
    assert.ok(log.includes(`"event":"${event}"`), `${event} is not in the log`);
  }
});

test('while all venues are paused orders wait, and the command line lets them go on', async (place) => {
  const daemon = await place.daemon(CALM).start();
  for (const name of ['raydium', 'meteora', 'orca']) {
    const held = execctl(daemon, 'venues', 'pause', name, '--reason', 'an exercise', '-o', 'json');
    assert.strictEqual(held.code, 0, held.err);
    assert.deepStrictEqual([JSON.parse(held.out).state, JSON.parse(held.out).reason], ['held', 'an exercise']);
  }
  assert.deepStrictEqual(await breakerStates(daemon, 'orca'), { closed: 0, open: 0, half_open: 0, held: 1 });
  const id = await submitOk(daemon.url, swap());
  await sleep(1500);
  const waiting = await readOrder(daemon.url, id);
  assert.ok(['pending', 'routing'].includes(waiting.status), waiting.status);
  assert.strictEqual(waiting.attempt, 1);
  assert.ok(waiting.routing.quotes.every((quote) => quote.error.detail === 'held by an operator: an exercise'));
  assert.strictEqual(execctl(daemon, 'venues', 'resume', 'orca', '-q').out, 'active\n');
  const ended = await waitForEnd(daemon.url, id);
  assert.deepStrictEqual([ended.status, ended.dexUsed, ended.attempt, ended.parked], ['confirmed', 'orca', 1, null]);

  const unknown = execctl(daemon, 'venues', 'pause', 'orka');
  assert.strictEqual(unknown.code, 4, unknown.err);
  assert.match(unknown.err, /there are raydium, meteora, orca/);
});

main();
