'use strict';
// What execd stands on is taken away under load: PostgreSQL's processes, its disk, descriptors, venues, honest nodes of
// the chain. Nothing that was acknowledged is lost, nothing happens twice, nobody has to restart anything.

const assert = require('node:assert');
const http = require('node:http');
const net = require('node:net');
const { test, main } = require('./support/suite');
const { ChainProcess } = require('./support/chain_process');
const { chance } = require('./support/chance');
const { cluster } = require('./support/cluster');
const { request, sleep } = require('./support/http');
const { Postgres } = require('./support/postgres');
const { swap, submit, submitOk, readEvents, readOrder, waitForEnd, inParallel } = require('./support/orders');
const { readJournal, landings, checkEvents, checkAgainstChain } = require('./support/judge');
const { Traffic } = require('./support/traffic');
const { waitUntil } = require('./support/failpoints');

const PATIENCE_MS = 60000;
const ANSWERS_WITHIN_MS = 12000;
const PROBLEM = 'application/problem+json';

// A node that cannot serve says so, and when to ask again.
function checkRefusal(answer, status = 503) {
  assert.strictEqual(answer.status, status, answer.text);
  assert.ok(answer.headers['content-type'].startsWith(PROBLEM), answer.headers['content-type']);
  assert.ok(Number(answer.headers['retry-after']) > 0, JSON.stringify(answer.headers));
  assert.ok(answer.json.retryAfter > 0 || answer.json.retryAfterMs > 0, answer.text);
}

async function allReady(nodes) {
  for (const node of nodes) assert.ok(await waitUntil(() => node.ready(), PATIENCE_MS), `${node.settings.NODE_NAME} is not ready again`);
}

test('PostgreSQL is restarted at once and its postmaster killed under load: every order ends, none is lost or doubled', async (place) => {
  const { database, nodes, chain } = await cluster(place, ['alpha', 'beta'], { LOG_LEVEL: 'error' });
  const pids = nodes.map((node) => node.process.pid);
  const traffic = new Traffic(nodes, chance(3), 8);
  traffic.database = database;
  place.atEnd(() => traffic.abandon());
  const blows = ['restart', 'killPostmaster', 'restart', 'killPostmaster'];
  for (const blow of blows) {
    await sleep(700);
    await database[blow]();
    await allReady(nodes);
  }
  await traffic.finish(PATIENCE_MS);
  const figures = await traffic.judge(nodes[1], chain.journalPath);
  assert.deepStrictEqual(nodes.map((node) => node.process && node.process.pid), pids, 'no process ended');
  console.log(`         ${blows.length} blows, ${JSON.stringify(figures)}`);
});

test("the disk of PostgreSQL's tables is full: refused with 503, nothing acknowledged is lost, and it recovers by itself", async (place) => {
  const database = await Postgres.start(place);
  const disk = await database.smallTables(place, '12m');
  const daemon = await place.daemon({ DATABASE_URL: database.url, MOCK_TIME_SCALE: '0.05', MOCK_FAILURE_RATE: '0', MOCK_SEED: '7', LOG_LEVEL: 'error' }).start();
  const ids = [];
  for (let i = 0; i < 10; i++) ids.push(await submitOk(daemon.url, swap()));
  disk.fill();
  let refusal = null;
  for (let i = 0; i < 3000 && refusal === null; i++) {
    const answer = await submit(daemon.url, swap());
    if (answer.status === 202) ids.push(answer.json.orderId);
    else refusal = answer;
  }
  assert.ok(refusal !== null, `${ids.length} orders were accepted on a full disk`);
  checkRefusal(refusal);
  assert.match(refusal.json.detail, /disk is full/);
  for (const id of ids) assert.strictEqual((await readOrder(daemon.url, id)).id, id);
  disk.free();
  assert.ok(await waitUntil(() => daemon.ready(), PATIENCE_MS), 'it is ready again without a restart');
  ids.push(await submitOk(daemon.url, swap()));
  const landed = landings(readJournal(daemon.journalPath));
  await inParallel(ids, 10, async (id) => {
    const order = await waitForEnd(daemon.url, id);
    checkEvents(id, await readEvents(daemon.url, id));
    assert.ok((landed.get(id) || 0) <= 1);
    assert.ok(order.status === 'confirmed' || order.status === 'failed', order.status);
  });
});

// Connections that say nothing: {count, close()}.
async function crowd(port, count) {
  const sockets = await Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.once('connect', () => resolve(socket));
    socket.once('close', () => resolve(socket));
  })));
  return { close() { for (const socket of sockets) socket.destroy(); } };
}

async function fewDescriptors(place, settings, trouble) {
  const chain = new ChainProcess(place.folder('chain'), ['--time-scale', '0.05', '--seed', '3', '--log-level', 'warn']);
  place.atEnd(() => chain.kill9());
  await chain.start();
  const daemon = place.daemon({ CHAIN: chain.url, MOCK_TIME_SCALE: '0.05', MOCK_SEED: '3', RETRY_BASE_MS: '50', LOG_LEVEL: 'error', ...settings },
    { wrapper: ['prlimit', '--nofile=64:64', '--'] });
  await daemon.start();
  const { pid } = daemon.process;
  const ids = [await submitOk(daemon.url, swap())];
  const tally = { served: 0, refused: 0, cut: 0 };
  for (const size of [40, 120]) {
    const idle = await crowd(daemon.port, size);
    if (trouble) await trouble(daemon);
    // Strangers are refused with a sentence, or cut when there are too many even for that; nobody is left waiting.
    const before = tally.refused + tally.cut;
    assert.ok(await waitUntil(async () => {
      const began = Date.now();
      const answer = await request(`${daemon.url}/api/orders/execute`, { method: 'POST', body: swap(), agent: new http.Agent() }).catch(() => null);
      assert.ok(Date.now() - began < ANSWERS_WITHIN_MS, 'nobody is left waiting');
      if (answer === null) tally.cut += 1;
      else if (answer.status === 202) ids.push(answer.json.orderId);
      else { checkRefusal(answer, answer.json.code === 'too_many_connections' ? 429 : 503); tally.refused += 1; }
      return tally.refused + tally.cut >= before + 3;
    }, PATIENCE_MS), 'strangers are not refused');
    // Who was there before is served as ever.
    const served = await submit(daemon.url, swap());
    if (served.status === 202) { tally.served += 1; ids.push(served.json.orderId); } else checkRefusal(served);
    // Orders that are under way go on meanwhile: what they need is not taken by clients.
    if (!trouble) await waitUntil(() => landings(readJournal(chain.journalPath)).get(ids[0]) === 1, PATIENCE_MS);
    idle.close();
    assert.ok(await waitUntil(() => daemon.ready(), PATIENCE_MS), 'it serves again when they have gone');
    ids.push(await submitOk(daemon.url, swap()));
  }
  for (const id of ids) {
    const order = await waitForEnd(daemon.url, id);
    checkEvents(id, await readEvents(daemon.url, id));
    checkAgainstChain(id, order.status, landings(readJournal(chain.journalPath)).get(id) || 0);
  }
  assert.strictEqual(daemon.process.pid, pid);
  assert.ok(tally.refused > 0 && tally.served > 0, ` ${JSON.stringify(tally)}`);
  console.log(`         ${JSON.stringify(tally)}`);
  assert.strictEqual((await daemon.terminate()).code, 0);
}

test('64 descriptors on SQLite: it serves, refuses beyond with an answer, and recovers', (place) => fewDescriptors(place, {}));

test('64 descriptors on PostgreSQL, which goes away and comes back meanwhile: the same', async (place) => {
  const database = await Postgres.start(place);
  await fewDescriptors(place, { DATABASE_URL: database.url }, async () => database.restart());
});

// Notes the last quote of every venue but the sick one. One quote in fifty fails at any venue (MOCK_FAILURE_RATE), so
// a single look says nothing: most of them have to be answered, and quickly.
async function lookAtOthers(url, sick, paces) {
  for (const venue of (await request(`${url}/api/venues`)).json.venues) {
    if (venue.name === sick || venue.lastQuote === null) continue;
    if (!paces.has(venue.name)) paces.set(venue.name, []);
    paces.get(venue.name).push(venue.lastQuote);
  }
}

const LYING = [['node-1', 'forgets'], ['node-2', 'slot_as_height+lag=8'], ['node-3', 'silent']];
test('venues that hang, fail and crawl, and nodes of the chain that lie: the other venues keep their pace, orders end once', async (place) => {
  const chain = new ChainProcess(place.folder('chain'), ['--time-scale', '0.05', '--seed', '3', '--log-level', 'warn', '--fault', 'lost_reply=0.05']);
  place.atEnd(() => chain.kill9());
  await chain.start();
  const daemon = await place.daemon({
    CHAIN: chain.url, MOCK_TIME_SCALE: '0.05', MOCK_FAILURE_RATE: '0.05', MOCK_SEED: '3', RETRY_BASE_MS: '50', MAX_RETRIES: '12', LOG_LEVEL: 'error',
  }).start();
  const { venues } = (await request(`${daemon.url}/api/venues`)).json;
  assert.ok(venues.length >= 2, 'there are others');
  const sick = venues[0].name;
  const ids = [];
  for (const mode of ['timeout', 'error', 'slow']) {
    const set = await request(`${daemon.url}/api/faults/${sick}`, { method: 'PUT', body: { mode } });
    assert.strictEqual(set.status, 200, set.text);
    const [node, lie] = LYING[ids.length % LYING.length];
    await chain.fault(node, lie);
    const paces = new Map();
    await inParallel([...Array(12).keys()], 6, async () => {
      const id = await submitOk(daemon.url, swap());
      ids.push(id);
      const order = await waitForEnd(daemon.url, id);
      await lookAtOthers(daemon.url, sick, paces);
      const events = await readEvents(daemon.url, id);
      checkEvents(id, events);
      checkAgainstChain(id, order.status, landings(readJournal(chain.journalPath)).get(id) || 0);
      if (mode !== 'slow') assert.notStrictEqual(order.dex || order.venue, sick, JSON.stringify(order));
    });
    assert.strictEqual(paces.size, venues.length - 1);
    for (const [name, seen] of paces) {
      const quick = seen.filter((quote) => quote.outcome === 'ok' && quote.latencyMs < 500);
      assert.ok(quick.length * 4 >= seen.length * 3, `${mode}: ${name} ${JSON.stringify(seen)}`);
    }
    await chain.fault(node, 'honest');
  }
  assert.strictEqual((await request(`${daemon.url}/api/faults/${sick}`, { method: 'DELETE' })).status, 200);
  assert.strictEqual((await daemon.terminate()).code, 0);
});

main();
