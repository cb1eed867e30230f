'use strict';
// How honest clients fare while many others never come to the point: their p99 alone and beside them, in alternating
// rounds of one run, and the memory of execd. In the clear and by TLS, handshakes that stall included.
//
//   slow_clients_test.js [--slow N] [--rounds N] [--seconds N]

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { parseArgs } = require('node:util');
const { test, main } = require('./support/suite');
const { request, sleep } = require('./support/http');
const { swap } = require('./support/orders');
const { makeCertificate } = require('./support/certificate');
const { startSlowClients } = require('./support/slow_clients');

const { values: given } = parseArgs({ options: { slow: { type: 'string', default: '100' }, rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '1' } } });
const SLOW = Number(given.slow);
const ROUNDS = Number(given.rounds);
const SECONDS = Number(given.seconds);

const HONEST_CLIENTS = 8;
const PAUSE_MS = 4;          // of an honest client between two requests
const RATIO_MOST = 2;        // of the p99 beside slow clients to that alone
const NOISE_MS = 25;         // what a busy machine adds to a p99 by itself
const KIB_PER_CLIENT = 128;  // what a slow client may cost; a sanitizer needs more than the program
const KIB_GROUND = 64 * 1024;
const WORLD = { MOCK_TIME_SCALE: '0', MOCK_FAILURE_RATE: '0', MOCK_SEED: '7', WS_PER_ORDER: '0', LOG_LEVEL: 'warn', QUEUE_LIMIT: '1000000' };

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const median = (values) => quantile(values, 0.5);
const rssKiB = (daemon) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${daemon.process.pid}/status`, 'utf8'))[1]);

// Submissions and readings in turn, each client on its own connection: times in ms.
async function honestClients(daemon, seconds) {
  const times = [];
  const endAt = Date.now() + seconds * 1000;
  await Promise.all(Array.from({ length: HONEST_CLIENTS }, async () => {
    const agent = new (daemon.secure ? https : http).Agent({ keepAlive: true, maxSockets: 1, ca: daemon.ca });
    let id = '';
    for (let turn = 0; Date.now() < endAt; turn++) {
      const submits = turn % 2 === 0;
      const began = process.hrtime.bigint();
      const answer = submits ? await request(`${daemon.url}/api/orders/execute`, { method: 'POST', body: swap(), agent })
        : await request(`${daemon.url}/api/orders/${id}`, { agent });
      if (turn > 0) times.push(Number(process.hrtime.bigint() - began) / 1e6);  // the first also connects
      assert.strictEqual(answer.status, submits ? 202 : 200, answer.text);
      if (submits) id = answer.json.orderId;
      await sleep(PAUSE_MS);
    }
    agent.destroy();
  }));
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function compare(place, name, settings, kinds) {
  const daemon = await place.daemon({ ...WORLD, ...settings }).start();
  await honestClients(daemon, 1);  // warms both sides up
  const alone = [];
  const beside = [];
  const rss = { before: rssKiB(daemon), during: 0 };
  let cut = 0;
  for (let i = 0; i < ROUNDS; i++) {
    alone.push(await honestClients(daemon, SECONDS));
    rss.before = Math.max(rss.before, rssKiB(daemon));
    const slow = await startSlowClients(kinds, SLOW, { port: daemon.port, ca: daemon.ca });
    place.atEnd(() => slow.kill());
    beside.push(await honestClients(daemon, SECONDS));
    rss.during = Math.max(rss.during, rssKiB(daemon));
    cut += await slow.stop();
    await sleep(200);
  }
  const p99 = (rounds) => median(rounds.map((one) => one.p99));
  const range = (rounds) => `${Math.min(...rounds.map((one) => one.p99)).toFixed(1)} .. ${Math.max(...rounds.map((one) => one.p99)).toFixed(1)}`;
  const ratio = p99(beside) / p99(alone);
  console.log(`         ${name}: honest p99 alone ${p99(alone).toFixed(1)} ms (${range(alone)}), beside ${SLOW} slow clients `
    + `${p99(beside).toFixed(1)} ms (${range(beside)}), ratio ${ratio.toFixed(2)}; p50 ${median(alone.map((one) => one.p50)).toFixed(1)} and `
    + `${median(beside.map((one) => one.p50)).toFixed(1)} ms; RSS ${(rss.before / 1024).toFixed(0)} and ${(rss.during / 1024).toFixed(0)} MiB; ${cut} cut and come back`);
  assert.ok(ratio <= RATIO_MOST || p99(beside) - p99(alone) <= NOISE_MS, `p99 ${p99(alone)} ms became ${p99(beside)} ms`);
  assert.ok(rss.during - rss.before <= SLOW * KIB_PER_CLIENT + KIB_GROUND, `${rss.before} KiB became ${rss.during} KiB`);
}

test('requests whose heads never end do not slow down the honest', (place) => compare(place, 'plain', {}, ['request']));

test('nor do they by TLS, half of them with handshakes that never end', (place) => compare(place, 'TLS', makeCertificate(place.directory).settings, ['tlsRequest', 'handshake']));

main();
