'use strict';
// Kills execd at random moments under load and checks that no order was lost, doubled or misreported.
//
//   crash_test.js [--all] [--runs N] [--orders N] [--concurrency N] [--seed N] [--scale X]
//
// Without --all a short campaign; with it ten runs of 200 orders. The seed decides the moments of the kills and the
// lengths of the downtimes, so that a bad run can be repeated as closely as the machine allows.

const assert = require('node:assert');
const http = require('node:http');
const { parseArgs } = require('node:util');
const { test, main } = require('./support/suite');
const { chance } = require('./support/chance');
const { sleep } = require('./support/http');
const { swap, submit, readEvents, waitForEnd, followSocket, eventsIn, inParallel } = require('./support/orders');
const { readJournal, landings, checkEvents, checkAgainstChain, landedWhileDown } = require('./support/judge');

const { values: given } = parseArgs({
  options: {
    all: { type: 'boolean', default: false }, runs: { type: 'string' }, orders: { type: 'string' },
    concurrency: { type: 'string' }, seed: { type: 'string', default: '1' }, scale: { type: 'string', default: '0.2' },
  },
});
const plan = {
  runs: Number(given.runs || (given.all ? 10 : 2)),
  orders: Number(given.orders || (given.all ? 200 : 80)),
  concurrency: Number(given.concurrency || (given.all ? 50 : 20)),
  seed: Number(given.seed),
  scale: Number(given.scale),
};
const FOLLOWED = 12;
const WORKERS = 20;

// Submits until the answer arrives, whatever happens to the daemon, under the same key each time.
async function submitSurely(daemon, key, body, agent, tally) {
  for (;;) {
    try {
      const answer = await submit(daemon.url, body, { 'Idempotency-Key': key }, agent);
      if (answer.status === 202) {
        if (answer.headers['idempotent-replay'] === 'true') tally.replayed += 1;
        return answer.json.orderId;
      }
      const passing = answer.status === 503 || (answer.status === 409 && answer.json.code === 'in_flight');
      assert.ok(passing, `${key} was answered ${answer.status}: ${answer.text}`);
    } catch (error) {
      if (error.code === 'ERR_ASSERTION') throw error;
      tally.lostAnswers += 1;
    }
    await sleep(20);
  }
}

// Follows one order over as many sockets as it takes, resuming after the last event seen.
async function followThrough(daemon, id) {
  const seen = [];
  for (;;) {
    const after = seen.length > 0 ? seen[seen.length - 1].seq : 0;
    try {
      const part = await followSocket(`${daemon.ws}/api/orders/${id}/stream?after=${after}`);
      seen.push(...eventsIn(part.messages));
      if (part.code === 1000) return seen;
    } catch (error) { /* the daemon is down */ }
    await sleep(20);
  }
}

// Milliseconds from the restart to the first step of an order that nobody had started before the kill.
function firstResumedAfter(restartedAtMs, killedAtMs, histories) {
  let first = Infinity;
  for (const events of histories) {
    const times = events.map((event) => Date.parse(event.timestamp));
    const waiting = times[0] <= killedAtMs && (times.length < 2 || times[1] >= restartedAtMs);
    if (waiting && times.length > 1) first = Math.min(first, times[1]);
  }
  return first === Infinity ? null : first - restartedAtMs;
}

async function crashRun(place, number, random) {
  const settings = {
    MOCK_TIME_SCALE: String(plan.scale), MOCK_FAILURE_RATE: '0.1', MOCK_SEED: String(plan.seed * 1000 + number),
    QUEUE_CONCURRENCY: String(WORKERS), RETRY_BASE_MS: '200', LOG_LEVEL: 'warn', WS_PER_ORDER: '0',
  };
  const daemon = place.daemon(settings);
  await daemon.start();
  const agent = new http.Agent({ keepAlive: true, maxSockets: plan.concurrency + FOLLOWED });
  place.atEnd(() => agent.destroy());

  const tally = { lostAnswers: 0, replayed: 0 };
  const ids = new Array(plan.orders);
  const following = [];
  const submitting = inParallel([...ids.keys()], plan.concurrency, async (index) => {
    await sleep(random() * 30);
    const body = swap({ amountIn: String(1 + (index % 9)), clientOrderId: `run-${number}-${index}` });
    ids[index] = await submitSurely(daemon, `crash-${number}-${index}`, body, agent, tally);
    if (index % Math.ceil(plan.orders / FOLLOWED) === 0) following.push(followThrough(daemon, ids[index]));
  });

  // Odd runs die while orders execute and stay down for seconds, so that what was sent lands meanwhile. Even runs die
  // while orders are being submitted and come back at once.
  const odd = number % 2 === 1;
  const lifeMs = odd ? 200 + random() * 1500 : 5 + random() * 120;
  const downMs = odd ? 1500 + random() * 1500 : 0;
  await sleep(lifeMs);
  await daemon.kill9();
  const killedAt = Date.now();
  const acknowledged = ids.filter((id) => id !== undefined).length;
  await sleep(downMs);
  const restartedAt = Date.now();
  await daemon.start();
  await submitting;

  assert.strictEqual(new Set(ids).size, plan.orders, 'every submission is an order of its own');
  const orders = new Array(ids.length);
  const histories = new Array(ids.length);
  await inParallel(ids, 20, async (id, index) => {
    orders[index] = await waitForEnd(daemon.url, id, { agent, withinMs: 100000 });
    histories[index] = await readEvents(daemon.url, id, agent);
  });
  for (const seen of await Promise.all(following)) checkEvents(seen[0].orderId, seen);

  const journal = readJournal(daemon.journalPath);
  const landed = landings(journal);
  ids.forEach((id, index) => {
    checkEvents(id, histories[index]);
    assert.strictEqual(histories[index].at(-1).status, orders[index].status);
    checkAgainstChain(id, orders[index].status, landed.get(id) || 0);
  });
  for (const id of landed.keys()) assert.ok(ids.includes(id), `the chain knows ${id}, which nobody was told of`);

  const { code } = await daemon.terminate();
  assert.strictEqual(code, 0);
  const resumed = firstResumedAfter(restartedAt, killedAt, histories);
  console.log(`         run ${number}: killed after ${Math.round(lifeMs)} ms with ${acknowledged} acknowledged, down ${Math.round(downMs)} ms, ` +
    `${tally.lostAnswers} answers lost, ${tally.replayed} replayed; first waiting order resumed ${resumed ?? '-'} ms after the restart; ` +
    `${landedWhileDown(journal, killedAt, plan.scale)} landed while down; ` +
    `${orders.filter((order) => order.status === 'confirmed').length} confirmed of ${plan.orders}`);
}

const random = chance(plan.seed);
for (let number = 1; number <= plan.runs; number++) {
  test(`run ${number}: ${plan.orders} orders survive kill -9 (seed ${plan.seed})`, (place) => crashRun(place, number, random));
}

main();
